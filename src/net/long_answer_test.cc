// Answers that are made while their client reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/compress.h"
#include "base/priority.h"
#include "net/raw_client.h"
#include "net/server.h"

namespace pharos::net {
namespace {

using namespace std::chrono_literals;

/// What became of the sources that a test's handler made.
struct Fate {
  std::atomic<int> alive{0};
  std::atomic<int> made{0};  // pieces
  std::atomic<bool> low{true};
};

/// Pieces of 100 kB, each of its own letter.
class Letters final : public BodySource {
 public:
  Letters(int pieces, int fails_at, Fate& fate)
      : pieces_(pieces), fails_at_(fails_at), fate_(fate) {
    ++fate_.alive;
  }
  ~Letters() override { --fate_.alive; }
  base::Result<bool> Next(std::string& out) override {
    if (at_ == fails_at_) return base::Fail(base::ErrorKind::kIo, "a piece is missing");
    if (at_ == -fails_at_) throw std::runtime_error("x");
    if (!base::HasLowPriority()) fate_.low = false;
    out.append(100'000, static_cast<char>('a' + at_ % 26));
    ++fate_.made;
    return ++at_ < pieces_;
  }

 private:
  int at_ = 1;
  const int pieces_;
  const int fails_at_;
  Fate& fate_;
};

std::string Whole(int pieces) {
  std::string out = "first:";
  for (int i = 1; i < pieces; ++i) out.append(100'000, static_cast<char>('a' + i % 26));
  return out;
}

class LongAnswerTest : public testing::Test {
 protected:
  LongAnswerTest() {
    router_->Add("GET", "/long/{pieces}/{fails}", [this](const Request& request) {
      Response response = Response::Text(200, "first:");
      response.rest =
          std::make_shared<Letters>(std::stoi(std::string(request.PathParam("pieces"))),
                                    std::stoi(std::string(request.PathParam("fails"))), fate_);
      return response;
    });
    router_->Add("GET", "/bare", [this](const Request&) {
      Response response = Response::Text(200, "");
      response.rest = std::make_shared<Letters>(3, 0, fate_);
      return response;
    });
    router_->Add("GET", "/quick", [](const Request&) { return Response::Text(200, "quick"); });
    router_->Add("GET", "/nothing", [this](const Request&) {
      Response response;
      response.status = 204;
      response.rest = std::make_shared<Letters>(3, 0, fate_);
      return response;
    });
  }
  ~LongAnswerTest() override { server_.reset(); }

  std::string Serve(ServerOptions options = {}) {
    options.worker_threads = 2;
    server_ = Server::Make(options);
    auto address = server_->Listen({.name = "long", .address = "127.0.0.1:0", .router = router_});
    EXPECT_TRUE(address) << address.error().message;
    return address.value_or("");
  }
  /// Until every source is gone.
  bool AllGone() {
    for (int i = 0; i < 5000 && fate_.alive > 0; ++i) std::this_thread::sleep_for(1ms);
    return fate_.alive == 0;
  }

  Fate fate_;
  std::shared_ptr<Router> router_ = std::make_shared<Router>();
  std::unique_ptr<Server> server_;
};

TEST_F(LongAnswerTest, ArrivesWholeAndKeepsTheConnection) {
  RawClient client(Serve());
  client.Send(Get("/long/40/0") + Get("/bare") + Get("/quick"));
  const auto answer = client.Read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(answer.body, Whole(40));
  EXPECT_EQ("first:" + client.Read().body, Whole(3)) << "nothing before the source's own";
  EXPECT_EQ(client.Read().body, "quick");
  EXPECT_TRUE(AllGone());
  EXPECT_TRUE(fate_.low) << "pieces are made at low priority";
}

TEST_F(LongAnswerTest, IsZippedPieceByPiece) {
  RawClient client(Serve());
  client.Send(Get("/long/40/0", "Accept-Encoding: gzip\r\n"));
  const auto answer = client.Read();
  EXPECT_EQ(answer.Header("Content-Encoding"), "gzip");
  EXPECT_LT(answer.body.size(), 100'000u);
  const auto text = base::GzipDecompress(answer.body, 10'000'000);
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text, Whole(40));
}

TEST_F(LongAnswerTest, OldClientsReadToTheEnd) {
  RawClient client(Serve());
  client.Send("GET /long/5/0 HTTP/1.0\r\n\r\n");
  const auto answer = client.Read();
  EXPECT_EQ(answer.Header("Transfer-Encoding"), "");
  EXPECT_EQ(answer.body, Whole(5));
}

TEST_F(LongAnswerTest, HeadAndBodilessStatusesTakeNoPiece) {
  RawClient client(Serve());
  client.Send("HEAD /long/5/0 HTTP/1.1\r\nHost: localhost\r\n\r\n" + Get("/nothing"));
  std::string seen;
  while (seen.find("204 No Content") == std::string::npos) {
    const std::string more = client.Take(1);
    ASSERT_FALSE(more.empty()) << seen;
    seen += more;
  }
  EXPECT_EQ(seen.find("first"), std::string::npos);
  EXPECT_TRUE(AllGone());
  EXPECT_EQ(fate_.made, 0);
}

TEST_F(LongAnswerTest, WaitsForASlowClientWithoutAWorker) {
  const std::string address = Serve();
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 8; ++i) {  // more than there are threads of any kind
    slow.push_back(std::make_unique<RawClient>(address));
    slow.back()->Send(Get("/long/300/0"));
  }
  RawClient other(address);
  for (int i = 0; i < 50; ++i) {
    other.Send(Get("/quick"));
    ASSERT_EQ(other.Read().body, "quick");
  }
  EXPECT_LT(fate_.made, 8 * 299) << "30 MB each cannot be on their way to clients that do not read";
  for (const auto& client : slow) EXPECT_EQ(client->Read().body, Whole(300));
  EXPECT_TRUE(AllGone());
}

TEST_F(LongAnswerTest, IsDroppedWhenItsClientLeavesOrSleeps) {
  const std::string address = Serve({.write_idle_timeout = 1s});
  {
    RawClient client(address);
    client.Send(Get("/long/1000000/0"));
    client.Take(1000);
  }
  EXPECT_TRUE(AllGone());
  RawClient stuck(address);
  stuck.Send(Get("/long/1000000/0"));
  stuck.Take(1000);
  EXPECT_TRUE(AllGone()) << "the server's write timeout frees it";
  EXPECT_LT(fate_.made, 1000);
}

TEST_F(LongAnswerTest, AnErrorCutsTheConnection) {
  const std::string address = Serve();
  for (const char* path : {"/long/9/3", "/long/9/-3"}) {
    RawClient client(address);
    client.Send(Get(path));
    EXPECT_EQ(client.Read().status, 0) << path;
  }
  EXPECT_TRUE(AllGone());
}

TEST_F(LongAnswerTest, TheServerMayEndMeanwhile) {
  const std::string address = Serve();
  RawClient client(address);
  client.Send(Get("/long/1000000/0"));
  client.Take(1000);
  server_.reset();
  EXPECT_EQ(fate_.alive, 0);
}

TEST_F(LongAnswerTest, CompleteMakesAllOfIt) {
  Response response = Response::Text(200, "first:");
  response.rest = std::make_shared<Letters>(4, 0, fate_);
  ASSERT_TRUE(response.Complete());
  EXPECT_EQ(response.body, Whole(4));
  EXPECT_FALSE(response.rest);
  response.rest = std::make_shared<Letters>(4, 2, fate_);
  EXPECT_EQ(response.Complete().error().message, "a piece is missing");
}

}  // namespace
}  // namespace pharos::net
