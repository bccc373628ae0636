// The scraper: every target of the configuration, at its interval, into the sample engine.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "conf/prometheus_config.h"
#include "model/labels.h"
#include "net/client.h"
#include "net/http.h"
#include "store/samples.h"

namespace pharos::ingest::scrape {

/// What is known of one target, for /api/v1/targets and the Targets page.
struct TargetStatus {
  std::string job;
  model::Labels discovered, labels;
  std::string url;
  std::string last_error;
  int64_t last_scrape_ns = 0;  ///< 0: not yet
  double last_duration_seconds = 0;
  std::string health = "unknown";  ///< "up", "down", "unknown"
  int64_t interval_ms = 0, timeout_ms = 0;
};
struct DroppedTarget {
  std::string job;
  model::Labels discovered;
};
struct ScrapeStatus {
  std::vector<TargetStatus> active;  ///< by job, in the order of the file
  std::vector<DroppedTarget> dropped;
  std::map<std::string, uint64_t> dropped_counts;  ///< by job
};

/// Answers a scrape of an address that is Pharos itself; nothing for any other.
using InProcess = std::function<std::optional<net::Response>(
    const std::string& address, const std::string& path,
    const std::map<std::string, std::vector<std::string>>& params)>;
using Fetcher = std::function<base::Result<net::Response>(const net::ClientRequest&)>;

struct ScraperOptions {
  store::SampleSink* sink = nullptr;
  const base::Clock* clock = &base::Clock::System();
  std::string tenant{store::kDefaultTenant};
  InProcess in_process;  ///< asked before the network
  Fetcher fetch = net::Fetch;
};

/// Owns: its threads and targets. Threads: any call from any thread. Errors: a target that
/// cannot be scraped is its own status and its `up`; nothing else stops. Cost: a thread for
/// the clock and one for each scrape that is under way (at most 64).
class Scraper {
 public:
  explicit Scraper(ScraperOptions options);
  /// Stops.
  ~Scraper();

  /// Takes these jobs from now on. Targets that stay keep their state; those that are gone
  /// get stale markers.
  void Apply(const std::vector<conf::ScrapeJob>& jobs);
  /// Ends all scrapes; no stale markers are written (a restart is not the end of a target).
  void Stop();

  ScrapeStatus Status() const;
  /// Scrapes every target once, now, on the caller's thread (for tests and tools).
  void ScrapeAllNow();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pharos::ingest::scrape
