// What an acknowledged write costs. On the machine's own disk (below TMPDIR), and on one that
// syncs in no time, to see the log's own share.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "io/wal.h"

namespace pharos::io {
namespace {

base::Result<void> Ignore(const WalFrame&) { return {}; }

struct Log {
  explicit Log(bool sync_before_ack = true) {
    const char* tmp = std::getenv("TMPDIR");
    directory = std::string(tmp ? tmp : "/tmp") + "/pharos_wal_bench_" + std::to_string(::getpid());
    std::filesystem::remove_all(directory);
    wal = *Wal::Open(Fs::Real(), {.directory = directory, .sync_before_ack = sync_before_ack},
                     Ignore);
  }
  ~Log() {
    wal.reset();
    std::filesystem::remove_all(directory);
  }
  std::string directory;
  std::unique_ptr<Wal> wal;
};

/// One writer that waits for each Ack: latency of a commit.
void BM_CommitAlone(benchmark::State& state) {
  Log log;
  const std::string payload(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    benchmark::DoNotOptimize(log.wal->Append(Signal::kSamples, 0, "default", payload).ack.Wait());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_CommitAlone)->Arg(1 << 10)->Arg(64 << 10)->UseRealTime();

/// Many writers that wait: how syncs are shared.
void BM_CommitTogether(benchmark::State& state) {
  static std::unique_ptr<Log> log;
  if (state.thread_index() == 0) log = std::make_unique<Log>();
  const std::string payload(4 << 10, 'x');
  for (auto _ : state) {
    benchmark::DoNotOptimize(log->wal->Append(Signal::kSamples, 0, "default", payload).ack.Wait());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(payload.size()));
  if (state.thread_index() == 0) log.reset();
}
BENCHMARK(BM_CommitTogether)->Threads(8)->Threads(32)->UseRealTime();

/// Appends without waiting (the last Ack is awaited): cost of Append and throughput.
void BM_Stream(benchmark::State& state) {
  Log log(state.range(1) != 0);
  const std::string payload(static_cast<size_t>(state.range(0)), 'x');
  base::Ack last = base::Ack::Durable();
  for (auto _ : state) {
    last = log.wal->Append(Signal::kSamples, 0, "default", payload).ack;
    if (log.wal->Bytes() > (1u << 30)) {
      state.PauseTiming();
      benchmark::DoNotOptimize(last.Wait());
      log.wal->Release(Signal::kSamples, log.wal->LastSequence());
      state.ResumeTiming();
    }
  }
  benchmark::DoNotOptimize(last.Wait());
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Stream)
    ->ArgNames({"bytes", "sync"})
    ->Args({256, 1})
    ->Args({16 << 10, 1})
    ->Args({256 << 10, 1})
    ->Args({16 << 10, 0})
    ->UseRealTime();

void BM_Replay(benchmark::State& state) {
  Log log;
  const std::string payload(16 << 10, 'x');
  base::Ack last = base::Ack::Durable();
  for (int i = 0; i < 8192; ++i) {
    last = log.wal->Append(Signal::kSamples, 0, "default", payload).ack;
  }
  if (!last.Wait()) state.SkipWithError("cannot write");
  for (auto _ : state) {
    log.wal.reset();
    log.wal = *Wal::Open(Fs::Real(), {.directory = log.directory}, Ignore);
  }
  state.SetBytesProcessed(state.iterations() * 8192 * (16 << 10));
}
BENCHMARK(BM_Replay)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace pharos::io
