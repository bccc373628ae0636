#include "net/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/un.h>

#include <thread>

#include "base/compress.h"
#include "net/raw_client.h"
#include "net/server.h"

namespace pharos::net {
namespace {

using base::ErrorKind;
using testing::HasSubstr;

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    const auto echo = [](const Request& r) {
      Response response = Response::Text(200, r.method + " " + r.query + " " + r.body);
      response.headers.Add("X-Type", r.headers.Get("Content-Type"));
      response.headers.Add("X-Remote", r.remote);
      response.headers.Add("X-Empty", r.headers.Has("X-Empty") ? "there" : "not there");
      return response;
    };
    for (const char* method : {"GET", "POST", "PUT", "DELETE"}) router_->Add(method, "/echo", echo);
    router_->Add("GET", "/from", [](const Request&) {
      Response response = Response::Text(302, "over there");
      response.headers.Add("Location", "/echo?moved");
      return response;
    });
    router_->Add("POST", "/from", [](const Request&) {
      Response response = Response::Text(303, "over there");
      response.headers.Add("Location", "/echo?moved");
      return response;
    });
    router_->Add("GET", "/loop", [](const Request&) {
      Response response = Response::Text(302, "");
      response.headers.Add("Location", "/loop");
      return response;
    });
    router_->Add("GET", "/big",
                 [](const Request&) { return Response::Text(200, std::string(1'000'000, 'b')); });
    router_->Add("GET", "/zstd", [](const Request&) {
      Response response = Response::Text(200, base::ZstdCompress(std::string(5000, 'z')));
      response.headers.Add("Content-Encoding", "zstd");
      return response;
    });
    router_->AddAsync("GET", "/never",
                      [this](Request, ResponderPtr responder) { never_ = std::move(responder); });
    server_ = Server::Make({});
    address_ =
        server_->Listen({.name = "client", .address = "127.0.0.1:0", .router = router_}).value();
  }
  ~ClientTest() override {
    server_.reset();
    never_.reset();
  }
  std::string Url(const std::string& path) const { return "http://" + address_ + path; }

  ResponderPtr never_;
  std::shared_ptr<Router> router_ = std::make_shared<Router>();
  std::unique_ptr<Server> server_;
  std::string address_;
};

TEST_F(ClientTest, MethodsBodiesAndHeaders) {
  for (const char* method : {"GET", "POST", "PUT", "DELETE"}) {
    ClientRequest request{.method = method, .url = Url("/echo?a=1")};
    auto answer = Fetch(request);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, std::string(method) + " a=1 ");
    if (std::string_view(method) == "GET") continue;
    request.body = "some\0bytes";
    request.headers.Add("X-Empty", "");
    answer = Fetch(request);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, std::string(method) + " a=1 some");
    EXPECT_EQ(answer->headers.Get("X-Type"), "") << "no form type out of nowhere";
    EXPECT_EQ(answer->headers.Get("X-Empty"), "there");
    request.headers.Add("Content-Type", "application/json");
    EXPECT_EQ(Fetch(request)->headers.Get("X-Type"), "application/json");
  }
  const auto head = Fetch({.method = "HEAD", .url = Url("/echo")});
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(head->headers.Get("content-length"), "6");
}

TEST_F(ClientTest, KeepsItsConnection) {
  const auto first = Fetch({.url = Url("/echo")});
  const auto second = Fetch({.url = Url("/echo")});
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->headers.Get("X-Remote"), second->headers.Get("X-Remote"));
}

TEST_F(ClientTest, Redirects) {
  EXPECT_EQ(Fetch({.url = Url("/from")})->body, "GET moved ");
  EXPECT_EQ(Fetch({.method = "POST", .url = Url("/from"), .body = "b"})->body, "GET moved ");
  const auto stays = Fetch({.url = Url("/from"), .follow_redirects = false});
  EXPECT_EQ(stays->status, 302);
  EXPECT_EQ(stays->headers.Get("location"), "/echo?moved");
  const auto loop = Fetch({.url = Url("/loop")});
  ASSERT_FALSE(loop);
  EXPECT_THAT(loop.error().message, HasSubstr("10 redirects"));
}

TEST_F(ClientTest, Decompresses) {
  const auto gzip = Fetch({.url = Url("/big")});
  ASSERT_TRUE(gzip) << gzip.error().message;
  EXPECT_EQ(gzip->body.size(), 1'000'000u);
  EXPECT_FALSE(gzip->headers.Has("Content-Encoding"));
  const auto zstd = Fetch({.url = Url("/zstd")});
  ASSERT_TRUE(zstd) << zstd.error().message;
  EXPECT_EQ(zstd->body, std::string(5000, 'z'));
}

TEST_F(ClientTest, CapsTheAnswerAfterDecompression) {
  const auto answer = Fetch({.url = Url("/big"), .max_response_bytes = 100'000});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kTooLarge);
  EXPECT_THAT(answer.error().message, HasSubstr(address_));
  EXPECT_TRUE(Fetch({.url = Url("/echo")}));
}

TEST_F(ClientTest, TimesOut) {
  const auto answer = Fetch({.url = Url("/never"), .timeout = std::chrono::milliseconds(50)});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(answer.error().message, "GET " + address_ + ": no answer within 50 ms");
}

TEST_F(ClientTest, CanBeCancelled) {
  const ClientRequest request{.url = Url("/never")};
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    request.cancelled.Cancel();
  });
  const auto answer = Fetch(request);
  canceller.join();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kCancelled);
}

TEST_F(ClientTest, SaysWhatWentWrong) {
  const std::string gone = address_;
  server_.reset();
  const auto refused = Fetch({.url = "http://user:secret@" + gone + "/x"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kIo);
  EXPECT_EQ(refused.error().message, "GET " + gone + ": connect: connection refused");
  for (const char* url : {"ftp://localhost/", "file:///etc/passwd", "http://", "", "http://a b/"}) {
    const auto bad = Fetch({.url = url});
    ASSERT_FALSE(bad) << url;
    EXPECT_EQ(bad.error().kind, ErrorKind::kBadInput) << url << ": " << bad.error().message;
  }
  const auto nowhere = Fetch({.url = "http://no-such-host.invalid/"});
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().message, HasSubstr("no-such-host.invalid:80"));
  ClientRequest split{.url = "http://" + gone};
  split.headers.Add("X", "a\r\nInjected: b");
  EXPECT_EQ(Fetch(split).error().kind, ErrorKind::kBadInput);
}

TEST(Client, UnixSocketAndBrokenServers) {
  const std::string path = testing::TempDir() + "net_client_" + std::to_string(getpid()) + ".sock";
  ::unlink(path.c_str());
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  ASSERT_EQ(::listen(listener, 4), 0);
  const std::string answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "",
                                 "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhi"};
  std::thread server([&] {
    for (const std::string& answer : answers) {
      const int peer = ::accept(listener, nullptr, nullptr);
      char ignored[4096];
      (void)::recv(peer, ignored, sizeof ignored, 0);
      (void)::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::close(peer);
    }
  });
  const std::string url = "unix:" + path + ":http://docker/info";
  const auto good = Fetch({.url = url});
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->body, "hi");
  const auto silent = Fetch({.url = url});
  ASSERT_FALSE(silent);
  EXPECT_THAT(silent.error().message, HasSubstr("EOF"));
  EXPECT_THAT(silent.error().message, HasSubstr(path));
  const auto cut = Fetch({.url = url});
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().message, HasSubstr("ended early"));
  server.join();
  ::close(listener);
  ::unlink(path.c_str());
}

}  // namespace
}  // namespace pharos::net
