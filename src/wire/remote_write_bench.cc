// Cost a sample of the remote write path in front of the engine: decode, hash, look-up.
// Goal: ≤ 0.15 µs a sample.
#include <benchmark/benchmark.h>

#include <protozero/pbf_writer.hpp>
#include <unordered_map>

#include "base/hash.h"
#include "wire/remote_write.h"

namespace {

using namespace pharos;

std::string Body(int series) {
  std::string body;
  protozero::pbf_writer request(body);
  for (int i = 0; i < series; ++i) {
    protozero::pbf_writer ts(request, 1);
    const std::pair<std::string, std::string> labels[] = {
        {"__name__", "node_cpu_seconds_total"},
        {"cpu", std::to_string(i % 4)},
        {"env", "prod"},
        {"instance", "host-" + std::to_string(i / 32) + ":9100"},
        {"job", "node"},
        {"mode", "mode" + std::to_string(i % 8)},
        {"region", "eu-1"}};
    for (const auto& [name, value] : labels) {
      protozero::pbf_writer label(ts, 1);
      label.add_string(1, name);
      label.add_string(2, value);
    }
    protozero::pbf_writer sample(ts, 2);
    sample.add_double(1, i * 1.5);
    sample.add_int64(2, 1'700'000'000'000);
  }
  return body;
}

void BM_DecodeAndLookup(benchmark::State& state) {
  const std::string body = Body(2000);
  std::unordered_map<base::Hash128, uint32_t, base::Hash128Hasher> known;
  double sum = 0;
  for (auto _ : state) {
    wire::RemoteWriteReader reader(body);
    while (true) {
      const auto item = reader.Next();
      if (!item || *item == wire::RemoteWriteReader::Item::kEnd) break;
      sum += known.try_emplace(base::HashBytes128(reader.series().label_block), 1).first->second;
      for (const model::Sample& sample : reader.series().samples) sum += sample.value;
    }
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * 2000);
}
BENCHMARK(BM_DecodeAndLookup);

}  // namespace
