#include "api/prometheus/params.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "api/prometheus/limits.h"
#include "query/promql/go_quote.h"
#include "query/promql/parser.h"
#include "text/duration.h"
#include "text/go_float.h"
#include "text/rfc3339.h"

namespace pharos::api::prometheus {
namespace {

using base::ErrorKind;

/// As Go quotes it; of what is absurdly long, the beginning.
std::string Quoted(std::string_view text) {
  if (text.size() <= kMaxQuotedBytes) return query::promql::GoQuote(text);
  return query::promql::GoQuote(text.substr(0, kMaxQuotedBytes)) + "…";
}

}  // namespace

base::Result<int64_t> ParseTime(std::string_view text) {
  double seconds = 0;
  if (text::ParseGoFloat(text, &seconds) && std::isfinite(seconds)) {
    const double whole = std::trunc(seconds);
    const double bounded = std::clamp(whole, -kTimeBoundMs / 1000.0, kTimeBoundMs / 1000.0);
    return static_cast<int64_t>(bounded) * 1000 +
           static_cast<int64_t>(std::round((seconds - whole) * 1000));
  }
  if (const auto ns = text::ParseRfc3339(text)) {
    const int64_t ms = *ns / 1'000'000;
    return *ns % 1'000'000 < 0 ? ms - 1 : ms;
  }
  // Prometheus's own bounds, which its clients send for "everything".
  if (text == "-292273086-05-16T16:47:06Z") return -kTimeBoundMs;
  if (text == "292277025-08-18T07:12:54.999999999Z") return kTimeBoundMs;
  return base::Fail(ErrorKind::kBadInput, "cannot parse " + Quoted(text) + " to a valid timestamp");
}

base::Result<int64_t> ParseDuration(std::string_view text) {
  double seconds = 0;
  if (text::ParseGoFloat(text, &seconds)) {
    if (!(std::abs(seconds) <= 9223372036.854775807)) {
      return base::Fail(ErrorKind::kBadInput, "cannot parse " + Quoted(text) +
                                                  " to a valid duration. It overflows int64");
    }
    return static_cast<int64_t>(seconds * 1000);
  }
  if (const auto ms = text::ParsePrometheusDuration(text)) return *ms;
  return base::Fail(ErrorKind::kBadInput, "cannot parse " + Quoted(text) + " to a valid duration");
}

base::Result<int64_t> ParseLimit(std::string_view text) {
  if (text.empty()) return 0;
  std::string_view digits = text;
  if (digits.front() == '+') digits.remove_prefix(1);
  int64_t limit = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), limit);
  if (problem == std::errc::result_out_of_range) {
    return base::Fail(ErrorKind::kBadInput,
                      "strconv.Atoi: parsing " + Quoted(text) + ": value out of range");
  }
  if (problem != std::errc() || end != digits.data() + digits.size()) {
    return base::Fail(ErrorKind::kBadInput,
                      "strconv.Atoi: parsing " + Quoted(text) + ": invalid syntax");
  }
  if (limit < 0) return base::Fail(ErrorKind::kBadInput, "limit must be non-negative");
  return limit;
}

std::unexpected<base::Error> InvalidParameter(std::string_view name, base::Error error) {
  return base::Wrap(std::move(error), "invalid parameter " + Quoted(name));
}

base::Result<int64_t> TimeParam(const net::Params& params, std::string_view name,
                                int64_t fallback_ms) {
  const std::string_view text = params.Get(name);
  if (text.empty()) return fallback_ms;
  auto time = ParseTime(text);
  if (!time) {
    auto error = std::move(time).error();
    // Optional times are named twice, as Prometheus does.
    error.message = "invalid time value for '" + std::string(name) + "': " + error.message;
    return InvalidParameter(name, std::move(error));
  }
  return time;
}

base::Result<int64_t> LimitParam(const net::Params& params) {
  auto limit = ParseLimit(params.Get("limit"));
  if (!limit) return InvalidParameter("limit", std::move(limit).error());
  return limit;
}

base::Result<int64_t> PlainLimit(std::string_view text, std::string_view name) {
  if (text.empty()) return -1;
  int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem == std::errc() && end == text.data() + text.size()) return value;
  return base::Fail(ErrorKind::kBadInput, std::string(name) + " must be a number");
}

base::Result<RangeParams> ReadRange(const net::Params& params) {
  RangeParams range;
  for (const auto& [name, out] :
       {std::pair{"start", &range.start_ms}, std::pair{"end", &range.end_ms}}) {
    const auto time = ParseTime(params.Get(name));
    if (!time) return InvalidParameter(name, time.error());
    *out = *time;
  }
  if (range.end_ms < range.start_ms) {
    return InvalidParameter("end",
                            {ErrorKind::kBadInput, "end timestamp must not be before start time"});
  }
  const auto step = ParseDuration(params.Get("step"));
  if (!step) return InvalidParameter("step", step.error());
  if (*step <= 0) {
    return InvalidParameter(
        "step",
        {ErrorKind::kBadInput,
         "zero or negative query resolution step widths are not accepted. Try a positive integer"});
  }
  range.step_ms = *step;
  if ((range.end_ms - range.start_ms) / range.step_ms > kMaxPoints) {
    return base::Fail(ErrorKind::kBadInput,
                      "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing "
                      "the query resolution (?step=XX)");
  }
  return range;
}

base::Result<void> MatchCount(const net::Params& params) {
  if (params.All("match[]").size() <= kMaxMatchers) return {};
  return base::Fail(ErrorKind::kBadInput,
                    "more than " + std::to_string(kMaxMatchers) + " match[] parameters");
}

base::Result<MatcherSets> MatchParams(const net::Params& params) {
  PHAROS_TRY_VOID(MatchCount(params));
  const auto texts = params.All("match[]");
  MatcherSets sets;
  for (const std::string_view text : texts) {
    PHAROS_TRY(auto matchers, query::promql::ParseMetricSelector(text));
    sets.push_back(std::move(matchers));
  }
  for (const auto& matchers : sets) {
    const bool selective = std::any_of(matchers.begin(), matchers.end(),
                                       [](const model::Matcher& m) { return !m.MatchesEmpty(); });
    if (!selective)
      return base::Fail(ErrorKind::kBadInput,
                        "match[] must contain at least one non-empty matcher");
  }
  return sets;
}

}  // namespace pharos::api::prometheus
