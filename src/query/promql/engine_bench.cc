#include <benchmark/benchmark.h>

#include "query/promql/engine.h"
#include "query/promql/memory_source.h"

namespace pharos::query::promql {
namespace {

MemorySource& Source(int series) {
  static std::map<int, std::unique_ptr<MemorySource>> sources;
  auto& source = sources[series];
  if (source != nullptr) return *source;
  source = std::make_unique<MemorySource>();
  for (int s = 0; s < series; ++s) {
    const std::string instance = "host-" + std::to_string(s);
    const std::string job = "job-" + std::to_string(s % 10);
    const model::Labels labels{{"__name__", "requests_total"},
                               {"instance", instance},
                               {"job", job},
                               {"method", "GET"},
                               {"path", "/api"}};
    for (int i = 0; i < 240; ++i) source->Add(labels, i * 15'000, i * 3.0 + s);
  }
  return *source;
}

void RunQuery(benchmark::State& state, const char* query) {
  const Engine engine(&Source(static_cast<int>(state.range(0))), {});
  for (auto _ : state) {
    exec::QueryContext context({}, "default");
    auto answer = engine.Range(query, 0, 3'600'000, 15'000, context);
    benchmark::DoNotOptimize(answer);
  }
}

BENCHMARK_CAPTURE(RunQuery, selector, "requests_total")->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(RunQuery, rate, "rate(requests_total[5m])")
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(RunQuery, sum_by_rate, "sum by (job) (rate(requests_total[5m]))")
    ->Arg(1000)
    ->Arg(10000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(RunQuery, avg_over_time, "avg_over_time(requests_total[5m])")
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(RunQuery, divide, "requests_total / requests_total")
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(RunQuery, topk, "topk(10, requests_total)")
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace pharos::query::promql
