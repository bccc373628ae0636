#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

#include "ingest/receive/fake_sinks.h"
#include "ingest/scrape/page.h"

namespace pharos::ingest::scrape {
namespace {

using protozero::pbf_writer;
using receive::FakeSamples;

void AddLabel(pbf_writer& to, const std::string& name, const std::string& value) {
  pbf_writer label(to, 1);
  label.add_string(1, name);
  label.add_string(2, value);
}

std::string Delimited(const std::string& message) {
  EXPECT_LT(message.size(), 128u);
  return static_cast<char>(message.size()) + message;
}

std::string Counter(const std::string& name, double value, int64_t created_s,
                    const std::string& trace = "") {
  std::string message;
  pbf_writer family(message);
  family.add_string(1, name);
  family.add_string(2, "Help.");
  pbf_writer metric(family, 4);
  AddLabel(metric, "path", "/");
  pbf_writer counter(metric, 3);
  counter.add_double(1, value);
  if (created_s != 0) pbf_writer(counter, 3).add_int64(1, created_s);
  if (!trace.empty()) {
    pbf_writer exemplar(counter, 2);
    AddLabel(exemplar, "trace_id", trace);
    exemplar.add_double(2, 1);
  }
  counter.commit();
  metric.commit();
  return Delimited(message);
}

std::string Histogram(uint64_t count) {
  std::string message;
  pbf_writer family(message);
  family.add_string(1, "h");
  family.add_enum(3, 4);
  pbf_writer metric(family, 4);
  pbf_writer h(metric, 7);
  h.add_uint64(1, count);
  h.add_double(2, 1.5);
  {
    pbf_writer bucket(h, 3);
    bucket.add_uint64(1, count);
    bucket.add_double(2, 1);
  }
  h.add_double(6, 0.001);
  {
    pbf_writer span(h, 12);
    span.add_uint32(2, 1);
  }
  h.add_sint64(13, static_cast<int64_t>(count));
  pbf_writer(h, 15).add_int64(1, 7);
  h.commit();
  metric.commit();
  return Delimited(message);
}

class ProtobufPageTest : public testing::Test {
 protected:
  ProtobufPageTest() { job_.scrape_native_histograms = true; }
  std::string Write(const std::string& page, int64_t time_ms,
                    wire::ExpositionFormat format = wire::ExpositionFormat::kProtobuf) {
    if (!writer_) writer_.emplace(job_, model::Labels{{"instance", "h:1"}, {"job", "j"}});
    report_ = {};
    const auto appender = samples_.Begin("default");
    const auto written = writer_->Write(page, format, time_ms, *appender, &report_);
    return written ? "" : written.error().message;
  }
  const FakeSamples::Series& Of(const std::string& series) {
    static const FakeSamples::Series kNone;
    const auto* found = samples_.Find(series);
    EXPECT_NE(found, nullptr) << series << " is not among "
                              << testing::PrintToString(samples_.Names());
    return found != nullptr ? *found : kNone;
  }

