// Cost a sample of remote write 2.0 in front of the engine: decode, hash, look-up. Beside
// remote_write_bench.cc, which has the same series in 1.0.
#include <benchmark/benchmark.h>

#include <protozero/pbf_writer.hpp>
#include <unordered_map>

#include "wire/remote_write_v2.h"

namespace {

using namespace pharos;

std::string Body(int series) {
  std::unordered_map<std::string, uint32_t> refs{{"", 0}};
  std::vector<std::string> symbols{""};
  const auto ref = [&](const std::string& text) {
    const auto [at, added] = refs.try_emplace(text, static_cast<uint32_t>(symbols.size()));
    if (added) symbols.push_back(text);
    return at->second;
  };
  std::string all;
  {
    protozero::pbf_writer request(all);
    for (int i = 0; i < series; ++i) {
      protozero::pbf_writer ts(request, 5);
      const std::pair<std::string, std::string> labels[] = {
          {"__name__", "node_cpu_seconds_total"},
          {"cpu", std::to_string(i % 4)},
          {"env", "prod"},
          {"instance", "host-" + std::to_string(i / 32) + ":9100"},
          {"job", "node"},
          {"mode", "mode" + std::to_string(i % 8)},
          {"region", "eu-1"}};
      std::vector<uint32_t> list;
      for (const auto& [name, value] : labels) {
        list.push_back(ref(name));
        list.push_back(ref(value));
      }
      ts.add_packed_uint32(1, list.begin(), list.end());
      protozero::pbf_writer sample(ts, 2);
      sample.add_double(1, i * 1.5);
      sample.add_int64(2, 1'700'000'000'000);
    }
  }
  std::string body;
  protozero::pbf_writer request(body);
  for (const std::string& symbol : symbols) request.add_string(4, symbol);
  return body + all;
}

void BM_DecodeAndLookupV2(benchmark::State& state) {
  const std::string body = Body(2000);
  std::unordered_map<base::Hash128, uint32_t, base::Hash128Hasher> known;
  double sum = 0;
  for (auto _ : state) {
    wire::RemoteWriteV2Reader reader(body);
    if (!reader.ReadSymbols()) return;
    const wire::SymbolHashes hashes(reader.symbols());
    while (true) {
      const auto more = reader.Next();
      if (!more || !*more) break;
      sum += known.try_emplace(hashes.Of(reader.series().label_refs), 1).first->second;
      for (const wire::RemoteSampleV2& sample : reader.series().samples) sum += sample.value;
    }
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * 2000);
}
BENCHMARK(BM_DecodeAndLookupV2);

}  // namespace
