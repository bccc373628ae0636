#include "ingest/receive/remote_write_v2.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <map>
#include <protozero/pbf_writer.hpp>

#include "base/compress.h"
#include "ingest/receive/fake_sinks.h"
#include "ingest/receive/remote_write.h"

namespace pharos::ingest::receive {
namespace {

using protozero::pbf_writer;
using Strings = std::vector<std::string>;
constexpr const char* kType = "application/x-protobuf;proto=io.prometheus.write.v2.Request";

struct V2Sample {
  double value = 0;
  int64_t time_ms = 0, start_ms = 0;
};
struct V2Exemplar {
  std::vector<uint32_t> refs;
  double value = 0;
  int64_t time_ms = 0;
};
struct V2Series {
  std::vector<uint32_t> refs;
  std::vector<V2Sample> samples;
  std::vector<std::string> histograms;
  std::vector<V2Exemplar> exemplars;
  int type = 0;
  uint32_t help = 0, unit = 0;
  int64_t created_ms = 0;
};

std::string Encode(const Strings& symbols, const std::vector<V2Series>& all) {
  std::string body;
  pbf_writer request(body);
  for (const auto& symbol : symbols) request.add_string(4, symbol);
  for (const V2Series& s : all) {
    pbf_writer series(request, 5);
    series.add_packed_uint32(1, s.refs.begin(), s.refs.end());
    for (const V2Sample& x : s.samples) {
      pbf_writer sample(series, 2);
      sample.add_double(1, x.value);
      sample.add_int64(2, x.time_ms);
      if (x.start_ms != 0) sample.add_int64(3, x.start_ms);
    }
    for (const auto& h : s.histograms) series.add_message(3, h);
    for (const V2Exemplar& e : s.exemplars) {
      pbf_writer exemplar(series, 4);
      exemplar.add_packed_uint32(1, e.refs.begin(), e.refs.end());
      exemplar.add_double(2, e.value);
      exemplar.add_int64(3, e.time_ms);
    }
    if (s.created_ms != 0) series.add_int64(6, s.created_ms);
    pbf_writer metadata(series, 5);
    metadata.add_enum(1, s.type);
    metadata.add_uint32(3, s.help);
    metadata.add_uint32(4, s.unit);
  }
  return body;
}

std::string IntHistogram(int64_t time_ms, int64_t start_ms, int schema = 1) {
  std::string out;
  pbf_writer h(out);
  h.add_uint64(1, 6);
  h.add_double(3, 18.5);
  h.add_sint32(4, schema);
  h.add_uint64(6, 1);
  {
    pbf_writer span(h, 11);
    span.add_sint32(1, 1);
    span.add_uint32(2, 2);
  }
  const int64_t deltas[] = {2, 1};
  h.add_packed_sint64(12, std::begin(deltas), std::end(deltas));
  h.add_int64(15, time_ms);
  if (start_ms != 0) h.add_int64(17, start_ms);
  return out;
}

/// Symbols of the originals' fixture: eighteen, the first ones as its cases use them.
const Strings kSymbols = {"",
                          "__name__",
                          "test_metric1",
                          "b",
                          "c",
                          "baz",
                          "qux",
                          "d",
                          "e",
                          "foo",
                          "bar",
                          "f",
                          "g",
                          "h",
                          "i",
                          "A gauge for tests",
                          "bytes",
                          "A counter for tests"};
const std::vector<uint32_t> kRefs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
constexpr const char* kLabels = R"({__name__="test_metric1", b="c", baz="qux", d="e", foo="bar"})";
constexpr const char* kName = R"(test_metric1{b="c", baz="qux", d="e", foo="bar"})";

class RemoteWriteV2Test : public testing::Test {
 protected:
  RemoteWriteV2Test() { RegisterRemoteWrite(router_, "", {.samples = &samples_}); }
  net::Response Post(const std::string& body) {
    return Ask(router_, "/api/v1/write", base::SnappyCompress(body),
               {{"Content-Type", kType}, {"Content-Encoding", "snappy"}});
  }
  static std::string Written(const net::Response& response) {
    const auto get = [&](const char* what) {
      return std::string(
          response.headers.Get(std::string("X-Prometheus-Remote-Write-") + what + "-Written"));
    };
    return get("Samples") + "/" + get("Histograms") + "/" + get("Exemplars");
  }
  FakeSamples samples_;
  net::Router router_;
};

TEST_F(RemoteWriteV2Test, StoresAllKinds) {
  const auto response =
      Post(Encode(kSymbols, {{.refs = kRefs,
                              .samples = {{1, 1000, 500}, {2, 2000, 500}},
                              .histograms = {IntHistogram(3000, 700), IntHistogram(4000, 700)},
                              .exemplars = {{{11, 12}, 1, 1000}, {{13, 14}, 2, 2000}},
                              .type = 1,
                              .help = 17,
                              .unit = 16}}));
  EXPECT_EQ(response.status, 204) << response.body;
  EXPECT_EQ(Written(response), "2/2/2");
  const auto* series = samples_.Find(kName);
  ASSERT_NE(series, nullptr);
  EXPECT_EQ(series->samples.size(), 2u);
  EXPECT_EQ(series->starts_ms, (std::vector<int64_t>{500, 500}));
  ASSERT_EQ(series->histograms.size(), 2u);
  EXPECT_EQ(series->histograms[1].start_ms, 700);
  EXPECT_EQ(series->histograms[1].histogram->positive_counts, (std::vector<double>{2, 3}));
  ASSERT_EQ(series->exemplars.size(), 2u);
  EXPECT_EQ(model::ToString(series->exemplars[0].labels), R"({f="g"})");
  const auto& metadata = samples_.metadata.at("test_metric1");
  EXPECT_EQ(metadata.type, model::MetricType::kCounter);
  EXPECT_EQ(metadata.help, "A counter for tests");
  EXPECT_EQ(metadata.unit, "bytes");
}

TEST_F(RemoteWriteV2Test, KnowsSeriesWhateverTheirNumbers) {
  EXPECT_EQ(Post(Encode(kSymbols, {{.refs = kRefs, .samples = {{1, 1000}}}})).status, 204);
  // The same labels under other references, of a longer table.
  const Strings other = {"",  "more", "qux", "baz",          "c",       "b", "e",
                         "d", "bar",  "foo", "test_metric1", "__name__"};
  const std::vector<uint32_t> refs = {11, 10, 5, 4, 3, 2, 7, 6, 9, 8};
  EXPECT_EQ(Post(Encode(other, {{.refs = refs, .samples = {{2, 2000}}}})).status, 204);
  EXPECT_EQ(samples_.resolved, 1u) << "the second request must not read labels";
  EXPECT_EQ(samples_.Find(kName)->samples.size(), 2u);
  // Name and value exchanged is another series.
  EXPECT_EQ(Post(Encode(kSymbols, {{.refs = {1, 2, 4, 3}, .samples = {{1, 1000}}}})).status, 204);
  EXPECT_EQ(samples_.series.size(), 2u);
}

TEST_F(RemoteWriteV2Test, OlderCreatedTimestampIsTheStart) {
  EXPECT_EQ(Post(Encode(kSymbols, {{.refs = kRefs,
                                    .samples = {{1, 1000}, {2, 2000, 1500}, {3, 3000, 9000}},
                                    .histograms = {IntHistogram(4000, 0)},
                                    .created_ms = 300}}))
                .status,
            204);
  const auto* series = samples_.Find(kName);
  EXPECT_EQ(series->starts_ms, (std::vector<int64_t>{300, 1500}))
      << "a start after its sample is none";
  EXPECT_EQ(series->histograms[0].start_ms, 300);
}

TEST_F(RemoteWriteV2Test, WritesWhatIsGoodAndSaysWhatIsNot) {
  const auto response = Post(
      Encode(kSymbols, {{.refs = {1, 2, 3}, .samples = {{1, 1}}},
                        {.refs = kRefs, .samples = {{1, 2000}, {2, 1000}, {3, 2000}, {4, 3000}}},
                        {.refs = kRefs, .histograms = {IntHistogram(10, 0), IntHistogram(5, 0)}},
                        {.refs = {1, 10}, .samples = {{7, 7}}, .exemplars = {{{1}, 1, 1}}}}));
  EXPECT_EQ(response.status, 400);
  const std::string of = std::string(" for series ") + kLabels + "\n";
  EXPECT_EQ(response.body,
            "parsing labels for series [1 2 3]: invalid labelRefs length 3\n"
            "out of order sample" +
                of + "duplicate sample for timestamp" + of + "out of order sample" + of +
                "parsing exemplar for series {__name__=\"bar\"}: invalid labelRefs "
                "length 1\n");
  EXPECT_EQ(Written(response), "3/1/0");
  EXPECT_EQ(samples_.Find(kName)->samples.size(), 2u);
}

TEST_F(RemoteWriteV2Test, ChecksHistogramsAndReducesFineOnes) {
  const auto response = Post(Encode(
      kSymbols, {{.refs = kRefs, .histograms = {IntHistogram(1, 0, 10), IntHistogram(2, 0, 60)}}}));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body.rfind("histogram has an invalid schema", 0), 0u) << response.body;
  EXPECT_EQ(Written(response), "0/1/0");
  const auto& h = *samples_.Find(kName)->histograms[0].histogram;
  EXPECT_EQ(h.schema, 8);
  EXPECT_EQ(h.positive_spans, (std::vector<model::BucketSpan>{{1, 1}}));
  EXPECT_EQ(h.positive_counts, std::vector<double>{5});
}

TEST_F(RemoteWriteV2Test, MetadataIsToldOnceAndAgainWhenItChanges) {
  const auto send = [&](uint32_t help, int64_t time_ms) {
    const Strings symbols = {"", "__name__", "h_bucket", "le", "1", "one", "two", "h_sum"};
    EXPECT_EQ(
        Post(Encode(symbols,
                    {{.refs = {1, 2, 3, 4}, .samples = {{1, time_ms}}, .type = 3, .help = help},
                     {.refs = {1, 7}, .samples = {{1, time_ms}}, .type = 3, .help = help}}))
            .status,
        204);
  };
  send(5, 1);
  EXPECT_EQ(samples_.metadata.at("h").help, "one");
  samples_.metadata.clear();
  send(5, 2);
  EXPECT_TRUE(samples_.metadata.empty()) << "no news";
  send(6, 3);
  EXPECT_EQ(samples_.metadata.at("h").help, "two");
  send(5, 4);
  EXPECT_EQ(samples_.metadata.at("h").help, "one");
}

TEST_F(RemoteWriteV2Test, EvictedSeriesAreMadeAgain) {
  EXPECT_EQ(Post(Encode(kSymbols, {{.refs = kRefs, .samples = {{1, 1}}}})).status, 204);
  samples_.series[0].epoch = 9;  // evicted and reused since
  EXPECT_EQ(Written(Post(Encode(kSymbols, {{.refs = kRefs, .samples = {{2, 2, 1}}}}))), "1/0/0");
  EXPECT_EQ(samples_.series[0].samples.size(), 2u);
  EXPECT_EQ(samples_.series[0].starts_ms, std::vector<int64_t>{1});
}

TEST_F(RemoteWriteV2Test, MalformedBodiesWriteNothing) {
  std::string body = Encode(
      kSymbols, {{.refs = kRefs, .samples = {{1, 1}}}, {.refs = {1, 3}, .histograms = {"\x08"}}});
  const auto response = Post(body);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, "unexpected EOF\n");
  EXPECT_EQ(Written(response), "0/0/0");
  for (const auto& series : samples_.series) EXPECT_TRUE(series.samples.empty());
}

