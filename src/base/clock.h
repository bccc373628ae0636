// Time. All of Pharos asks a Clock, never the system, so that tests compress
// months into seconds.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace pharos::base {

/// Where time comes from.
///
/// Owns: nothing. Threads: every call from any thread. Errors: none. Cost: a vDSO call.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall time in nanoseconds since 1970 (UTC). May step back.
  virtual int64_t NowNs() const = 0;
  /// Never steps back; only differences mean anything.
  virtual int64_t MonotonicNs() const = 0;
  /// Wall time in milliseconds since 1970.
  int64_t NowMs() const { return NowNs() / 1'000'000; }

  /// The machine's own clock; lives for ever.
  static Clock& System();
};

/// A clock that stands until a test moves it.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(int64_t start_ns) : now_ns_(start_ns) {}
  int64_t NowNs() const override { return now_ns_.load(); }
  int64_t MonotonicNs() const override { return now_ns_.load(); }
  void Advance(std::chrono::nanoseconds by) { now_ns_ += by.count(); }
  void Set(int64_t now_ns) { now_ns_ = now_ns; }

 private:
  std::atomic<int64_t> now_ns_;
};

}  // namespace pharos::base
