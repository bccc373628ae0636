#include "wire/remote_read.h"

#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

#include "base/hash.h"
#include "wire/metric_family.h"
#include "wire/protobuf.h"
#include "wire/remote_write.h"

namespace pharos::wire {
namespace {

std::string Request(int type, const std::string& value) {
  std::string bytes;
  protozero::pbf_writer request(bytes);
  {
    protozero::pbf_writer query(request, 1);
    query.add_int64(1, -5);
    query.add_int64(2, 1'700'000'000'000);
    {
      protozero::pbf_writer matcher(query, 3);
      matcher.add_enum(1, type);
      matcher.add_string(2, "job");
      matcher.add_string(3, value);
    }
    protozero::pbf_writer hints(query, 4);
    hints.add_string(2, "rate");
  }
  const int32_t accepted[] = {1, 0};
  request.add_packed_enum(2, std::begin(accepted), std::end(accepted));
  return bytes;
}

TEST(RemoteRead, Request) {
  const auto request = ReadReadRequest(Request(2, "a|b"));
  ASSERT_TRUE(request) << request.error().message;
  ASSERT_EQ(request->queries.size(), 1u);
  EXPECT_EQ(request->queries[0].start_ms, -5);
  EXPECT_EQ(request->queries[0].end_ms, 1'700'000'000'000);
  ASSERT_EQ(request->queries[0].matchers.size(), 1u);
  EXPECT_EQ(request->queries[0].matchers[0].ToString(), "job=~\"a|b\"");
  EXPECT_EQ(request->accepted, (std::vector<int32_t>{1, 0}));
}

TEST(RemoteRead, BadRequests) {
  EXPECT_FALSE(ReadReadRequest(Request(2, "(")));
  EXPECT_FALSE(ReadReadRequest(Request(9, "a")));
  const std::string whole = Request(0, "a");
  for (const size_t cut : {1u, 5u, 20u}) EXPECT_FALSE(ReadReadRequest(whole.substr(0, cut))) << cut;
}

/// A TimeSeries is the same message in a write request, so the reader of those understands it.
TEST(RemoteRead, SamplesComeBack) {
  model::Histogram integer;
  integer.schema = 1;
  integer.count = 6;
  integer.sum = 2.5;
  integer.zero_count = 1;
  integer.zero_threshold = 0.001;
  integer.positive_spans = {{0, 2}};
  integer.positive_counts = {4, 1};
  model::Histogram custom;
  custom.schema = model::Histogram::kCustomBuckets;
  custom.float_counts = true;
  custom.count = custom.sum = 1.5;
  custom.custom_bounds = {1, 2};
  custom.positive_spans = {{1, 1}};
  custom.positive_counts = {1.5};
  const std::vector<model::HistogramSample> histograms = {
      {30, std::make_shared<model::Histogram>(integer)},
      {40, std::make_shared<model::Histogram>(custom)}};
  const std::vector<int64_t> times = {10, 20};
  const std::vector<double> values = {1.5, -0.0};
  std::string bytes;
  AppendTimeSeries(bytes, 1, model::Labels{{"__name__", "up"}, {"job", "a"}}, times, values,
                   histograms);

  RemoteWriteReader reader(bytes);
  const auto item = reader.Next();
  ASSERT_TRUE(item && *item == RemoteWriteReader::Item::kSeries);
  const auto labels = ReadLabelBlock(reader.series().label_block);
  ASSERT_TRUE(labels);
  ASSERT_EQ(labels->size(), 2u);
  EXPECT_EQ((*labels)[1].value, "a");
  ASSERT_EQ(reader.series().samples.size(), 2u);
  EXPECT_EQ(reader.series().samples[0].time_ms, 10);
  EXPECT_EQ(reader.series().samples[0].value, 1.5);
  ASSERT_EQ(reader.series().histograms.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    const auto back = ReadRemoteHistogram(reader.series().histograms[i]);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->time_ms, histograms[i].time_ms);
    EXPECT_EQ(*back->histogram, *histograms[i].histogram);
  }
}

TEST(RemoteRead, FrameHasLengthAndChecksum) {
  const std::vector<int64_t> times = {1, 2};
  const std::vector<double> values = {3, 4};
  const std::vector<PrometheusChunk> chunks = {EncodeXorChunk(times, values)};
  std::string out = "before";
  AppendChunkedFrame(out, model::Labels{{"job", "a"}}, chunks, 7);
  const std::string frame = out.substr(6);
  ASSERT_LT(static_cast<uint8_t>(frame[0]), 128);
  ASSERT_EQ(frame.size(), 5 + static_cast<size_t>(frame[0]));
  uint32_t checksum = 0;
  for (size_t i = 1; i < 5; ++i) checksum = checksum << 8 | static_cast<uint8_t>(frame[i]);
  const std::string body = frame.substr(5);
  EXPECT_EQ(checksum, base::Crc32c(body));
  PbReader message(body);
  ASSERT_TRUE(message.Next());
  EXPECT_EQ(message.field(), 1u);
  ASSERT_TRUE(message.Next());
  EXPECT_EQ(message.field(), 2u);
  EXPECT_EQ(message.Int64(), 7);
}

TEST(MetricFamily, ClassicBucketsAreCumulative) {
  model::Histogram h;
  h.schema = model::Histogram::kCustomBuckets;
  h.custom_bounds = {1, 2, 5};
  h.positive_spans = {{1, 1}, {1, 1}};
  h.positive_counts = {3, 4};
  const auto buckets = ClassicBuckets(h);
  ASSERT_EQ(buckets.size(), 4u);
  EXPECT_EQ(buckets[0], (std::pair{1.0, 0.0}));
  EXPECT_EQ(buckets[1], (std::pair{2.0, 3.0}));
  EXPECT_EQ(buckets[2], (std::pair{5.0, 3.0}));
  EXPECT_EQ(buckets[3].second, 7);
}

TEST(MetricFamily, DelimitedMessage) {
  MetricFamily family{"up", false, false, {{{{"job", "a"}}, 1000, 1.5, nullptr}}};
  std::string out;
  AppendDelimitedFamily(out, family);
  ASSERT_EQ(out.size(), 1 + static_cast<size_t>(out[0]));
  PbReader message(std::string_view(out).substr(1));
  ASSERT_TRUE(message.Next());
  EXPECT_EQ(message.Bytes(), "up");
  ASSERT_TRUE(message.Next());
  EXPECT_EQ(message.Int32(), 3);
  ASSERT_TRUE(message.Next());
  PbReader metric(message.Bytes());
  ASSERT_TRUE(metric.Next());
  EXPECT_EQ(metric.field(), 1u);
  ASSERT_TRUE(metric.Next());
  EXPECT_EQ(metric.field(), 5u);
  PbReader untyped(metric.Bytes());
  ASSERT_TRUE(untyped.Next());
  EXPECT_EQ(untyped.Double(), 1.5);
  ASSERT_TRUE(metric.Next());
  EXPECT_EQ(metric.field(), 6u);
  EXPECT_EQ(metric.Int64(), 1000);
}

}  // namespace
}  // namespace pharos::wire
