// The way to other machines: the queue, retries, HTTP and gRPC against servers of our own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "base/compress.h"
#include "export/loki_exporter.h"
#include "export/otlp_exporter.h"
#include "export/sending_queue.h"
#include "net/grpc.h"
#include "net/server.h"
#include "wire/otlp_json.h"

namespace pharos::exporting {
namespace {

using ingest::process::Telemetry;
using ingest::receive::OtlpRequest;
using ingest::receive::OtlpSignal;
using ingest::receive::OtlpTaken;
using std::chrono::milliseconds;
using testing::HasSubstr;

OtlpRequest Spans(int n) {
  std::string spans;
  for (int i = 0; i < n; ++i) spans += std::string(i > 0 ? "," : "") + R"({"name":"s"})";
  return {OtlpSignal::kTraces,
          std::make_shared<const std::string>(
              wire::OtlpJsonToProtobuf(
                  wire::kTracesMessage,
                  R"({"resourceSpans":[{"scopeSpans":[{"spans":[)" + spans + "]}]}]}")
                  .value()),
          {}};
}

std::string Take(SendingQueue& queue, OtlpRequest request) {
  auto answer = std::make_shared<std::promise<std::string>>();
  queue.Take(std::move(request), [answer](const base::Result<OtlpTaken>& taken) {
    answer->set_value(taken ? "ok" : taken.error().message);
  });
  return answer->get_future().get();
}

uint64_t Count(Telemetry& telemetry, const char* what) {
  return telemetry
      .GetCounter(std::string("otelcol_exporter_") + what + "_spans", "exporter=\"otlp/x\"")
      .Value();
}

conf::OtelcolRetry FastRetry() {
  return {.initial_ms = 1, .max_interval_ms = 2, .max_elapsed_ms = 1000, .randomization = 0};
}

TEST(SendingQueue, RetriesUntilDelivered) {
  const auto telemetry = std::make_shared<Telemetry>();
  std::atomic<int> calls{0};
  std::promise<void> third;
  SendingQueue queue({}, FastRetry(), "otlp/x", telemetry,
                     [&](const OtlpRequest&, const net::Cancellation&) -> Delivery {
                       if (++calls < 3) return {.retryable = true, .error = "not now"};
                       third.set_value();
                       return {.delivered = true};
                     });
  EXPECT_EQ(Take(queue, Spans(2)), "ok") << "queued is answered";
  third.get_future().wait();
  queue.Stop(std::chrono::seconds(10));
  EXPECT_EQ(Count(*telemetry, "sent"), 2u);
  EXPECT_EQ(Count(*telemetry, "send_failed"), 0u);
}

TEST(SendingQueue, StopGivesUpWhatWaitsAndCountsIt) {
  const auto telemetry = std::make_shared<Telemetry>();
  conf::OtelcolRetry slow;
  slow.initial_ms = 3'600'000;
  slow.max_elapsed_ms = 0;
  SendingQueue queue({.consumers = 1}, slow, "otlp/x", telemetry,
                     [&](const OtlpRequest&, const net::Cancellation&) -> Delivery {
                       return {.retryable = true, .error = "down"};
                     });
  EXPECT_EQ(Take(queue, Spans(1)), "ok");
  EXPECT_EQ(Take(queue, Spans(2)), "ok");
  queue.Stop(milliseconds(0));
  EXPECT_EQ(Count(*telemetry, "send_failed"), 3u);
}

TEST(SendingQueue, WithoutAQueueTheAnswerIsTheDeliverys) {
  const auto telemetry = std::make_shared<Telemetry>();
  std::atomic<int> calls{0};
  SendingQueue queue({.enabled = false}, FastRetry(), "otlp/x", telemetry,
                     [&](const OtlpRequest&, const net::Cancellation&) -> Delivery {
                       switch (++calls) {
                         case 1: return {.retryable = true, .error = "busy"};
                         case 2: return {.delivered = true};
                         default: return {.error = "HTTP status 400"};
                       }
                     });
  EXPECT_EQ(Take(queue, Spans(1)), "ok");
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(Take(queue, Spans(5)), "exporter \"otlp/x\": HTTP status 400");
  EXPECT_EQ(Count(*telemetry, "sent"), 1u);
  EXPECT_EQ(Count(*telemetry, "send_failed"), 5u);
}

TEST(SendingQueue, GivesUpWhenTimeIsOut) {
  const auto telemetry = std::make_shared<Telemetry>();
  conf::OtelcolRetry retry = FastRetry();
  retry.max_elapsed_ms = 5;
  SendingQueue queue({.enabled = false}, retry, "otlp/x", telemetry,
                     [&](const OtlpRequest&, const net::Cancellation&) -> Delivery {
                       return {.retryable = true, .error = "down"};
                     });
  EXPECT_THAT(Take(queue, Spans(1)), HasSubstr("no more retries left: down"));
}

TEST(SendingQueue, IsBounded) {
  const auto telemetry = std::make_shared<Telemetry>();
  std::promise<void> started, go;
  auto gone = go.get_future().share();
  std::atomic<bool> first{true};
  SendingQueue queue({.consumers = 1, .size = 2}, FastRetry(), "otlp/x", telemetry,
                     [&](const OtlpRequest&, const net::Cancellation&) -> Delivery {
                       if (first.exchange(false)) started.set_value();
                       gone.wait();
                       return {.delivered = true};
                     });
  EXPECT_EQ(Take(queue, Spans(1)), "ok");
  started.get_future().wait();
  EXPECT_EQ(Take(queue, Spans(1)), "ok");
  EXPECT_EQ(Take(queue, Spans(1)), "ok");
  EXPECT_EQ(Take(queue, Spans(4)), "exporter \"otlp/x\": sending queue is full");
  EXPECT_EQ(Count(*telemetry, "enqueue_failed"), 4u);
  go.set_value();
  queue.Stop(std::chrono::seconds(10));
  EXPECT_EQ(Count(*telemetry, "sent"), 3u);
  EXPECT_EQ(Take(queue, Spans(1)), "exporter \"otlp/x\": sending queue is full") << "stopped";
}

/// A server that answers `status` and keeps what it was sent.
struct HttpPeer {
  explicit HttpPeer(int status) {
    auto router = std::make_shared<net::Router>();
    router->Add("POST", "/{path...}", [this, status](const net::Request& request) {
      seen = request;
      net::Response response = net::Response::Text(status, "because");
      response.headers.Set("Retry-After", "7");
      return response;
    });
    server = net::Server::Make({.io_threads = 1, .worker_threads = 1});
    address = server->Listen({.name = "peer", .address = "127.0.0.1:0", .router = router}).value();
  }
  net::Request seen;
  std::string address;
  std::unique_ptr<net::Server> server;
};

TEST(OtlpHttp, PostsAndReadsTheAnswer) {
  HttpPeer peer(200);
  conf::OtelcolOtlpHttpExporter settings;
  settings.traces_url = "http://" + peer.address + "/base/v1/traces";
  settings.client.headers = {{"X-Key", "k"}};
  const OtlpRequest request = Spans(3);
  EXPECT_TRUE(OtlpHttpDeliver(settings)(request, {}).delivered);
  EXPECT_EQ(peer.seen.path, "/base/v1/traces");
  EXPECT_EQ(peer.seen.body, *request.body) << "decompressed by the server";
  EXPECT_EQ(peer.seen.headers.Get("Content-Type"), "application/x-protobuf");
  EXPECT_EQ(peer.seen.headers.Get("X-Key"), "k");
  settings.json = true;
  EXPECT_TRUE(OtlpHttpDeliver(settings)(request, {}).delivered);
  EXPECT_THAT(peer.seen.body, HasSubstr(R"("name":"s")"));
}

TEST(OtlpHttp, KnowsWhatIsWorthARetry) {
  for (const auto& [status, retryable] :
       {std::pair{503, true}, {429, true}, {400, false}, {500, false}}) {
    HttpPeer peer(status);
    conf::OtelcolOtlpHttpExporter settings;
    settings.traces_url = "http://" + peer.address + "/v1/traces";
    const Delivery end = OtlpHttpDeliver(settings)(Spans(1), {});
    EXPECT_FALSE(end.delivered);
    EXPECT_EQ(end.retryable, retryable) << status;
    EXPECT_EQ(end.pause, std::chrono::seconds(7));
    EXPECT_EQ(end.error, "HTTP status " + std::to_string(status) + ": because");
  }
  conf::OtelcolOtlpHttpExporter nobody;
  nobody.traces_url = "http://127.0.0.1:1/v1/traces";
  EXPECT_TRUE(OtlpHttpDeliver(nobody)(Spans(1), {}).retryable);
}

TEST(LokiHttp, PushesSnappy) {
  HttpPeer peer(204);
  conf::OtelcolLokiExporter settings;
  settings.client.endpoint = "http://" + peer.address + "/loki/api/v1/push";
  const auto body = wire::OtlpJsonToProtobuf(
      wire::kLogsMessage,
      R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"5","body":{"stringValue":"x"}}]}]}]})");
  const OtlpRequest request{OtlpSignal::kLogs, std::make_shared<const std::string>(*body), {}};
  EXPECT_TRUE(LokiDeliver(settings, &base::Clock::System())(request, {}).delivered);
  const auto raw = base::SnappyDecompress(peer.seen.body, 1000);
  ASSERT_TRUE(raw);
  const auto push = wire::DecodeLokiPush(std::make_shared<const std::string>(*raw));
  ASSERT_TRUE(push);
  EXPECT_EQ(push->streams.at(0).events.at(0).body.text, R"({"body":"x"})");
}

