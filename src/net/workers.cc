#include "net/workers.h"

#include <pthread.h>
#include <time.h>

#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/memory.h"
#include "base/priority.h"
#include "net/limits.h"

namespace pharos::net {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// A job that took longer than this may have held much memory.
constexpr std::chrono::milliseconds kHeavyJob{20};
/// The watcher sleeps after so many looks at nothing.
constexpr int kQuietLooks = 20;

int64_t NowNs() { return SteadyClock::now().time_since_epoch().count(); }

/// What a thread has used of cores so far.
int64_t UsedNs(clockid_t clock) {
  timespec used{};
  clock_gettime(clock, &used);
  return used.tv_sec * 1'000'000'000LL + used.tv_nsec;
}

void RunCaught(const std::function<void()>& job) {
  try {
    job();
  } catch (const std::exception& error) {
    base::Log(base::LogLevel::kError, "a worker's job failed", {{"error", error.what()}});
  }
}

int64_t Ns(std::chrono::milliseconds time) { return std::chrono::nanoseconds(time).count(); }

}  // namespace

struct Workers::Worker {
  std::thread thread;
  std::condition_variable called;
  std::optional<Job> job;               // mutex_: handed over to it while it was idle
  base::ThreadId id = 0;                // workers_mutex_
  clockid_t clock{};                    // workers_mutex_: of what the thread uses of cores
  std::atomic<int64_t> began{0};        // when a job that yields began; 0: none runs
  std::atomic<int64_t> used_before{0};  // by the thread, when it began
  base::Priority priority{};            // workers_mutex_
  bool gone = false;                    // workers_mutex_: to be joined, and replaced
};

Workers::Workers(WorkersOptions options) : options_(options) {
  std::lock_guard lock(workers_mutex_);
  for (int i = 0; i < options_.threads; ++i) StartWorker();
  if (options_.watch) {
    watcher_ = std::thread([this] { Watch(); });
    pthread_setname_np(watcher_.native_handle(), "http-watch");
  }
}

Workers::~Workers() { Stop(); }

void Workers::StartWorker() {
  Worker& worker = *workers_.emplace_back(std::make_unique<Worker>());
  worker.thread = std::thread([this, &worker] { Loop(worker); });
  pthread_setname_np(worker.thread.native_handle(), options_.name);
}

bool Workers::TryRun(std::function<void()> job, bool yields) {
  std::lock_guard lock(mutex_);
  if (stopped_ || (idle_.empty() && queue_.size() >= options_.max_queued)) return false;
  Add({std::move(job), yields});
  return true;
}

bool Workers::Resume(std::function<void()> job) {
  std::lock_guard lock(mutex_);
  if (stopped_) return false;
  Add({std::move(job), false});
  return true;
}

void Workers::Add(Job job) {
  if (idle_.empty()) {
    queue_.push_back(std::move(job));
    return;
  }
  Worker& worker = *idle_.back();
  idle_.pop_back();
  worker.job = std::move(job);
  worker.called.notify_one();  // with the lock: as soon as it is let go, the worker may end
}

void Workers::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    for (Worker* worker : std::exchange(idle_, {})) worker->called.notify_one();
  }
  {
    std::lock_guard lock(workers_mutex_);
    watch_stopped_ = true;
  }
  watch_.notify_all();
  if (watcher_.joinable()) watcher_.join();
  for (const auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
  // Threads that ended for their priority's sake have no successors by now.
  for (Job& job : queue_) RunCaught(job.run);
  queue_.clear();
}

void Workers::Loop(Worker& self) {
  {
    std::lock_guard lock(workers_mutex_);
    self.id = base::CurrentThread();
    pthread_getcpuclockid(pthread_self(), &self.clock);
  }
  if (options_.patient) base::LowerPriority(self.id);
  base::IdleReturn returns;
  while (auto job = NextJob(self, returns)) {
    if (Run(self, *std::move(job))) returns.Worked();
    if (self.gone) return;
  }
}

std::optional<Workers::Job> Workers::NextJob(Worker& self, base::IdleReturn& returns) {
  std::unique_lock lock(mutex_);
  while (true) {
    if (self.job) return std::exchange(self.job, std::nullopt);
    if (!queue_.empty()) {
      Job job = std::move(queue_.front());
      queue_.pop_front();
      return job;
    }
    if (stopped_) return std::nullopt;
    if (Await(self, lock, returns)) continue;
    lock.unlock();
    returns.Return();
    lock.lock();
  }
}

bool Workers::Await(Worker& self, std::unique_lock<std::mutex>& lock,
                    const base::IdleReturn& returns) {
  idle_.push_back(&self);
  const auto pause = returns.Pause();
  const auto called = [&] { return self.job.has_value() || stopped_; };
  if (!pause) {
    self.called.wait(lock, called);
  } else if (!self.called.wait_for(lock, *pause, called)) {
    std::erase(idle_, &self);
    return false;
  }
  return true;
}

bool Workers::Run(Worker& self, Job job) {
  const int64_t begin = NowNs();
  const bool watched = job.yields && options_.watch;
  if (watched) {
    self.used_before.store(UsedNs(CLOCK_THREAD_CPUTIME_ID));
    self.began.store(begin);
    if (!watching_.load()) {
      std::lock_guard lock(workers_mutex_);
      watch_.notify_one();
    }
  }
  RunCaught(job.run);
  job.run = nullptr;  // what it holds is let go without the lock
  const bool heavy = NowNs() - begin > Ns(kHeavyJob);
  if (heavy) base::ReturnFreedMemory();
  if (watched) {
    self.began.store(0);
    if (NowNs() - begin >= Ns(kGiveWayAfter)) Raise(self);
  }
  return heavy || options_.patient;
}

void Workers::Raise(Worker& self) {
  std::lock_guard lock(workers_mutex_);
  if (std::exchange(self.priority, base::Priority::kUsual) == base::Priority::kUsual) return;
  if (base::RestorePriority(self.id) || watch_stopped_) return;
  self.gone = true;
  watch_.notify_one();
}

bool Workers::LowerTheLong() {
  bool busy = false;
  const int64_t before = NowNs() - Ns(kGiveWayAfter);
  for (auto at = workers_.begin(); at != workers_.end();) {
    Worker& worker = **at;
    if (worker.gone) {
      worker.thread.join();
      at = workers_.erase(at);
      StartWorker();
      continue;
    }
    ++at;
    const int64_t began = worker.began.load();
    busy = busy || began != 0;
    if (began == 0 || began > before || worker.priority == base::Priority::kLow) continue;
    const int64_t used = UsedNs(worker.clock) - worker.used_before.load();
    const auto due = used >= Ns(kGiveAllWayAfter) ? base::Priority::kLow
                     : used >= Ns(kGiveWayAfter)  ? base::Priority::kModest
                                                  : base::Priority::kUsual;
    if (due > worker.priority && base::LowerPriority(worker.id, due)) worker.priority = due;
  }
  return busy;
}

void Workers::Watch() {
  std::unique_lock lock(workers_mutex_);
  for (int quiet = 0; !watch_stopped_;) {
    quiet = LowerTheLong() ? 0 : quiet + 1;
    if (quiet < kQuietLooks) {
      watch_.wait_for(lock, kGiveWayAfter / 2);
      continue;
    }
    // Whoever begins a job from here on sees that it has to wake the watcher, or is seen.
    watching_ = false;
    if (!LowerTheLong()) watch_.wait(lock);
    watching_ = true;
    quiet = 0;
  }
}

}  // namespace pharos::net
