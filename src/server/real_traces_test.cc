// Real traces of Zipkin, Jaeger and Tempo come back field for field: each span with all that its
// file says, as OTLP, at times of today.
#include <simdjson.h>

#include <filesystem>
#include <map>

#include "server/otlp_round_trip_test.h"
#include "wire/base64.h"
#include "wire/otlp_json.h"

namespace pharos::server {
namespace {

namespace dom = simdjson::dom;
using events::kNow;

std::string_view Text(dom::element object, std::string_view key) {
  std::string_view out;
  return object[key].get(out) == simdjson::SUCCESS ? out : std::string_view();
}
int64_t Number(dom::element object, std::string_view key) {
  int64_t out = 0;
  return object[key].get(out) == simdjson::SUCCESS ? out : 0;
}
std::vector<dom::element> List(dom::element object, std::string_view key) {
  dom::array array;
  if (object[key].get(array) != simdjson::SUCCESS) return {};
  return {array.begin(), array.end()};
}

/// An id of `bytes` bytes from hex of any length; ids that are not hex become their bytes.
std::string Id(std::string_view text, size_t bytes) {
  const bool hex = text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
  std::string digits = hex ? std::string(text) : Hex(text);
  digits = std::string(bytes * 2 - std::min(bytes * 2, digits.size()), '0') + digits;
  digits = digits.substr(digits.size() - bytes * 2);
  std::string out;
  for (size_t i = 0; i < digits.size(); i += 2) {
    out += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return out;
}

void PutAttribute(std::string& out, uint32_t field, std::string_view key, dom::element value) {
  std::string any, pair;
  switch (value.type()) {
    case dom::element_type::BOOL:
      PutVarint(any, 2 << 3);
      PutVarint(any, bool(value));
      break;
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
      PutVarint(any, 3 << 3);
      PutVarint(any, static_cast<uint64_t>(int64_t(value)));
      break;
    case dom::element_type::DOUBLE: PutFixed(any, 4, double(value)); break;
    case dom::element_type::STRING: PutBytes(any, 1, std::string_view(value)); break;
    default: break;
  }
  PutBytes(pair, 1, key);
  PutBytes(pair, 2, any);
  PutBytes(out, field, pair);
}

/// The spans of a trace by the name and the tags of who sent them.
class Request {
 public:
  /// Moves the times of a file to today: its first becomes an hour ago.
  explicit Request(int64_t first_us) : shift_ns_(kNow - events::kHour - first_us * 1000) {}

  void Add(const std::string& trace, const std::string& resource, const std::string& span) {
    traces_[trace][resource].push_back(span);
  }
  /// Spans of shared ids may have no time; they get the first.
  uint64_t Time(int64_t us) const {
    return static_cast<uint64_t>(us > 0 ? us * 1000 + shift_ns_ : kNow - events::kHour);
  }

  /// One request a trace.
  std::map<std::string, std::string> Bodies() const {
    std::map<std::string, std::string> out;
    for (const auto& [trace, resources] : traces_) {
      for (const auto& [resource, spans] : resources) {
        std::string of_scope, of_resource;
        for (const std::string& span : spans) PutBytes(of_scope, 2, span);
        PutBytes(of_resource, 1, resource);
        PutBytes(of_resource, 2, of_scope);
        PutBytes(out[trace], 1, of_resource);
      }
    }
    return out;
  }

 private:
  int64_t shift_ns_;
  std::map<std::string, std::map<std::string, std::vector<std::string>>> traces_;
};

std::string Event(uint64_t time_ns, std::string_view name) {
  std::string out;
  PutFixed(out, 1, time_ns);
  if (!name.empty()) PutBytes(out, 2, name);
  return out;
}

void AddZipkin(dom::element span, Request& request) {
  std::string out, resource;
  const std::string trace = Id(Text(span, "traceId"), 16);
  PutBytes(out, 1, trace);
  PutBytes(out, 2, Id(Text(span, "id"), 8));
  if (const auto parent = Text(span, "parentId"); !parent.empty()) PutBytes(out, 4, Id(parent, 8));
  PutBytes(out, 5, Text(span, "name"));
  static const std::map<std::string_view, uint64_t> kKinds = {
      {"SERVER", 2}, {"CLIENT", 3}, {"PRODUCER", 4}, {"CONSUMER", 5}};
  if (const auto kind = kKinds.find(Text(span, "kind")); kind != kKinds.end()) {
    PutVarint(out, 6 << 3);
    PutVarint(out, kind->second);
  }
  const int64_t begin = Number(span, "timestamp");
  PutFixed(out, 7, request.Time(begin));
  PutFixed(out, 8, request.Time(begin) + static_cast<uint64_t>(Number(span, "duration")) * 1000);
  for (const char* side : {"localEndpoint", "remoteEndpoint"}) {
    dom::object endpoint;
    if (span[side].get(endpoint) != simdjson::SUCCESS) continue;
    for (const auto [key, value] : endpoint) {
      const std::string name = key == "serviceName" ? "service.name" : std::string(key);
      if (side[0] == 'l')
        PutAttribute(resource, 1, name, value);
      else
        PutAttribute(out, 9, "peer." + name, value);
    }
  }
  dom::object tags;
  if (span["tags"].get(tags) == simdjson::SUCCESS) {
    for (const auto [key, value] : tags) PutAttribute(out, 9, key, value);
  }
  for (const dom::element note : List(span, "annotations")) {
    PutBytes(out, 11, Event(request.Time(Number(note, "timestamp")), Text(note, "value")));
  }
  request.Add(trace, resource, out);
}

void AddJaeger(dom::element trace, Request& request) {
  for (const dom::element span : List(trace, "spans")) {
    std::string out, resource;
    const std::string id = Id(Text(span, "traceID"), 16);
    PutBytes(out, 1, id);
    PutBytes(out, 2, Id(Text(span, "spanID"), 8));
    for (const dom::element reference : List(span, "references")) {
      std::string link;
      PutBytes(link, 1, Id(Text(reference, "traceID"), 16));
      PutBytes(link, 2, Id(Text(reference, "spanID"), 8));
      PutBytes(out, 13, link);
    }
    PutBytes(out, 5, Text(span, "operationName"));
    PutFixed(out, 7, request.Time(Number(span, "startTime")));
    PutFixed(out, 8,
             request.Time(Number(span, "startTime")) +
                 static_cast<uint64_t>(Number(span, "duration")) * 1000);
    for (const dom::element tag : List(span, "tags")) {
      PutAttribute(out, 9, Text(tag, "key"), tag["value"]);
    }
    for (const dom::element log : List(span, "logs")) {
      std::string event = Event(request.Time(Number(log, "timestamp")), "log");
      for (const dom::element field : List(log, "fields")) {
        PutAttribute(event, 3, Text(field, "key"), field["value"]);
      }
      PutBytes(out, 11, event);
    }
    dom::element process;
    if (trace["processes"][Text(span, "processID")].get(process) == simdjson::SUCCESS) {
      PutAttribute(resource, 1, "service.name", process["serviceName"]);
      for (const dom::element tag : List(process, "tags")) {
        PutAttribute(resource, 1, Text(tag, "key"), tag["value"]);
      }
    }
    request.Add(id, resource, out);
  }
}

/// The earliest time of all spans, in microseconds.
template <class F>
int64_t First(const std::vector<dom::element>& spans, F of) {
  int64_t first = INT64_MAX;
  for (const dom::element span : spans) {
    if (const int64_t us = of(span); us > 0) first = std::min(first, us);
  }
  return first == INT64_MAX ? 1 : first;
}

std::vector<std::string> Files(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code none;
  for (const auto& file :
       std::filesystem::recursive_directory_iterator("../shared/data/" + folder, none)) {
    if (file.path().extension() == ".json") out.push_back(file.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

class RealTraces : public OtlpRoundTrip {
 protected:
  void Send(const std::string& file, const Request& request) {
    for (const auto& [trace, body] : request.Bodies()) {
      Post("/v1/traces", body);
      // Some files tell of the same trace: the API gives all of its spans.
      auto& spans = sent_[trace];
      for (std::string& span : Records(wire::kTracesMessage, body)) {
        if (std::find(spans.begin(), spans.end(), span) == spans.end()) spans.push_back(span);
      }
      std::sort(spans.begin(), spans.end());
      ASSERT_EQ(Difference(Trace(trace), spans), "") << file;
      ++traces_;
    }
  }
  void Check() {
    Crash();
    for (const auto& [trace, spans] : sent_) ASSERT_EQ(Difference(Trace(trace), spans), "");
    ASSERT_TRUE(world_->engine->Flush());
    for (const auto& [trace, spans] : sent_) ASSERT_EQ(Difference(Trace(trace), spans), "");
  }

  dom::parser parser_;
  std::map<std::string, std::vector<std::string>> sent_;
  int traces_ = 0;
};

TEST_F(RealTraces, Zipkin) {
  const auto files = Files("zipkin");
  if (files.empty()) GTEST_SKIP() << "no ../shared/data/zipkin";
  for (const std::string& file : files) {
    const dom::element root = parser_.load(file);
    dom::array spans;
    if (root.get(spans) == simdjson::SUCCESS) {
      Request request(First({spans.begin(), spans.end()},
                            [](dom::element s) { return Number(s, "timestamp"); }));
      for (const dom::element span : spans) AddZipkin(span, request);
      Send(file, request);
    } else {
      Request request(Number(root, "timestamp"));
      AddZipkin(root, request);
      Send(file, request);
    }
  }
  EXPECT_GE(traces_, 9);
  Check();
}

TEST_F(RealTraces, Jaeger) {
  const auto files = Files("jaeger_ui");
  if (files.empty()) GTEST_SKIP() << "no ../shared/data/jaeger_ui";
  for (const std::string& file : files) {
    const dom::element root = parser_.load(file);
    std::vector<dom::element> traces{root};
    for (const dom::element trace : List(root, "data")) traces.push_back(trace);
    for (const dom::element trace : traces) {
      if (List(trace, "spans").empty()) continue;
      Request request(
          First(List(trace, "spans"), [](dom::element s) { return Number(s, "startTime"); }));
      AddJaeger(trace, request);
      Send(file, request);
    }
  }
  EXPECT_GE(traces_, 15);
  Check();
}

TEST_F(RealTraces, Tempo) {
  dom::element root;
  if (parser_.load("../shared/data/tempo/traces/trace.json").get(root) != simdjson::SUCCESS) {
    GTEST_SKIP() << "no ../shared/data/tempo";
  }
  // Tempo prints ids in base64 and OTLP wants hex; times move to today by whole digits.
  std::string json = simdjson::minify(root);
  for (const std::string key : {"\"traceId\":\"", "\"spanId\":\"", "\"parentSpanId\":\""}) {
    for (size_t at = json.find(key); at != json.npos; at = json.find(key, at + 1)) {
      const size_t begin = at + key.size(), end = json.find('"', begin);
      std::string bytes;
      ASSERT_TRUE(wire::DecodeBase64(json.substr(begin, end - begin), &bytes));
      json.replace(begin, end - begin, Hex(bytes));
    }
  }
  for (size_t at; (at = json.find("\"16367")) != json.npos;) json.replace(at, 6, "\"17999");
  const auto body = wire::OtlpJsonToProtobuf(wire::kTracesMessage, json);
  ASSERT_TRUE(body) << body.error().message;
  Post("/v1/traces", *body);
  const auto spans = Records(wire::kTracesMessage, *body);
  ASSERT_EQ(spans.size(), 6u);
  const size_t at = spans[0].rfind("\n1=") + 3;
  sent_[spans[0].substr(at, 16)] = spans;
  Check();
}

}  // namespace
}  // namespace pharos::server
