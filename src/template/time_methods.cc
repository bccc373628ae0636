// What templates may ask of times and durations: the methods of Go's time.Time and time.Duration.
#include <array>

#include "template/go_time.h"
#include "template/value.h"
#include "text/duration.h"

namespace pharos::tmpl {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

/// A number of the date, by the layout that prints it without a leading zero.
struct Part {
  std::string_view method;
  std::string_view layout;
};
constexpr std::array<Part, 5> kNumbers{
    {{"Year", "2006"}, {"Day", "2"}, {"Hour", "15"}, {"Minute", "4"}, {"Second", "5"}}};
constexpr std::array<Part, 2> kNames{{{"Month", "January"}, {"Weekday", "Monday"}}};

constexpr int64_t kYearOneSeconds = -62'135'596'800;

int64_t Seconds(Time time) {
  if (time.ns == kZeroTimeNs) return kYearOneSeconds;
  return time.ns / 1'000'000'000 - (time.ns % 1'000'000'000 < 0 ? 1 : 0);
}

}  // namespace

std::optional<Result<Value>> CallTimeMethod(Time time, std::string_view method,
                                            std::span<const Value> arguments) {
  if (method == "Format") {
    if (arguments.size() != 1 || arguments[0].As<std::string>() == nullptr)
      return Fail(ErrorKind::kBadInput, "Format wants a layout");
    return Value(FormatTime(*arguments[0].As<std::string>(), time));
  }
  if (method == "Before" || method == "After" || method == "Equal") {
    const auto* other = arguments.size() == 1 ? arguments[0].As<Time>() : nullptr;
    if (other == nullptr) return Fail(ErrorKind::kBadInput, std::string(method) + " wants a time");
    if (method == "Before") return Value(time.ns < other->ns);
    return Value(method == "After" ? time.ns > other->ns : time.ns == other->ns);
  }
  if (method == "Add") {
    const auto* by = arguments.size() == 1 ? arguments[0].As<Duration>() : nullptr;
    Time sum = time;
    if (by == nullptr) return Fail(ErrorKind::kBadInput, "Add wants a duration");
    if (time.ns == kZeroTimeNs || __builtin_add_overflow(time.ns, by->ns, &sum.ns))
      return Fail(ErrorKind::kBadInput, "the time is out of range");
    return Value(sum);
  }
  if (method == "Sub") {
    const auto* other = arguments.size() == 1 ? arguments[0].As<Time>() : nullptr;
    Duration difference;
    if (other == nullptr) return Fail(ErrorKind::kBadInput, "Sub wants a time");
    if (__builtin_sub_overflow(time.ns, other->ns, &difference.ns))
      difference.ns = time.ns < other->ns ? INT64_MIN : INT64_MAX;  // as Go
    return Value(difference);
  }
  if (!arguments.empty()) return std::nullopt;
  if (method == "String") return Value(Value(time).ToString());
  if (method == "Unix") return Value(Seconds(time));
  if (method == "UnixMilli")
    return Value(time.ns == kZeroTimeNs ? kYearOneSeconds * 1000 : time.ns / 1'000'000);
  if (method == "UnixNano") return Value(time.ns);
  if (method == "UTC" || method == "Local") return Value(Time{time.ns});
  if (method == "IsZero") return Value(time.ns == kZeroTimeNs);
  for (const Part& part : kNumbers) {
    if (method == part.method) return Value(int64_t{std::stoll(FormatTime(part.layout, time))});
  }
  for (const Part& part : kNames) {
    if (method == part.method) return Value(FormatTime(part.layout, time));
  }
  return std::nullopt;
}

std::optional<Result<Value>> CallDurationMethod(Duration duration, std::string_view method,
                                                std::span<const Value> arguments) {
  if (!arguments.empty()) return std::nullopt;
  if (method == "String") return Value(text::GoDuration(duration.ns));
  const auto ns = static_cast<double>(duration.ns);
  if (method == "Hours") return Value(ns / 3600e9);
  if (method == "Minutes") return Value(ns / 60e9);
  if (method == "Seconds") return Value(ns / 1e9);
  if (method == "Milliseconds") return Value(duration.ns / 1'000'000);
  if (method == "Microseconds") return Value(duration.ns / 1'000);
  if (method == "Nanoseconds") return Value(duration.ns);
  return std::nullopt;
}

}  // namespace pharos::tmpl
