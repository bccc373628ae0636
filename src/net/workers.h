// The pool on which sync handlers run. Its queue is bounded: what does not fit is refused
// at once, so that overload is seen by the client and not as memory.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace pharos::net {

/// Owns: its threads. Threads: TryRun from any; Stop once, from none of its own. Errors:
/// TryRun is false when the queue is full or the pool stopped. What a job throws is logged.
class Workers {
 public:
  Workers(int threads, size_t max_queued);
  ~Workers();

  [[nodiscard]] bool TryRun(std::function<void()> job);
  /// Runs what is queued, then joins. Idempotent.
  void Stop();

 private:
  void Loop();

  const size_t max_queued_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;  // mutex_
  size_t idle_ = 0;                          // mutex_
  bool stopped_ = false;                     // mutex_
  std::vector<std::thread> threads_;
};

}  // namespace pharos::net
