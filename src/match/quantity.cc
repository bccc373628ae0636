#include "match/quantity.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>

#include "text/go_float.h"

namespace pharos::match {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

constexpr int64_t kNs = 1, kUs = 1000, kMs = 1'000'000, kS = 1'000'000'000;
constexpr int64_t kMin = 60 * kS, kHour = 60 * kMin, kDay = 24 * kHour;

bool Digit(char c) { return c >= '0' && c <= '9'; }

int64_t GoUnit(std::string_view unit) {
  if (unit == "ns") return kNs;
  if (unit == "us" || unit == "\u00b5s" || unit == "\u03bcs") return kUs;
  if (unit == "ms") return kMs;
  if (unit == "s") return kS;
  if (unit == "m") return kMin;
  if (unit == "h") return kHour;
  return 0;
}

std::unexpected<base::Error> BadDuration(std::string_view why, std::string_view text) {
  return Fail(ErrorKind::kBadInput, "time: " + std::string(why) + " " + GoQuote(text));
}

}  // namespace

std::string GoQuote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte == 0x7f) {
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\x%02x", byte);
      out += buffer;
    } else {
      out += c;
    }
  }
  return out += '"';
}

Result<int64_t> ParseGoDuration(std::string_view text) {
  std::string_view s = text;
  const bool negative = !s.empty() && s.front() == '-';
  if (!s.empty() && (s.front() == '-' || s.front() == '+')) s.remove_prefix(1);
  if (s == "0") return 0;
  if (s.empty()) return BadDuration("invalid duration", text);
  uint64_t total = 0;
  while (!s.empty()) {
    if (s.front() != '.' && !Digit(s.front())) return BadDuration("invalid duration", text);
    uint64_t whole = 0;
    size_t digits = 0;
    for (; digits < s.size() && Digit(s[digits]); ++digits) {
      if (whole > (uint64_t{1} << 63) / 10) return BadDuration("invalid duration", text);
      whole = whole * 10 + static_cast<uint64_t>(s[digits] - '0');
    }
    s.remove_prefix(digits);
    uint64_t fraction = 0;
    double scale = 1;
    size_t after = 0;
    if (!s.empty() && s.front() == '.') {
      s.remove_prefix(1);
      for (; after < s.size() && Digit(s[after]); ++after) {
        if (fraction > (uint64_t{1} << 63) / 10 - 1) continue;  // beyond what can matter
        fraction = fraction * 10 + static_cast<uint64_t>(s[after] - '0');
        scale *= 10;
      }
      s.remove_prefix(after);
    }
    if (digits + after == 0) return BadDuration("invalid duration", text);
    size_t unit_length = 0;
    while (unit_length < s.size() && s[unit_length] != '.' && !Digit(s[unit_length])) ++unit_length;
    if (unit_length == 0) return BadDuration("missing unit in duration", text);
    const std::string_view unit_text = s.substr(0, unit_length);
    const int64_t unit = GoUnit(unit_text);
    if (unit == 0) {
      return Fail(ErrorKind::kBadInput, "time: unknown unit " + GoQuote(unit_text) +
                                            " in duration " + GoQuote(text));
    }
    s.remove_prefix(unit_length);
    if (whole > (uint64_t{1} << 63) / static_cast<uint64_t>(unit)) {
      return BadDuration("invalid duration", text);
    }
    uint64_t value = whole * static_cast<uint64_t>(unit);
    if (fraction > 0) {
      value += static_cast<uint64_t>(static_cast<double>(fraction) * (static_cast<double>(unit) / scale));
    }
    total += value;
    if (value > uint64_t{1} << 63 || total > (uint64_t{1} << 63) - 1) {
      return BadDuration("invalid duration", text);
    }
  }
  const auto ns = static_cast<int64_t>(total);
  return negative ? -ns : ns;
}

Result<int64_t> ParsePromDuration(std::string_view text) {
  struct Unit {
    std::string_view name;
    int64_t ns;
  };
  static constexpr std::array<Unit, 7> kUnits{{{"y", 365 * kDay}, {"w", 7 * kDay}, {"d", kDay},
                                               {"h", kHour}, {"m", kMin}, {"s", kS}, {"ms", kMs}}};
  const auto bad = [&] {
    return Fail(ErrorKind::kBadInput, "not a valid duration string: " + GoQuote(text));
  };
  if (text == "0") return 0;
  if (text.empty()) return Fail(ErrorKind::kBadInput, "empty duration string");
  std::string_view s = text;
  size_t next = 0;
  __int128 total = 0;
  while (!s.empty()) {
    size_t digits = 0;
    __int128 value = 0;
    for (; digits < s.size() && Digit(s[digits]); ++digits) {
      value = value * 10 + (s[digits] - '0');
      if (value > INT64_MAX) return Fail(ErrorKind::kBadInput, "duration out of range");
    }
    if (digits == 0) return bad();
    s.remove_prefix(digits);
    size_t length = 0;
    while (length < s.size() && !Digit(s[length])) ++length;
    while (next < kUnits.size() && kUnits[next].name != s.substr(0, length)) ++next;
    if (next == kUnits.size()) return bad();
    total += value * kUnits[next++].ns;
    if (total > INT64_MAX) return Fail(ErrorKind::kBadInput, "duration out of range");
    s.remove_prefix(length);
  }
  return static_cast<int64_t>(total);
}

