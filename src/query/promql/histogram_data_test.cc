// Prometheus's own tables of histogram arithmetic: ../shared/data/prometheus/histogram.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>
#include <limits>

#include "query/promql/histogram_math.h"
#include "query/promql/sparse_histogram.h"

namespace pharos::query::promql {
namespace {

using model::Histogram;
using simdjson::dom::element;
using Found = simdjson::simdjson_result<element>;

constexpr const char* kTables = "../shared/data/prometheus/histogram/float_histogram.json";

std::string Text(const Found& found) {
  element value;
  std::string_view text;
  return found.get(value) || value.get(text) ? std::string() : std::string(text);
}

/// A number, or "+Inf" and the like; 0 where there is none.
double Number(const Found& found) {
  element value;
  double number = 0;
  if (found.get(value)) return 0;
  if (!value.get(number)) return number;
  std::string_view text;
  return value.get(text) ? 0 : std::stod(std::string(text));
}

bool Flag(const Found& found) {
  bool flag = false;
  return !found.get(flag) && flag;
}

std::vector<double> Numbers(const Found& found) {
  std::vector<double> out;
  simdjson::dom::array list;
  if (found.get(list)) return out;
  for (const element item : list) out.push_back(Number(Found(element(item))));
  return out;
}

std::vector<model::BucketSpan> Spans(const Found& found) {
  std::vector<model::BucketSpan> out;
  simdjson::dom::array list;
  if (found.get(list)) return out;
  for (const element item : list) {
    const bool object = item.is_object();
    out.push_back({static_cast<int32_t>(Number(object ? item["Offset"] : item.at(0))),
                   static_cast<uint32_t>(Number(object ? item["Length"] : item.at(1)))});
  }
  return out;
}

Histogram Read(element json) {
  Histogram h;
  h.float_counts = true;
  h.schema = Text(json["Schema"]["_src"]) == "CustomBucketsSchema"
                 ? Histogram::kCustomBuckets
                 : static_cast<int32_t>(Number(json["Schema"]));
  h.zero_threshold = Number(json["ZeroThreshold"]);
  h.zero_count = Number(json["ZeroCount"]);
  h.count = Number(json["Count"]);
  h.sum = Number(json["Sum"]);
  h.positive_spans = Spans(json["PositiveSpans"]);
  h.negative_spans = Spans(json["NegativeSpans"]);
  h.positive_counts = Numbers(json["PositiveBuckets"]);
  h.negative_counts = Numbers(json["NegativeBuckets"]);
  h.custom_bounds = Numbers(json["CustomValues"]);
  const std::string hint = Text(json["CounterResetHint"]["_src"]);
  if (hint == "GaugeType") h.reset = Histogram::Reset::kGauge;
  if (hint == "NotCounterReset") h.reset = Histogram::Reset::kNo;
  if (hint == "CounterReset") h.reset = Histogram::Reset::kYes;
  return h;
}

bool Close(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b)) ||
         std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b));
}

/// The same observations: empty buckets and how spans are cut do not matter.
void ExpectSame(Histogram ours, Histogram expected, const std::string& what) {
  CompactHistogram(ours);
  CompactHistogram(expected);
  EXPECT_EQ(ours.schema, expected.schema) << what;
  EXPECT_EQ(ours.custom_bounds, expected.custom_bounds) << what;
  EXPECT_TRUE(Close(ours.zero_threshold, expected.zero_threshold)) << what;
  EXPECT_TRUE(Close(ours.zero_count, expected.zero_count)) << what << " " << ours.zero_count;
  EXPECT_TRUE(Close(ours.count, expected.count)) << what << " " << ours.count;
  EXPECT_TRUE(Close(ours.sum, expected.sum)) << what << " " << ours.sum;
  const auto side = [&](const auto& spans, const auto& counts, const auto& other_spans,
                        const auto& other_counts, const char* name) {
    const auto a = Unpack(spans, counts), b = Unpack(other_spans, other_counts);
    ASSERT_EQ(a.size(), b.size()) << what << name;
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].first, b[i].first) << what << name;
      EXPECT_TRUE(Close(a[i].second, b[i].second)) << what << name << a[i].first;
    }
  };
  side(ours.positive_spans, ours.positive_counts, expected.positive_spans, expected.positive_counts,
       " positive ");
  side(ours.negative_spans, ours.negative_counts, expected.negative_spans, expected.negative_counts,
       " negative ");
}

