// What leaves for other Prometheus servers: remote read and federation.
#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

#include "api/prometheus/escape_names.h"
#include "api/prometheus/prometheus_api.h"
#include "api/testing/call.h"
#include "base/compress.h"
#include "query/promql/memory_source.h"
#include "wire/protobuf.h"
#include "wire/remote_write.h"

namespace pharos::api::prometheus {
namespace {

using testing::Call;
using testing::Encode;

class ExchangeTest : public ::testing::Test {
 protected:
  ExchangeTest() {
    for (int i = 0; i < 300; ++i) source_.Add({{"__name__", "up"}, {"job", "a"}}, i * 1'000, i);
    source_.Add({{"__name__", "up"}, {"job", "b"}, {"site", "own"}}, 299'000, 1);
    source_.Add({{"__name__", "gone"}, {"job", "a"}}, 299'000, model::StaleNan());
    source_.Add({{"__name__", "a.b"}, {"job", "a"}, {"x.y", "q\"\n"}}, 299'000, 2.5);
    model::Histogram native;
    native.count = 3;
    native.sum = 1.5;
    native.positive_spans = {{0, 1}};
    native.positive_counts = {3};
    source_.AddHistogram({{"__name__", "native"}, {"job", "a"}}, 299'000, native);
    model::Histogram custom = native;
    custom.schema = model::Histogram::kCustomBuckets;
    custom.custom_bounds = {0.5};
    source_.AddHistogram({{"__name__", "custom"}, {"job", "a"}}, 299'000, custom);
    PrometheusApiDeps deps;
    deps.source = &source_;
    deps.clock = &clock_;
    deps.external_labels = [] { return std::map<std::string, std::string>{{"site", "x"}}; };
    RegisterPrometheusApi(router_, "", std::move(deps));
  }

  std::string Federate(const std::string& match, const std::string& accept = "") {
    return Call(router_, "GET", "/federate?match[]=" + Encode(match), "", {{"Accept", accept}})
        .body;
  }

  /// Asks for series where `label` equals `value`.
  net::Response Read(const std::string& label, const std::string& value,
                     std::vector<int32_t> accepted = {}) {
    std::string bytes;
    protozero::pbf_writer request(bytes);
    {
      protozero::pbf_writer query(request, 1);
      query.add_int64(2, 300'000);
      protozero::pbf_writer matcher(query, 3);
      matcher.add_string(2, label);
      matcher.add_string(3, value);
    }
    request.add_packed_enum(2, accepted.begin(), accepted.end());
    net::Request http;
    http.method = "POST";
    http.body = base::SnappyCompress(bytes);
    return router_.Find("POST", "/api/v1/read").route->sync(http);
  }

  base::FakeClock clock_{300'000'000'000};
  query::promql::MemorySource source_;
  net::Router router_;
};

TEST_F(ExchangeTest, FederatedText) {
  EXPECT_EQ(Federate("up"),
            "# TYPE up untyped\nup{job=\"a\",instance=\"\",site=\"x\"} 299 299000\n"
            "up{job=\"b\",site=\"own\",instance=\"\"} 1 299000\n");
  EXPECT_EQ(Federate("gone"), "");
  EXPECT_EQ(Federate("native"), "") << "text cannot carry it";
  EXPECT_EQ(Federate("custom"),
            "# TYPE custom histogram\n"
            "custom_bucket{job=\"a\",instance=\"\",site=\"x\",le=\"0.5\"} 3 299000\n"
            "custom_bucket{job=\"a\",instance=\"\",site=\"x\",le=\"+Inf\"} 3 299000\n"
            "custom_sum{job=\"a\",instance=\"\",site=\"x\"} 1.5 299000\n"
            "custom_count{job=\"a\",instance=\"\",site=\"x\"} 3 299000\n");
  EXPECT_EQ(Call(router_, "GET", "/federate").body, "") << "no selector is no fault";
  EXPECT_EQ(Call(router_, "GET", "/federate?match[]=up(").status, 400);
}

TEST_F(ExchangeTest, FederatedNamesAreEscapedAsAsked) {
  const std::string selector = "{\"a.b\"}";
  EXPECT_EQ(
      Federate(selector),
      "# TYPE a_b untyped\na_b{job=\"a\",x_y=\"q\\\"\\n\",instance=\"\",site=\"x\"} 2.5 299000\n");
  EXPECT_EQ(Federate(selector, "text/plain;version=0.0.4;escaping=allow-utf-8"),
            "# TYPE \"a.b\" untyped\n"
            "{\"a.b\",job=\"a\",\"x.y\"=\"q\\\"\\n\",instance=\"\",site=\"x\"} 2.5 299000\n");
  EXPECT_TRUE(Federate(selector, "text/plain;escaping=dots").starts_with("# TYPE a_dot_b untyped"));
  EXPECT_TRUE(Federate(selector, "text/plain;escaping=values").starts_with("# TYPE U__a_2e_b "));
}

TEST_F(ExchangeTest, FederatedProtobufCarriesNativeHistograms) {
  const auto response =
      Call(router_, "GET", "/federate?match[]=native", "",
           {{"Accept",
             "text/plain;q=0.3,application/vnd.google.protobuf;proto=io.prometheus.client."
             "MetricFamily;encoding=delimited;q=0.7"}});
  EXPECT_EQ(response.headers.Get("Content-Type"),
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
            "encoding=delimited; escaping=underscores");
  wire::PbReader family(std::string_view(response.body).substr(1));
  ASSERT_TRUE(family.Next());
  EXPECT_EQ(family.Bytes(), "native");
  ASSERT_TRUE(family.Next());
  EXPECT_EQ(family.Int32(), 4) << "a histogram";
  EXPECT_EQ(Call(router_, "GET", "/federate?match[]=up").headers.Get("Content-Type"),
            "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
}

TEST(EscapeNames, AllForms) {
  EXPECT_EQ(EscapeName("up", NameEscaping::kDots), "up");
  EXPECT_EQ(EscapeName("a_b.c", NameEscaping::kDots), "a__b_dot_c");
  EXPECT_EQ(EscapeName("1ü", NameEscaping::kUnderscores), "__");
  EXPECT_EQ(EscapeName("a_ü", NameEscaping::kValues), "U__a___fc_");
  EXPECT_EQ(UnescapeValues("U__a___fc_"), "a_ü");
  EXPECT_EQ(UnescapeValues("U__a_zz_"), "U__a_zz_");
  EXPECT_EQ(EscapingNamed("nonsense"), NameEscaping::kUnderscores);
}

TEST_F(ExchangeTest, RemoteReadOfSamples) {
  const auto response = Read("job", "a");
  EXPECT_EQ(response.headers.Get("Content-Type"), "application/x-protobuf");
  EXPECT_EQ(response.headers.Get("Content-Encoding"), "snappy");
  const auto body = base::SnappyDecompress(response.body, 1 << 20);
  ASSERT_TRUE(body);
  wire::PbReader message(*body);
  ASSERT_TRUE(message.Next());
  wire::RemoteWriteReader series(message.Bytes());  // results hold the same TimeSeries
  size_t samples = 0, histograms = 0, count = 0;
  while (true) {
    const auto item = series.Next();
    ASSERT_TRUE(item) << item.error().message;
    if (*item == wire::RemoteWriteReader::Item::kEnd) break;
    ++count;
    samples += series.series().samples.size();
    histograms += series.series().histograms.size();
    const auto labels = wire::ReadLabelBlock(series.series().label_block);
    ASSERT_TRUE(labels);
    EXPECT_EQ(labels->back().value == "x" || (*labels)[2].value == "x", true) << "external label";
  }
  EXPECT_EQ(count, 5u);
  EXPECT_EQ(samples, 302u);
  EXPECT_EQ(histograms, 2u);
}

TEST_F(ExchangeTest, RemoteReadTakesExternalLabelsOff) {
  const auto samples = [&](const std::string& value) {
    const auto body = base::SnappyDecompress(Read("site", value).body, 1 << 20);
    return body->size();
  };
  EXPECT_GT(samples("x"), 300u) << "stored without it, all but the one that has its own";
  EXPECT_GT(samples("own"), 2u);
  EXPECT_EQ(samples("else"), 2u) << "an empty result";
}

TEST_F(ExchangeTest, RemoteReadStreamsChunks) {
  const auto response = Read("job", "a", {1, 0});
  EXPECT_EQ(response.headers.Get("Content-Type"),
            "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse");
  EXPECT_FALSE(response.headers.Has("Content-Encoding"));
  size_t frames = 0, chunks = 0;
  for (std::string_view rest = response.body; !rest.empty(); ++frames) {
    size_t length = 0, at = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<uint8_t>(rest[at++]);
      length |= static_cast<size_t>(byte & 127) << shift;
      if (byte < 128) break;
    }
    wire::PbReader frame(rest.substr(at + 4, length));
    ASSERT_TRUE(frame.Next());
    wire::PbReader series(frame.Bytes());
    while (series.Next()) chunks += series.field() == 2;
    ASSERT_TRUE(series.ok());
    rest.remove_prefix(at + 4 + length);
  }
  EXPECT_EQ(frames, 5u);
  EXPECT_EQ(chunks, 3u + 1 + 1 + 1 + 1) << "300 floats in chunks of 120, the others one each";
}

TEST_F(ExchangeTest, RemoteReadRefuses) {
  EXPECT_EQ(Read("job", "a", {17}).status, 400);
  net::Request http;
  http.method = "POST";
  http.body = "not snappy";
  EXPECT_EQ(router_.Find("POST", "/api/v1/read").route->sync(http).status, 400);
  http.body = base::SnappyCompress("not protobuf");
  EXPECT_EQ(router_.Find("POST", "/api/v1/read").route->sync(http).status, 400);
}

}  // namespace
}  // namespace pharos::api::prometheus
