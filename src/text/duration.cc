#include "text/duration.h"

#include <array>
#include <cmath>
#include <optional>

namespace pharos::text {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

struct Unit {
  std::string_view name;
  int64_t size;
};

constexpr int64_t kSecondMs = 1000, kMinuteMs = 60 * kSecondMs, kHourMs = 60 * kMinuteMs,
                  kDayMs = 24 * kHourMs;
constexpr std::array<Unit, 7> kPrometheusUnits = {{{"y", 365 * kDayMs},
                                                   {"w", 7 * kDayMs},
                                                   {"d", kDayMs},
                                                   {"h", kHourMs},
                                                   {"m", kMinuteMs},
                                                   {"s", kSecondMs},
                                                   {"ms", 1}}};
/// Prometheus keeps durations in 63 bits of nanoseconds.
constexpr uint64_t kMostMs = INT64_MAX / 1'000'000;

constexpr uint64_t kMicrosecond = 1000, kMillisecond = 1000 * kMicrosecond,
                   kSecond = 1000 * kMillisecond, kMinute = 60 * kSecond, kHour = 60 * kMinute;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// As Go's %q for the texts that occur here.
std::string Quoted(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (byte < 0x20 || byte == 0x7f) {
      out.append("\\x").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    } else {
      out += c;
    }
  }
  return out += '"';
}

/// Digits from the front, saturating; nothing when there are none.
std::optional<uint64_t> TakeNumber(std::string_view& text) {
  if (text.empty() || !IsDigit(text[0])) return {};
  uint64_t value = 0;
  for (; !text.empty() && IsDigit(text[0]); text.remove_prefix(1)) {
    if (__builtin_mul_overflow(value, uint64_t{10}, &value) ||
        __builtin_add_overflow(value, static_cast<uint64_t>(text[0] - '0'), &value)) {
      value = UINT64_MAX;  // above every limit, and further digits overflow again
    }
  }
  return value;
}

std::string_view TakeUnit(std::string_view& text) {
  size_t end = 0;
  while (end < text.size() && text[end] != '.' && !IsDigit(text[end])) ++end;
  const std::string_view unit = text.substr(0, end);
  text.remove_prefix(end);
  return unit;
}

std::optional<uint64_t> GoUnit(std::string_view name) {
  if (name == "ns") return 1;
  if (name == "us" || name == "\u00b5s" || name == "\u03bcs") return kMicrosecond;
  if (name == "ms") return kMillisecond;
  if (name == "s") return kSecond;
  if (name == "m") return kMinute;
  if (name == "h") return kHour;
  return {};
}

/// Go's leadingFraction: digits beyond what fits are dropped.
struct Fraction {
  uint64_t value = 0;
  double scale = 1;
  bool any = false;
};
Fraction TakeFraction(std::string_view& text) {
  Fraction fraction;
  bool full = false;
  for (; !text.empty() && IsDigit(text[0]); text.remove_prefix(1)) {
    fraction.any = true;
    if (full) continue;
    if (fraction.value > (uint64_t{1} << 63) / 10 - 1) {
      full = true;
      continue;
    }
    fraction.value = fraction.value * 10 + static_cast<uint64_t>(text[0] - '0');
    fraction.scale *= 10;
  }
  return fraction;
}

}  // namespace

Result<int64_t> ParsePrometheusDuration(std::string_view text) {
  if (text.empty()) return Fail(ErrorKind::kBadInput, "empty duration string");
  if (text == "0") return 0;
  const auto invalid = [&] {
    return Fail(ErrorKind::kBadInput, "not a valid duration string: " + Quoted(text));
  };
  uint64_t total = 0;
  bool out_of_range = false;
  size_t next_unit = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::optional<uint64_t> number = TakeNumber(rest);
    const std::string_view unit = TakeUnit(rest);
    if (!number) return invalid();
    while (next_unit < kPrometheusUnits.size() && kPrometheusUnits[next_unit].name != unit) {
      ++next_unit;
    }
    if (next_unit == kPrometheusUnits.size()) return invalid();
    uint64_t part = 0;
    out_of_range |= __builtin_mul_overflow(
        *number, static_cast<uint64_t>(kPrometheusUnits[next_unit].size), &part);
    out_of_range |= __builtin_add_overflow(total, part, &total) || total > kMostMs;
    ++next_unit;
  }
  if (out_of_range) return Fail(ErrorKind::kBadInput, "duration out of range");
  return static_cast<int64_t>(total);
}

