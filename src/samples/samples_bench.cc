// The engine by itself on series such as node exporters send: append, seal, select. 200
// samples a series at 15 s; counters with whole numbers, counters and gauges with two
// decimals, byte gauges in pages, constants.
#include <benchmark/benchmark.h>

#include <cmath>
#include <filesystem>
#include <random>

#include "base/log.h"
#include "samples/engine.h"

namespace pharos::samples {
namespace {

using Random = std::mt19937_64;
constexpr int64_t kStepMs = 15'000;
constexpr int kScrapes = 240;

struct Generator {
  enum Kind : uint8_t { kWhole, kDecimal, kPages, kGauge, kConstant };
  struct OneSeries {
    model::Labels labels;
    base::Hash128 raw;
    Kind kind;
    double scale;
    double value;
  };

  explicit Generator(size_t hosts) {
    static constexpr std::pair<Kind, double> kShapes[] = {
        {kDecimal, 14}, {kDecimal, 4}, {kDecimal, 0.05}, {kDecimal, 0.05},
        {kWhole, 1e5},  {kWhole, 40},  {kWhole, 3e6},    {kWhole, 90},
        {kWhole, 90},   {kPages, 8e9}, {kGauge, 2},      {kConstant, 4e11}};
    for (size_t host = 0; host < hosts; ++host) {
      const std::string instance = "host-" + std::to_string(host) + ":9100";
      for (int i = 0; i < 100; ++i) {
        const auto [kind, scale] = kShapes[i % std::size(kShapes)];
        const std::string metric = "node_metric_" + std::to_string(i % 25) + "_total",
                          device = "dev" + std::to_string(i / 25);
        model::Labels labels{{"__name__", metric},   {"device", device}, {"env", "prod"},
                             {"instance", instance}, {"job", "node"},    {"region", "eu-1"}};
        const base::Hash128 raw = labels.Hash();
        series.push_back({std::move(labels), raw, kind, scale, std::floor(scale * 100)});
      }
    }
  }
  double Next(OneSeries& s) {
    const double r = static_cast<double>(random() >> 11) * 0x1p-53;
    switch (s.kind) {
      case kWhole: return s.value += std::floor(s.scale * 15 * (0.5 + r));
      case kDecimal: return s.value = std::round((s.value + s.scale * (0.8 + 0.4 * r)) * 100) / 100;
      case kPages: return s.value = std::floor(s.value * (1 + (r - 0.5) * 0.02) / 4096) * 4096;
      case kGauge:
        return s.value = std::round(std::max(0.0, s.value + (r - 0.5) * 0.3) * 100) / 100;
      default: return s.value;
    }
  }
  std::vector<OneSeries> series;
  Random random{7};
};

struct Bed {
  Bed() {
    base::SetLogLevel(base::LogLevel::kError);
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    Open();
  }
  void Open() {
    manifest = io::Manifest::Open(io::Fs::Real(), directory).value();
    engine = SampleEngine::Open(*manifest, base::Clock::System(), budget, {}).value();
    io::WalOptions options;
    options.directory = directory + "/wal";
    options.sync_before_ack = false;
    wal = io::Wal::Open(io::Fs::Real(), options, [&](const io::WalFrame& frame) {
            return engine->Replay(frame);
          }).value();
    engine->AttachWal(*wal);
  }
  void Close() {
    wal = nullptr;
    engine = nullptr;
    manifest = nullptr;
  }
  ~Bed() {
    Close();
    std::filesystem::remove_all(directory);
  }

  /// Requests of 2,000 samples, as a remote writer sends them. Returns the samples.
  uint64_t Load(Generator& generator, int scrapes) {
    const int64_t start_ms = base::Clock::System().NowMs() - 3'900'000;
    std::vector<store::SampleWrite> writes;
    std::vector<store::Refused> refused;
    uint64_t samples = 0;
    for (int scrape = 0; scrape < scrapes; ++scrape) {
      auto appender = engine->Begin("default");
      for (size_t i = 0; i < generator.series.size(); ++i) {
        auto& s = generator.series[i];
        auto handle = appender->Lookup(s.raw);
        if (!handle) {
          handle = appender->Resolve(s.labels).value();
          appender->Remember(s.raw, *handle);
        }
        writes.push_back({*handle, start_ms + scrape * kStepMs + static_cast<int64_t>(i / 100 * 37),
                          generator.Next(s)});
        if (writes.size() < 2000 && i + 1 < generator.series.size()) continue;
        appender->Append(writes, &refused);
        appender->Commit();
        samples += writes.size();
        writes.clear();
      }
    }
    if (!refused.empty()) std::abort();
    return samples;
  }