Result<int64_t> ParseLogqlDuration(std::string_view text) {
  if (auto prom = ParsePromDuration(text)) return prom;
  auto go = ParseGoDuration(text);
  if (!go && go.error().message.starts_with("time: ")) go.error().message.erase(0, 6);
  return go;
}

Result<double> ParseNumber(std::string_view text) {
  double value = 0;
  if (text::ParseGoFloat(text, &value)) return value;
  return Fail(ErrorKind::kBadInput,
              "strconv.ParseFloat: parsing " + GoQuote(text) + ": invalid syntax");
}

Result<uint64_t> ParseHumanBytes(std::string_view text) {
  size_t length = 0;
  std::string number;
  while (length < text.size() && (Digit(text[length]) || text[length] == '.' || text[length] == ',')) {
    if (text[length] != ',') number += text[length];
    ++length;
  }
  PHAROS_TRY(const double value, ParseNumber(number));
  std::string unit;
  for (const char c : text.substr(length)) {
    unit += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  const auto not_space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) == 0; };
  unit.erase(unit.begin(), std::find_if(unit.begin(), unit.end(), not_space));
  unit.erase(std::find_if(unit.rbegin(), unit.rend(), not_space).base(), unit.end());
  double factor = 0;
  if (unit.empty() || unit == "b") {
    factor = 1;
  } else if (const size_t power = std::string_view("kmgtpe").find(unit[0]);
             power != std::string_view::npos) {
    const std::string_view rest = std::string_view(unit).substr(1);
    const double exponent = static_cast<double>(power) + 1;
    if (rest.empty() || rest == "b") factor = std::pow(1000.0, exponent);
    if (rest == "i" || rest == "ib") factor = std::pow(1024.0, exponent);
  }
  if (factor == 0) return Fail(ErrorKind::kBadInput, "unhandled size name: " + unit);
  const double bytes = value * factor;
  if (bytes >= 18446744073709551615.0) {
    return Fail(ErrorKind::kBadInput, "too large: " + std::string(text));
  }
  return static_cast<uint64_t>(bytes);
}

std::string FormatGoDuration(int64_t ns) {
  if (ns == 0) return "0s";
  std::string out = ns < 0 ? "-" : "";
  auto left = ns < 0 ? ~static_cast<uint64_t>(ns) + 1 : static_cast<uint64_t>(ns);
  const auto decimal = [&](uint64_t value, uint64_t unit, const char* name) {
    out += std::to_string(value / unit);
    if (uint64_t rest = value % unit; rest != 0) {
      std::string digits;
      for (uint64_t place = unit / 10; place > 0 && rest > 0; place /= 10) {
        digits += static_cast<char>('0' + rest / place);
        rest %= place;
      }
      out += '.' + digits;
    }
    out += name;
  };
  if (left < kS) {
    if (left < kUs) {
      decimal(left, 1, "ns");
    } else if (left < kMs) {
      decimal(left, kUs, "\u00b5s");
    } else {
      decimal(left, kMs, "ms");
    }
    return out;
  }
  const bool hours = left >= kHour;
  if (hours) {
    out += std::to_string(left / kHour) + 'h';
    left %= kHour;
  }
  if (hours || left >= kMin) {
    out += std::to_string(left / kMin) + 'm';
    left %= kMin;
  }
  decimal(left, kS, "s");
  return out;
}

std::string FormatPromDuration(int64_t ns) {
  if (ns % kMs != 0 || ns < 0) return FormatGoDuration(ns);
  if (ns == 0) return "0s";
  std::string out;
  const auto part = [&](int64_t unit, const char* name, bool exact) {
    if (exact && ns % unit != 0) return;
    if (const int64_t count = ns / unit; count > 0) {
      out += std::to_string(count) + name;
      ns -= count * unit;
    }
  };
  part(365 * kDay, "y", true);
  part(7 * kDay, "w", true);
  part(kDay, "d", false);
  part(kHour, "h", false);
  part(kMin, "m", false);
  part(kS, "s", false);
  part(kMs, "ms", false);
  return out;
}

std::string FormatHumanBytes(uint64_t bytes) {
  static constexpr const char* kNames[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  char buffer[32];
  if (bytes < 10) {
    std::snprintf(buffer, sizeof buffer, "%llu B", static_cast<unsigned long long>(bytes));
    return buffer;
  }
  const double exponent = std::floor(std::log(static_cast<double>(bytes)) / std::log(1000.0));
  const double scaled =
      std::floor(static_cast<double>(bytes) / std::pow(1000.0, exponent) * 10 + 0.5) / 10;
  std::snprintf(buffer, sizeof buffer, scaled < 10 ? "%.1f %s" : "%.0f %s", scaled,
                kNames[static_cast<size_t>(exponent)]);
  return buffer;
}

}  // namespace pharos::match
