// The one memory budget of the process. What grows with input (memtables, caches,
// query results) takes its bytes here first; over the budget, new series and streams
// are refused before anything else is.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>

namespace pharos::base {

/// Owns: a counter. Threads: any. Errors: a refusal is `false`, never an exception.
/// Cost: one atomic add.
class MemoryBudget {
 public:
  explicit MemoryBudget(size_t limit_bytes) : limit_(limit_bytes) {}

  /// Takes `bytes` unless that would pass the limit.
  [[nodiscard]] bool TryReserve(size_t bytes) {
    if (used_.fetch_add(bytes) + bytes <= limit_) return true;
    used_ -= bytes;
    return false;
  }
  /// Takes `bytes` even past the limit (data of known series must not be refused first).
  void Reserve(size_t bytes) { used_ += bytes; }
  void Release(size_t bytes) { used_ -= bytes; }

  size_t used_bytes() const { return used_.load(); }
  size_t limit_bytes() const { return limit_; }
  /// True from 90 % on: time to seal, and to refuse new series.
  bool Tight() const { return used_.load() > limit_ / 10 * 9; }

  /// Half of the cgroup's memory limit, or of the machine's memory where none is set.
  static size_t DefaultLimitBytes();

 private:
  std::atomic<size_t> used_{0};
  const size_t limit_;
};

}  // namespace pharos::base
