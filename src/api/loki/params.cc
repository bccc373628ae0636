#include "api/loki/params.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "api/loki/limits.h"
#include "match/quantity.h"
#include "query/logql/limits.h"
#include "text/go_float.h"
#include "text/rfc3339.h"

namespace pharos::api::loki {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

constexpr int64_t kSecond = 1'000'000'000;

bool AllDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Seconds with a fraction, without losing nanoseconds to a double where digits allow.
Result<int64_t> FractionalSeconds(std::string_view text) {
  double seconds = 0;
  if (!text::ParseGoFloat(text, &seconds) || !std::isfinite(seconds) ||
      std::fabs(seconds) > 9.2e9) {
    return Fail(ErrorKind::kBadInput,
                "cannot parse " + match::GoQuote(text) + " to a valid timestamp");
  }
  const double whole = std::floor(seconds);
  return static_cast<int64_t>(whole) * kSecond +
         static_cast<int64_t>(std::llround((seconds - whole) * 1000) * 1'000'000);
}

Result<int64_t> ParseTimestamp(std::string_view text) {
  if (text.find('.') != std::string_view::npos &&
      text.find_first_not_of("0123456789.-+eE") == std::string_view::npos) {
    return FractionalSeconds(text);
  }
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (AllDigits(digits)) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
      return Fail(ErrorKind::kBadInput,
                  "cannot parse " + match::GoQuote(text) + " to a valid timestamp");
    }
    if (digits.size() > 10) return value;
    int64_t ns = 0;
    if (__builtin_mul_overflow(value, kSecond, &ns)) ns = value < 0 ? INT64_MIN : INT64_MAX;
    return ns;
  }
  return text::ParseRfc3339(text);
}

std::string Upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

}  // namespace

Result<int64_t> ReadTime(const net::Params& params, std::string_view name, int64_t fallback) {
  const std::string_view text = params.Get(name);
  if (text.empty()) return fallback;
  auto time = ParseTimestamp(text);
  if (!time)
    return base::Wrap(std::move(time).error(),
                      "could not parse '" + std::string(name) + "' parameter");
  return std::clamp(*time, query::logql::kMinTimeNs, query::logql::kMaxTimeNs);
}

Result<TimeRange> ReadRange(const net::Params& params, int64_t now_ns, int64_t since_ns) {
  TimeRange range;
  PHAROS_TRY(range.end_ns, ReadTime(params, "end", now_ns));
  if (const std::string_view since = params.Get("since"); !since.empty()) {
    auto parsed = match::ParsePromDuration(since);
    if (!parsed) return base::Wrap(std::move(parsed).error(), "could not parse 'since' parameter");
    since_ns = *parsed;
  }
  const int64_t newest = std::min(range.end_ns, now_ns);
  if (since_ns > 0 && newest < INT64_MIN + since_ns)
    return Fail(ErrorKind::kBadInput, "the time is out of range");
  const int64_t oldest = std::max(newest - since_ns, query::logql::kMinTimeNs);
  PHAROS_TRY(range.start_ns, ReadTime(params, "start", oldest));
  return range;
}

Result<int64_t> ReadStep(std::string_view text) {
  double seconds = 0;
  if (text::ParseGoFloat(text, &seconds)) {
    if (!std::isfinite(seconds) || std::fabs(seconds) > 9.2e9) {
      return Fail(ErrorKind::kBadInput, "cannot parse " + match::GoQuote(text) +
                                            " to a valid duration. It overflows int64");
    }
    return static_cast<int64_t>(seconds * 1e9);
  }
  auto duration = match::ParsePromDuration(text);
  if (!duration)
    return Fail(ErrorKind::kBadInput,
                "cannot parse " + match::GoQuote(text) + " to a valid duration");
  return duration;
}

Result<size_t> ReadLimit(const net::Params& params, size_t fallback, size_t most) {
  const std::string_view text = params.Get("limit");
  if (text.empty()) return fallback;
  int64_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Fail(ErrorKind::kBadInput,
                "strconv.ParseInt: parsing " + match::GoQuote(text) + ": invalid syntax");
  }
  if (limit <= 0) return Fail(ErrorKind::kBadInput, "limit must be a positive value");
  if (static_cast<size_t>(limit) > most) {
    return Fail(ErrorKind::kBadInput,
                "max entries limit per query exceeded, limit > max_entries_limit_per_query (" +
                    std::to_string(limit) + " > " + std::to_string(most) + ")");
  }
  return static_cast<size_t>(limit);
}

