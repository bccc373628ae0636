// One target being scraped, again and again: asks for the page, writes it, keeps its status.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "ingest/scrape/page.h"
#include "ingest/scrape/scraper.h"
#include "ingest/scrape/target.h"

namespace pharos::ingest::scrape {

/// Owns: the target's series and status. Threads: Run and End one at a time (`mutex`); status
/// at any time. Errors: into the status. Cost: Run blocks until the target has answered or
/// its timeout is over.
class TargetLoop {
 public:
  TargetLoop(const conf::ScrapeJob& job, TargetSpec spec, const ScraperOptions& options);

  void Run(int64_t time_ms);
  /// The target is gone: stale markers for all it had.
  void End(int64_t time_ms);

  /// Why the target is not asked, as if it had failed so; "" to ask it.
  void SetRefusal(const std::string& why);

  TargetStatus Status() const;
  const TargetSpec& spec() const { return spec_; }
  /// True when a reload left everything that decides how pages are read as it is.
  bool SameJob(const conf::ScrapeJob& job) const;
  /// The first time at or after `now_ms` that is this target's turn: targets are spread over
  /// the interval by a hash of what they are.
  int64_t NextTime(int64_t now_ms) const;

  std::atomic<bool> running{false};  ///< a worker has it

 private:
  struct Page {
    std::string body;
    wire::ExpositionFormat format;
  };
  base::Result<Page> Fetch() const;
  base::Result<Page> FetchUnlessRefused() const;
  net::ClientRequest Request() const;

  const conf::ScrapeJob job_;
  const TargetSpec spec_;
  const ScraperOptions& options_;
  std::mutex run_mutex_;
  PageWriter writer_;  // run_mutex_
  mutable std::mutex status_mutex_;
  TargetStatus status_;  // status_mutex_
  std::string refusal_;  // status_mutex_
};

}  // namespace pharos::ingest::scrape