  conf::ScrapeJob job_;
  FakeSamples samples_;
  std::optional<PageWriter> writer_;
  ScrapeReport report_;
};

const std::string kHits = R"(hits{instance="h:1", job="j", path="/"})";
const std::string kNative = R"(h{instance="h:1", job="j"})";

TEST_F(ProtobufPageTest, WritesSeriesStartsAndExemplars) {
  EXPECT_EQ(Write(Counter("hits", 5, 3, "ab") + Histogram(2), 10'000), "");
  EXPECT_EQ(report_.scraped, 2u);
  EXPECT_EQ(report_.series_added, 2u);
  EXPECT_EQ(Of(kHits).samples.at(0).value, 5);
  EXPECT_EQ(Of(kHits).starts_ms, (std::vector<int64_t>{3000}));
  ASSERT_EQ(Of(kHits).exemplars.size(), 1u);
  EXPECT_EQ(Of(kHits).exemplars[0].time_ms, 10'000);
  EXPECT_FALSE(Of(kHits).exemplars[0].has_time);
  ASSERT_EQ(Of(kNative).histograms.size(), 1u);
  EXPECT_EQ(Of(kNative).histograms[0].histogram->count, 2);
  EXPECT_EQ(Of(kNative).histograms[0].start_ms, 7000);
  EXPECT_EQ(samples_.metadata.at("hits").help, "Help.");
  EXPECT_EQ(samples_.metadata.at("hits").type, model::MetricType::kCounter);
  const size_t resolved = samples_.resolved;
  EXPECT_EQ(Write(Counter("hits", 6, 3) + Histogram(3), 20'000), "");
  EXPECT_EQ(samples_.resolved, resolved) << "known series are found by their bytes";
}

TEST_F(ProtobufPageTest, WhatIsGoneGoesStale) {
  EXPECT_EQ(Write(Counter("hits", 5, 3) + Histogram(2), 10'000), "");
  EXPECT_EQ(Write(Counter("other", 5, 3), 20'000), "");
  EXPECT_TRUE(model::IsStaleNan(Of(kHits).samples.back().value));
  ASSERT_EQ(Of(kNative).histograms.size(), 2u);
  EXPECT_TRUE(model::IsStaleNan(Of(kNative).histograms[1].histogram->sum));
}

TEST_F(ProtobufPageTest, ClassicBucketsOnlyWhereWanted) {
  const std::string bucket = R"(h_bucket{instance="h:1", job="j", le="1.0"})";
  EXPECT_EQ(Write(Histogram(2), 10'000), "");
  EXPECT_EQ(samples_.Find(bucket), nullptr);
  job_.always_scrape_classic_histograms = true;
  writer_.reset();
  EXPECT_EQ(Write(Histogram(2), 20'000), "");
  EXPECT_EQ(Of(bucket).samples.size(), 1u);
  EXPECT_EQ(Of(kNative).histograms.size(), 2u);
  job_.scrape_native_histograms = job_.always_scrape_classic_histograms = false;
  writer_.reset();
  EXPECT_EQ(Write(Histogram(2), 30'000), "");
  EXPECT_EQ(Of(bucket).samples.size(), 2u);
  EXPECT_EQ(Of(kNative).histograms.size(), 2u);
}

TEST_F(ProtobufPageTest, AnotherFormatIsNoOtherSeries) {
  EXPECT_EQ(Write(Counter("hits", 5, 0), 10'000), "");
  EXPECT_EQ(Write("hits{path=\"/\"} 6\n", 20'000, wire::ExpositionFormat::kPrometheusText), "");
  EXPECT_EQ(Write(Counter("hits", 7, 0), 30'000), "");
  ASSERT_EQ(Of(kHits).samples.size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Of(kHits).samples[static_cast<size_t>(i)].value, 5 + i);
}

TEST_F(ProtobufPageTest, EvictedSeriesAreMadeAgain) {
  EXPECT_EQ(Write(Counter("hits", 5, 3) + Histogram(2), 10'000), "");
  for (auto& series : samples_.series) ++series.epoch;
  EXPECT_EQ(Write(Counter("hits", 6, 3) + Histogram(3), 20'000), "");
  EXPECT_EQ(Of(kHits).samples.back().value, 6);
  EXPECT_EQ(Of(kHits).starts_ms.size(), 2u);
  EXPECT_EQ(Of(kNative).histograms.size(), 2u);
}

TEST_F(ProtobufPageTest, AMalformedPageIsRefusedAsAWhole) {
  EXPECT_EQ(Write(Counter("hits", 5, 3), 10'000), "");
  const std::string page = Counter("hits", 6, 3) + Histogram(2);
  EXPECT_EQ(Write(page.substr(0, page.size() - 1), 20'000), "protobuf: unexpected end of page");
  EXPECT_TRUE(model::IsStaleNan(Of(kHits).samples.back().value));
  EXPECT_EQ(Of(kHits).samples.size(), 2u);
}

}  // namespace
}  // namespace pharos::ingest::scrape