namespace {

Result<void> ReadSteps(const net::Params& params, query::logql::Params* out) {
  if (out->end_ns <= out->start_ns) {
    return Fail(ErrorKind::kBadInput, "end timestamp must not be before or equal to start time");
  }
  if (const std::string_view step = params.Get("step"); !step.empty()) {
    PHAROS_TRY(out->step_ns, ReadStep(step));
    out->step_ns = std::min(out->step_ns, query::logql::kMaxDurationNs);
  } else {
    const double seconds = std::ceil(static_cast<double>(out->end_ns - out->start_ns) / 1e9 / 250);
    out->step_ns = static_cast<int64_t>(std::max(1.0, seconds)) * kSecond;
  }
  if (out->step_ns <= 0) {
    return Fail(
        ErrorKind::kBadInput,
        "zero or negative query resolution step widths are not accepted. Try a positive integer");
  }
  if ((out->end_ns - out->start_ns) / out->step_ns > query::logql::kMaxSteps) {
    return Fail(ErrorKind::kBadInput,
                "exceeded maximum resolution of 11,000 points per time series. Try increasing the "
                "value of the step parameter");
  }
  if (const std::string_view interval = params.Get("interval"); !interval.empty()) {
    PHAROS_TRY(out->interval_ns, ReadStep(interval));
    if (out->interval_ns < 0) return Fail(ErrorKind::kBadInput, "interval must be >= 0");
  }
  return {};
}

}  // namespace

Result<query::logql::Params> ReadQueryParams(const net::Params& params, const Deps& deps,
                                             bool instant) {
  query::logql::Params out;
  PHAROS_TRY(out.limit,
             ReadLimit(params, query::logql::kDefaultEntries, query::logql::kMaxEntries));
  if (const std::string direction = Upper(params.Get("direction")); !direction.empty()) {
    if (direction != "FORWARD" && direction != "BACKWARD") {
      return Fail(ErrorKind::kBadInput,
                  "invalid direction '" + std::string(params.Get("direction")) + "'");
    }
    out.direction =
        direction == "FORWARD" ? store::Direction::kForward : store::Direction::kBackward;
  }
  const int64_t now = deps.clock->NowNs();
  out.instant = instant;
  out.clock = deps.clock;
  out.deadline_ns = deps.clock->MonotonicNs() + kQueryTimeoutNs;
  if (instant) {
    PHAROS_TRY(out.start_ns, ReadTime(params, "time", now));
    out.end_ns = out.start_ns;
    return out;
  }
  PHAROS_TRY(const TimeRange range, ReadRange(params, now, kDefaultSinceNs));
  out.start_ns = range.start_ns;
  out.end_ns = range.end_ns;
  PHAROS_TRY_VOID(ReadSteps(params, &out));
  return out;
}

Result<std::string> TenantOf(const net::Request& request, const Deps& deps) {
  if (!deps.multi_tenant) return std::string(store::kDefaultTenant);
  const std::string_view tenant = request.headers.Get("X-Scope-OrgID");
  if (tenant.empty()) return Fail(ErrorKind::kForbidden, "no org id");
  return std::string(tenant);
}

net::Response ErrorResponse(const base::Error& error) {
  int status = 500;
  switch (error.kind) {
    case ErrorKind::kBadInput:
    case ErrorKind::kUnprocessable:
    case ErrorKind::kUnsupported:
    case ErrorKind::kConflict:
    case ErrorKind::kLimit: status = 400; break;
    case ErrorKind::kForbidden: status = 401; break;
    case ErrorKind::kNotFound: status = 404; break;
    case ErrorKind::kTooLarge: status = 413; break;
    case ErrorKind::kCancelled: status = 499; break;
    case ErrorKind::kTimeout: status = 504; break;
    case ErrorKind::kBusy: status = 429; break;
    case ErrorKind::kIo:
    case ErrorKind::kFull:
    case ErrorKind::kCorrupt: status = 500; break;
  }
  return net::Response::Text(status, error.message + "\n");
}

}  // namespace pharos::api::loki
