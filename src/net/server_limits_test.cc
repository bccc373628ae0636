// Clients that are slow, many, or gone; streams; drain.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "net/raw_client.h"
#include "net/server.h"

namespace pharos::net {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

/// Opens once; waiting on it blocks until then (or fails after a while).
class Gate {
 public:
  void Open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  bool Wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

class LimitsTest : public testing::Test {
 protected:
  LimitsTest() {
    router_->AddAsync("GET", "/quick", [](Request, ResponderPtr responder) {
      responder->Send(Response::Text(200, "quick"));
    });
    router_->AddAsync("POST", "/quick", [](Request r, ResponderPtr responder) {
      responder->Send(Response::Text(200, std::to_string(r.body.size())));
    });
    router_->Add("GET", "/wait", [this](const Request&) {
      ++running_;
      release_.Wait();
      return Response::Text(200, "waited");
    });
    router_->Add("GET", "/until-cancelled", [this](const Request& request) {
      ++running_;
      const auto give_up = std::chrono::steady_clock::now() + 20s;
      while (!request.cancelled.Cancelled() && std::chrono::steady_clock::now() < give_up) {
        std::this_thread::sleep_for(1ms);
      }
      saw_cancel_ = request.cancelled.Cancelled();
      release_.Open();
      return Response::Text(200, "cancelled");
    });
    router_->AddAsync("GET", "/stream", [this](Request request, ResponderPtr responder) {
      streamer_ = std::thread([this, responder, chunks = std::stoi(request.query)] {
        Response head;
        head.headers.Add("Content-Type", "text/plain");
        responder->Begin(std::move(head));
        const std::string chunk(100'000, 's');
        int written = 0;
        while (written < chunks && responder->Write(chunk)) ++written;
        written_ = written;
        responder->End();
      });
    });
    router_->Add("GET", "/big",
                 [](const Request&) { return Response::Text(200, std::string(64 << 20, 'b')); });
  }
  ~LimitsTest() override {
    release_.Open();
    server_.reset();
    if (streamer_.joinable()) streamer_.join();
  }

  std::string Serve(ServerOptions options = {}) {
    server_ = Server::Make(options);
    auto address = server_->Listen({.name = "limits", .address = "127.0.0.1:0", .router = router_});
    EXPECT_TRUE(address) << address.error().message;
    return address.value_or("");
  }
  void AwaitRunning(int count) {
    while (running_ < count) std::this_thread::sleep_for(1ms);
  }

  Gate release_;
  std::atomic<int> running_{0};
  std::atomic<int> written_{-1};
  std::atomic<bool> saw_cancel_{false};
  std::shared_ptr<Router> router_ = std::make_shared<Router>();
  std::unique_ptr<Server> server_;
  std::thread streamer_;
};

TEST_F(LimitsTest, SlowClientsAreCut) {
  const std::string address = Serve({.header_timeout = 1s,
                                     .body_idle_timeout = 1s,
                                     .write_idle_timeout = 1s,
                                     .keep_alive_timeout = 1s});
  RawClient idle(address), head(address), body(address), reader(address);
  head.Send("GET /quick HTTP/1.1\r\nHost: local");
  body.Send("POST /quick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n");
  reader.Send(Get("/big"));
  std::atomic<bool> done = false;
  std::thread drip([&] {  // a byte now and then must not keep it open
    while (!done && head.Send("h") && body.Send("b")) std::this_thread::sleep_for(50ms);
  });
  const auto slow_head = head.Read();
  EXPECT_EQ(slow_head.status, 408);
  EXPECT_EQ(body.Read().status, 408);
  done = true;
  drip.join();
  EXPECT_TRUE(idle.AtEnd());
  std::this_thread::sleep_for(1200ms);
  EXPECT_EQ(reader.Read().status, 0) << "a reader that takes nothing must be cut";
}

TEST_F(LimitsTest, ASlowButSteadyReaderGetsAll) {
  RawClient client(Serve({.write_idle_timeout = 1s}));
  client.Send(Get("/big", "Connection: close\r\n"));
  size_t got = 0;
  for (int i = 0; i < 12; ++i) {
    got += client.Take(4 << 20).size();
    std::this_thread::sleep_for(100ms);
  }
  while (const size_t n = client.Take(1 << 20).size()) got += n;
  EXPECT_GT(got, 64u << 20);
}

TEST_F(LimitsTest, FullWorkerQueueGives503) {
  // One I/O thread, so that the three are seen in their order.
  const std::string address =
      Serve({.io_threads = 1, .worker_threads = 1, .max_queued_requests = 1});
  RawClient first(address), second(address), third(address);
  first.Send(Get("/wait"));
  AwaitRunning(1);
  second.Send(Get("/wait"));
  third.Send(Get("/wait"));
  const RawClient::Answer refused = third.Read();
  release_.Open();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.Header("Retry-After"), "1");
  EXPECT_EQ(first.Read().body, "waited");
  EXPECT_EQ(second.Read().body, "waited");
}

TEST_F(LimitsTest, TooManyConnectionsGive503) {
  const std::string address = Serve({.max_connections = 2});
  RawClient one(address), two(address);
  for (RawClient* client : {&one, &two}) {
    client->Send(Get("/quick"));
    EXPECT_EQ(client->Read().status, 200);
  }
  {
    RawClient three(address);
    EXPECT_EQ(three.Read().status, 503);
    EXPECT_TRUE(three.AtEnd());
  }
  one.Close();
  for (int i = 0; i < 1000; ++i) {  // the place is free as soon as the server has seen it
    RawClient again(address);
    again.Send(Get("/quick"));
    if (again.Read().status == 200) return;
    std::this_thread::sleep_for(5ms);
  }
  FAIL() << "the place of a closed connection was not given back";
}

TEST_F(LimitsTest, BodiesInMemoryAreBounded) {
  const std::string address = Serve({.max_buffered_body_bytes = 1 << 20});
  RawClient holder(address), other(address);
  holder.Send("POST /quick HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" +
              std::string(800'000, 'x'));
  std::this_thread::sleep_for(200ms);  // until it has been read
  std::thread sender([&] { other.Send(Post("/quick", std::string(700'000, 'y'))); });
  EXPECT_EQ(other.Read().status, 503);
  sender.join();
  holder.Send(std::string(200'000, 'x'));
  EXPECT_EQ(holder.Read().body, "1000000");
  RawClient later(address);
  later.Send(Post("/quick", std::string(700'000, 'y')));
  EXPECT_EQ(later.Read().status, 200) << "what the first took must have been given back";
}

TEST_F(LimitsTest, AHandlerLearnsThatItsClientHasGone) {
  const std::string address = Serve();
  RawClient client(address);
  client.Send(Get("/until-cancelled"));
  AwaitRunning(1);
  client.Close();
  ASSERT_TRUE(release_.Wait());
  EXPECT_TRUE(saw_cancel_);
}

TEST_F(LimitsTest, StreamsArriveWholeAndWaitForTheClient) {
  RawClient client(Serve());
  client.Send(Get("/stream?300") + Get("/quick"));
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(written_, -1) << "30 MB cannot be written to a client that does not read";
  const auto answer = client.Read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body.size(), 30'000'000u);
  EXPECT_EQ(client.Read().body, "quick");
  streamer_.join();
  EXPECT_EQ(written_, 300);
}

TEST_F(LimitsTest, AStreamToNobodyEnds) {
  const std::string address = Serve({.write_idle_timeout = 1s});
  {
    RawClient client(address);
    client.Send(Get("/stream?1000000"));
    client.Take(1000);
  }
  streamer_.join();
  EXPECT_LT(written_, 1000);
  written_ = -1;
  RawClient stuck(address);
  stuck.Send(Get("/stream?1000000"));
  stuck.Take(1000);
  streamer_.join();  // the server's write timeout frees it
  EXPECT_LT(written_, 1000);
}

TEST_F(LimitsTest, AnAbandonedStreamLooksCut) {
  router_->AddAsync("GET", "/abandon", [](Request, ResponderPtr responder) {
    responder->Begin(Response::Text(200, "some"));
  });
  RawClient client(Serve());
  client.Send(Get("/abandon"));
  EXPECT_EQ(client.Read().status, 0);
}

TEST_F(LimitsTest, OldClientsGetStreamsToTheEnd) {
  RawClient client(Serve());
  client.Send("GET /stream?3 HTTP/1.0\r\n\r\n");
  const auto answer = client.Read();
  EXPECT_EQ(answer.Header("Transfer-Encoding"), "");
  EXPECT_EQ(answer.body.size(), 300'000u);
}

TEST_F(LimitsTest, DrainLetsRunningRequestsFinish) {
  const std::string address = Serve();
  RawClient running(address), idle(address);
  idle.Send(Get("/quick"));
  EXPECT_EQ(idle.Read().status, 200);
  running.Send(Get("/wait"));
  AwaitRunning(1);
  std::thread drain([&] { server_->Drain(20s); });
  EXPECT_TRUE(idle.AtEnd());
  EXPECT_FALSE(RawClient(address).connected());
  release_.Open();
  const auto answer = running.Read();
  EXPECT_EQ(answer.body, "waited");
  EXPECT_EQ(answer.Header("Connection"), "close");
  EXPECT_TRUE(running.AtEnd());
  drain.join();
  server_->Drain(0s);
}

TEST_F(LimitsTest, DrainEndsAfterItsGrace) {
  const std::string address = Serve();
  RawClient running(address);
  running.Send(Get("/wait"));
  AwaitRunning(1);
  server_->Drain(50ms);
  EXPECT_EQ(running.Read().status, 0);
}

TEST_F(LimitsTest, AnAnswerAfterTheServerIsGoneIsHarmless) {
  ResponderPtr kept;
  Gate arrived;
  router_->AddAsync("GET", "/keep", [&](Request, ResponderPtr responder) {
    kept = std::move(responder);
    arrived.Open();
  });
  const std::string address = Serve();
  RawClient client(address);
  client.Send(Get("/keep"));
  ASSERT_TRUE(arrived.Wait());
  server_.reset();
  kept->Begin(Response::Text(200, "late"));
  EXPECT_FALSE(kept->Write("later"));
  kept->End();
}

}  // namespace
}  // namespace pharos::net
