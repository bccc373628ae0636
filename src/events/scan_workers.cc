#include "events/scan_workers.h"

#include <algorithm>

#include "base/memory.h"

namespace pharos::events {
namespace {

/// Without work for so long, a thread gives back what its allocator keeps.
constexpr std::chrono::seconds kIdle{1};

}  // namespace

ScanWorkers::ScanWorkers(size_t helpers) {
  for (size_t i = 0; i < helpers; ++i) threads_.emplace_back([this] { Loop(); });
}

ScanWorkers::~ScanWorkers() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ScanWorkers::WorkOn(Job& job, std::unique_lock<std::mutex>& lock) {
  ++job.running;
  lock.unlock();
  while (true) {
    const size_t number = job.next.fetch_add(1, std::memory_order_relaxed);
    if (number >= job.count) break;
    (*job.work)(number);
  }
  lock.lock();
  --job.running;
}

void ScanWorkers::Loop() {
  std::unique_lock lock(mutex_);
  bool worked = false;
  const auto due = [&] { return stopped_ || !jobs_.empty(); };
  while (true) {
    if (worked && !wake_.wait_for(lock, kIdle, due)) {
      lock.unlock();
      base::ReturnFreedMemory();
      lock.lock();
      worked = false;
    }
    wake_.wait(lock, due);
    if (stopped_) return;
    worked = true;
    Job& job = *jobs_.front();
    WorkOn(job, lock);
    jobs_.remove(&job);  // nothing of it is left to begin
    if (job.running == 0) done_.notify_all();
  }
}

void ScanWorkers::Run(size_t n, const std::function<void(size_t)>& work,
                      std::chrono::microseconds alone) {
  size_t done = 0;
  if (alone > alone.zero()) {
    const auto until = std::chrono::steady_clock::now() + alone;
    while (done < n && std::chrono::steady_clock::now() < until) work(done++);
  }
  if (n - done <= 1) {
    if (done < n) work(done);
    return;
  }
  Job job{&work, n, done};
  std::unique_lock lock(mutex_);
  jobs_.push_back(&job);
  wake_.notify_all();
  WorkOn(job, lock);
  jobs_.remove(&job);
  done_.wait(lock, [&] { return job.running == 0; });
}

ScanWorkers& ScanWorkers::Process() {
  static ScanWorkers workers(std::clamp(std::thread::hardware_concurrency(), 2U, 4U) - 1);
  return workers;
}

}  // namespace pharos::events
