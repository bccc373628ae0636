// The pool on which sync handlers run. Its queue is bounded: what does not fit is refused
// at once, so that overload is seen by the client and not as memory.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace pharos::base {
class IdleReturn;
}

namespace pharos::net {

struct WorkersOptions {
  int threads = 1;
  size_t max_queued = 0;
  bool patient = false;  ///< run at the lowest priority, all of them
  bool watch = false;    ///< lower the priority of jobs that may and that take long
  const char* name = "http-worker";
};

/// Owns: its threads, and one that watches them while they work. Threads: TryRun and Resume from
/// any; Stop once, from none of its own. Errors: TryRun is false when the queue is full or the pool
/// stopped. What a job throws is logged. Cost: a lock a job; the watcher wakes every few
/// milliseconds while there are jobs. A job goes to the thread that has worked last, whose memory
/// is warm: as few threads as can be hold memory for reuse. A thread whose priority was lowered and
/// may not be raised again (that needs a privilege) ends after its job, and another takes its
/// place.
class Workers {
 public:
  explicit Workers(WorkersOptions options);
  ~Workers();

  /// `yields`: after kGiveWayAfter and kGiveAllWayAfter the job goes on at lower priorities.
  [[nodiscard]] bool TryRun(std::function<void()> job, bool yields = false);
  /// Part of something that was let in already: however much is queued. False once stopped.
  [[nodiscard]] bool Resume(std::function<void()> job);
  /// Runs what is queued, then joins. Idempotent.
  void Stop();

 private:
  struct Job {
    std::function<void()> run;
    bool yields = false;
  };
  struct Worker;

  /// With mutex_.
  void Add(Job job);
  void StartWorker();
  void Loop(Worker& self);
  /// Waits for a job; nothing once stopped.
  std::optional<Job> NextJob(Worker& self, base::IdleReturn& returns);
  /// With mutex_, let go meanwhile. False when the time for giving back memory has come.
  bool Await(Worker& self, std::unique_lock<std::mutex>& lock, const base::IdleReturn& returns);
  /// Whether it may have held much memory.
  bool Run(Worker& self, Job job);
  void Raise(Worker& self);
  /// With workers_mutex_. Also puts new threads in the place of those that have ended. False where
  /// no job runs that yields.
  bool LowerTheLong();
  void Watch();

  const WorkersOptions options_;
  std::mutex mutex_;
  std::deque<Job> queue_;      // mutex_
  std::vector<Worker*> idle_;  // mutex_: the last is the first to work again
  bool stopped_ = false;       // mutex_

  std::mutex workers_mutex_;  // taken after mutex_, never the other way round
  std::condition_variable watch_;
  std::list<std::unique_ptr<Worker>> workers_;  // workers_mutex_
  bool watch_stopped_ = false;                  // workers_mutex_
  std::atomic<bool> watching_{true};
  std::thread watcher_;
};

}  // namespace pharos::net
