#include "query/exec/ordered_work.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "query/exec/limits.h"

namespace pharos::query::exec {
namespace {

/// One call of RunOrdered.
class Job {
 public:
  Job(size_t items, size_t workers, OrderedWork& work)
      : items_(items), slots_(SlotsFor(workers)), made_(slots_, false), work_(work) {}

  /// Works until nothing is left to begin.
  void Work(size_t worker) {
    std::unique_lock lock(mutex_);
    while (next_ < items_ && !error_) {
      const size_t item = next_++;
      // The item that is to be taken next never waits here, so there is always progress.
      changed_.wait(lock, [&] { return item < taken_ + slots_ || error_.has_value(); });
      if (error_) return;
      const size_t slot = item % slots_;
      lock.unlock();
      auto made = work_.Make(item, worker, slot);
      lock.lock();
      if (!made) failures_.emplace_back(item, std::move(made).error());
      made_[slot] = true;
      TakeWhatIsReady(lock);
    }
  }

  /// A helper's way in; false when the job is over.
  bool Join() {
    std::lock_guard lock(mutex_);
    if (closed_ || next_ >= items_ || error_) return false;
    ++helpers_;
    return true;
  }
  void Leave() {
    std::lock_guard lock(mutex_);
    --helpers_;
    changed_.notify_all();
  }

  base::Result<void> Close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    changed_.wait(lock, [&] { return helpers_ == 0; });
    if (error_) return std::unexpected(*std::move(error_));
    return {};
  }

 private:
  void TakeWhatIsReady(std::unique_lock<std::mutex>& lock) {
    while (!taking_ && !error_ && taken_ < items_ && made_[taken_ % slots_]) {
      const size_t item = taken_;
      const auto failed = std::find_if(failures_.begin(), failures_.end(),
                                       [&](const auto& f) { return f.first == item; });
      if (failed != failures_.end()) {
        error_ = failed->second;
      } else {
        taking_ = true;
        lock.unlock();
        auto took = work_.Take(item, item % slots_);
        lock.lock();
        taking_ = false;
        if (!took) error_ = std::move(took).error();
      }
      made_[item % slots_] = false;
      ++taken_;
      changed_.notify_all();
    }
  }

  const size_t items_, slots_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t next_ = 0, taken_ = 0;  // mutex_
  std::vector<bool> made_;       // mutex_; a slot
  bool taking_ = false, closed_ = false;
  size_t helpers_ = 0;
  std::vector<std::pair<size_t, base::Error>> failures_;
  std::optional<base::Error> error_;
  OrderedWork& work_;
};

/// The threads that help. Never ends: they hold nothing but jobs that are awaited.
class Helpers {
 public:
  static Helpers& Shared() {
    static Helpers* helpers = new Helpers(MostWorkers() - 1);  // outlives all users
    return *helpers;
  }

  /// Asks for `count` helpers, numbered from 1.
  void Call(const std::shared_ptr<Job>& job, size_t count) {
    {
      std::lock_guard lock(mutex_);
      for (size_t i = 0; i < count; ++i) calls_.push_back({job, i + 1});
    }
    if (count == 1)
      called_.notify_one();
    else
      called_.notify_all();
  }

 private:
  struct Request {
    std::shared_ptr<Job> job;
    size_t worker = 0;
  };

  explicit Helpers(size_t threads) {
    for (size_t i = 0; i < threads; ++i) std::thread([this] { Loop(); }).detach();
  }

  void Loop() {
    for (;;) {
      Request request;
      {
        std::unique_lock lock(mutex_);
        called_.wait(lock, [&] { return !calls_.empty(); });
        request = std::move(calls_.front());
        calls_.pop_front();
      }
      if (!request.job->Join()) continue;
      request.job->Work(request.worker);
      request.job->Leave();
    }
  }

  std::mutex mutex_;
  std::condition_variable called_;
  std::deque<Request> calls_;  // mutex_
};

base::Result<void> RunAlone(size_t items, OrderedWork& work) {
  for (size_t item = 0; item < items; ++item) {
    PHAROS_TRY_VOID(work.Make(item, 0, 0));
    PHAROS_TRY_VOID(work.Take(item, 0));
  }
  return {};
}

}  // namespace

size_t MostWorkers() {
  static const size_t workers =
      std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kMostWorkers);
  return workers;
}

base::Result<void> RunOrdered(size_t items, size_t workers, OrderedWork& work) {
  workers = std::min(workers, items);
  if (workers <= 1) return RunAlone(items, work);
  const auto job = std::make_shared<Job>(items, workers, work);
  const size_t helpers = std::min(workers, MostWorkers()) - 1;
  if (helpers > 0) Helpers::Shared().Call(job, helpers);
  job->Work(0);
  return job->Close();
}

}  // namespace pharos::query::exec
