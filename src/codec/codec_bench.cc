// Each codec by itself: ns a sample and GB/s of plain doubles, on the shapes that exporters
// send. The count of a block is the argument: 16 is a cell in memory, 240 and 1,024 a part's.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdlib>
#include <random>
#include <vector>

#include "codec/time_block.h"
#include "codec/value_block.h"

namespace pharos::codec {
namespace {

using Random = std::mt19937_64;

enum Shape { kConstant, kRamp, kCounter, kSeconds, kPages, kGauge, kRatio, kWalk, kSparse };
constexpr const char* kShapeNames[] = {"constant", "ramp",  "counter", "seconds", "pages",
                                       "gauge",    "ratio", "walk",    "sparse"};

double Uniform(Random& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }

/// `ratio` has all its 53 bits (a quotient), `walk` moves little from one to the next.
std::vector<double> Values(Shape shape, size_t count) {
  Random random(11);
  std::vector<double> out(count);
  double v = 123456;
  for (size_t i = 0; i < count; ++i) {
    const double r = Uniform(random);
    switch (shape) {
      case kConstant: break;
      case kRamp: v += 15; break;
      case kCounter: v += std::floor(1e5 * 15 * (0.5 + r)); break;
      case kSeconds: v = std::round((v + 14 * (0.8 + 0.4 * r)) * 100) / 100; break;
      case kPages: v = std::floor((8e9 + 1e8 * r) / 4096) * 4096; break;
      case kGauge: v = std::round(std::fmod(v + r, 10) * 100) / 100; break;
      case kRatio: v = r; break;
      case kWalk: v = 1.0 / 3 + std::ldexp(std::floor(r * 16), -52); break;
      case kSparse: v += r < 0.05 ? std::floor(r * 1000) : 0; break;
    }
    out[i] = v;
  }
  return out;
}

void Report(benchmark::State& state, size_t count, size_t bytes) {
  const auto samples = static_cast<int64_t>(count) * state.iterations();
  state.SetItemsProcessed(samples);
  state.SetBytesProcessed(samples * 8);
  state.counters["ns_sample"] =
      benchmark::Counter(static_cast<double>(samples) / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["bits_sample"] = 8.0 * static_cast<double>(bytes) / static_cast<double>(count);
}

void BM_EncodeValues(benchmark::State& state) {
  const auto values = Values(static_cast<Shape>(state.range(0)), state.range(1));
  state.SetLabel(kShapeNames[state.range(0)]);
  std::string out;
  ValueHint hint;
  for (auto _ : state) {
    out.clear();
    EncodeValues(values, out, &hint);
    benchmark::DoNotOptimize(out.data());
  }
  Report(state, values.size(), out.size());
}

void BM_DecodeValues(benchmark::State& state) {
  auto values = Values(static_cast<Shape>(state.range(0)), state.range(1));
  state.SetLabel(kShapeNames[state.range(0)]);
  std::string bytes;
  EncodeValues(values, bytes);
  for (auto _ : state) {
    ByteReader in(bytes);
    if (!DecodeValues(in, values)) std::abort();
    benchmark::DoNotOptimize(values.data());
  }
  Report(state, values.size(), bytes.size());
}
BENCHMARK(BM_EncodeValues)->ArgsProduct({{0, 1, 2, 3, 4, 5, 6, 7, 8}, {16, 240, 1024}});
BENCHMARK(BM_DecodeValues)->ArgsProduct({{0, 1, 2, 3, 4, 5, 6, 7, 8}, {16, 240, 1024}});

/// jitter 0: a grid; else that many ms around it.
std::vector<int64_t> Times(int64_t jitter, size_t count) {
  Random random(12);
  std::vector<int64_t> out(count);
  for (size_t i = 0; i < count; ++i) {
    out[i] = 1'795'000'000'000 + static_cast<int64_t>(i) * 15'000 +
             (jitter > 0 ? static_cast<int64_t>(random() % static_cast<uint64_t>(jitter)) : 0);
  }
  return out;
}

void BM_EncodeTimes(benchmark::State& state) {
  const auto times = Times(state.range(0), state.range(1));
  std::string out;
  for (auto _ : state) {
    out.clear();
    EncodeTimes(times, out);
    benchmark::DoNotOptimize(out.data());
  }
  Report(state, times.size(), out.size());
}

void BM_DecodeTimes(benchmark::State& state) {
  auto times = Times(state.range(0), state.range(1));
  std::string bytes;
  EncodeTimes(times, bytes);
  for (auto _ : state) {
    ByteReader in(bytes);
    if (!DecodeTimes(in, times)) std::abort();
    benchmark::DoNotOptimize(times.data());
  }
  Report(state, times.size(), bytes.size());
}
BENCHMARK(BM_EncodeTimes)->ArgsProduct({{0, 20}, {16, 240, 1024}});
BENCHMARK(BM_DecodeTimes)->ArgsProduct({{0, 20}, {16, 240, 1024}});

}  // namespace
}  // namespace pharos::codec