std::unique_ptr<net::GrpcServer> GrpcPeer(net::GrpcStatus status, net::GrpcRequest* seen) {
  const auto handler = [status, seen](net::GrpcRequest request, net::GrpcResponderPtr responder) {
    *seen = std::move(request);
    responder->Send(status, "");
  };
  net::GrpcHandlers handlers;
  handlers["/opentelemetry.proto.collector.trace.v1.TraceService/Export"] = handler;
  return net::GrpcServer::Start("127.0.0.1:0", {}, std::move(handlers)).value();
}

TEST(OtlpGrpc, ExportsAndReadsTheStatus) {
  net::GrpcRequest seen;
  const auto peer = GrpcPeer({}, &seen);
  conf::OtelcolOtlpExporter settings;
  settings.client.endpoint = peer->address();
  settings.client.plaintext = true;
  settings.client.headers = {{"X-Key", "k"}};
  const OtlpRequest request = Spans(3);
  const Delivery end = OtlpGrpcDeliver(settings).value()(request, {});
  EXPECT_TRUE(end.delivered) << end.error;
  EXPECT_EQ(seen.message, *request.body);
  EXPECT_EQ(seen.metadata.Get("x-key"), "k");
  const OtlpRequest logs{OtlpSignal::kLogs, std::make_shared<const std::string>(), {}};
  const Delivery unknown = OtlpGrpcDeliver(settings).value()(logs, {});
  EXPECT_FALSE(unknown.retryable) << "UNIMPLEMENTED is final";
  EXPECT_THAT(unknown.error, HasSubstr("code 12"));
}

