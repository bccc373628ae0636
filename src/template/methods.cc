// The methods that Go gives to times and durations, as far as templates call them.
#include <utility>

#include "template/functions.h"
#include "template/go_time.h"
#include "text/duration.h"

namespace pharos::tmpl {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using Args = std::span<const Value>;

constexpr int64_t kSecond = 1'000'000'000;
/// Seconds of Go's zero time, 0001-01-01, from 1970.
constexpr int64_t kYearOneSeconds = -62'135'596'800;

Result<Value> WrongArgument(std::string_view name) {
  return Fail(ErrorKind::kBadInput, "wrong type or number of arguments for " + std::string(name));
}

Result<Value> Shifted(Time time, int64_t by_ns) {
  int64_t out = 0;
  if (__builtin_add_overflow(time.ns, by_ns, &out))
    return Fail(ErrorKind::kBadInput, "time out of range");
  return Value(Time{out, time.offset_s, time.zone});
}

std::optional<Result<Value>> TimeMethod(Time time, std::string_view name, Args args) {
  if (name == "Format") {
    const auto* layout = args.size() == 1 ? args[0].As<std::string>() : nullptr;
    return layout != nullptr ? Result<Value>(FormatTime(*layout, time)) : WrongArgument(name);
  }
  if (name == "Add") {
    const auto* by = args.size() == 1 ? args[0].As<Duration>() : nullptr;
    return by != nullptr ? Shifted(time, by->ns) : WrongArgument(name);
  }
  if (name == "Sub") {
    const auto* other = args.size() == 1 ? args[0].As<Time>() : nullptr;
    return other != nullptr ? Result<Value>(Duration{time.ns - other->ns}) : WrongArgument(name);
  }
  if (name == "Before" || name == "After" || name == "Equal") {
    const auto* other = args.size() == 1 ? args[0].As<Time>() : nullptr;
    if (other == nullptr) return WrongArgument(name);
    return Result<Value>(name == "Before"  ? time.ns < other->ns
                         : name == "After" ? time.ns > other->ns
                                           : time.ns == other->ns);
  }
  constexpr std::pair<std::string_view, std::string_view> kParts[] = {
      {"Year", "2006"},      {"Month", "January"},
      {"Day", "2"},          {"Hour", "15"},
      {"Minute", "4"},       {"Second", "5"},
      {"Weekday", "Monday"}, {"String", "2006-01-02 15:04:05.999999999 -0700 MST"}};
  for (const auto& [method, layout] : kParts) {
    if (name != method) continue;
    if (!args.empty()) return WrongArgument(name);
    std::string text = FormatTime(layout, time);
    const bool number = !text.empty() && text.size() < 5 && text[0] >= '0' && text[0] <= '9';
    return Result<Value>(number ? Value(int64_t{std::stoi(text)}) : Value(std::move(text)));
  }
  const int64_t unit = name == "Unix"        ? kSecond
                       : name == "UnixMilli" ? 1'000'000
                       : name == "UnixMicro" ? 1'000
                       : name == "UnixNano"  ? 1
                                             : 0;
  if (unit != 0) {
    if (!args.empty()) return WrongArgument(name);
    if (time.ns == kZeroTimeNs && unit >= 1'000'000)
      return Result<Value>(kYearOneSeconds * (kSecond / unit));
    const int64_t rest = time.ns % unit;
    return Result<Value>((time.ns - rest) / unit - (rest < 0 ? 1 : 0));
  }
  if (name == "IsZero") return Result<Value>(time.ns == kZeroTimeNs);
  if (name == "UTC" || name == "Local") return Result<Value>(Time{time.ns});
  return std::nullopt;
}

std::optional<Result<Value>> DurationMethod(Duration duration, std::string_view name, Args args) {
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {"Hours", 3600e9}, {"Minutes", 60e9}, {"Seconds", 1e9}};
  if (name == "String")
    return args.empty() ? Result<Value>(text::GoDuration(duration.ns)) : WrongArgument(name);
  for (const auto& [method, unit] : kUnits) {
    if (name == method)
      return args.empty() ? Result<Value>(static_cast<double>(duration.ns) / unit)
                          : WrongArgument(name);
  }
  if (name == "Milliseconds" || name == "Microseconds" || name == "Nanoseconds") {
    const int64_t unit = name == "Milliseconds" ? 1'000'000 : name == "Microseconds" ? 1'000 : 1;
    return args.empty() ? Result<Value>(duration.ns / unit) : WrongArgument(name);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Result<Value>> CallMethod(const Value& receiver, std::string_view name, Args args) {
  if (const auto* time = receiver.As<Time>()) return TimeMethod(*time, name, args);
  if (const auto* duration = receiver.As<Duration>()) return DurationMethod(*duration, name, args);
  return std::nullopt;
}

}  // namespace pharos::tmpl
