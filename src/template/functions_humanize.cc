// Numbers for people: what alert annotations are mostly made of.
#include <array>
#include <cmath>
#include <cstdio>
#include <span>

#include "template/go_time.h"
#include "template/prometheus.h"
#include "text/go_float.h"

namespace pharos::tmpl {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using Args = std::span<const Value>;

/// %.4g
std::string Short(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> buffer{};
  const int size = std::snprintf(buffer.data(), buffer.size(), "%.4g", v);
  return {buffer.data(), static_cast<size_t>(size)};
}

std::string Small(double v, std::string_view unit) {
  constexpr std::string_view kPrefixes = "munpfazy";
  std::string prefix;
  for (const char p : kPrefixes) {
    if (std::abs(v) >= 1) break;
    prefix = p;
    v *= 1000;
  }
  return Short(v) + prefix + std::string(unit);
}

std::string Humanize(double v) {
  if (v == 0 || !std::isfinite(v)) return Short(v);
  if (std::abs(v) < 1) return Small(v, "");
  constexpr std::string_view kPrefixes = "kMGTPEZY";
  std::string prefix;
  for (const char p : kPrefixes) {
    if (std::abs(v) < 1000) break;
    prefix = p;
    v /= 1000;
  }
  return Short(v) + prefix;
}

std::string Humanize1024(double v) {
  if (std::abs(v) <= 1 || !std::isfinite(v)) return Short(v);
  constexpr std::string_view kPrefixes = "kMGTPEZY";
  std::string prefix;
  for (const char p : kPrefixes) {
    if (std::abs(v) < 1024) break;
    prefix = std::string(1, p) + "i";
    v /= 1024;
  }
  return Short(v) + prefix;
}

std::string HumanizeDuration(double v) {
  if (!std::isfinite(v)) return Short(v);
  if (v == 0) return Short(v) + "s";
  if (std::abs(v) < 1) return Small(v, "s");
  const std::string sign = v < 0 ? "-" : "";
  v = std::abs(v);
  const auto whole = static_cast<int64_t>(std::min(v, 9.2e18));
  const auto part = [](int64_t n, const char* unit) { return std::to_string(n) + unit; };
  const std::string seconds = part(whole % 60, "s");
  const std::string minutes = part(whole / 60 % 60, "m ");
  const std::string hours = part(whole / 3600 % 24, "h ");
  if (whole >= 86400) return sign + part(whole / 86400, "d ") + hours + minutes + seconds;
  if (whole >= 3600) return sign + hours + minutes + seconds;
  if (whole >= 60) return sign + minutes + seconds;
  return sign + Short(v) + "s";
}

}  // namespace

Result<double> NumberOf(const Value& value) {
  if (const auto* v = value.As<double>()) return *v;
  if (const auto* v = value.As<int64_t>()) return static_cast<double>(*v);
  if (const auto* v = value.As<Duration>()) return static_cast<double>(v->ns) / 1e9;
  if (const auto* v = value.As<std::string>()) {
    double number = 0;
    if (text::ParseGoFloat(*v, &number)) return number;
    return Fail(ErrorKind::kBadInput,
                "strconv.ParseFloat: parsing \"" + *v +
                    "\": " + (std::isinf(number) ? "value out of range" : "invalid syntax"));
  }
  return Fail(ErrorKind::kBadInput, "can't convert " + std::string(value.TypeName()) + " to float");
}

Result<Time> TimeOfSeconds(double seconds) {
  if (!std::isfinite(seconds)) return Fail(ErrorKind::kBadInput, "value is NaN or Inf");
  const double ns = seconds * 1e9;
  if (ns >= 9223372036854775808.0 || ns < -9223372036854775808.0) {
    return Fail(ErrorKind::kBadInput,
                FloatText(seconds) +
                    " cannot be represented as a nanoseconds timestamp since it overflows int64");
  }
  // As Prometheus: a float of seconds is precise to the millisecond and no further.
  return Time{static_cast<int64_t>(ns) / 1'000'000 * 1'000'000};
}

void AddHumanize(FunctionMap* map) {
  const auto add = [&](const char* name, std::string (*f)(double)) {
    (*map)[name] = {[f](Args a) -> Result<Value> {
                      PHAROS_TRY(const double v, NumberOf(a[0]));
                      return Value(f(v));
                    },
                    1, 1};
  };
  add("humanize", Humanize);
  add("humanize1024", Humanize1024);
  add("humanizeDuration", HumanizeDuration);
  add("humanizePercentage", [](double v) { return Short(v * 100) + "%"; });
  (*map)["humanizeTimestamp"] = {[](Args a) -> Result<Value> {
                                   PHAROS_TRY(const double v, NumberOf(a[0]));
                                   if (!std::isfinite(v)) return Value(Short(v));
                                   PHAROS_TRY(const Time time, TimeOfSeconds(v));
                                   return Value(Value(time).ToString());
                                 },
                                 1, 1};
}

}  // namespace pharos::tmpl
