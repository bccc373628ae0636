// The fast ways (whole columns, tiles on several cores, aggregation at once) against the plain
// one (window by window, value by value, one thread): the same bits, remarks and statistics.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <random>

#include "query/promql/engine.h"
#include "query/promql/memory_source.h"

namespace pharos::query::promql {
namespace {

constexpr int64_t kStepMs = 15'000;
constexpr int kSamples = 160;

/// As MemorySource, but says which series have the same times.
class NumberedSource final : public store::SampleSource {
 public:
  explicit NumberedSource(MemorySource& inner) : inner_(inner) {}
  base::Result<std::unique_ptr<store::SeriesCursor>> Select(
      const store::SampleQuery& query) override {
    return inner_.Select(query);
  }
  base::Result<std::unique_ptr<store::Selection>> Choose(const store::SampleQuery& query) override {
    PHAROS_TRY(auto selection, inner_.Choose(query));
    return std::make_unique<Numbered>(std::move(selection));
  }
  base::Result<std::vector<model::Labels>> Series(const store::SampleQuery& query) override {
    return inner_.Series(query);
  }
  base::Result<std::vector<std::string>> LabelNames(const store::SampleQuery& query) override {
    return inner_.LabelNames(query);
  }
  base::Result<std::vector<std::string>> LabelValues(const store::SampleQuery& query,
                                                     std::string_view name) override {
    return inner_.LabelValues(query, name);
  }
  std::vector<std::pair<std::string, model::Metadata>> MetadataOf(std::string_view,
                                                                  std::string_view) override {
    return {};
  }
  base::Result<std::vector<std::pair<model::Labels, std::vector<model::Exemplar>>>> Exemplars(
      const store::SampleQuery& query) override {
    return inner_.Exemplars(query);
  }
  store::SampleStats Stats(std::string_view tenant) override { return inner_.Stats(tenant); }

 private:
  class Numbered final : public store::Selection {
   public:
    explicit Numbered(std::unique_ptr<store::Selection> inner) : inner_(std::move(inner)) {}
    size_t size() const override { return inner_->size(); }
    model::Labels LabelsOf(size_t series) const override { return inner_->LabelsOf(series); }
    std::unique_ptr<store::SelectionReader> NewReader() const override {
      return std::make_unique<Reader>(inner_->NewReader(), *this);
    }

   private:
    class Reader final : public store::SelectionReader {
     public:
      Reader(std::unique_ptr<store::SelectionReader> inner, const Numbered& of)
          : inner_(std::move(inner)), of_(of) {}
      base::Result<store::SeriesSpan> Read(size_t series) override {
        PHAROS_TRY(store::SeriesSpan span, inner_->Read(series));
        const std::vector<int64_t> times(span.times_ms.begin(), span.times_ms.end());
        {
          std::lock_guard lock(of_.mutex_);
          span.times_id = of_.ids_.try_emplace(times, of_.ids_.size() + 1).first->second;
        }
        span.period_ms = times.size() > 1 ? times[1] - times[0] : 0;
        for (size_t i = 1; i < times.size(); ++i) {
          if (times[i] - times[i - 1] != span.period_ms) span.period_ms = 0;
        }
        span.finite = std::ranges::all_of(span.values, [](double v) { return std::isfinite(v); });
        span.rising = span.finite && std::ranges::is_sorted(span.values);
        return span;
      }

     private:
      std::unique_ptr<store::SelectionReader> inner_;
      const Numbered& of_;
    };
    std::unique_ptr<store::Selection> inner_;
    mutable std::mutex mutex_;
    mutable std::map<std::vector<int64_t>, uint64_t> ids_;
  };
  MemorySource& inner_;
};

class FastPathTest : public ::testing::Test {
 protected:
  using Random = std::mt19937_64;
  size_t Below(size_t n) { return random_() % n; }
  bool OneIn(size_t n) { return Below(n) == 0; }

