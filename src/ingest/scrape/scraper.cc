#include "ingest/scrape/scraper.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "base/log.h"
#include "ingest/scrape/limits.h"
#include "ingest/scrape/target.h"
#include "ingest/scrape/target_loop.h"

namespace pharos::ingest::scrape {

using LoopPtr = std::shared_ptr<TargetLoop>;

/// One scheduler thread looks whose turn it is; workers do the scrapes.
struct Scraper::Impl {
  struct Turn {
    int64_t time_ms;
    LoopPtr loop;
  };

  explicit Impl(ScraperOptions o) : options(std::move(o)) {}

  void Schedule();
  void Work();
  void HandOver(const Turn& turn);
  int64_t StartDue();

  const ScraperOptions options;
  mutable std::mutex mutex;
  std::condition_variable changed;     // mutex
  std::vector<Turn> turns;             // mutex; next turn of each target, in the file's order
  std::vector<DroppedTarget> dropped;  // mutex
  std::map<std::string, uint64_t> dropped_counts;  // mutex
  std::deque<Turn> queue;                          // mutex
  size_t idle = 0;                                 // mutex; workers that wait
  bool stopping = false;                           // mutex
  std::vector<std::thread> workers;                // mutex
  std::thread scheduler;
};

Scraper::Scraper(ScraperOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {
  impl_->scheduler = std::thread([impl = impl_.get()] { impl->Schedule(); });
}

Scraper::~Scraper() { Stop(); }

void Scraper::Stop() {
  {
    std::lock_guard lock(impl_->mutex);
    if (impl_->stopping) return;
    impl_->stopping = true;
  }
  impl_->changed.notify_all();
  impl_->scheduler.join();
  for (std::thread& worker : impl_->workers) worker.join();
}

void Scraper::Impl::HandOver(const Turn& turn) {
  if (turn.loop->running.exchange(true)) return;  // still at its last scrape: this one is missed
  queue.push_back(turn);
  if (queue.size() > idle && workers.size() < kMaxThreads) {
    workers.emplace_back([this] { Work(); });
  }
}

/// Starts what is due; returns the milliseconds until the next turn.
int64_t Scraper::Impl::StartDue() {
  const int64_t now_ms = options.clock->NowMs();
  int64_t wait_ms = kMaxWaitMs;
  for (Turn& turn : turns) {
    if (turn.time_ms <= now_ms) {
      HandOver(turn);
      turn.time_ms = turn.loop->NextTime(now_ms + 1);
    } else if (turn.time_ms > now_ms + turn.loop->spec().interval_ms) {
      turn.time_ms = turn.loop->NextTime(now_ms);  // the clock was set back
    }
    wait_ms = std::min(wait_ms, turn.time_ms - now_ms);
  }
  return wait_ms;
}

void Scraper::Impl::Schedule() {
  std::unique_lock lock(mutex);
  while (!stopping) {
    const int64_t wait_ms = StartDue();
    if (!queue.empty()) changed.notify_all();
    changed.wait_for(lock, std::chrono::milliseconds(std::max<int64_t>(wait_ms, 1)));
  }
}

void Scraper::Impl::Work() {
  std::unique_lock lock(mutex);
  while (!stopping) {
    if (queue.empty()) {
      ++idle;
      changed.wait(lock);
      --idle;
      continue;
    }
    const Turn turn = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    turn.loop->Run(turn.time_ms);
    turn.loop->running = false;
    lock.lock();
  }
}

void Scraper::Apply(const std::vector<conf::ScrapeJob>& jobs) {
  std::map<std::string, LoopPtr> before;
  {
    std::lock_guard lock(impl_->mutex);
    for (const auto& turn : impl_->turns) before[turn.loop->spec().Identity()] = turn.loop;
  }
  const int64_t now_ms = impl_->options.clock->NowMs();
  std::vector<Impl::Turn> turns;
  std::vector<DroppedTarget> dropped;
  std::map<std::string, uint64_t> counts;
  std::map<std::string, bool> seen;
  for (const conf::ScrapeJob& job : jobs) {
    const size_t first = turns.size();
    for (const conf::StaticGroup& group : job.static_groups) {
      for (const std::string& address : group.targets) {
        auto spec = MakeTarget(job, group, address);
        if (!spec) {
          base::Log(base::LogLevel::kError, "target is left out",
                    {{"job", job.name}, {"target", address}, {"error", spec.error().message}});
          continue;
        }
        if (spec->dropped) {
          if (counts[job.name]++ < kMaxDroppedTargets)
            dropped.push_back({job.name, spec->discovered});
          continue;
        }
        const std::string identity = spec->Identity();
        if (std::exchange(seen[identity], true)) continue;  // the same target twice is one
        // A loop is made anew where the job changed how its pages are read; a target that only
        // stays keeps its series.
        LoopPtr loop = std::make_shared<TargetLoop>(job, *std::move(spec), impl_->options);
        if (const auto old = before.find(identity);
            old != before.end() && old->second->SameJob(job)) {
          loop = old->second;
          before.erase(old);
        }
        turns.push_back({loop->NextTime(now_ms), loop});
      }
    }
    const size_t targets = turns.size() - first;
    std::string refusal;
    if (job.target_limit > 0 && targets > static_cast<size_t>(job.target_limit)) {
      refusal = "target_limit exceeded (number of targets: " + std::to_string(targets) +
                ", limit: " + std::to_string(job.target_limit) + ")";
    }
    for (size_t i = first; i < turns.size(); ++i) turns[i].loop->SetRefusal(refusal);
  }
  {
    std::lock_guard lock(impl_->mutex);
    impl_->turns = std::move(turns);
    impl_->dropped = std::move(dropped);
    impl_->dropped_counts = std::move(counts);
  }
  impl_->changed.notify_all();
  for (const auto& [identity, loop] : before) loop->End(impl_->options.clock->NowMs());
}

ScrapeStatus Scraper::Status() const {
  ScrapeStatus status;
  std::lock_guard lock(impl_->mutex);
  for (const auto& turn : impl_->turns) status.active.push_back(turn.loop->Status());
  status.dropped = impl_->dropped;
  status.dropped_counts = impl_->dropped_counts;
  return status;
}

void Scraper::ScrapeAllNow() {
  std::vector<Impl::Turn> turns;
  {
    std::lock_guard lock(impl_->mutex);
    turns = impl_->turns;
  }
  for (const auto& turn : turns) turn.loop->Run(impl_->options.clock->NowMs());
}

}  // namespace pharos::ingest::scrape
