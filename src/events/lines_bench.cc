// What real log lines cost: CPU a byte to append and to seal, and bytes on disk against
// zstd -3 over pieces of 256 KiB. Seals come as in a server, which looks once a second.
#include <benchmark/benchmark.h>

#include <ctime>
#include <filesystem>

#include "events/body_writer.h"
#include "events/engine.h"
#include "events/limits.h"
#include "events/real_lines_test.h"
#include "events/shop_lines_test.h"

namespace pharos::events {
namespace {

constexpr int64_t kNow = 1'800'000'000'000'000'000;
constexpr int64_t kHour = 3'600'000'000'000;
constexpr int64_t kLineNs = 100'000;  // between two lines
constexpr size_t kCorpusBytes = 30 << 20;
constexpr int kPackLevel = 3;
constexpr size_t kPartBytes = 12 << 20;
constexpr size_t kBatchLines = 2000;

double CpuNs() { return static_cast<double>(std::clock()) * 1e9 / CLOCKS_PER_SEC; }

std::vector<model::EventBatch> Batches(const RealCorpus& corpus) {
  std::vector<model::EventBatch> out;
  for (size_t at = 0; at < corpus.lines.size();) {
    model::EventBatch& batch = out.emplace_back();
    model::StreamEvents stream{model::Labels{{"job", "real"}}, {}};
    for (size_t n = 0; n < kBatchLines && at < corpus.lines.size(); ++n, ++at) {
      model::Event event;
      event.time_ns = kNow - kHour + static_cast<int64_t>(at) * kLineNs;
      event.body = model::Value::String(corpus.lines[at]);
      stream.events.push_back(event);
    }
    batch.streams.push_back(std::move(stream));
  }
  return out;
}

void BM_RealLines(benchmark::State& state, const char* name) {
  const RealCorpus corpus = MakeRealCorpus(name, kCorpusBytes);
  if (corpus.lines.empty()) return state.SkipWithError("../shared/data/loghub is not there");
  const std::vector<model::EventBatch> batches = Batches(corpus);
  const std::string directory = (std::filesystem::temp_directory_path() /
                                 ("pharos-bench-" + std::to_string(std::random_device{}())))
                                    .string();
  double append = 0, seal = 0, stored = 0;
  for (auto _ : state) {
    base::FakeClock clock{kNow};
    base::MemoryBudget budget{size_t{8} << 30};
    const auto manifest = *io::Manifest::Open(io::Fs::Real(), directory);
    const auto engine = *Engine::Open(*manifest, clock, budget);
    for (const model::EventBatch& batch : batches) {
      const double start = CpuNs();
      PHAROS_CHECK(engine->Append("default", batch)->rejected == 0, "rejected");
      const double appended = CpuNs();
      PHAROS_CHECK(engine->Urgent().has_value(), "seal");
      append += appended - start;
      seal += CpuNs() - appended;
    }
    const double start = CpuNs();
    PHAROS_CHECK(engine->Flush().has_value(), "flush");
    seal += CpuNs() - start;
    stored += static_cast<double>(engine->Stats("default", model::EventKind::kLog).part_bytes);
  }
  std::filesystem::remove_all(directory);
  const double bytes = static_cast<double>(corpus.bytes) * static_cast<double>(state.iterations());
  state.counters["append_ns/B"] = append / bytes;
  state.counters["seal_ns/B"] = seal / bytes;
  state.counters["B/line"] =
      static_cast<double>(corpus.bytes) / static_cast<double>(corpus.lines.size());
  state.counters["of_zstd"] = stored / static_cast<double>(corpus.zstd_bytes);
}

/// Takes pages, and counts and times what they are.
class CountingWriter : public io::PartWriter {
 public:
  base::Result<uint32_t> AddPage(std::string_view, std::string_view bytes, uint8_t codec,
                                 int level) override {
    const double start = CpuNs();
    const size_t packed =
        codec == io::kPageZstd ? base::ZstdCompress(bytes, level).size() : bytes.size();
    pack_ns += CpuNs() - start;
    stored += std::min(packed, bytes.size());
    return pages++;
  }
  base::Result<uint32_t> AddStored(std::string_view, const io::StoredPage&) override {
    return pages++;
  }
  uint64_t stored_bytes() const override { return stored; }
  base::Result<uint64_t> Finish() override { return stored; }

  double pack_ns = 0;
  uint64_t stored = 0;
  uint32_t pages = 0;
};

std::vector<std::string> ShopLines(size_t bytes) {
  Shop shop;
  std::vector<std::string> out;
  for (size_t i = 0; bytes > 0; ++i) {
    const int64_t time_ns = kNow - kHour + static_cast<int64_t>(i) * kLineNs;
    out.push_back(shop.Line(i, time_ns, i / 900 % 10));
    bytes -= std::min(bytes, out.back().size() + 1);
  }
  return out;
}

/// The bodies alone, in parts as a server seals them.
void BM_Bodies(benchmark::State& state, const char* name) {
  const std::vector<std::string> lines =
      name == nullptr ? ShopLines(kCorpusBytes) : MakeRealCorpus(name, kCorpusBytes).lines;
  if (lines.empty()) return state.SkipWithError("../shared/data/loghub is not there");
  size_t bytes = 0;
  for (const std::string& line : lines) bytes += line.size() + 1;
  const double start = CpuNs();
  CountingWriter writer;
  for (auto _ : state) {
    for (size_t at = 0; at < lines.size();) {
      BodyWriter bodies;
      const size_t first = at;
      for (size_t part = 0; at < lines.size() && part < kPartBytes;) {
        bodies.Add(model::Value::String(lines[at]),
                   kNow - kHour + static_cast<int64_t>(at) * kLineNs);
        part += lines[at++].size();
        if ((at - first) % kGranuleRows == 0) {
          PHAROS_CHECK(bodies.FinishGranule(writer, kPackLevel).has_value(), "granule");
        }
      }
      PHAROS_CHECK(bodies.FinishGranule(writer, kPackLevel).has_value(), "granule");
      PHAROS_CHECK(bodies.Finish(writer, kPackLevel).has_value(), "part");
    }
  }
  const double all = CpuNs() - start;
  const double total = static_cast<double>(bytes) * static_cast<double>(state.iterations());
  state.counters["cut_ns/B"] = (all - writer.pack_ns) / total;
  state.counters["zstd_ns/B"] = writer.pack_ns / total;
  state.counters["cut_ns/line"] = (all - writer.pack_ns) / static_cast<double>(lines.size()) /
                                  static_cast<double>(state.iterations());
  state.counters["stored/line"] = static_cast<double>(writer.stored) /
                                  static_cast<double>(lines.size()) /
                                  static_cast<double>(state.iterations());
}

const int kRegistered = [] {
  benchmark::RegisterBenchmark("BM_Bodies/Shop", BM_Bodies, nullptr)->Iterations(10);
  for (const char* name : kRealSets) {
    benchmark::RegisterBenchmark((std::string("BM_Bodies/") + name).c_str(), BM_Bodies, name)
        ->Iterations(10)
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark((std::string("BM_RealLines/") + name).c_str(), BM_RealLines, name)
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
  }
  return 0;
}();

}  // namespace
}  // namespace pharos::events