TEST_F(RemoteWriteV2Test, DiskAndLimits) {
  samples_.max_series = 1;
  const auto limited = Post(Encode(
      kSymbols, {{.refs = kRefs, .samples = {{1, 1}}}, {.refs = {1, 3}, .samples = {{1, 1}}}}));
  EXPECT_EQ(limited.status, 400);
  EXPECT_EQ(limited.body, "too many series for series {__name__=\"b\"}\n");
  EXPECT_EQ(Written(limited), "1/0/0");
  samples_.fate = base::Fail(base::ErrorKind::kIo, "storage error");
  const auto failed = Post(Encode(kSymbols, {{.refs = kRefs, .samples = {{2, 2}}}}));
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(failed.body, "storage error\n");
  EXPECT_EQ(Written(failed), "0/0/0");
}

TEST_F(RemoteWriteV2Test, ManyRefusalsAreSummedUp) {
  std::vector<V2Series> all(5000, V2Series{.refs = {1, 2, 3}, .samples = {{1, 1}}});
  const auto response = Post(Encode(kSymbols, all));
  EXPECT_EQ(response.status, 400);
  EXPECT_LT(response.body.size(), 100'000u);
  EXPECT_NE(response.body.find("and 4000 more were refused"), std::string::npos);
}

// ---- the original's own cases ------------------------------------------------------------

using Json = simdjson::dom::element;

std::vector<uint32_t> Refs(Json array) {
  std::vector<uint32_t> refs;
  for (Json ref : array.get_array()) refs.push_back(static_cast<uint32_t>(ref.get_uint64()));
  return refs;
}

V2Series SeriesOf(Json json) {
  V2Series out{.refs = Refs(json["LabelsRefs"])};
  Json list;
  if (json["Samples"].get(list) == simdjson::SUCCESS) {
    for (Json s : list.get_array()) {
      out.samples.push_back({s["Value"].get_double(), s["Timestamp"].get_int64()});
    }
  }
  if (json["Exemplars"].get(list) == simdjson::SUCCESS) {
    for (Json e : list.get_array()) {
      out.exemplars.push_back(
          {Refs(e["LabelsRefs"]), e["Value"].get_double(), e["Timestamp"].get_int64()});
    }
  }
  Json metadata;
  if (json["Metadata"].get(metadata) == simdjson::SUCCESS) {
    uint64_t ref = 0;
    if (metadata["UnitRef"].get(ref) == simdjson::SUCCESS) out.unit = static_cast<uint32_t>(ref);
    if (metadata["HelpRef"].get(ref) == simdjson::SUCCESS) out.help = static_cast<uint32_t>(ref);
  }
  return out;
}

TEST_F(RemoteWriteV2Test, PartialWritesOfTheOriginal) {
  const std::string path = "../shared/data/prometheus/remote_write/write_handler.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is missing";
  simdjson::dom::parser parser;
  int run = 0;
  for (Json table : parser.load(path)["tables"].get_array()) {
    if (std::string_view(table["test"]) != "TestRemoteWriteHandler_V2Message" ||
        !table["cases"].is_array()) {
      continue;
    }
    for (Json one : table["cases"].get_array()) {
      Json first;
      if (one["input"]["args"].at(0).get(first) != simdjson::SUCCESS || !first.is_array()) continue;
      std::vector<V2Series> all;
      for (Json series : first.get_array()) all.push_back(SeriesOf(series));
      all.push_back({.refs = kRefs, .samples = {{1, 10 + run}}});
      const auto response = Post(Encode(kSymbols, all));
      EXPECT_EQ(response.status, 400);
      EXPECT_EQ(response.body, std::string_view(one["expectedRespBody"]));
      EXPECT_EQ(Written(response), "1/0/0") << std::string_view(one["desc"]);
      ++run;
    }
  }
  EXPECT_GE(run, 8);
}

}  // namespace
}  // namespace pharos::ingest::receive
