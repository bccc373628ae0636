#include "rules/slo.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "query/promql/go_quote.h"
#include "query/promql/parser.h"
#include "text/duration.h"
#include "text/go_float.h"

namespace pharos::rules {
namespace {

using query::promql::GoQuote;

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kDayMs = 24 * kHourMs;

/// A number without the dust of binary arithmetic: 1 - 0.995 is 0.005.
std::string Tidy(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.10g", value);
  double tidy = 0;
  text::ParseGoFloat(buffer, &tidy);
  return text::GoFloat(tidy);
}

std::string Duration(int64_t ms) { return text::PrometheusDuration(ms); }

/// `metric{a,b}`
std::string Selector(const std::string& metric, const std::vector<std::string>& matchers) {
  const bool plain = std::all_of(metric.begin(), metric.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == ':';
  });
  std::string inside = plain ? "" : GoQuote(metric);
  for (const std::string& matcher : matchers) {
    if (matcher.empty()) continue;
    if (!inside.empty()) inside += ',';
    inside += matcher;
  }
  return (plain ? metric : "") + "{" + inside + "}";
}

/// The matcher with its meaning turned round.
std::string Negated(const std::string& errors) {
  const auto parsed = query::promql::ParseMetricSelector("x{" + errors + "}");
  if (!parsed) return "";
  for (const model::Matcher& matcher : *parsed) {
    if (matcher.name() == model::kMetricName) continue;
    constexpr std::string_view kTurned[] = {"!=", "=", "!~", "=~"};
    return matcher.name() + std::string(kTurned[static_cast<size_t>(matcher.op())]) +
           GoQuote(matcher.value());
  }
  return "";
}

/// Events a second of all series that are the service's, each series once.
std::string Rates(const conf::SloConfig& slo, const std::string& metric,
                  const std::vector<std::string>& matchers, int64_t window_ms) {
  std::string inside;
  for (const std::string& selector : SloSelectors(slo)) {
    std::vector<std::string> all{selector};
    all.insert(all.end(), matchers.begin(), matchers.end());
    if (!inside.empty()) inside += " or ";
    inside += "rate(" + Selector(metric, all) + "[" + Duration(window_ms) + "])";
  }
  return inside;
}

std::string Rate(const conf::SloConfig& slo, const std::string& metric,
                 const std::vector<std::string>& matchers, int64_t window_ms) {
  return "sum(" + Rates(slo, metric, matchers, window_ms) + ")";
}

/// The counter of all events.
std::string CountMetric(const conf::SloConfig& slo) {
  const bool counter = slo.metric.ends_with("_total") || slo.metric.ends_with("_count");
  return counter ? slo.metric : slo.metric + "_count";
}

std::string BucketMatcher(const conf::SloConfig& slo) {
  std::string pattern;
  for (const std::string& le : SloBuckets(slo)) {
    if (!pattern.empty()) pattern += '|';
    for (const char c : le) {
      if (c == '.' || c == '+') pattern += '\\';
      pattern += c;
    }
  }
  return SloBuckets(slo).size() == 1 ? "le=" + GoQuote(SloBuckets(slo)[0])
                                     : "le=~" + GoQuote(pattern);
}

/// Fast and not an error, a second. 0 when every event is bad; nothing when the histogram has no
/// bucket at the threshold, so that this is never taken for an outage.
std::string Good(const conf::SloConfig& slo, int64_t window_ms) {
  const std::string metric = slo.latency_seconds ? slo.metric + "_bucket" : CountMetric(slo);
  std::vector<std::string> matchers;
  if (slo.latency_seconds) matchers.push_back(BucketMatcher(slo));
  const std::string any = Rate(slo, metric, matchers, window_ms);
  matchers.push_back(Negated(slo.errors));
  return "(" + Rate(slo, metric, matchers, window_ms) + " or 0 * " + any + ")";
}

/// Builds the rules of one SLO.
class GroupBuilder {
 public:
  explicit GroupBuilder(const conf::SloConfig& slo)
      : slo_(slo), own_("{slo=" + GoQuote(slo.name) + "}"), budget_(Tidy(1 - slo.objective)) {}

