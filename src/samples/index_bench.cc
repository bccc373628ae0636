// The label index of a part of a million series and of as many in memory: opening, regexes over
// a million values, equality with a regex.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <filesystem>

#include "base/log.h"
#include "samples/label_index.h"
#include "samples/part.h"
#include "samples/part_builder.h"

namespace pharos::samples {
namespace {

using model::Matcher;
using model::MatchOp;

constexpr int kSeries = 1'000'000;

/// 100 metrics of 10,000 instances; `id` is different for each series.
std::vector<model::Labels> AllLabels() {
  std::vector<model::Labels> out;
  out.reserve(kSeries);
  for (int i = 0; i < kSeries; ++i) {
    const int instance = i % 10'000;
    char id[16], metric[32];
    std::snprintf(id, sizeof id, "id-%07d", static_cast<int>(i * int64_t{7919} % kSeries));
    std::snprintf(metric, sizeof metric, "metric_%02d_total", i / 10'000);
    const std::string host = "host-" + std::to_string(instance) + ":9100";
    const std::string zone = "eu-" + std::to_string(instance % 4);
    out.push_back(model::Labels{{"__name__", metric},
                                {"env", instance % 5 ? "prod" : "staging"},
                                {"id", id},
                                {"instance", host},
                                {"job", "node"},
                                {"zone", zone}});
  }
  std::sort(out.begin(), out.end());
  return out;
}

struct Bed {
  Bed() {
    base::SetLogLevel(base::LogLevel::kError);
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory + "/part");
    const auto labels = AllLabels();
    auto builder = PartBuilder::Create(io::Fs::Real(), directory + "/part", {}).value();
    store::SeriesColumns columns{.times_ms = {1}, .values = {1}};
    std::vector<uint32_t> pairs;
    for (uint32_t i = 0; i < labels.size(); ++i) {
      pairs.clear();
      head.Add(i, labels[i].bytes(), &pairs);
      if (!builder->AddSeries(labels[i].bytes(), columns)) std::abort();
    }
    entry.bytes = builder->Finish().value();
    entry.path = "part";
    part = Open();
    index = part->Index().value();
  }
  ~Bed() { std::filesystem::remove_all(directory); }
  std::shared_ptr<Part> Open() {
    return Part::Open(io::Fs::Real(), directory, entry, cache, budget);
  }

  const std::string directory =
      std::filesystem::temp_directory_path().string() + "/pharos_index_bench";
  base::MemoryBudget budget{8u << 30};
  PageCache cache{64u << 20, budget};
  io::PartEntry entry;
  LabelIndex head;
  std::shared_ptr<Part> part;
  std::shared_ptr<const PartIndex> index;
};

Bed& TheBed() {
  static Bed bed;
  return bed;
}

void BM_OpenPart(benchmark::State& state) {
  Bed& bed = TheBed();  // made outside of the time that counts
  for (auto _ : state) benchmark::DoNotOptimize(bed.Open());
}
BENCHMARK(BM_OpenPart)->Unit(benchmark::kMillisecond);

void BM_LoadIndex(benchmark::State& state) {
  const auto part = TheBed().Open();
  for (auto _ : state) {
    if (!part->Index()) std::abort();
    state.PauseTiming();
    state.counters["bytes_a_series"] = static_cast<double>(part->DropIndex()) / kSeries;
    state.ResumeTiming();
  }
  state.counters["disk_bytes_a_series"] = static_cast<double>(TheBed().entry.bytes) / kSeries;
}
BENCHMARK(BM_LoadIndex)->Unit(benchmark::kMillisecond);

using Matchers = std::vector<Matcher>;

Matchers Question(int64_t number) {
  const auto regex = [](const char* name, const char* value) {
    return Matcher::Make(MatchOp::kRegex, name, value).value();
  };
  switch (number) {
    case 0: return {Matcher::Equal("id", "id-0123456")};
    case 1: return {regex("id", "id-0001.*")};
    case 2: return {regex("id", ".*77")};
    case 3: return {regex("id", "id-0000001|id-0500000|id-0900000")};
    case 4: return {Matcher::Equal("__name__", "metric_42_total"), regex("instance", "host-1.*")};
    case 5: return {Matcher::Equal("__name__", "metric_42_total"), regex("id", ".*7")};
    case 6: return {Matcher::Equal("job", "node"), Matcher::Equal("instance", "host-77:9100")};
    default:
      return {Matcher::Equal("__name__", "metric_42_total"),
              Matcher::Make(MatchOp::kNotEqual, "env", "prod").value()};
  }
}
constexpr const char* kQuestions[] = {"equal",        "prefix",          "suffix",    "literals",
                                      "equal+prefix", "equal+any regex", "two equal", "equal+not"};

void BM_SelectInPart(benchmark::State& state) {
  const Matchers matchers = Question(state.range(0));
  size_t found = 0;
  for (auto _ : state) found = TheBed().index->Select(matchers).size();
  state.counters["series"] = static_cast<double>(found);
  state.SetLabel(kQuestions[state.range(0)]);
}
BENCHMARK(BM_SelectInPart)->DenseRange(0, 7)->Unit(benchmark::kMicrosecond);

void BM_SelectInMemory(benchmark::State& state) {
  const Matchers matchers = Question(state.range(0));
  size_t found = 0;
  for (auto _ : state) found = TheBed().head.Select(matchers).size();
  state.counters["series"] = static_cast<double>(found);
  state.SetLabel(kQuestions[state.range(0)]);
}
BENCHMARK(BM_SelectInMemory)->DenseRange(0, 7)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace pharos::samples
