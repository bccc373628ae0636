#include "io/wal.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "io/limits.h"
#include "io/wal_format.h"
#include "io/wal_segments.h"

namespace pharos::io {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using SteadyTime = std::chrono::steady_clock::time_point;

struct WalMetrics {
  base::Counter& frames = base::GetCounter("pharos_wal_frames_total", "Frames written.");
  base::Counter& bytes = base::GetCounter("pharos_wal_bytes_total", "Bytes written.");
  base::Counter& failed =
      base::GetCounter("pharos_wal_failed_frames_total", "Frames that could not be written.");
  base::Latency& commit = base::GetLatency("pharos_wal_commit_seconds",
                                           "Time to write and sync the frames of one window.");
};

WalMetrics& Metrics() {
  static WalMetrics metrics;
  return metrics;
}

class GroupCommitWal final : public Wal {
 public:
  GroupCommitWal(Fs& fs, const WalOptions& options, WalReplayed replayed)
      : options_(options),
        last_sequence_(std::max(replayed.last_sequence, options.first_sequence - 1)),
        segments_(fs, options.directory, options.sync_before_ack, options.segment_bytes,
                  std::move(replayed)),
        thread_([this] { Run(); }) {}

  ~GroupCommitWal() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    arrived_.notify_all();
    thread_.join();
    std::lock_guard lock(disk_mutex_);
    if (auto closed = segments_.Close(); !closed) Report(closed);
  }

  Appended AppendAfter(uint64_t failures, Signal signal, uint8_t codec, std::string_view tenant,
                       std::string_view payload, std::string_view more) override {
    if (payload.size() + more.size() > kWalPayloadBytes || tenant.size() > UINT16_MAX) {
      return Refused(ErrorKind::kTooLarge, "a write of " +
                                               std::to_string(payload.size() + more.size()) +
                                               " bytes is too large for the write-ahead log");
    }
    std::unique_lock lock(mutex_);
    const size_t size = kFrameHeaderBytes + tenant.size() + payload.size() + more.size();
    const auto fits = [&] {
      return pending_.bytes.empty() || pending_.bytes.size() + size <= options_.pending_bytes;
    };
    if (!space_.wait_for(lock, options_.pending_wait, fits)) {
      return Refused(ErrorKind::kBusy,
                     "the disk is too slow: " + std::to_string(pending_.bytes.size()) +
                         " bytes wait for the write-ahead log");
    }
    if (failures != failures_) return {0, base::Ack::Failed(last_error_)};
    const uint64_t sequence = ++last_sequence_;
    if (pending_.bytes.empty()) pending_.first_sequence = sequence;
    pending_.last_sequence = sequence;
    pending_.last[static_cast<size_t>(signal)] = sequence;
    AppendFrame(pending_.bytes, sequence, static_cast<uint8_t>(signal), codec, tenant, payload,
                more);
    acks_.emplace_back();
    Appended appended{sequence, acks_.back()};
    const bool wake = company_ > 0 ? acks_.size() == company_ : acks_.size() == 1;
    lock.unlock();
    if (wake) arrived_.notify_one();
    return appended;
  }

  void Release(Signal signal, uint64_t sequence) override {
    {
      std::lock_guard lock(disk_mutex_);
      uint64_t& released = released_[static_cast<size_t>(signal)];
      released = std::max(released, sequence);
      if (auto done = segments_.Release(released_); !done) {
        base::Log(base::LogLevel::kWarn, "cannot delete write-ahead log segments yet",
                  {{"error", done.error().message}});
      }
    }
    if (!segments_.has_spares()) return;
    {
      const std::lock_guard lock(mutex_);
    }  // its thread is not between its look and its wait
    arrived_.notify_one();
  }

  void DropSpares() override {
    std::lock_guard lock(disk_mutex_);
    segments_.DropSpares();
  }

  uint64_t Failures() const override { return failures_; }

  Result<void> Healthy() const override {
    const int64_t until = refuse_until_ns_.load(std::memory_order_relaxed);
    if (until == 0 || SteadyTime::clock::now().time_since_epoch().count() >= until) return {};
    std::lock_guard lock(mutex_);
    return std::unexpected(last_error_);
  }

  uint64_t LastSequence() const override {
    std::lock_guard lock(mutex_);
    return last_sequence_;
  }
  uint64_t Bytes() const override { return segments_.TotalBytes(); }

 private:
  static Appended Refused(ErrorKind kind, std::string message) {
    return {0, base::Ack::Failed({kind, std::move(message)})};
  }

  void Run() {
    WalBatch batch;
    std::vector<base::Ack> acks;
    while (Gather(batch, acks)) {
      const SteadyTime start = std::chrono::steady_clock::now();
      const Result<void> outcome = Commit(batch);
      if (!acks.empty()) {
        Metrics().commit.ObserveNs((std::chrono::steady_clock::now() - start).count());
        (outcome ? Metrics().frames : Metrics().failed).Add(acks.size());
        if (outcome) Metrics().bytes.Add(batch.bytes.size());
      }
      Report(outcome);
      if (!outcome) FailPending(outcome.error(), acks);
      if (outcome && !acks.empty()) refuse_until_ns_ = 0;
      for (const base::Ack& ack : acks) ack.Resolve(outcome);
      acks.clear();
    }
  }

