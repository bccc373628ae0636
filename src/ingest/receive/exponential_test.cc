#include "ingest/receive/exponential.h"

#include <gtest/gtest.h>

#include "ingest/receive/delta.h"
#include "wire/histogram_check.h"

namespace pharos::ingest::receive {
namespace {

wire::OtlpPoint Point(int32_t scale, int32_t offset, std::span<const uint64_t> counts) {
  wire::OtlpPoint point;
  point.scale = scale;
  point.positive = {offset, counts};
  for (const uint64_t c : counts) point.count += c;
  point.has_sum = true;
  point.sum = 2;
  return point;
}

TEST(Exponential, MovesIndexesAndSplitsAtGaps) {
  const std::vector<uint64_t> counts = {1, 0, 0, 2, 0, 0, 0, 5};
  const auto read = Exponential::Read(Point(2, -4, counts));
  ASSERT_TRUE(read);
  const model::Histogram h = read->ToNative();
  EXPECT_EQ(h.schema, 2);
  // A gap of two is filled, one of three starts a new span.
  EXPECT_EQ(h.positive_spans, (std::vector<model::BucketSpan>{{-3, 4}, {3, 1}}));
  EXPECT_EQ(h.positive_counts, (std::vector<double>{1, 0, 0, 2, 5}));
  EXPECT_TRUE(wire::CheckHistogram(h));
}

TEST(Exponential, AddsAtTheCoarserScale) {
  const std::vector<uint64_t> fine = {1, 2, 3, 4}, coarse = {10, 20};
  auto total = *Exponential::Read(Point(1, 0, fine));  // indexes 0..3 at scale 1
  total.Add(*Exponential::Read(Point(0, 0, coarse)));  // 0..1 at scale 0
  const model::Histogram h = total.ToNative();
  EXPECT_EQ(h.schema, 0);
  EXPECT_EQ(h.positive_spans, (std::vector<model::BucketSpan>{{1, 2}}));
  EXPECT_EQ(h.positive_counts, (std::vector<double>{13, 27}));
  EXPECT_EQ(h.count, 40);
  EXPECT_EQ(h.sum, 4);
}

TEST(Exponential, RefusesScalesThatPrometheusDoesNotHave) {
  const std::vector<uint64_t> counts = {1};
  EXPECT_EQ(Exponential::Read(Point(-5, 0, counts)).error().message,
            "cannot convert exponential to native histogram. Scale must be >= -4, was -5");
  // Hostile offsets stay within an index's range.
  for (const int32_t offset : {INT32_MIN, INT32_MAX}) {
    const auto read = Exponential::Read(Point(20, offset, counts));
    ASSERT_TRUE(read);
    EXPECT_TRUE(wire::CheckHistogram(read->ToNative()));
  }
}

TEST(DeltaTotals, HistogramsAddUpUntilTheirBoundsChange) {
  DeltaTotals totals;
  base::Arena arena;
  const base::Hash128 series{1, 2};
  const std::vector<uint64_t> counts = {1, 2};
  const std::vector<double> bounds = {0.5}, others = {0.7};
  const auto add = [&](int64_t start_s, int64_t end_s, std::span<const double> b) {
    wire::OtlpPoint point;
    point.start_ns = start_s * 1'000'000'000;
    point.time_ns = end_s * 1'000'000'000;
    point.bucket_counts = counts;
    point.bounds = b;
    point.count = 3;
    point.sum = 1;
    const auto step = totals.AddHistogram(series, 1, &point, arena);
    EXPECT_EQ(step.result, DeltaResult::kEmit);
    return point;
  };
  EXPECT_EQ(add(0, 1, bounds).count, 3u);
  const wire::OtlpPoint second = add(1, 2, bounds);
  EXPECT_EQ(second.count, 6u);
  EXPECT_EQ(second.sum, 2);
  EXPECT_EQ(second.bucket_counts[1], 4u);
  EXPECT_EQ(add(2, 3, others).count, 3u) << "other bounds start again";
}

}  // namespace
}  // namespace pharos::ingest::receive