  /// One sample after the other of a series of some kind.
  double Next(int kind, double previous) {
    switch (kind) {
      case 0:  // a counter of whole numbers
        return OneIn(40) ? static_cast<double>(Below(5)) : previous + static_cast<double>(Below(9));
      case 1:  // a counter of seconds
        return OneIn(40) ? 0 : previous + static_cast<double>(Below(15'000)) / 1000;
      case 2:  // near 2^53
        return OneIn(50) ? 9007199254740000.0 : previous + static_cast<double>(Below(100));
      case 3:  // falls all the time
        return OneIn(2) ? 3 : previous + 1;
      case 4: {  // anything
        constexpr double kOdd[] = {0.0, -0.0, 1e308, -1e308, 1e-308, 3.5, -7.25};
        if (OneIn(30)) return std::numeric_limits<double>::infinity();
        if (OneIn(30)) return -std::numeric_limits<double>::infinity();
        if (OneIn(20)) return std::numeric_limits<double>::quiet_NaN();
        return kOdd[Below(std::size(kOdd))];
      }
      case 5: return OneIn(10) ? previous + 0.1 : previous;              // mostly constant
      default: return 20 + static_cast<double>(Below(2000)) / 100 - 10;  // a gauge
    }
  }

  /// Series of one metric: some share their times, some have gaps, stale markers, starts.
  void AddMetric(const std::string& name, int kind, int series) {
    for (int s = 0; s < series; ++s) {
      const std::string host = "h" + std::to_string(s % 7), unit = "u" + std::to_string(s);
      const model::Labels labels{{"__name__", name}, {"host", host}, {"unit", unit}};
      // Shared times have an offset a host; the others jitter.
      const bool shared = !OneIn(4);
      const bool starts = OneIn(6), gaps = OneIn(3);
      double value = OneIn(3) ? 0 : static_cast<double>(Below(100'000));
      int64_t began = 1;
      for (int i = 0; i < kSamples; ++i) {
        const double before = value;
        value = Next(kind, value);
        if (gaps && OneIn(5)) continue;
        int64_t time_ms = i * kStepMs + (s % 7) * 2'000 + 1'000'000;
        if (!shared) time_ms += static_cast<int64_t>(Below(4'000));
        if (value < before) began = time_ms - static_cast<int64_t>(Below(5'000));
        const bool stale = gaps && OneIn(25);
        source_.Add(labels, time_ms, stale ? model::StaleNan() : value, starts ? began : 0);
      }
    }
  }

  void AddHistograms(int series) {
    for (int s = 0; s < series; ++s) {
      const std::string host = "h" + std::to_string(s % 3), unit = "n" + std::to_string(s);
      const model::Labels labels{{"__name__", "sizes"}, {"host", host}, {"unit", unit}};
      double count = 0;
      for (int i = 0; i < kSamples / 4; ++i) {
        count = OneIn(12) ? 1 : count + static_cast<double>(Below(20));
        model::Histogram h;
        h.count = count;
        h.sum = count * 1.5;
        h.float_counts = true;
        h.positive_spans = {{0, 1}};
        h.positive_counts = {count};
        const int64_t time_ms = i * kStepMs + 1'000'000;
        if (OneIn(15))
          source_.Add(labels, time_ms, count);
        else
          source_.AddHistogram(labels, time_ms, std::move(h));
      }
    }
  }

  std::string Selector() {
    static const char* const kNames[] = {"whole_total", "seconds_total", "large_total", "saw_total",
                                         "anything",    "constant",      "gauge",       "sizes"};
    const std::string name = kNames[Below(std::size(kNames))];
    static const char* const kMatchers[] = {"", "{host=\"h1\"}", "{host!=\"h2\"}",
                                            "{host=~\"h[1-4]\"}", "{unit=\"u3\"}"};
    if (OneIn(15)) return "{__name__=~\"whole_total|gauge\"}";
    return name + kMatchers[Below(std::size(kMatchers))];
  }
  std::string Shift() {
    static const char* const kShifts[] = {
        "", "", "", "", " offset 1m", " offset -45s", " @ 1500", " @ end()"};
    return kShifts[Below(std::size(kShifts))];
  }
  std::string Ranged() {
    static const char* const kFunctions[] = {"rate",
                                             "increase",
                                             "delta",
                                             "irate",
                                             "idelta",
                                             "sum_over_time",
                                             "avg_over_time",
                                             "min_over_time",
                                             "max_over_time",
                                             "count_over_time",
                                             "first_over_time",
                                             "last_over_time",
                                             "changes",
                                             "resets",
                                             "deriv",
                                             "stddev_over_time",
                                             "ts_of_last_over_time",
                                             "present_over_time",
                                             "absent_over_time",
                                             "mad_over_time"};
    static const char* const kRanges[] = {"15s", "30s", "1m", "61s", "5m", "7m30s", "1h"};
    const std::string function = kFunctions[Below(std::size(kFunctions))];
    const std::string range = kRanges[Below(std::size(kRanges))];
    if (OneIn(8)) {
      return function + "(sum by (host) (" + Selector() + ")[" + range + ":20s]" + Shift() + ")";
    }
    if (OneIn(12) && (function == "rate" || function == "increase" || function == "delta"))
      return function + "(" + Selector() + "[" + range + "] smoothed)";
    return function + "(" + Selector() + "[" + range + "]" + Shift() + ")";
  }
  std::string Query() {
    const std::string inner = OneIn(4) ? Selector() + Shift() : Ranged();
    static const char* const kAggregations[] = {"sum",   "avg",   "min",    "max",
                                                "count", "group", "stddev", "stdvar"};
    static const char* const kGroupings[] = {"",
                                             "by (host) ",
                                             "without (unit) ",
                                             "by (unit, x) ",
                                             "by (__name__) ",
                                             "without (host, unit) "};
    const std::string grouping = kGroupings[Below(std::size(kGroupings))];
    switch (Below(8)) {
      case 0:
      case 1: return inner;
      case 2: return "topk " + grouping + "(3, " + inner + ")";
      case 3: return "quantile " + grouping + "(0.9, " + inner + ")";
      case 4: return inner + " / ignoring (x) " + inner;
      default:
        return std::string(kAggregations[Below(std::size(kAggregations))]) + " " + grouping + "(" +
               inner + ")";
    }
  }

  struct Outcome {
    base::Result<QueryAnswer> answer;
    std::vector<std::string> remarks;
  };
  Outcome Run(const std::string& query, EngineOptions options, store::SampleSource& source,
              const Grid& grid) {
    exec::QueryContext context(exec::QueryLimits{}, "default");
    const Engine engine(&source, options);
    Outcome outcome{grid.start_ms == grid.end_ms
                        ? engine.Instant(query, grid.start_ms, context)
                        : engine.Range(query, grid.start_ms, grid.end_ms, grid.step_ms, context),
                    {}};
    RenderAnnotations(context.annotations(), query, 0, &outcome.remarks, &outcome.remarks);
    std::sort(outcome.remarks.begin(), outcome.remarks.end());
    return outcome;
  }

  static bool SameBits(double a, double b) {
    return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b) ||
           (std::isnan(a) && std::isnan(b));
  }

  void Compare(const std::string& query, const Outcome& plain, const Outcome& fast) {
    ASSERT_EQ(plain.answer.has_value(), fast.answer.has_value())
        << query << ": "
        << (plain.answer ? fast.answer.error().message : plain.answer.error().message);
    EXPECT_EQ(plain.remarks, fast.remarks) << query;
    if (!plain.answer) {
      EXPECT_EQ(plain.answer.error().message, fast.answer.error().message) << query;
      return;
    }
    EXPECT_EQ(plain.answer->stats.total_samples, fast.answer->stats.total_samples) << query;
    const auto& a = plain.answer->value.series;
    const auto& b = fast.answer->value.series;
    ASSERT_EQ(a.size(), b.size()) << query;
    for (size_t i = 0; i < a.size(); ++i) {
      ASSERT_EQ(model::ToString(a[i].labels), model::ToString(b[i].labels)) << query;
      ASSERT_EQ(a[i].floats.size(), b[i].floats.size()) << query;
      for (size_t k = 0; k < a[i].floats.size(); ++k) {
        ASSERT_EQ(a[i].floats[k].time_ms, b[i].floats[k].time_ms) << query;
        ASSERT_TRUE(SameBits(a[i].floats[k].value, b[i].floats[k].value))
            << query << " " << model::ToString(a[i].labels) << " at " << a[i].floats[k].time_ms
            << ": " << a[i].floats[k].value << " and " << b[i].floats[k].value;
      }
      ASSERT_EQ(a[i].histograms.size(), b[i].histograms.size()) << query;
      for (size_t k = 0; k < a[i].histograms.size(); ++k) {
        ASSERT_TRUE(*a[i].histograms[k].histogram == *b[i].histograms[k].histogram) << query;
      }
    }
  }

  Random random_{20261127};
  MemorySource source_;
};

TEST_F(FastPathTest, RandomQueriesGiveTheSameBits) {
  static const char* const kNames[] = {"whole_total", "seconds_total", "large_total", "saw_total",
                                       "anything",    "constant",      "gauge"};
  for (int kind = 0; kind < 7; ++kind) AddMetric(kNames[kind], kind, kind == 6 ? 150 : 25);
  AddHistograms(4);
  NumberedSource numbered(source_);
  constexpr int64_t kSteps[] = {15'000, 15'000, 60'000, 7'001, 300'000, 1'000};
  for (int round = 0; round < 400; ++round) {
    const std::string query = Query();
    Grid grid;
    grid.start_ms = 1'000'000 + static_cast<int64_t>(Below(20)) * (OneIn(2) ? 15'000 : 7'777);
    grid.step_ms = kSteps[Below(std::size(kSteps))];
    const size_t steps = grid.step_ms == 1'000 ? 900 : 1 + Below(150);
    grid.end_ms = grid.start_ms + (OneIn(6) ? 0 : static_cast<int64_t>(steps) * grid.step_ms);
    EngineOptions options;
    options.use_start_timestamps = OneIn(3);
    options.delayed_name_removal = OneIn(3);
    EngineOptions plain = options;
    plain.plain = true;
    const Outcome expected = Run(query, plain, source_, grid);
    Compare(query, expected, Run(query, options, source_, grid));
    Compare(query, expected, Run(query, options, numbered, grid));
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace pharos::query::promql