  conf::RuleGroup Build() {
    group_.name = slo_.name;
    Record("slo:requests:rate5m", SloTotal(slo_, kSloWindowsMs[0]));
    Record("slo:errors:rate5m", "clamp_min(" + SloTotal(slo_, kSloWindowsMs[0]) + " - " +
                                    Good(slo_, kSloWindowsMs[0]) + ", 0)");
    for (const int64_t window : kSloWindowsMs) RecordRatio(window);
    RecordRatio(slo_.window_ms);
    RecordBudget();
    for (const SloAlert& alert : SloAlerts(slo_.window_ms)) AddAlert(alert);
    return std::move(group_);
  }

 private:
  static std::string RatioName(int64_t window_ms) {
    return "slo:sli_error:ratio_rate" + Duration(window_ms);
  }

  void Record(const std::string& name, std::string expression, const std::string& window = "") {
    conf::Rule rule{.record = name, .expr = std::move(expression)};
    rule.labels = {{"slo", slo_.name},
                   {"service", slo_.service},
                   {"sloth_slo", slo_.name},
                   {"sloth_service", slo_.service},
                   {"sloth_id", slo_.service.empty() ? slo_.name : slo_.service + "-" + slo_.name},
                   {"sloth_window", window}};
    group_.rules.push_back(std::move(rule));
  }

  /// Windows up to six hours are read from the requests themselves. Longer ones are sums over what
  /// was recorded every evaluation: weighted by traffic, and two series instead of all.
  void RecordRatio(int64_t window_ms) {
    const std::string range = "[" + Duration(window_ms) + "]";
    std::string expression;
    if (window_ms == kSloWindowsMs[0]) {
      expression = "slo:errors:rate5m" + own_ + " / (slo:requests:rate5m" + own_ + " > 0)";
    } else if (window_ms <= 6 * kHourMs) {
      expression = SloErrorRatio(slo_, window_ms);
    } else {
      expression = "sum_over_time(slo:errors:rate5m" + own_ + range +
                   ") / (sum_over_time(slo:requests:rate5m" + own_ + range + ") > 0)";
    }
    Record(RatioName(window_ms), std::move(expression), Duration(window_ms));
  }

  std::string Burn(int64_t window_ms) const {
    return "max without (sloth_window) (" + RatioName(window_ms) + own_ + ") / " + budget_;
  }

  void RecordBudget() {
    Record("slo:objective:ratio", "vector(" + text::GoFloat(slo_.objective) + ")");
    Record("slo:error_budget:ratio", "vector(" + budget_ + ")");
    Record(
        "slo:time_period:days",
        "vector(" + Tidy(static_cast<double>(slo_.window_ms) / static_cast<double>(kDayMs)) + ")");
    Record("slo:current_burn_rate:ratio", Burn(kSloWindowsMs[0]));
    Record("slo:period_burn_rate:ratio", Burn(slo_.window_ms));
    Record("slo:period_error_budget_remaining:ratio", "1 - slo:period_burn_rate:ratio" + own_);
  }

  void AddAlert(const SloAlert& alert) {
    const std::string at_least = " > " + Tidy(alert.factor);
    conf::Rule rule{.alert = alert.name};
    rule.expr = Burn(alert.long_ms) + at_least + " and " + Burn(alert.short_ms) + at_least;
    rule.labels = {{"severity", alert.severity},
                   {"long_window", Duration(alert.long_ms)},
                   {"short_window", Duration(alert.short_ms)}};
    rule.annotations = {
        {"summary", "The error budget of " + slo_.name +
                        " burns {{ $value | humanize }} times "
                        "as fast as it may"},
        {"description",
         "Over the last " + Duration(alert.long_ms) + " and the last " + Duration(alert.short_ms) +
             " it burned more than " + Tidy(alert.factor) + " times as fast as the objective of " +
             Tidy(slo_.objective * 100) + "% over " + Duration(slo_.window_ms) + " allows."}};
    group_.rules.push_back(std::move(rule));
  }

  const conf::SloConfig& slo_;
  const std::string own_, budget_;
  conf::RuleGroup group_;
};

}  // namespace

