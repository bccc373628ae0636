#include "net/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "base/compress.h"
#include "base/metrics.h"
#include "net/raw_client.h"

namespace pharos::net {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

std::string Describe(const Request& request) {
  return request.method + " " + request.path + "?" + request.query + " " + request.body;
}

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    router_->Add("GET", "/echo", [](const Request& r) { return Response::Text(200, Describe(r)); });
    router_->Add("POST", "/echo", [](const Request& r) { return Response::Text(200, Describe(r)); },
                 {.max_body_bytes = 100'000});
    router_->AddAsync("GET", "/async", [](Request r, ResponderPtr responder) {
      responder->Send(Response::Text(200, Describe(r)));
    });
    router_->AddAsync("POST", "/async", [](Request r, ResponderPtr responder) {
      responder->Send(Response::Text(200, Describe(r)));
    });
    router_->AddAsync(
        "POST", "/raw",
        [](Request r, ResponderPtr responder) { responder->Send(Response::Text(200, r.body)); },
        {.decompress = false});
    router_->Add("GET", "/throw",
                 [](const Request&) -> Response { throw std::runtime_error("x"); });
    router_->AddAsync("GET", "/throw-async",
                      [](Request, ResponderPtr) { throw std::runtime_error("x"); });
    router_->AddAsync("GET", "/forget", [](Request, ResponderPtr) {});
    router_->Add("GET", "/json", [](const Request& r) {
      return Response::Json(200, "[" + std::string(std::stoul(r.query), '1') + "]");
    });
    router_->Add("GET", "/label/{name}/values", [](const Request& r) {
      return Response::Text(200, std::string(r.PathParam("name")));
    });
  }

  std::string Serve(ServerOptions options = {}, ListenOptions listen = {}) {
    options.worker_threads = std::min(options.worker_threads, 4);
    server_ = Server::Make(options);
    if (listen.address.empty()) listen.address = "127.0.0.1:0";
    listen.router = router_;
    if (listen.name.empty()) listen.name = "test";
    auto address = server_->Listen(listen);
    EXPECT_TRUE(address) << address.error().message;
    return address.value_or("");
  }

  std::shared_ptr<Router> router_ = std::make_shared<Router>();
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, KeepsTheConnection) {
  RawClient client(Serve());
  for (int i = 0; i < 3; ++i) {
    client.Send(Get("/echo?q=" + std::to_string(i)));
    const auto answer = client.Read();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "GET /echo?q=" + std::to_string(i) + " ");
    EXPECT_EQ(answer.Header("Connection"), "");
    client.Send(Post("/async", "body" + std::to_string(i)));
    EXPECT_EQ(client.Read().body, "POST /async? body" + std::to_string(i));
  }
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  RawClient client(Serve());
  std::string all;
  for (int i = 0; i < 500; ++i) all += Get((i % 3 ? "/echo?" : "/async?") + std::to_string(i));
  client.Send(all);
  for (int i = 0; i < 500; ++i) {
    ASSERT_THAT(client.Read().body, HasSubstr("?" + std::to_string(i) + " ")) << i;
  }
}

TEST_F(ServerTest, ReadsByteByByte) {
  RawClient client(Serve());
  for (const char c : Post("/echo", "hello")) ASSERT_TRUE(client.Send({&c, 1}));
  EXPECT_EQ(client.Read().body, "POST /echo? hello");
  const std::string chunked =
      "POST /async HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n";
  for (const char c : chunked) ASSERT_TRUE(client.Send({&c, 1}));
  EXPECT_EQ(client.Read().body, "POST /async? abcde");
}

TEST_F(ServerTest, LargeBodiesArriveWhole) {
  RawClient client(Serve());
  std::string body(20 << 20, 'x');
  for (size_t i = 0; i < body.size(); i += 1000) body[i] = static_cast<char>('a' + i % 23);
  std::thread sender([&] { client.Send(Post("/raw", body)); });
  const auto answer = client.Read();
  sender.join();
  EXPECT_TRUE(answer.body == body);
}

TEST_F(ServerTest, HeadHasTheLengthAndNoBody) {
  RawClient client(Serve());
  client.Send("HEAD /echo HTTP/1.1\r\nHost: localhost\r\n\r\n" + Get("/echo"));
  EXPECT_EQ(client.Read(true).Header("Content-Length"), "12");
  EXPECT_EQ(client.Read().body, "GET /echo? ");
}

