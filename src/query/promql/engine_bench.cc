// The engine over a store that costs nothing: an hour of counters each 15 s, scraped together.
#include <benchmark/benchmark.h>

#include <map>
#include <memory>

#include "query/promql/engine.h"
#include "query/promql/memory_source.h"

namespace pharos::query::promql {
namespace {

constexpr int kSamples = 240;
constexpr int64_t kStepMs = 15'000;

/// Series in columns; all of them match.
class ColumnSource final : public store::SampleSource {
 public:
  explicit ColumnSource(int series) {
    for (int i = 0; i < kSamples; ++i) times_.push_back(i * kStepMs + 1);
    for (int s = 0; s < series; ++s) {
      char host[32];
      std::snprintf(host, sizeof host, "host-%06d", s);
      const std::string job = "job-" + std::to_string(s % 10);
      labels_.push_back(model::Labels{{"__name__", "requests_total"},
                                      {"instance", host},
                                      {"job", job},
                                      {"method", "GET"},
                                      {"path", "/api"}});
      auto& values = values_.emplace_back();
      for (int i = 0; i < kSamples; ++i) values.push_back(i * 3.25 + s);
    }
  }

  base::Result<std::unique_ptr<store::Selection>> Choose(const store::SampleQuery&) override {
    return std::make_unique<All>(*this);
  }
  base::Result<std::unique_ptr<store::SeriesCursor>> Select(const store::SampleQuery& q) override {
    return nothing_.Select(q);
  }
  base::Result<std::vector<model::Labels>> Series(const store::SampleQuery&) override {
    return labels_;
  }
  base::Result<std::vector<std::string>> LabelNames(const store::SampleQuery& q) override {
    return nothing_.LabelNames(q);
  }
  base::Result<std::vector<std::string>> LabelValues(const store::SampleQuery& q,
                                                     std::string_view name) override {
    return nothing_.LabelValues(q, name);
  }
  std::vector<std::pair<std::string, model::Metadata>> MetadataOf(std::string_view,
                                                                  std::string_view) override {
    return {};
  }
  base::Result<std::vector<std::pair<model::Labels, std::vector<model::Exemplar>>>> Exemplars(
      const store::SampleQuery& q) override {
    return nothing_.Exemplars(q);
  }
  store::SampleStats Stats(std::string_view) override { return {}; }

 private:
  class All final : public store::Selection {
   public:
    explicit All(const ColumnSource& source) : source_(source) {}
    size_t size() const override { return source_.labels_.size(); }
    model::Labels LabelsOf(size_t series) const override { return source_.labels_[series]; }
    std::unique_ptr<store::SelectionReader> NewReader() const override {
      return std::make_unique<Reader>(source_);
    }

   private:
    class Reader final : public store::SelectionReader {
     public:
      explicit Reader(const ColumnSource& source) : source_(source) {}
      base::Result<store::SeriesSpan> Read(size_t series) override {
        return store::SeriesSpan{
            .times_ms = source_.times_, .values = source_.values_[series], .times_id = 1};
      }

     private:
      const ColumnSource& source_;
    };
    const ColumnSource& source_;
  };

  std::vector<int64_t> times_;
  std::vector<model::Labels> labels_;
  std::vector<std::vector<double>> values_;
  MemorySource nothing_;
};

ColumnSource& Source(int series) {
  static std::map<int, std::unique_ptr<ColumnSource>> sources;
  auto& source = sources[series];
  if (source == nullptr) source = std::make_unique<ColumnSource>(series);
  return *source;
}

/// `plain`: the slow way that the fast ones are held against.
void RunQuery(benchmark::State& state, const char* query, bool plain) {
  EngineOptions options;
  options.plain = plain;
  const Engine engine(&Source(static_cast<int>(state.range(0))), options);
  for (auto _ : state) {
    exec::QueryContext context({}, "default");
    auto answer = engine.Range(query, 300'000, 3'600'000, kStepMs, context);
    benchmark::DoNotOptimize(answer);
  }
  state.counters["series/s"] = benchmark::Counter(static_cast<double>(state.range(0)),
                                                  benchmark::Counter::kIsIterationInvariantRate);
}

#define PHAROS_QUERY_BENCH(name, query)                                                      \
  BENCHMARK_CAPTURE(RunQuery, name, query, false)->Arg(1000)->Unit(benchmark::kMillisecond); \
  BENCHMARK_CAPTURE(RunQuery, name##_plain, query, true)->Arg(1000)->Unit(benchmark::kMillisecond)

PHAROS_QUERY_BENCH(selector, "requests_total");
PHAROS_QUERY_BENCH(rate, "rate(requests_total[5m])");
PHAROS_QUERY_BENCH(sum_by_rate, "sum by (job) (rate(requests_total[5m]))");
PHAROS_QUERY_BENCH(sum_over_time, "sum(sum_over_time(requests_total[5m]))");
PHAROS_QUERY_BENCH(avg_over_time, "sum(avg_over_time(requests_total[5m]))");
PHAROS_QUERY_BENCH(max_over_time, "max(max_over_time(requests_total[30m]))");
PHAROS_QUERY_BENCH(count, "count(requests_total)");
PHAROS_QUERY_BENCH(quantile, "quantile by (job) (0.9, requests_total)");
PHAROS_QUERY_BENCH(stddev, "stddev by (job) (requests_total)");
PHAROS_QUERY_BENCH(divide, "requests_total / requests_total");
PHAROS_QUERY_BENCH(topk, "topk(10, requests_total)");
PHAROS_QUERY_BENCH(subquery, "max_over_time(sum(rate(requests_total[5m]))[30m:1m])");

/// That the cost grows with the series and no faster.
BENCHMARK_CAPTURE(RunQuery, sum_by_rate_many, "sum by (job) (rate(requests_total[5m]))", false)
    ->Arg(10'000)
    ->Arg(50'000)
    ->Arg(200'000)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace pharos::query::promql
