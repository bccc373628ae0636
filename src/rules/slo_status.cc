#include "rules/slo_status.h"

#include <algorithm>
#include <map>
#include <set>

#include "query/promql/go_quote.h"
#include "query/promql/parser.h"
#include "rules/limits.h"
#include "text/duration.h"
#include "text/go_float.h"

namespace pharos::rules {
namespace {

using base::Result;

constexpr std::string_view kRatio = "slo:sli_error:ratio_rate";
/// How far back series are looked for: a target that was away for a while still counts.
constexpr int64_t kSeriesLookbackMs = 3'600'000;

std::string CountMetricOf(const conf::SloConfig& slo) {
  if (slo.latency_seconds) return slo.metric + "_bucket";
  return slo.metric.ends_with("_total") || slo.metric.ends_with("_count") ? slo.metric
                                                                          : slo.metric + "_count";
}

std::string Of(const conf::SloConfig& slo) {
  return slo.selector.empty() ? " of service \"" + slo.service + "\"" : " with " + slo.selector;
}

/// The bounds that are there, rising, for a sentence.
std::string BoundsText(const std::set<std::string>& bounds) {
  std::map<double, std::string> sorted;
  for (const std::string& le : bounds) {
    double value = 0;
    if (text::ParseGoFloat(le, &value)) sorted.emplace(value, le);
  }
  std::string out;
  for (const auto& [value, le] : sorted) out += (out.empty() ? "" : ", ") + le;
  return out;
}

/// Each series but for its bound, and whether it has the bound that is asked for.
std::string CheckBuckets(const conf::SloConfig& slo, const std::vector<model::Labels>& series) {
  const std::vector<std::string> wanted = SloBuckets(slo);
  std::map<model::Labels, bool> has;
  std::set<std::string> bounds;
  for (const model::Labels& labels : series) {
    const std::string le(labels.Get("le"));
    bounds.insert(le);
    bool& found = has[model::LabelsBuilder(labels).Delete("le").Build()];
    found = found || std::find(wanted.begin(), wanted.end(), le) != wanted.end();
  }
  const auto without =
      std::find_if(has.begin(), has.end(), [](const auto& one) { return !one.second; });
  if (without == has.end()) return "";
  const bool all = std::none_of(has.begin(), has.end(), [](const auto& one) { return one.second; });
  const std::string which =
      all ? "the histogram " + slo.metric + Of(slo) : model::ToString(without->first);
  return which + " has no bucket at the latency (le=\"" + wanted[0] + "\"); there are " +
         BoundsText(bounds) + ": give one of these as latency, or add the bucket to the histogram";
}

}  // namespace

void SloBook::Set(std::vector<conf::SloConfig> slos) {
  std::lock_guard lock(mutex_);
  slos_ = std::move(slos);
}

std::vector<SloStatus> SloBook::Status(const std::vector<GroupStatus>& groups) const {
  std::vector<conf::SloConfig> slos;
  {
    std::lock_guard lock(mutex_);
    slos = slos_;
  }
  std::vector<SloStatus> out;
  for (const conf::SloConfig& slo : slos) out.push_back(StatusOf(slo, groups));
  return out;
}

SloStatus SloBook::StatusOf(const conf::SloConfig& slo,
                            const std::vector<GroupStatus>& groups) const {
  SloStatus status{.config = slo};
  for (const SloAlert& alert : SloAlerts(slo.window_ms)) status.alerts.push_back({.alert = alert});
  status.error = CheckSlo(slo);
  if (status.error.empty()) status.error = CheckSeries(slo);
  ReadRates(status);
  for (const GroupStatus& group : groups) {
    if (group.file != kSloFile || group.name != slo.name) continue;
    for (const RuleStatus& rule : group.rules) {
      if (status.error.empty() && !rule.record.last_error.empty())
        status.error = "the rule " + rule.name + " fails: " + rule.record.last_error;
      for (SloAlertStatus& one : status.alerts) {
        if (!rule.alerting || rule.name != one.alert.name) continue;
        one.state = rule.state == AlertState::kUnknown ? AlertState::kInactive : rule.state;
        if (!rule.alerts.empty()) one.active_at_ms = rule.alerts[0].active_at_ms;
      }
    }
  }
  return status;
}

void SloBook::ReadRates(SloStatus& status) const {
  const conf::SloConfig& slo = status.config;
  const auto vector = query_(
      "{__name__=~\"" + std::string(kRatio) + ".+\",slo=" + query::promql::GoQuote(slo.name) + "}",
      clock_->NowMs());
  std::map<std::string, double, std::less<>> ratios;
  if (vector) {
    for (const VectorSample& sample : *vector)
      ratios.emplace(sample.labels.Name().substr(kRatio.size()), sample.value);
  } else if (status.error.empty()) {
    status.error = vector.error().message;
  }
  const double budget = 1 - slo.objective;
  for (const int64_t window : kSloWindowsMs) {
    const std::string name = text::PrometheusDuration(window);
    const auto found = ratios.find(name);
    status.burn_rates.emplace_back(
        name, found != ratios.end() ? std::optional(found->second / budget) : std::nullopt);
  }
  const auto period = ratios.find(text::PrometheusDuration(slo.window_ms));
  if (period == ratios.end()) return;
  status.sli = 1 - period->second;
  status.budget_remaining = 1 - period->second / budget;
}

Result<std::vector<model::Labels>> SloBook::SeriesOf(const conf::SloConfig& slo,
                                                     const std::string& metric) const {
  std::vector<model::Labels> out;
  for (const std::string& selector : SloSelectors(slo)) {
    PHAROS_TRY(auto matchers, query::promql::ParseMetricSelector("x{" + selector + "}"));
    std::erase_if(matchers, [](const auto& m) { return m.name() == model::kMetricName; });
    matchers.push_back(model::Matcher::Equal(std::string(model::kMetricName), metric));
    const int64_t now_ms = clock_->NowMs();
    PHAROS_TRY(auto series, source_->Series({.tenant = tenant_,
                                             .matchers = std::move(matchers),
                                             .start_ms = now_ms - kSeriesLookbackMs,
                                             .end_ms = now_ms,
                                             .series_limit = kMaxSloSeries}));
    out.insert(out.end(), std::make_move_iterator(series.begin()),
               std::make_move_iterator(series.end()));
  }
  return out;
}

std::string SloBook::CheckSeries(const conf::SloConfig& slo) const {
  const std::string metric = CountMetricOf(slo);
  const auto series = SeriesOf(slo, metric);
  if (!series) return series.error().message;
  if (series->empty()) {
    return "there is no series " + metric + Of(slo) +
           "; check metric and service, or that the service is scraped";
  }
  const std::string label = SloErrorLabel(slo);
  const bool labelled = std::any_of(series->begin(), series->end(),
                                    [&](const model::Labels& one) { return one.Has(label); });
  if (!labelled) {
    return "no series " + metric + Of(slo) + " has the label " + label +
           ", so errors cannot be told; set errors, as in code=~\"5..\"";
  }
  return slo.latency_seconds ? CheckBuckets(slo, *series) : "";
}

}  // namespace pharos::rules