class HistogramDataTest : public ::testing::Test {
 protected:
  /// Calls `check` with each case of a table.
  template <class Check>
  void ForEach(std::string_view test, size_t count, const Check& check) {
    element root;
    if (parser_.load(kTables).get(root)) GTEST_SKIP() << "the shared histogram cases are not here";
    size_t seen = 0;
    for (const element table : root["tables"]) {
      if (Text(table["test"]) != test) continue;
      const element cases = table["cases"];
      simdjson::dom::object named;
      if (!cases.get(named)) {
        for (const auto& [key, item] : named) check(item, std::string(key)), ++seen;
      } else {
        for (const element item : cases.get_array())
          check(item, std::string(test) + ": " + Text(item["name"])), ++seen;
      }
    }
    EXPECT_EQ(seen, count) << test;
  }
  simdjson::dom::parser parser_;
};

TEST_F(HistogramDataTest, Multiply) {
  ForEach("TestFloatHistogramMul", 9, [](element item, const std::string& what) {
    Histogram h = Read(item["in"]);
    MultiplyHistogram(h, Number(item["scale"]));
    const Histogram expected = Read(item["expected"]);
    ExpectSame(h, expected, what);
    EXPECT_EQ(h.reset, expected.reset) << what;
  });
}

TEST_F(HistogramDataTest, Divide) {
  ForEach("TestFloatHistogramDiv", 8, [](element item, const std::string& what) {
    Histogram h = Read(item["fh"]);
    DivideHistogram(h, Number(item["s"]));
    ExpectSame(h, Read(item["expected"]), what);
  });
}

TEST_F(HistogramDataTest, Resets) {
  ForEach("TestFloatHistogramDetectReset", 42, [](element item, const std::string& what) {
    EXPECT_EQ(DetectReset(Read(item["current"]), Read(item["previous"])),
              Flag(item["resetExpected"]))
        << what;
  });
}

TEST_F(HistogramDataTest, Compact) {
  ForEach("TestFloatHistogramCompact", 24, [](element item, const std::string& what) {
    // More empty buckets than none are a matter of how Prometheus keeps histograms.
    Histogram h = Read(item["in"]);
    const Histogram before = h;
    CompactHistogram(h);
    ExpectSame(h, Read(item["expected"]), what);
    if (Number(item["maxEmptyBuckets"]) != 0) return;
    EXPECT_EQ(h, Read(item["expected"])) << what;
    EXPECT_EQ(h.count, before.count);
  });
}

void CheckAdd(element item, const std::string& what, bool subtract) {
  const Histogram other = Read(item["in2"]);
  Histogram h = Read(item["in1"]);
  CombineNotes notes;
  const bool done = subtract ? SubtractHistogram(h, other, &notes) : AddHistogram(h, other, &notes);
  EXPECT_EQ(done, Text(item["expErrMsg"]).empty()) << what;
  if (!done) return;
  EXPECT_EQ(notes.reset_collision, Flag(item["expCounterResetCollision"])) << what;
  EXPECT_EQ(notes.bounds_reconciled, Flag(item["expNHCBBoundsReconciled"])) << what;
  element wanted;
  if (item["expected"].get(wanted)) return;
  const Histogram expected = Read(wanted);
  ExpectSame(h, expected, what);
  if (subtract) return;  // that the difference is a gauge is the operator's affair
  EXPECT_EQ(h.reset, expected.reset) << what;
  // The other way round, and compensated: the same.
  Histogram swapped = other;
  EXPECT_TRUE(AddHistogram(swapped, Read(item["in1"]), &notes)) << what;
  ExpectSame(swapped, expected, what + " (swapped)");
  HistogramSum sum(Read(item["in1"]));
  EXPECT_TRUE(sum.Add(other, &notes)) << what;
  ExpectSame(sum.Finish(), expected, what + " (compensated)");
}

TEST_F(HistogramDataTest, Add) {
  ForEach("TestFloatHistogramAdd", 24,
          [](element item, const std::string& what) { CheckAdd(item, what, false); });
}