  std::string directory =
      (std::filesystem::temp_directory_path() / "pharos_samples_bench").string();
  base::MemoryBudget budget{4ull << 30};
  std::unique_ptr<io::Manifest> manifest;
  std::unique_ptr<SampleEngine> engine;
  std::unique_ptr<io::Wal> wal;
};

void BM_Generate(benchmark::State& state) {
  Generator generator(200);
  for (auto _ : state) {
    for (auto& s : generator.series) benchmark::DoNotOptimize(generator.Next(s));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(generator.series.size()));
}
BENCHMARK(BM_Generate);

/// Look-up by raw bytes, append, WAL record; generation of the values included (BM_Generate).
void BM_Append(benchmark::State& state) {
  Generator generator(200);
  for (auto _ : state) {
    state.PauseTiming();
    Bed bed;
    bed.Load(generator, 1);
    state.ResumeTiming();
    const uint64_t samples = bed.Load(generator, kScrapes);
    state.PauseTiming();
    state.counters["bytes_in_memory_a_sample"] =
        static_cast<double>(bed.budget.used_bytes()) / static_cast<double>(samples);
    state.SetItemsProcessed(state.items_processed() + static_cast<int64_t>(samples));
    state.ResumeTiming();
  }
}
BENCHMARK(BM_Append)->Iterations(1)->Unit(benchmark::kMillisecond);

/// Flush of 4.8 M samples; and what they take on disk.
void BM_Flush(benchmark::State& state) {
  Generator generator(200);
  Bed bed;
  const uint64_t samples = bed.Load(generator, kScrapes);
  for (auto _ : state) {
    if (!bed.engine->Flush()) std::abort();
  }
  state.SetItemsProcessed(static_cast<int64_t>(samples));
  state.counters["bytes_a_sample"] =
      static_cast<double>(bed.engine->Stats("default").part_bytes) / static_cast<double>(samples);
}
BENCHMARK(BM_Flush)->Iterations(1)->Unit(benchmark::kMillisecond);

/// All samples (range 0) or those of one metric (range 1), from parts or memory.
void Select(benchmark::State& state, bool flush) {
  Generator generator(200);
  Bed bed;
  bed.Load(generator, kScrapes);
  if (flush && !bed.engine->Flush()) std::abort();
  store::SampleQuery query;
  query.start_ms = 0;
  query.end_ms = INT64_MAX;
  if (state.range(0) == 1)
    query.matchers = {model::Matcher::Equal("__name__", "node_metric_0_total")};
  uint64_t samples = 0;
  store::SeriesColumns columns;
  for (auto _ : state) {
    auto cursor = bed.engine->Select(query).value();
    while (cursor->Next(&columns).value()) samples += columns.times_ms.size();
  }
  state.SetItemsProcessed(static_cast<int64_t>(samples));
}
void BM_SelectFromParts(benchmark::State& state) { Select(state, true); }
void BM_SelectFromMemory(benchmark::State& state) { Select(state, false); }
BENCHMARK(BM_SelectFromParts)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_SelectFromMemory)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

/// A million new series with one sample each: what a series costs in memory.
void BM_NewSeries(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    Generator generator(static_cast<size_t>(state.range(0)) / 100);
    Bed bed;
    state.ResumeTiming();
    bed.Load(generator, 1);
    state.PauseTiming();
    state.counters["bytes_a_series"] =
        static_cast<double>(bed.budget.used_bytes()) / static_cast<double>(generator.series.size());
    state.SetItemsProcessed(static_cast<int64_t>(generator.series.size()));
    state.ResumeTiming();
  }
}
BENCHMARK(BM_NewSeries)->Arg(100'000)->Iterations(1)->Unit(benchmark::kMillisecond);

/// Start after a kill with everything in the log: so many series, 20 samples each.
void BM_Replay(benchmark::State& state) {
  Generator generator(static_cast<size_t>(state.range(0)) / 100);
  Bed bed;
  const uint64_t samples = bed.Load(generator, 20);
  for (auto _ : state) {
    state.PauseTiming();
    bed.Close();
    state.ResumeTiming();
    bed.Open();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(samples));
}
BENCHMARK(BM_Replay)->Arg(10'000)->Arg(200'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace pharos::samples
