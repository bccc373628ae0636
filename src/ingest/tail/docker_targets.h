// Containers found by docker_sd_configs and the logs that they write, as Promtail's docker target
// reads them: the daemon's log stream with its own times, followed live.
//
// Why follow and not poll: with `since` alone the daemon's json-file driver reads a container's
// whole log each time. Why nothing is lost or doubled: a stream that breaks, or a new process,
// asks again from the last acknowledged time on (inclusive); Docker stamps each message once, so
// what comes again is the same entry, and the store keeps one.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "conf/promtail_config.h"
#include "ingest/tail/file_targets.h"
#include "ingest/tail/positions.h"
#include "net/http.h"

namespace pharos::ingest::tail {

/// Owns: a thread a discovery and a thread a container. Threads: Start and Stop from one, the
/// rest from any. Errors: logged with the daemon's words; all is tried again. Cost: a
/// connection and a thread a container (bounded).
class DockerTargets {
 public:
  /// `config` must outlive it. `positions`: `cursor-<id>` → seconds since 1970.
  DockerTargets(const conf::PromtailConfig& config, const base::Clock& clock,
                const PositionMap& positions, Deliver deliver);
  ~DockerTargets();

  void Start();
  void Stop();

  void AddPositions(PositionMap& out) const;
  struct Shown {
    std::string job, container_id;
    model::Labels discovered;
    bool running = false;
    std::string error;
  };
  std::vector<Shown> Active() const;

  class Container;

 private:
  struct Discovery;
  void Discover(Discovery& discovery);
  void Refresh(Discovery& discovery);

  const conf::PromtailConfig& config_;
  const base::Clock& clock_;
  const Deliver deliver_;
  net::Cancellation stop_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;  ///< mutex_; Stop
  bool stopping_ = false;         ///< mutex_
  PositionMap positions_;         ///< mutex_; of the last run
  std::vector<std::unique_ptr<Discovery>> discoveries_;
};

}  // namespace pharos::ingest::tail