TEST(OtlpGrpc, KnowsWhatIsWorthARetry) {
  for (const auto& [code, retryable] : {std::pair{net::GrpcCode::kUnavailable, true},
                                        {net::GrpcCode::kInvalidArgument, false},
                                        {net::GrpcCode::kResourceExhausted, false}}) {
    net::GrpcRequest seen;
    const auto peer = GrpcPeer({code, "why", ""}, &seen);
    conf::OtelcolOtlpExporter settings;
    settings.client.endpoint = peer->address();
    settings.client.plaintext = true;
    EXPECT_EQ(OtlpGrpcDeliver(settings).value()(Spans(1), {}).retryable, retryable);
  }
  // google.rpc.Status{code: 8, details: [Any{RetryInfo{retry_delay: 1.5 s}}]}
  std::string info("\x0a\x07\x08\x01\x10\x80\xca\xb5\xee\x01", 10);
  info[1] = 8;
  std::string any = "\x0a\x28type.googleapis.com/google.rpc.RetryInfo\x12\x0a" + info;
  const std::string status = std::string("\x08\x08\x1a", 3) + static_cast<char>(any.size()) + any;
  EXPECT_EQ(RetryPause(status), milliseconds(1500));
  EXPECT_EQ(RetryPause(""), milliseconds(-1));
}

}  // namespace
}  // namespace pharos::exporting