TEST_F(ServerTest, ClosesWhenAsked) {
  const std::string address = Serve();
  RawClient client(address);
  client.Send(Get("/echo", "Connection: close\r\n"));
  EXPECT_EQ(client.Read().Header("Connection"), "close");
  EXPECT_TRUE(client.AtEnd());
  RawClient old(address);
  old.Send("GET /echo HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.Read().status, 200);
  EXPECT_TRUE(old.AtEnd());
  RawClient kept(address);
  kept.Send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(kept.Read().Header("Connection"), "keep-alive");
  kept.Send("GET /echo HTTP/1.0\r\n\r\n");
  EXPECT_EQ(kept.Read().status, 200);
}

TEST_F(ServerTest, AnswersAHalfClosedClient) {
  RawClient client(Serve());
  client.Send(Get("/echo?1") + Get("/async?2") + Get("/echo?3"));
  client.FinishSending();
  EXPECT_EQ(client.Read().body, "GET /echo?1 ");
  EXPECT_EQ(client.Read().body, "GET /async?2 ");
  EXPECT_EQ(client.Read().body, "GET /echo?3 ");
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(ServerTest, GoLikeAnswersWhereNothingFits) {
  RawClient client(Serve());
  client.Send(Get("/nothing"));
  auto answer = client.Read();
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.body, "404 page not found\n");
  client.Send(Post("/nothing", std::string(100'000, 'x')) + Get("/echo"));
  EXPECT_EQ(client.Read().status, 404);
  EXPECT_EQ(client.Read().status, 200) << "the dropped body must not end the connection";
  client.Send("DELETE /echo HTTP/1.1\r\nHost: localhost\r\n\r\n");
  answer = client.Read();
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.Header("Allow"), "GET, POST");
  client.Send(Get("/label/a%2Fb/values"));
  EXPECT_EQ(client.Read().body, "a/b");
}

TEST_F(ServerTest, FallbackAnswersTheRest) {
  router_->SetFallback([](const Request& r) { return Response::Text(200, "page " + r.path); });
  RawClient client(Serve());
  client.Send(Get("/some/page"));
  EXPECT_EQ(client.Read().body, "page /some/page");
}

TEST_F(ServerTest, HandlersThatFailGive500) {
  RawClient client(Serve());
  for (const char* path : {"/throw", "/throw-async", "/forget"}) {
    client.Send(Get(path));
    EXPECT_EQ(client.Read().status, 500) << path;
  }
  client.Send(Get("/echo"));
  EXPECT_EQ(client.Read().status, 200);
}

TEST_F(ServerTest, RefusesLargeBodiesBeforeReadingThem) {
  const std::string address = Serve();
  RawClient announced(address);
  announced.Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100001\r\n\r\n");
  const auto answer = announced.Read();
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.body, "request body is larger than 100000 bytes\n");

  RawClient chunked(address);
  chunked.Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::thread sender([&] {
    for (int i = 0; i < 10; ++i) chunked.Send("4000\r\n" + std::string(0x4000, 'x') + "\r\n");
  });
  EXPECT_EQ(chunked.Read().status, 413);
  sender.join();

  RawClient fits(address);
  fits.Send(Post("/echo", std::string(100'000, 'x')));
  EXPECT_EQ(fits.Read().status, 200);
}

TEST_F(ServerTest, EarlyAnswerReachesAClientThatStillSends) {
  RawClient client(Serve());
  std::thread sender([&] { client.Send(Post("/echo", std::string(8 << 20, 'x'))); });
  const auto answer = client.Read();
  sender.join();
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.Header("Connection"), "close");
}

TEST_F(ServerTest, Decompresses) {
  RawClient client(Serve());
  for (const char* encoding : {"gzip", "GZIP", "x-gzip", "deflate", "zstd", "snappy", "identity"}) {
    for (const char* path : {"/echo", "/async"}) {
      const std::string name = encoding;
      const std::string body = name == "zstd"       ? base::ZstdCompress("hello")
                               : name == "snappy"   ? base::SnappyCompress("hello")
                               : name == "identity" ? "hello"
                                                    : base::GzipCompress("hello");
      client.Send(Post(path, body, "Content-Encoding: " + name + "\r\n"));
      EXPECT_EQ(client.Read().body, "POST " + std::string(path) + "? hello") << encoding;
    }
  }
  client.Send(Post("/raw", "as it is", "Content-Encoding: snappy\r\n"));
  EXPECT_EQ(client.Read().body, "as it is");
}

TEST_F(ServerTest, RefusesBadAndBombBodies) {
  RawClient client(Serve());
  client.Send(Post("/echo", "x", "Content-Encoding: br\r\n"));
  auto answer = client.Read();
  EXPECT_EQ(answer.status, 415);
  EXPECT_THAT(answer.body, HasSubstr("\"br\""));
  client.Send(Post("/echo", "not gzip", "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(client.Read().status, 400);
  const std::string zeros(50 << 20, '\0');
  client.Send(Post("/echo", base::GzipCompress(zeros), "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(client.Read().status, 413);
  client.Send(Post("/echo", base::ZstdCompress(zeros), "Content-Encoding: zstd\r\n"));
  answer = client.Read();
  EXPECT_EQ(answer.status, 413);
  EXPECT_THAT(answer.body, HasSubstr("100000 bytes"));
  client.Send(Get("/echo"));
  EXPECT_EQ(client.Read().status, 200);
}

TEST_F(ServerTest, ExpectContinue) {
  const std::string address = Serve();
  RawClient client(address);
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.Read().status, 100);
  client.Send("hi");
  EXPECT_EQ(client.Read().body, "POST /echo? hi");
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.Read().status, 413) << "no 100 for a body that is not wanted";
}

TEST_F(ServerTest, MalformedRequests) {
  const std::string address = Serve({.max_header_bytes = 2000});
  const std::pair<std::string, int> cases[] = {
      {"\x16\x03\x01\x02\x03 garbage\r\n\r\n", 400},
      {"GET /echo HTTP/1.1\r\n\r\n", 400},
      {"GET /echo HTTP/3.0\r\nHost: localhost\r\n\r\n", 505},
      {Get("/echo", "X-Long: " + std::string(3000, 'x') + "\r\n"), 431},
      {"GET /" + std::string(10'000, 'x'), 431},
      {"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
  };
  for (const auto& [text, status] : cases) {
    RawClient client(address);
    client.Send(text);
    const auto answer = client.Read();
    EXPECT_EQ(answer.status, status) << text.substr(0, 100);
    EXPECT_THAT(answer.body, testing::EndsWith("\n"));
    EXPECT_TRUE(client.AtEnd()) << text.substr(0, 100);
  }
  RawClient truncated(address);
  truncated.Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc");
  truncated.FinishSending();
  EXPECT_EQ(truncated.Read().status, 400);
}

TEST_F(ServerTest, ForeignHostsAndOrigins) {
  const std::string address = Serve({.allowed_hosts = {"pharos.example.com"}});
  RawClient client(address);
  const auto ask = [&](const std::string& headers) {
    client.Send("GET /echo HTTP/1.1\r\n" + headers + "\r\n");
    return client.Read();
  };
  EXPECT_EQ(ask("Host: " + address + "\r\n").status, 200);
  EXPECT_EQ(ask("Host: pharos.example.com\r\n").status, 200);
  EXPECT_EQ(ask("Host: localhost\r\nOrigin: http://localhost:5173\r\n").status, 200);
  const auto host = ask("Host: evil.org\r\n");
  EXPECT_EQ(host.status, 403);
  EXPECT_THAT(host.body, HasSubstr("Host \"evil.org\" is not allowed"));
  const auto origin = ask("Host: localhost\r\nOrigin: https://evil.org\r\n");
  EXPECT_EQ(origin.status, 403);
  EXPECT_THAT(origin.body, HasSubstr("Origin \"https://evil.org\" is not allowed"));
  EXPECT_EQ(origin.Header("Access-Control-Allow-Origin"), "");
  EXPECT_EQ(ask("Host: localhost\r\nOrigin: null\r\n").status, 403);
}

TEST_F(ServerTest, Cors) {
  RawClient client(Serve({}, {.cors = true}));
  client.Send(
      "OPTIONS /echo HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost:8000\r\n"
      "Access-Control-Request-Method: POST\r\n"
      "Access-Control-Request-Headers: content-type\r\n\r\n");
  auto answer = client.Read();
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.Header("Access-Control-Allow-Origin"), "http://localhost:8000");
  EXPECT_EQ(answer.Header("Access-Control-Allow-Methods"), "POST");
  EXPECT_EQ(answer.Header("Access-Control-Allow-Headers"), "content-type");
  EXPECT_THAT(answer.head, Not(HasSubstr("Content-Length")));
  client.Send(Get("/echo", "Origin: http://localhost:8000\r\n"));
  answer = client.Read();
  EXPECT_EQ(answer.Header("Access-Control-Allow-Origin"), "http://localhost:8000");
  EXPECT_EQ(answer.Header("Vary"), "Origin");
  client.Send(
      "OPTIONS /echo HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.org\r\n"
      "Access-Control-Request-Method: POST\r\n\r\n");
  answer = client.Read();
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.Header("Access-Control-Allow-Origin"), "");
}

TEST_F(ServerTest, CompressesLargeAnswers) {
  RawClient client(Serve());
  client.Send(Get("/json?5000", "Accept-Encoding: br, gzip;q=0.8\r\n"));
  const auto answer = client.Read();
  EXPECT_EQ(answer.Header("Content-Encoding"), "gzip");
  EXPECT_EQ(base::GzipDecompress(answer.body, 10'000).value_or(""),
            "[" + std::string(5000, '1') + "]");
  for (const auto& [path, accept] :
       {std::pair("/json?5000", "gzip;q=0"), {"/json?5000", "br"}, {"/json?100", "gzip"}}) {
    client.Send(Get(path, "Accept-Encoding: " + std::string(accept) + "\r\n"));
    EXPECT_EQ(client.Read().Header("Content-Encoding"), "") << path << " " << accept;
  }
}

TEST_F(ServerTest, HeaderValuesCannotBreakOut) {
  router_->Add("GET", "/inject", [](const Request&) {
    Response response = Response::Text(200, "x");
    response.headers.Add("X-Evil", "a\r\nX-Injected: 1");
    response.headers.Add("Content-Length", "77");
    return response;
  });
  RawClient client(Serve());
  client.Send(Get("/inject"));
  const auto answer = client.Read();
  EXPECT_EQ(answer.Header("X-Injected"), "");
  EXPECT_EQ(answer.Header("Content-Length"), "1");
}

TEST_F(ServerTest, ListenErrorsNameTheAddress) {
  const std::string address = Serve();
  const auto taken = server_->Listen({.name = "b", .address = address, .router = router_});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind, base::ErrorKind::kConflict);
  EXPECT_THAT(taken.error().message, HasSubstr(address));
  const auto bad = server_->Listen({.name = "c", .address = "nonsense", .router = router_});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind, base::ErrorKind::kBadInput);
  const auto foreign = server_->Listen({.name = "d", .address = "192.0.2.1:0", .router = router_});
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().kind, base::ErrorKind::kBadInput);
}

TEST_F(ServerTest, SpeaksIpV6) {
  server_ = Server::Make({});
  const auto address = server_->Listen({.name = "six", .address = "[::1]:0", .router = router_});
  if (!address) GTEST_SKIP() << "no IPv6 here: " << address.error().message;
  RawClient client(*address);
  client.Send("GET /echo HTTP/1.1\r\nHost: " + *address + "\r\n\r\n");
  EXPECT_EQ(client.Read().status, 200);
}

TEST_F(ServerTest, CountsItself) {
  RawClient client(Serve({}, {.name = "counted"}));
  client.Send(Get("/echo") + Get("/nothing"));
  client.Read();
  client.Read();
  const std::string metrics = base::ExposeMetrics();
  EXPECT_THAT(metrics,
              HasSubstr("pharos_http_requests_total{listener=\"counted\",code=\"200\"} 1\n"));
  EXPECT_THAT(metrics,
              HasSubstr("pharos_http_requests_total{listener=\"counted\",code=\"404\"} 1\n"));
  EXPECT_THAT(metrics,
              HasSubstr("pharos_http_request_duration_seconds_count{listener=\"counted\"} 2\n"));
  EXPECT_THAT(metrics, HasSubstr("pharos_http_connections 1\n"));
}

}  // namespace
}  // namespace pharos::net
