// A few threads that help queries read granules: whoever asks works, too, and is helped by
// those who have nothing else to do.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace pharos::events {

/// Owns: its threads. Threads: any. Cost: a lock and a wake-up a call, which take longer than a
/// page that is at hand: tens of microseconds, more where the helper wakes on the caller's core.
class ScanWorkers {
 public:
  explicit ScanWorkers(size_t helpers);
  ~ScanWorkers();

  /// Calls work(0) … work(n - 1), each once, from several threads; returns when all are done.
  /// Nobody is woken for what the caller does within the time `alone`.
  void Run(size_t n, const std::function<void(size_t)>& work,
           std::chrono::microseconds alone = std::chrono::microseconds::zero());

  /// Those of this process: together with one caller as many as there are cores, at most four.
  static ScanWorkers& Process();

 private:
  struct Job {
    const std::function<void(size_t)>* work = nullptr;
    size_t count = 0;
    std::atomic<size_t> next = 0;  // to begin
    size_t running = 0;
  };
  void Loop();
  /// Works on a job until nothing of it is left to begin. `lock` is held on entry and return.
  void WorkOn(Job& job, std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  std::condition_variable done_;
  std::list<Job*> jobs_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace pharos::events