  /// Waits for work and takes it. False once stopped with nothing left.
  bool Gather(WalBatch& batch, std::vector<base::Ack>& acks) {
    std::unique_lock lock(mutex_);
    const auto has_work = [&] { return stopping_ || !acks_.empty(); };
    if (options_.sync_before_ack) {
      AwaitCompany(lock);
      AwaitWork(lock);
      last_company_ = acks_.size();
    } else {
      arrived_.wait_until(lock, next_sync_, has_work);
    }
    if (stopping_ && acks_.empty()) return false;
    batch.bytes.Restart(end_ + pending_.bytes.size(), kWalReadBytes);
    batch.last = {};
    std::swap(batch, pending_);
    std::swap(acks, acks_);
    lock.unlock();
    space_.notify_all();
    return true;
  }

  /// Spare segments that come or are there meanwhile are kept for a while only.
  void AwaitWork(std::unique_lock<std::mutex>& lock) {
    const auto has_work = [&] { return stopping_ || !acks_.empty(); };
    while (!has_work()) {
      if (!segments_.has_spares()) {
        arrived_.wait(lock, [&] { return has_work() || segments_.has_spares(); });
      } else if (!arrived_.wait_for(lock, options_.keep_spares, has_work)) {
        lock.unlock();
        DropSpares();
        lock.lock();
      }
    }
  }

  /// What was taken meanwhile may build on the frames that failed: it fails with them.
  void FailPending(const Error& error, std::vector<base::Ack>& acks) {
    std::lock_guard lock(mutex_);
    ++failures_;
    last_error_ = error;
    refuse_until_ns_ = (SteadyTime::clock::now() + options_.refuse_for).time_since_epoch().count();
    acks.insert(acks.end(), acks_.begin(), acks_.end());
    acks_.clear();
    pending_.bytes.Restart(end_, kWalReadBytes);
    pending_.last = {};
    space_.notify_all();
  }

  /// Writers whose frames were written last come back with their next ones; together with
  /// those that came meanwhile they make as many as share one sync, if somebody waits. So
  /// waits for so many frames, but for no longer than the window, and not again soon when they
  /// did not come once more: one late writer must not drive all of them out of step. A lone
  /// writer never waits.
  void AwaitCompany(std::unique_lock<std::mutex>& lock) {
    const size_t expected = last_company_ + acks_.size();
    if (alone_ > 0) {
      --alone_;
    } else if (expected > 1) {
      company_ = expected;
      const auto window = std::chrono::microseconds(options_.window_us);
      const bool came =
          arrived_.wait_for(lock, window, [&] { return stopping_ || acks_.size() >= expected; });
      company_ = 0;
      lonely_ = came ? 0 : std::min(2 * lonely_ + 1, kWalLonelyCommits);
      alone_ = lonely_;
    }
  }

  Result<void> Commit(WalBatch& batch) {
    std::lock_guard lock(disk_mutex_);
    if (!batch.bytes.empty()) {
      auto written = segments_.Write(batch);
      end_ = segments_.end();
      PHAROS_TRY_VOID(std::move(written));
    }
    if (options_.sync_before_ack) return segments_.Sync();
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now < next_sync_) return {};
    next_sync_ = now + kWalRelaxedSync;
    return segments_.Sync();
  }

  /// Says once that the log fails and once that it works again.
  void Report(const Result<void>& outcome) {
    if (outcome.has_value() != failing_) return;
    failing_ = !outcome;
    if (failing_) {
      base::Log(base::LogLevel::kError, "writes are refused: the write-ahead log fails",
                {{"error", outcome.error().message}});
    } else {
      base::Log(base::LogLevel::kInfo, "the write-ahead log takes writes again");
    }
  }

  const WalOptions options_;

  mutable std::mutex mutex_;  ///< guards what is pending; never held during I/O
  std::condition_variable arrived_;
  std::condition_variable space_;
  bool stopping_ = false;
  uint64_t last_sequence_;
  WalBatch pending_;
  std::vector<base::Ack> acks_;        ///< of pending_, in order
  std::atomic<uint64_t> failures_{0};  ///< rises under mutex_
  Error last_error_{ErrorKind::kIo, ""};
  std::atomic<int64_t> refuse_until_ns_{0};
  size_t company_ = 0;  ///< how many frames the thread waits for; 0: it does not

  size_t last_company_ = 0;  ///< the thread's own, like the next five
  size_t alone_ = 0;         ///< so many commits do not wait
  size_t lonely_ = 0;        ///< what the last wait in vain has set alone_ to
  SteadyTime next_sync_ = std::chrono::steady_clock::now() + kWalRelaxedSync;
  uint64_t end_ = 0;  ///< where the last batch ended in its segment
  bool failing_ = false;

  std::mutex disk_mutex_;  ///< guards segments_ and released_; held during I/O
  WalSegments segments_;
  std::array<uint64_t, kSignalCount> released_{};

  std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace

Result<std::unique_ptr<Wal>> Wal::Open(
    Fs& fs, WalOptions options, const std::function<base::Result<void>(const WalFrame&)>& replay) {
  PHAROS_TRY_VOID(MakeDirsDurably(fs, options.directory));
  options.first_sequence = std::max<uint64_t>(options.first_sequence, 1);
  PHAROS_TRY(WalReplayed replayed, ReplayWal(fs, options.directory, replay, options.progress));
  return std::make_unique<GroupCommitWal>(fs, options, std::move(replayed));
}

}  // namespace pharos::io
