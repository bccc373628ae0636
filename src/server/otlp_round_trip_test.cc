// Everything an OTLP sender can say comes back as it was sent: random messages of every field
// through the receivers and the event engine, out through Tempo's API (spans) or the log
// encoder; before and after a seal, and after a crash. PHAROS_LONG=1: a million of them.
#include "server/otlp_round_trip_test.h"

#include <cstdlib>
#include <random>

namespace pharos::server {
namespace {

using events::kNow;
using wire::PbField;

bool Long() { return std::getenv("PHAROS_LONG") != nullptr; }

/// Draws messages of every field of OTLP's tables.
class Drawing {
 public:
  explicit Drawing(uint64_t seed) : random_(seed) {}

  uint64_t Below(uint64_t n) { return random_() % n; }

  /// `trace`: what all spans of the message belong to; drawn where it is empty.
  std::string Message(const PbMessage& message, const std::string& trace, int depth = 0) {
    std::string out;
    if (message.name == "AnyValue") return AnyValue(message, trace, depth);
    for (const PbField& field : message.fields) {
      const bool needed = Needed(message, field);
      size_t times = needed ? 1 : Below(3) != 0;
      if (field.repeated) times = depth > 9 ? 0 : Below(depth < 4 ? 4 : 3) + needed;
      for (; times > 0; --times) Put(out, message, field, trace, depth);
    }
    return out;
  }

 private:
  /// Without them a record is refused, or gets a value that was not sent.
  static bool Needed(const PbMessage& message, const PbField& field) {
    const std::string_view f = field.proto;
    if (message.name == "Span") {
      return f == "trace_id" || f == "span_id" || f == "start_time_unix_nano" ||
             f == "end_time_unix_nano";
    }
    if (message.name == "LogRecord") return f == "time_unix_nano";
    return (message.name == "Link" && (f == "trace_id" || f == "span_id")) ||
           f == "resource_spans" || f == "scope_spans" || f == "spans" || f == "resource_logs" ||
           f == "scope_logs" || f == "log_records" || f == "key" || f == "value";
  }

  std::string AnyValue(const PbMessage& message, const std::string& trace, int depth) {
    std::string out;
    const size_t kinds = message.fields.size();
    if (Below(20) == 0) return out;  // null
    const PbField& field = message.fields[Below(kinds)];
    if (field.kind == PbKind::kMessage && depth > 9) return out;
    Put(out, message, field, trace, depth);
    return out;
  }

  std::string Text() {
    static const std::vector<std::string> kTexts = {"",
                                                    "a",
                                                    "service.name",
                                                    "GET /cart",
                                                    "Ünïcode ☃",
                                                    "10.0.7.9",
                                                    "0",
                                                    "-17",
                                                    "true",
                                                    std::string("nul\0 inside", 11),
                                                    "line\nbreak \"quoted\" \\",
                                                    "deadbeefdeadbeef",
                                                    "http.method",
                                                    "3.25"};
    if (Below(3) != 0) return kTexts[Below(kTexts.size())];
    std::string out(Below(Below(20) == 0 ? 3000 : 30), 0);
    for (char& c : out) c = static_cast<char>(' ' + Below(95));
    return out;
  }
  std::string Bytes(size_t n) {
    std::string out(n, 0);
    for (char& c : out) c = static_cast<char>(random_());
    return out;
  }
  uint64_t Number() { return random_() >> Below(64); }

  uint64_t Time() { return static_cast<uint64_t>(kNow) - Below(3'000'000'000'000) - 1; }

  void Put(std::string& out, const PbMessage& message, const PbField& field,
           const std::string& trace, int depth) {
    const bool of_span = message.name == "Span";
    switch (field.kind) {
      case PbKind::kString: return PutBytes(out, field.number, Text());
      case PbKind::kBytes: return PutBytes(out, field.number, Bytes(Below(40)));
      case PbKind::kId:
        if (of_span && field.number == 1) return PutBytes(out, field.number, trace);
        return PutBytes(out, field.number, Bytes(field.proto == "trace_id" ? 16 : 8));
      case PbKind::kMessage:
        return PutBytes(out, field.number, Message(*field.message, trace, depth + 1));
      case PbKind::kBool:
        PutVarint(out, uint64_t{field.number} << 3);
        return PutVarint(out, Below(2));
      case PbKind::kEnum:
        PutVarint(out, uint64_t{field.number} << 3);
        return PutVarint(out, Below(field.names.size()));
      case PbKind::kUint32:
        PutVarint(out, uint64_t{field.number} << 3);
        return PutVarint(out, static_cast<uint32_t>(Number()));
      case PbKind::kInt64:
        PutVarint(out, uint64_t{field.number} << 3);
        return PutVarint(out, Number());
      case PbKind::kFixed32: return PutFixed(out, field.number, static_cast<uint32_t>(Number()));
      case PbKind::kFixed64: return PutFixed(out, field.number, Time());
      case PbKind::kDouble: return PutFixed(out, field.number, Number());
      default: FAIL() << "a kind that traces and logs do not have: " << field.proto;
    }
  }

  std::mt19937_64 random_;
};

TEST_F(OtlpRoundTrip, SpansComeBackAsTheyWereSent) {
  Drawing draw(1);
  const int rounds = Long() ? 400 : 3;
  for (int round = 0; round < rounds; ++round) {
    SetUp();
    std::vector<std::pair<std::string, std::vector<std::string>>> sent;
    for (int i = 0; i < (Long() ? 250 : 100); ++i) {
      std::string trace(16, 0);
      for (char& c : trace) c = static_cast<char>(draw.Below(256));
      const std::string body = draw.Message(wire::kTracesMessage, trace);
      sent.emplace_back(trace, Records(wire::kTracesMessage, body));
      Post("/v1/traces", body);
    }
    for (const auto& [id, spans] : sent) ASSERT_EQ(Difference(Trace(id), spans), "") << "in memory";
    Crash();
    for (const auto& [id, spans] : sent)
      ASSERT_EQ(Difference(Trace(id), spans), "") << "after a crash";
    ASSERT_TRUE(world_->engine->Flush());
    for (const auto& [id, spans] : sent) ASSERT_EQ(Difference(Trace(id), spans), "") << "in a part";
  }
}

TEST_F(OtlpRoundTrip, LogRecordsComeBackAsTheyWereSent) {
  Drawing draw(2);
  const int rounds = Long() ? 400 : 3;
  for (int round = 0; round < rounds; ++round) {
    SetUp();
    std::vector<std::string> sent;
    for (int i = 0; i < (Long() ? 250 : 100); ++i) {
      const std::string body = draw.Message(wire::kLogsMessage, "");
      auto records = Records(wire::kLogsMessage, body);
      std::move(records.begin(), records.end(), std::back_inserter(sent));
      Post("/v1/logs", body);
    }
    std::sort(sent.begin(), sent.end());
    ASSERT_EQ(Difference(Logs(), sent), "") << "in memory";
    Crash();
    ASSERT_EQ(Difference(Logs(), sent), "") << "after a crash";
    ASSERT_TRUE(world_->engine->Flush());
    ASSERT_EQ(Difference(Logs(), sent), "") << "in a part";
  }
}

}  // namespace
}  // namespace pharos::server
