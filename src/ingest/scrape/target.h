// A scrape target: what a job, a group and relabelling make of one address.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "conf/prometheus_config.h"
#include "model/labels.h"

namespace pharos::ingest::scrape {

struct TargetSpec {
  std::string job;           ///< scrape pool
  model::Labels discovered;  ///< before relabelling, with __address__ and the like
  model::Labels labels;      ///< what its series carry
  bool dropped = false;      ///< by relabelling; nothing below is set then
  std::string scheme, address, path;
  std::map<std::string, std::vector<std::string>> params;
  int64_t interval_ms = 0, timeout_ms = 0;

  /// scheme://address/path?params
  std::string Url() const;
  /// Equal for the same target before and after a reload.
  std::string Identity() const;
};

/// One address of a group. kBadInput says why it cannot be a target ("no address").
base::Result<TargetSpec> MakeTarget(const conf::ScrapeJob& job, const conf::StaticGroup& group,
                                    const std::string& address);

}  // namespace pharos::ingest::scrape
