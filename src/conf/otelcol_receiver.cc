#include <algorithm>
#include <cstdint>

#include "conf/otelcol_parts.h"
#include "text/duration.h"

namespace pharos::conf {
namespace {

constexpr std::string_view kBindMoot = "Pharos's own listeners have their own limits and timeouts";

void ReadGrpc(const Node* node, OtelcolGrpcServer& grpc, Faults& faults) {
  MapReader map(SectionOf(node), "receivers::otlp::protocols::grpc", faults);
  map.String("endpoint", &grpc.endpoint);
  int64_t mib = 0;
  if (map.Int("max_recv_msg_size_mib", &mib) && mib > 0) {
    if (mib > 2047) faults.Add(map.LineOf("max_recv_msg_size_mib"), "must be below 2048");
    grpc.max_message_bytes = std::min<int64_t>(mib, 2047) << 20;
  }
  map.Int("max_concurrent_streams", &grpc.max_concurrent_streams);
  if (grpc.max_concurrent_streams < 0 || grpc.max_concurrent_streams > INT32_MAX) {
    faults.Add(map.LineOf("max_concurrent_streams"), "must be a 32-bit unsigned number");
  }
  map.Bool("include_metadata", &grpc.include_metadata);
  std::string transport = "tcp";
  if (map.String("transport", &transport) && transport != "tcp" && transport != "tcp4") {
    faults.Add(map.LineOf("transport"), "transport \"" + transport + "\" is not supported yet");
  }
  map.Moot({"read_buffer_size", "write_buffer_size", "keepalive"}, kBindMoot);
  map.NotSupported({"tls", "auth", "middlewares"});
  map.Done();
}

void ReadPath(MapReader& map, std::string_view key, std::string* out) {
  if (!map.String(key, out)) return;
  if (out->starts_with(':') || out->empty()) {
    map.faults().Add(map.LineOf(key), std::string(key) + ": invalid HTTP URL path set for signal");
    return;
  }
  if (!out->starts_with('/')) out->insert(0, 1, '/');
}

void ReadHttp(const Node* node, OtelcolHttpServer& http, Faults& faults) {
  MapReader map(SectionOf(node), "receivers::otlp::protocols::http", faults);
  map.String("endpoint", &http.endpoint);
  ReadPath(map, "traces_url_path", &http.traces_path);
  ReadPath(map, "metrics_url_path", &http.metrics_path);
  ReadPath(map, "logs_url_path", &http.logs_path);
  map.Moot({"profiles_url_path"}, "Pharos takes no profiles");
  int64_t bytes = 0;
  if (map.Int("max_request_body_size", &bytes) && bytes > 0) http.max_body_bytes = bytes;
  map.Bool("include_metadata", &http.include_metadata);
  if (const Node* cors = map.Take("cors")) {
    MapReader reader(*cors, "receivers::otlp::protocols::http::cors", faults);
    reader.Strings("allowed_origins", &http.cors_origins);
    reader.Moot({"allowed_headers", "exposed_headers", "max_age"},
                "Pharos answers preflights with all headers that OTLP needs");
    reader.Done();
  }
  std::string transport = "tcp";
  if (map.String("transport", &transport) && transport != "tcp" && transport != "tcp4") {
    faults.Add(map.LineOf("transport"), "transport \"" + transport + "\" is not supported yet");
  }
  map.Moot({"read_timeout", "read_header_timeout", "write_timeout", "idle_timeout",
            "compression_algorithms", "keep_alives_enabled"},
           kBindMoot);
  map.NotSupported({"tls", "auth", "response_headers", "middlewares"});
  map.Done();
}

}  // namespace

const Node& SectionOf(const Node* node) {
  static const Node kEmpty{.kind = Node::Kind::kMap};
  return node != nullptr && node->kind != Node::Kind::kNull ? *node : kEmpty;
}

bool ReadGoDurationMs(MapReader& map, std::string_view key, int64_t* out) {
  std::string text;
  if (!map.String(key, &text)) return false;
  const auto ns = text::ParseGoDuration(text);
  if (!ns) {
    map.faults().Add(map.LineOf(key), std::string(key) + ": " + ns.error().message);
    return false;
  }
  *out = *ns / 1'000'000;
  if (*out == 0 && *ns > 0) *out = 1;
  return true;
}

std::optional<OtelcolReceiver> ReadOtelcolReceiver(OtelcolId id, const Node* node, Faults& faults) {
  static constexpr std::string_view kOurs[] = {"otlp"};
  if (id.type != "otlp") {
    RefuseOtelcolType(id, "receivers", kOurs, faults);
    return std::nullopt;
  }
  OtelcolReceiver receiver{.id = std::move(id)};
  MapReader map(SectionOf(node), "receivers::otlp", faults);
  const Node* protocols = map.Take("protocols");
  if (protocols != nullptr && protocols->kind == Node::Kind::kMap) {
    MapReader reader(*protocols, "receivers::otlp::protocols", faults);
    (void)reader.Take("grpc");
    (void)reader.Take("http");
    // A protocol without settings ("grpc:") listens with the defaults.
    if (const Node* grpc = protocols->Find("grpc")) ReadGrpc(grpc, receiver.grpc.emplace(), faults);
    if (const Node* http = protocols->Find("http")) ReadHttp(http, receiver.http.emplace(), faults);
    reader.Done();
  }
  map.Done();
  if (!receiver.grpc && !receiver.http) {
    faults.Add(receiver.id.line, "receivers::" + receiver.id.text +
                                     ": must specify at least one protocol when using the OTLP "
                                     "receiver");
  }
  return receiver;
}

}  // namespace pharos::conf
