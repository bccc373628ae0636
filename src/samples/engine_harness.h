// For tests: an engine with its manifest and WAL on a simulated file system, that can be
// restarted, killed and cut from power; and the short ways to write and read.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "io/sim_fs.h"
#include "samples/engine.h"

namespace pharos::samples {

inline constexpr int64_t kTestStartMs = 1'700'000'000'000;  // 2023-11-14T22:13:20Z

class Harness {
 public:
  explicit Harness(SampleEngineOptions options = {}, size_t budget_bytes = 1u << 30,
                   io::SimFsOptions disk = {})
      : options_(options), budget_(budget_bytes), fs_(disk) {
    if (options_.shards == 0) options_.shards = 2;
  }

  base::Result<void> Open() {
    PHAROS_TRY(manifest_, io::Manifest::Open(fs_, "data"));
    PHAROS_TRY(engine_, SampleEngine::Open(*manifest_, clock_, budget_, options_));
    io::WalOptions wal;
    wal.directory = "data/wal";
    wal.window_us = 0;
    wal.first_sequence = manifest_->SealedSequence(io::Signal::kSamples) + 1;
    PHAROS_TRY(wal_, io::Wal::Open(fs_, wal, [&](const io::WalFrame& frame) -> base::Result<void> {
                 if (frame.signal != io::Signal::kSamples) return {};
                 return engine_->Replay(frame);
               }));
    engine_->AttachWal(*wal_);
    return {};
  }
  void Close() {
    wal_ = nullptr;
    engine_ = nullptr;
    manifest_ = nullptr;
  }
  base::Result<void> Restart() {
    Close();
    return Open();
  }

  SampleEngine& engine() { return *engine_; }
  io::SimFs& fs() { return fs_; }
  base::FakeClock& clock() { return clock_; }
  base::MemoryBudget& budget() { return budget_; }
  io::Manifest& manifest() { return *manifest_; }
  io::Wal& wal() { return *wal_; }

 private:
  SampleEngineOptions options_;
  base::FakeClock clock_{kTestStartMs * 1'000'000};
  base::MemoryBudget budget_;
  io::SimFs fs_;
  std::unique_ptr<io::Manifest> manifest_;
  std::unique_ptr<SampleEngine> engine_;
  std::unique_ptr<io::Wal> wal_;
};

/// One sample by labels; the refusal or nothing. The Ack is waited for when `durable`.
inline std::optional<store::SampleRefusal> Put(SampleEngine& engine, const model::Labels& labels,
                                               int64_t time_ms, double value,
                                               std::string_view tenant = store::kDefaultTenant,
                                               bool* durable = nullptr) {
  auto appender = engine.Begin(tenant);
  const auto handle = appender->Resolve(labels);
  EXPECT_TRUE(handle.has_value());
  const store::SampleWrite write{*handle, time_ms, value};
  std::vector<store::Refused> refused;
  appender->Append({&write, 1}, &refused);
  const bool acknowledged = appender->Commit().Wait().has_value();
  if (durable != nullptr) {
    *durable = acknowledged;
  } else {
    EXPECT_TRUE(acknowledged);
  }
  return refused.empty() ? std::nullopt : std::optional(refused[0].why);
}

/// From now on nothing can be written: the disk is full. Undone by SetHook({}).
inline void FillDisk(io::SimFs& fs) {
  fs.SetHook([](const io::SimOp& op) -> base::Result<void> {
    if (op.name != "Append" && op.name != "Create" && op.name != "Prepare") return {};
    return base::Fail(base::ErrorKind::kFull, op.path + ": No space left on device");
  });
}

using Points = std::map<int64_t, uint64_t>;  // time → bits
using Contents = std::map<model::Labels, Points>;

/// All that a query gives, or the error.
inline base::Result<Contents> ReadAll(SampleEngine& engine, store::SampleQuery query) {
  PHAROS_TRY(auto cursor, engine.Select(query));
  Contents out;
  store::SeriesColumns columns;
  std::optional<model::Labels> previous;
  for (;;) {
    PHAROS_TRY(const bool more, cursor->Next(&columns));
    if (!more) return out;
    EXPECT_EQ(columns.times_ms.size(), columns.values.size());
    EXPECT_TRUE(!previous || *previous < columns.labels);
    previous = columns.labels;
    Points& points = out[columns.labels];
    for (size_t i = 0; i < columns.times_ms.size(); ++i) {
      EXPECT_TRUE(i == 0 || columns.times_ms[i - 1] < columns.times_ms[i]);
      points[columns.times_ms[i]] = std::bit_cast<uint64_t>(columns.values[i]);
    }
  }
}

inline store::SampleQuery Everything() {
  store::SampleQuery query;
  query.start_ms = INT64_MIN;
  query.end_ms = INT64_MAX;
  return query;
}

inline uint64_t Bits(double value) { return std::bit_cast<uint64_t>(value); }

}  // namespace pharos::samples
