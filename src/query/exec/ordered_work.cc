#include "query/exec/ordered_work.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/memory.h"
#include "base/priority.h"
#include "query/exec/limits.h"

namespace pharos::query::exec {
namespace {

/// One call of RunOrdered.
class Job {
 public:
  Job(size_t items, size_t workers, bool patient, OrderedWork& work)
      : items_(items),
        slots_(SlotsFor(workers)),
        made_(slots_, false),
        patient_(patient),
        work_(work) {}

  /// Works until nothing is left to begin; true when there is but the job is for patient threads
  /// by now, and the calling helper is not one.
  bool Work(size_t worker, bool patient) {
    std::unique_lock lock(mutex_);
    while (next_ < items_ && !error_) {
      if (worker == 0 && !patient_) patient_ = base::HasLowPriority();
      if (worker != 0 && patient_ && !patient) return true;
      const size_t item = next_++;
      // The item that is to be taken next never waits here, so there is always progress.
      changed_.wait(lock, [&] { return item < taken_ + slots_ || error_.has_value(); });
      if (error_) return false;
      const size_t slot = item % slots_;
      lock.unlock();
      auto made = work_.Make(item, worker, slot);
      lock.lock();
      if (!made) failures_.emplace_back(item, std::move(made).error());
      made_[slot] = true;
      TakeWhatIsReady(lock);
    }
    return false;
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
  bool patient_ = false;  // mutex_: the caller's priority is low
  size_t helpers_ = 0;
  std::vector<std::pair<size_t, base::Error>> failures_;
  std::optional<base::Error> error_;
  OrderedWork& work_;
};

/// The threads that help, some with queries that are quick, some with those that are not. They
/// never end: they hold nothing but jobs that are awaited.
class Helpers {
 public:
  static Helpers& Shared(bool patient) {
    static Helpers* quick = new Helpers(MostWorkers() - 1, false);  // outlive all users
    static Helpers* slow = new Helpers(MostWorkers() - 1, true);
    return patient ? *slow : *quick;
  }

  /// Asks for helpers with the numbers from `first` to `last`.
  void Call(const std::shared_ptr<Job>& job, size_t first, size_t last) {
    {
      std::lock_guard lock(mutex_);
      for (size_t i = first; i <= last; ++i) calls_.push_back({job, i});
    }
    if (first == last)
      called_.notify_one();
    else
      called_.notify_all();
  }

 private:
  struct Request {
    std::shared_ptr<Job> job;
    size_t worker = 0;
  };

  Helpers(size_t threads, bool patient) : patient_(patient) {
    for (size_t i = 0; i < threads; ++i) std::thread([this] { Loop(); }).detach();
  }

  void Loop() {
    if (patient_) base::LowerPriority(base::CurrentThread());
    base::IdleReturn returns;
    for (;;) {
      Request request;
      {
        std::unique_lock lock(mutex_);
        const auto called = [&] { return !calls_.empty(); };
        const auto pause = returns.Pause();
        if (pause && !called_.wait_for(lock, *pause, called)) {
          lock.unlock();
          returns.Return();
          continue;
        }
        called_.wait(lock, called);
        request = std::move(calls_.front());
        calls_.pop_front();
      }
      if (!request.job->Join()) continue;
      const bool left = request.job->Work(request.worker, patient_);
      request.job->Leave();
      returns.Worked();
      if (left) Shared(true).Call(request.job, request.worker, request.worker);
    }
  }

  const bool patient_;
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
  const bool patient = base::HasLowPriority();
  const auto job = std::make_shared<Job>(items, workers, patient, work);
  const size_t helpers = std::min(workers, MostWorkers()) - 1;
  if (helpers > 0) Helpers::Shared(patient).Call(job, 1, helpers);
  job->Work(0, patient);
  return job->Close();
}

void StartHelpers() { (void)Helpers::Shared(false); }

}  // namespace pharos::query::exec
