// One line of configuration into an SLO: rules that measure it, and the four alerts of the SRE
// workbook on how fast its error budget burns.
//
// Recorded, with the labels slo and service (and sloth_slo, sloth_service, sloth_id, sloth_window,
// so that dashboards made for Sloth work):
//   slo:requests:rate5m, slo:errors:rate5m   events a second; bad is slow or an error, once
//   slo:sli_error:ratio_rate{5m,30m,1h,2h,6h,1d,3d,<window>}   bad / all
//   slo:objective:ratio, slo:error_budget:ratio, slo:time_period:days
//   slo:current_burn_rate:ratio, slo:period_burn_rate:ratio,
//   slo:period_error_budget_remaining:ratio
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "conf/rule_file.h"
#include "conf/slo_config.h"

namespace pharos::rules {

/// The "file" of generated groups.
inline constexpr std::string_view kSloFile = "slo";

/// The windows of the burn rates, in milliseconds; the SLO's own comes on top.
inline constexpr int64_t kSloWindowsMs[] = {300'000,    1'800'000,  3'600'000,  7'200'000,
                                            21'600'000, 86'400'000, 259'200'000};

/// An alert of the workbook: both windows must burn at `factor` or more.
struct SloAlert {
  std::string name;      ///< of the alert: ErrorBudgetBurn1h
  std::string severity;  ///< "page" or "ticket"
  int64_t long_ms = 0, short_ms = 0;
  double factor = 0;
};

/// What share of the budget each alert stands for (2%, 5%, 10%, 10%) makes the factors: 14.4, 6, 3
/// and 1 for 30 days. Below four weeks no factor is less than 1: that burn rate keeps the
/// objective.
std::vector<SloAlert> SloAlerts(int64_t window_ms);

/// "" or what is wrong with its matchers, as one sentence.
std::string CheckSlo(const conf::SloConfig& slo);
/// "" or a sentence on alerts that can never fire: an objective of 90% burns at 10 at most.
std::string SloWarning(const conf::SloConfig& slo);

/// The rules of an SLO that CheckSlo found fine.
conf::RuleGroup SloGroup(const conf::SloConfig& slo);

/// The queries behind it, over a window: bad / all, and all a second. Nothing where there is no
/// traffic, or no bucket at the threshold.
std::string SloErrorRatio(const conf::SloConfig& slo, int64_t window_ms);
std::string SloTotal(const conf::SloConfig& slo, int64_t window_ms);

/// Every `le` that means the latency: "0.3"; "1" and "1.0". In the unit of the metric's name.
std::vector<std::string> SloBuckets(const conf::SloConfig& slo);
/// The matchers that find its series: one set with a selector, two (job, service) without.
std::vector<std::string> SloSelectors(const conf::SloConfig& slo);
/// The name of the label that tells errors.
std::string SloErrorLabel(const conf::SloConfig& slo);

}  // namespace pharos::rules