std::string PrometheusDuration(int64_t ms) {
  if (ms == 0) return "0s";
  std::string out = ms < 0 ? "-" : "";
  uint64_t left = ms < 0 ? 0 - static_cast<uint64_t>(ms) : static_cast<uint64_t>(ms);
  for (const Unit& unit : kPrometheusUnits) {
    const auto size = static_cast<uint64_t>(unit.size);
    const bool whole_only = unit.size > kDayMs;  // 90d reads better than 12w6d
    if (left < size || (whole_only && left % size != 0)) continue;
    out.append(std::to_string(left / size)).append(unit.name);
    left %= size;
  }
  return out;
}

Result<int64_t> ParseGoDuration(std::string_view text) {
  const auto invalid = [&] {
    return Fail(ErrorKind::kBadInput, "time: invalid duration " + Quoted(text));
  };
  constexpr uint64_t kMost = uint64_t{1} << 63;
  std::string_view rest = text;
  bool negative = false;
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  if (rest == "0") return 0;
  if (rest.empty()) return invalid();
  uint64_t total = 0;
  while (!rest.empty()) {
    const std::optional<uint64_t> number = TakeNumber(rest);
    Fraction fraction;
    if (!rest.empty() && rest[0] == '.') {
      rest.remove_prefix(1);
      fraction = TakeFraction(rest);
    }
    if (!number && !fraction.any) return invalid();
    const std::string_view unit = TakeUnit(rest);
    if (unit.empty()) {
      return Fail(ErrorKind::kBadInput, "time: missing unit in duration " + Quoted(text));
    }
    const std::optional<uint64_t> size = GoUnit(unit);
    if (!size) {
      return Fail(ErrorKind::kBadInput,
                  "time: unknown unit " + Quoted(unit) + " in duration " + Quoted(text));
    }
    uint64_t part = 0;
    if (__builtin_mul_overflow(number.value_or(0), *size, &part) || part > kMost) return invalid();
    part += static_cast<uint64_t>(static_cast<double>(fraction.value) *
                                  (static_cast<double>(*size) / fraction.scale));
    if (part > kMost || total > kMost - part) return invalid();
    total += part;
  }
  if (total == kMost && !negative) return invalid();
  return static_cast<int64_t>(negative ? 0 - total : total);
}

std::string GoDuration(int64_t ns) {
  if (ns == 0) return "0s";
  std::string out = ns < 0 ? "-" : "";
  const uint64_t left = ns < 0 ? 0 - static_cast<uint64_t>(ns) : static_cast<uint64_t>(ns);
  const auto append_decimal = [&](uint64_t value, uint64_t unit, std::string_view name) {
    out += std::to_string(value / unit);
    if (uint64_t fraction = value % unit; fraction != 0) {
      std::string digits = std::to_string(fraction + unit).substr(1);
      while (digits.back() == '0') digits.pop_back();
      out.append(1, '.').append(digits);
    }
    out += name;
  };
  if (left < kMicrosecond) {
    append_decimal(left, 1, "ns");
  } else if (left < kMillisecond) {
    append_decimal(left, kMicrosecond, "\u00b5s");
  } else if (left < kSecond) {
    append_decimal(left, kMillisecond, "ms");
  } else {
    if (left >= kHour) out.append(std::to_string(left / kHour)).append(1, 'h');
    if (left >= kMinute) out.append(std::to_string(left / kMinute % 60)).append(1, 'm');
    append_decimal(left % kMinute, kSecond, "s");
  }
  return out;
}

}  // namespace pharos::text
