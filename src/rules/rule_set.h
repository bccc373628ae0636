// From configuration to what the Manager takes.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "conf/prometheus_config.h"
#include "conf/slo_config.h"
#include "rules/manager.h"

namespace pharos::rules {

/// The groups of all files that the patterns name. kBadInput holds every fault of the first file
/// that has some, one a line, as `FILE:LINE: …`. A pattern without a file is one of `warnings`.
base::Result<std::vector<GroupSpec>> ReadRuleFiles(const std::vector<std::string>& patterns,
                                                   std::vector<std::string>* warnings);

/// Rule files and SLOs of a configuration. `external_url` is where Pharos is found by people: it
/// stands in front of the links in alerts. kBadInput also for an SLO whose matchers do not parse.
base::Result<RuleSet> MakeRuleSet(const conf::PrometheusConfig& config,
                                  const std::string& external_url,
                                  const std::vector<conf::SloConfig>& slos,
                                  std::vector<std::string>* warnings);

}  // namespace pharos::rules
