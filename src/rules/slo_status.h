// How the SLOs stand: what was recorded of them, and whether they can be measured at all.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "rules/query.h"
#include "rules/slo.h"
#include "rules/status.h"
#include "store/samples.h"

namespace pharos::rules {

struct SloAlertStatus {
  SloAlert alert;
  AlertState state = AlertState::kInactive;
  std::optional<int64_t> active_at_ms;
};

struct SloStatus {
  conf::SloConfig config;
  std::optional<double> sli;               ///< share of good events over the window
  std::optional<double> budget_remaining;  ///< 1: untouched; below 0: overspent
  /// By window, shortest first; nothing without traffic.
  std::vector<std::pair<std::string, std::optional<double>>> burn_rates;
  std::vector<SloAlertStatus> alerts;
  std::string error;  ///< why it is not, or not rightly, measured
};

/// Owns: the list of SLOs. Threads: any. Errors: what cannot be asked is the status's error.
/// Cost: two queries and a look at the histogram's series an SLO.
class SloBook {
 public:
  SloBook(QueryFunc query, store::SampleSource* source, const base::Clock* clock,
          std::string tenant = std::string(store::kDefaultTenant))
      : query_(std::move(query)), source_(source), clock_(clock), tenant_(std::move(tenant)) {}

  void Set(std::vector<conf::SloConfig> slos);
  /// `groups` as the Manager has them: the states of the alerts are there.
  std::vector<SloStatus> Status(const std::vector<GroupStatus>& groups) const;

 private:
  SloStatus StatusOf(const conf::SloConfig& slo, const std::vector<GroupStatus>& groups) const;
  void ReadRates(SloStatus& status) const;
  /// "" or why the series that are there do not tell what the SLO asks.
  std::string CheckSeries(const conf::SloConfig& slo) const;
  base::Result<std::vector<model::Labels>> SeriesOf(const conf::SloConfig& slo,
                                                    const std::string& metric) const;

  const QueryFunc query_;
  store::SampleSource* const source_;
  const base::Clock* const clock_;
  const std::string tenant_;
  mutable std::mutex mutex_;
  std::vector<conf::SloConfig> slos_;  // mutex_
};

}  // namespace pharos::rules
