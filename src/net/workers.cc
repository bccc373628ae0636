#include "net/workers.h"

#include <pthread.h>

#include <chrono>

#include "base/log.h"
#include "base/memory.h"

namespace pharos::net {
namespace {

/// A job that took longer than this may have held much memory.
constexpr std::chrono::milliseconds kHeavyJob{20};

}  // namespace

Workers::Workers(int threads, size_t max_queued) : max_queued_(max_queued) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Loop(); });
    pthread_setname_np(threads_.back().native_handle(), "http-worker");
  }
}

Workers::~Workers() { Stop(); }

bool Workers::TryRun(std::function<void()> job) {
  bool wake;
  {
    std::lock_guard lock(mutex_);
    // An idle thread takes its job at once, so the cap is on what must wait.
    if (stopped_ || queue_.size() >= max_queued_ + idle_) return false;
    queue_.push_back(std::move(job));
    wake = idle_ > 0;
  }
  if (wake) wake_.notify_one();
  return true;
}

void Workers::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Workers::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    while (queue_.empty()) {
      if (stopped_) return;
      ++idle_;
      wake_.wait(lock);
      --idle_;
    }
    std::function<void()> job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    const auto begin = std::chrono::steady_clock::now();
    try {
      job();
    } catch (const std::exception& error) {
      base::Log(base::LogLevel::kError, "a worker's job failed", {{"error", error.what()}});
    }
    job = nullptr;  // what it holds is let go without the lock
    if (std::chrono::steady_clock::now() - begin > kHeavyJob) base::ReturnFreedMemory();
    lock.lock();
  }
}

}  // namespace pharos::net