std::vector<SloAlert> SloAlerts(int64_t window_ms) {
  struct Row {
    const char* severity;
    int64_t long_ms, short_ms;
    double budget;  ///< the share of it that is gone when the alert fires
  };
  constexpr Row kRows[] = {{"page", kHourMs, 300'000, 0.02},
                           {"page", 6 * kHourMs, 1'800'000, 0.05},
                           {"ticket", kDayMs, 2 * kHourMs, 0.1},
                           {"ticket", 3 * kDayMs, 6 * kHourMs, 0.1}};
  std::vector<SloAlert> alerts;
  for (const Row& row : kRows) {
    double factor = row.budget * static_cast<double>(window_ms) / static_cast<double>(row.long_ms);
    if (window_ms < 28 * kDayMs) factor = std::max(factor, 1.0);
    alerts.push_back({"ErrorBudgetBurn" + Duration(row.long_ms), row.severity, row.long_ms,
                      row.short_ms, factor});
  }
  return alerts;
}

std::string CheckSlo(const conf::SloConfig& slo) {
  const std::string of = "SLO \"" + slo.name + "\": ";
  if (!slo.selector.empty()) {
    const auto parsed = query::promql::ParseMetricSelector("x{" + slo.selector + "}");
    if (!parsed)
      return of + "selector must be matchers, as in job=\"api\": " + parsed.error().message;
  }
  const auto errors = query::promql::ParseMetricSelector("x{" + slo.errors + "}");
  if (!errors)
    return of + "errors must be one matcher, as in status=~\"5..\": " + errors.error().message;
  if (errors->size() != 2)
    return of + "errors must be one matcher, as in status=~\"5..\"; the rest belongs into selector";
  return "";
}

std::string SloWarning(const conf::SloConfig& slo) {
  const double most = 1 / (1 - slo.objective);
  std::string names;
  for (const SloAlert& alert : SloAlerts(slo.window_ms)) {
    if (alert.factor < most) continue;
    names += (names.empty() ? "" : ", ") + alert.name + " (" + Tidy(alert.factor) + ")";
  }
  if (names.empty()) return "";
  return "SLO \"" + slo.name + "\": with an objective of " + Tidy(slo.objective * 100) +
         "% the budget never burns faster than " + Tidy(most) +
         " times, so these alerts cannot fire: " + names;
}

std::vector<std::string> SloSelectors(const conf::SloConfig& slo) {
  if (!slo.selector.empty()) return {slo.selector};
  return {"job=" + GoQuote(slo.service), "service=" + GoQuote(slo.service)};
}

std::string SloErrorLabel(const conf::SloConfig& slo) {
  const std::string negated = Negated(slo.errors);
  return negated.substr(0, negated.find_first_of("=!"));
}

std::vector<std::string> SloBuckets(const conf::SloConfig& slo) {
  if (!slo.latency_seconds) return {};
  const double unit = slo.metric.ends_with("_milliseconds")   ? 1e3
                      : slo.metric.ends_with("_microseconds") ? 1e6
                                                              : 1;
  double bound = 0;
  text::ParseGoFloat(Tidy(*slo.latency_seconds * unit), &bound);
  const std::string plain = text::GoFloat(bound, 'g');
  // Prometheus 3 and OpenMetrics write whole bounds with a ".0".
  if (bound == std::floor(bound) && plain.find('e') == std::string::npos)
    return {plain, plain + ".0"};
  return {plain};
}

/// Only what has a bucket at the latency counts: else all of a series without it would be bad.
std::string SloTotal(const conf::SloConfig& slo, int64_t window_ms) {
  if (!slo.latency_seconds) return Rate(slo, CountMetric(slo), {}, window_ms);
  return "sum((" + Rates(slo, CountMetric(slo), {}, window_ms) + ") and ignoring (le) (" +
         Rates(slo, slo.metric + "_bucket", {BucketMatcher(slo)}, window_ms) + "))";
}

std::string SloErrorRatio(const conf::SloConfig& slo, int64_t window_ms) {
  return "clamp_min(1 - " + Good(slo, window_ms) + " / (" + SloTotal(slo, window_ms) + " > 0), 0)";
}

conf::RuleGroup SloGroup(const conf::SloConfig& slo) { return GroupBuilder(slo).Build(); }

}  // namespace pharos::rules
