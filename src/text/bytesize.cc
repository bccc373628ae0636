#include "text/bytesize.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <optional>

#include "text/go_float.h"

namespace pharos::text {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

constexpr std::string_view kPrefixes = "kmgtpe";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\n\v\f\r";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// "", "b", "k", "kb", "ki", "kib" and so on, in lower case.
std::optional<double> HumanUnit(std::string_view unit) {
  if (unit.empty() || unit == "b") return 1;
  const size_t power = kPrefixes.find(unit[0]);
  if (power == std::string_view::npos) return {};
  const std::string_view rest = unit.substr(1);
  const int exponent = static_cast<int>(power) + 1;
  if (rest.empty() || rest == "b") return std::pow(1000.0, exponent);
  if (rest == "i" || rest == "ib") return std::pow(1024.0, exponent);
  return {};
}

std::string Human(uint64_t bytes, double base, const std::array<std::string_view, 7>& units) {
  if (bytes < 10) return std::to_string(bytes) + " B";
  const double exponent = std::floor(std::log(static_cast<double>(bytes)) / std::log(base));
  const double scaled =
      std::floor(static_cast<double>(bytes) / std::pow(base, exponent) * 10 + 0.5) / 10;
  char number[32];
  std::snprintf(number, sizeof(number), scaled < 10 ? "%.1f " : "%.0f ", scaled);
  return number + std::string(units[static_cast<size_t>(exponent)]);
}

/// "B", "KiB" or "KB", and so on; the case matters.
std::optional<double> Base2Unit(std::string_view unit) {
  if (unit == "B") return 1;
  const size_t power = std::string_view("KMGTPE").find(unit[0]);
  if (power == std::string_view::npos) return {};
  const std::string_view rest = unit.substr(1);
  if (rest != "B" && rest != "iB") return {};
  return std::pow(1024.0, static_cast<int>(power) + 1);
}

}  // namespace

Result<uint64_t> ParseHumanBytes(std::string_view text) {
  size_t end = 0;
  std::string number;
  for (; end < text.size() && (IsDigit(text[end]) || text[end] == '.' || text[end] == ','); ++end) {
    if (text[end] != ',') number += text[end];
  }
  double value = 0;
  if (!ParseGoFloat(number, &value)) {
    return Fail(ErrorKind::kBadInput,
                "strconv.ParseFloat: parsing \"" + number + "\": invalid syntax");
  }
  const std::string name = Lower(Trimmed(text.substr(end)));
  const std::optional<double> unit = HumanUnit(name);
  if (!unit) return Fail(ErrorKind::kBadInput, "unhandled size name: " + name);
  value *= *unit;
  if (value >= 0x1p64) return Fail(ErrorKind::kBadInput, "too large: " + std::string(text));
  return static_cast<uint64_t>(value);
}

std::string HumanBytes(uint64_t bytes) {
  return Human(bytes, 1000, {"B", "kB", "MB", "GB", "TB", "PB", "EB"});
}

std::string HumanBinaryBytes(uint64_t bytes) {
  return Human(bytes, 1024, {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"});
}

Result<int64_t> ParseBase2Bytes(std::string_view text) {
  const auto invalid = [&] {
    return Fail(ErrorKind::kBadInput, "units: invalid " + std::string(text));
  };
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return 0;
  if (rest.empty()) return invalid();
  double total = 0;
  while (!rest.empty()) {
    size_t end = 0;
    while (end < rest.size() && (IsDigit(rest[end]) || rest[end] == '.')) ++end;
    double number = 0;
    if (!ParseGoFloat(rest.substr(0, end), &number)) return invalid();
    rest.remove_prefix(end);
    end = 0;
    while (end < rest.size() && !IsDigit(rest[end]) && rest[end] != '.') ++end;
    const std::string_view name = rest.substr(0, end);
    if (name.empty()) {
      return Fail(ErrorKind::kBadInput, "units: missing unit in " + std::string(text));
    }
    const std::optional<double> unit = Base2Unit(name);
    if (!unit) {
      return Fail(ErrorKind::kBadInput,
                  "units: unknown unit " + std::string(name) + " in " + std::string(text));
    }
    total += number * *unit;
    rest.remove_prefix(end);
  }
  if (total >= 0x1p63) return Fail(ErrorKind::kBadInput, "units: overflow parsing unit");
  return static_cast<int64_t>(negative ? -total : total);
}

std::string Base2Bytes(int64_t bytes) {
  if (bytes == 0) return "0B";
  std::string out = bytes < 0 ? "-" : "";
  const uint64_t left = bytes < 0 ? 0 - static_cast<uint64_t>(bytes) : static_cast<uint64_t>(bytes);
  constexpr std::array<std::string_view, 7> kUnits = {"B",   "KiB", "MiB", "GiB",
                                                      "TiB", "PiB", "EiB"};
  for (size_t power = kUnits.size(); power-- > 0;) {
    const uint64_t count = left >> (10 * power) & (power == 6 ? 15 : 1023);
    if (count != 0) out.append(std::to_string(count)).append(kUnits[power]);
  }
  return out;
}

}  // namespace pharos::text