TEST_F(HistogramDataTest, Subtract) {
  ForEach("TestFloatHistogramSub", 6,
          [](element item, const std::string& what) { CheckAdd(item, what, true); });
}

TEST_F(HistogramDataTest, CoarserSchemas) {
  ForEach("TestFloatHistogramCopyToSchema", 3, [](element item, const std::string& what) {
    Histogram h = Read(item["in"]);
    ReduceHistogram(h, static_cast<int32_t>(Number(item["targetSchema"])));
    ExpectSame(h, Read(item["expected"]), what);
  });
  ForEach("TestFloatHistogramReduceResolution", 4, [](element item, const std::string& what) {
    // Broken spans never get as far: what is written is checked where it comes in.
    if (!Text(item["errorMsg"]).empty()) return;
    Histogram h = Read(item["origin"]);
    ReduceHistogram(h, static_cast<int32_t>(Number(item["targetSchema"])));
    ExpectSame(h, Read(item["target"]), what);
  });
}

/// Our buckets of one side, from the zero outwards, those with observations.
std::vector<BucketView> SideOf(const Histogram& h, int side) {
  std::vector<BucketView> out;
  for (const BucketView& bucket : AllBuckets(h))
    if (bucket.side == side && bucket.count != 0) out.push_back(bucket);
  if (side < 0) std::reverse(out.begin(), out.end());
  return out;
}

void ExpectBuckets(const Found& expected, const Histogram& h, int side, const std::string& what) {
  simdjson::dom::array list;
  if (expected.get(list)) return;
  const auto ours = SideOf(h, side);
  ASSERT_EQ(ours.size(), list.size()) << what;
  size_t i = 0;
  for (const element bucket : list) {
    EXPECT_EQ(ours[i].lower, Number(bucket["Lower"])) << what;
    EXPECT_EQ(ours[i].upper, Number(bucket["Upper"])) << what;
    EXPECT_EQ(ours[i].count, Number(bucket["Count"])) << what;
    EXPECT_EQ(ours[i].index, static_cast<int32_t>(Number(bucket["Index"]))) << what;
    ++i;
  }
}

TEST_F(HistogramDataTest, BucketsAndTheirBounds) {
  ForEach("TestFloatCustomBucketsIterators", 2, [](element item, const std::string& what) {
    ExpectBuckets(item["expPositiveBuckets"], Read(item["h"]), 1, what);
  });
  ForEach("TestFloatBucketIteratorTargetSchema", 6, [](element item, const std::string& what) {
    Histogram h = Read(item["h"]);
    // The table reads at schema -1 what has an exponential schema.
    if (!UsesCustomBuckets(h)) ReduceHistogram(h, -1);
    ExpectBuckets(item["expPositiveBuckets"], h, 1, what);
    ExpectBuckets(item["expNegativeBuckets"], h, -1, what);
  });
  ForEach("TestAllFloatBucketIterator", 7, [](element item, const std::string& what) {
    const Histogram h = Read(item["h"]);
    const auto buckets = AllBuckets(h);
    double total = 0, last = -std::numeric_limits<double>::infinity();
    for (const BucketView& bucket : buckets) {
      EXPECT_LE(last, bucket.lower) << what;
      EXPECT_TRUE(Flag(item[bucket.side < 0    ? "includeNeg"
                            : bucket.side == 0 ? "includeZero"
                                               : "includePos"]))
          << what;
      last = bucket.upper;
      total += bucket.count;
    }
    double expected = h.zero_count;
    for (const double count : h.positive_counts) expected += count;
    for (const double count : h.negative_counts) expected += count;
    EXPECT_EQ(total, expected) << what;
  });
}

TEST_F(HistogramDataTest, TextAndSize) {
  ForEach("TestFloatHistogramString", 2, [](element item, const std::string& what) {
    EXPECT_EQ(HistogramText(Read(item["fh"])), Text(item["expected"])) << what;
  });
  // Against the limit of samples a histogram counts as its bytes by 16.
  ForEach("TestFloatHistogramSize", 3, [](element item, const std::string& what) {
    EXPECT_EQ(HistogramSize(Read(item["fh"])),
              static_cast<int64_t>((Number(item["expected"]) + 8) / 16))
        << what;
  });
}

}  // namespace
}  // namespace pharos::query::promql
