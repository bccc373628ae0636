// What goes in through OTLP and comes out again: the receivers, the event engine and Tempo's
// API put together, and a form of messages in which what means the same is the same text.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "api/tempo/tempo_api.h"
#include "api/testing/call.h"
#include "events/world_test.h"
#include "ingest/receive/otlp_http.h"
#include "wire/base64.h"
#include "wire/otlp_encode.h"
#include "wire/otlp_schema.h"
#include "wire/protobuf.h"

namespace pharos::server {

using wire::PbKind;
using wire::PbMessage;

inline void PutVarint(std::string& out, uint64_t n) {
  for (; n >= 0x80; n >>= 7) out += static_cast<char>(n | 0x80);
  out += static_cast<char>(n);
}
inline void PutBytes(std::string& out, uint32_t field, std::string_view bytes) {
  PutVarint(out, uint64_t{field} << 3 | 2);
  PutVarint(out, bytes.size());
  out += bytes;
}
template <class T>
void PutFixed(std::string& out, uint32_t field, T value) {
  PutVarint(out, uint64_t{field} << 3 | (sizeof value == 8 ? 1 : 5));
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// A message as text in which what protobuf holds for equal is equal: fields by number,
/// defaults left out (but not in an AnyValue, which says by presence what it is).
inline std::string Plain(const PbMessage& message, std::string_view bytes,
                         const std::set<std::string_view>& without = {}) {
  const bool explicit_presence = message.name == "AnyValue";
  std::vector<std::pair<uint32_t, std::string>> fields;
  wire::PbReader reader(bytes);
  while (reader.Next()) {
    const auto field =
        std::find_if(message.fields.begin(), message.fields.end(),
                     [&](const wire::PbField& f) { return f.number == reader.field(); });
    if (field == message.fields.end()) {
      fields.emplace_back(reader.field(), "unknown");
      continue;
    }
    if (without.contains(field->proto)) continue;
    std::string value;
    bool is_default = false;
    switch (reader.type()) {
      case wire::WireType::kBytes:
        value = field->kind == PbKind::kMessage
                    ? "{" + Plain(*field->message, reader.Bytes(), without) + "}"
                    : std::string(reader.Bytes());
        is_default = value.empty() || (value == "{}" && message.name != "KeyValue");
        break;
      case wire::WireType::kVarint: value = std::to_string(reader.Varint()); break;
      case wire::WireType::kFixed64: value = std::to_string(reader.Fixed64()); break;
      case wire::WireType::kFixed32: value = std::to_string(reader.Fixed32()); break;
    }
    if (reader.type() != wire::WireType::kBytes) is_default = value == "0";
    if (is_default && !field->repeated && !explicit_presence) continue;
    // What Loki's endpoint, and so ours, adds to a record.
    if (message.name == "LogRecord" && value.starts_with("{1=detected_level;")) continue;
    fields.emplace_back(field->number, std::move(value));
  }
  EXPECT_TRUE(reader.ok());
  std::stable_sort(fields.begin(), fields.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string out;
  for (const auto& [number, value] : fields) {
    out += std::to_string(number) + "=" + value + ";";
  }
  return out;
}

/// Every record of a TracesData or LogsData with its resource and scope, sorted.
inline std::vector<std::string> Records(const PbMessage& root, std::string_view bytes) {
  std::vector<std::string> out;
  const PbMessage& resource = *root.fields[0].message;
  const PbMessage& scope = *resource.fields[1].message;
  const PbMessage& record = *scope.fields[1].message;
  for (wire::PbReader a(bytes); a.Next();) {
    const std::string of_resource = Plain(resource, a.Bytes(), {resource.fields[1].proto});
    for (wire::PbReader b(a.Bytes()); b.Next();) {
      if (b.field() != 2) continue;
      const std::string of_scope = Plain(scope, b.Bytes(), {scope.fields[1].proto});
      for (wire::PbReader c(b.Bytes()); c.Next();) {
        if (c.field() != 2) continue;
        out.push_back(of_resource + "\n" + of_scope + "\n" + Plain(record, c.Bytes()));
      }
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// The first records in which two sorted lists differ; "" when they are equal.
inline std::string Difference(const std::vector<std::string>& got,
                              const std::vector<std::string>& sent) {
  const auto [a, b] = std::mismatch(got.begin(), got.end(), sent.begin(), sent.end());
  if (a == got.end() && b == sent.end()) return "";
  return "got " + std::to_string(got.size()) + " records: " + (a == got.end() ? "-" : *a) +
         "\nsent " + std::to_string(sent.size()) + ": " + (b == sent.end() ? "-" : *b);
}

inline std::string Hex(std::string_view bytes) {
  std::string out;
  wire::AppendHex(out, bytes);
  return out;
}

/// Takes the answer that comes once the log is on disk.
struct Waiting final : net::Responder {
  void Send(net::Response response) override { promise.set_value(std::move(response)); }
  void Begin(net::Response) override {}
  bool Write(std::string_view) override { return false; }
  void End() override {}
  std::promise<net::Response> promise;
};

class OtlpRoundTrip : public testing::Test {
 protected:
  void SetUp() override {
    world_ = std::make_unique<events::World>();
    Start();
  }
  void Start() {
    const auto started = world_->engine == nullptr ? world_->Start() : base::Result<void>{};
    ASSERT_TRUE(started) << started.error().message;
    router_ = net::Router();
    const ingest::receive::Target target{.events = world_->engine.get(), .clock = &world_->clock};
    ingest::receive::RegisterOtlpHttp(
        router_, std::make_shared<ingest::receive::OtlpService>(target), target);
    api::spans::Deps deps;
    deps.events = world_->engine.get();
    deps.clock = &world_->clock;
    api::tempo::RegisterTempoApi(router_, "", deps);
  }
  void Crash() {
    world_->Restart();
    Start();
  }
  void Post(const std::string& path, const std::string& body) {
    const auto match = router_.Find("POST", path);
    ASSERT_EQ(match.found, net::Router::Found::kRoute);
    net::Request request;
    request.method = "POST";
    request.path = path;
    request.body = body;
    request.headers.Add("Content-Type", "application/x-protobuf");
    const auto waiting = std::make_shared<Waiting>();
    match.route->async(std::move(request), waiting);
    const net::Response answer = waiting->promise.get_future().get();
    ASSERT_EQ(answer.status, 200) << answer.body;
    ASSERT_EQ(answer.body, "") << "something was refused";
  }
  std::vector<std::string> Trace(const std::string& id) {
    const auto answer = api::testing::Call(router_, "GET", "/api/traces/" + Hex(id), "",
                                           {{"Accept", "application/protobuf"}});
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Records(wire::kTracesMessage, answer.body);
  }
  std::vector<std::string> Logs() {
    std::vector<std::string> out;
    const auto cursor = world_->engine->Select(events::All());
    EXPECT_TRUE(cursor);
    while (cursor) {
      model::EventBatch page;
      if (!(*cursor)->Next(&page).value()) break;
      auto records = Records(wire::kLogsMessage, wire::EncodeOtlpLogs(page));
      std::move(records.begin(), records.end(), std::back_inserter(out));
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  std::unique_ptr<events::World> world_;
  net::Router router_;
};

}  // namespace pharos::server
