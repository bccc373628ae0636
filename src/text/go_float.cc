#include "text/go_float.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "text/shortest_decimal.h"

namespace pharos::text {
namespace {

bool EqualsNoCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

bool WantsExponent(double value, char format) {
  if (format == 'e') return true;
  if (format == 'f' || value == 0) return false;
  const double magnitude = std::fabs(value);
  return magnitude < 1e-4 || magnitude >= 1e6;
}

/// The shortest digits that give `value` back, with zeros up to the point: what to_chars does not
/// do for whole numbers that take more digits than a double has.
void AppendWholeNumber(std::string& out, double value) {
  char buffer[40];
  const auto written =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<size_t>(written.ptr - buffer));
  const size_t e = text.find('e');
  size_t exponent = 0;
  std::from_chars(buffer + e + 2, written.ptr, exponent);
  size_t digits = 0;
  for (const char c : text.substr(0, e)) {
    if (c != '.') out += c;
    digits += c >= '0' && c <= '9' ? 1 : 0;
  }
  if (digits <= exponent) out.append(exponent + 1 - digits, '0');
}

}  // namespace

void AppendGoFloat(std::string& out, double value, char format) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
    return;
  }
  const bool exponent = WantsExponent(value, format);
  const double magnitude = std::fabs(value);
  if (!exponent && magnitude >= kShortestBelow) return AppendWholeNumber(out, value);
  char buffer[400];
  if (!exponent && magnitude >= kLeastShortest) {
    out.append(buffer, PutShortest(buffer, value));
    return;
  }
  const auto form = exponent ? std::chars_format::scientific : std::chars_format::fixed;
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value, form).ptr);
}

std::string GoFloat(double value, char format) {
  std::string out;
  AppendGoFloat(out, value, format);
  return out;
}

void AppendSampleValue(std::string& out, double value) {
  const double magnitude = std::fabs(value);
  const bool exponent = magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21);
  AppendGoFloat(out, value, exponent ? 'e' : 'f');
}

char* PutSampleValue(char* at, double value) {
  const double magnitude = std::fabs(value);
  if (magnitude >= kLeastShortest && magnitude < kShortestBelow) return PutShortest(at, value);
  if (std::bit_cast<uint64_t>(value) == 0) {
    *at = '0';
    return at + 1;
  }
  std::string text;
  AppendSampleValue(text, value);
  return at + text.copy(at, kSampleValueRoom);
}

void PutSampleValues(const double* values, size_t count, NumberText* out) {
  for (size_t from = 0; from < count; from += kShortestLanes) {
    const size_t lanes = std::min(kShortestLanes, count - from);
    const unsigned done =
        lanes == kShortestLanes ? PutShortestOfEight(values + from, out + from) : 0;
    for (size_t i = 0; i < lanes; ++i) {
      if ((done >> i & 1) != 0) continue;
      char text[kSampleValueRoom];
      NumberText& to = out[from + i];
      to.size = static_cast<uint8_t>(PutSampleValue(text, values[from + i]) - text);
      std::memcpy(to.text, text, sizeof to.text);
    }
  }
}

bool ParseGoFloat(std::string_view text, double* value) {
  std::string_view digits = text;
  bool negative = false;
  if (!digits.empty() && (digits[0] == '+' || digits[0] == '-')) {
    negative = digits[0] == '-';
    digits.remove_prefix(1);
  }
  if (EqualsNoCase(digits, "inf") || EqualsNoCase(digits, "infinity")) {
    *value = negative ? -INFINITY : INFINITY;
    return true;
  }
  if (EqualsNoCase(text, "nan")) {
    *value = NAN;
    return true;
  }
  auto form = std::chars_format::general;
  if (digits.size() > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) {
    form = std::chars_format::hex;
    digits.remove_prefix(2);
    // Go demands the exponent of a hex float; from_chars does not.
    if (digits.find_first_of("pP") == std::string_view::npos) return false;
  }
  if (digits.empty() || digits[0] == '-' || digits[0] == '+' || digits[0] == 'i' ||
      digits[0] == 'I' || digits[0] == 'n' || digits[0] == 'N') {
    return false;
  }
  double parsed = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), parsed, form);
  if (end != digits.data() + digits.size()) return false;
  if (error == std::errc::result_out_of_range) {
    // Too small is a plain zero for Go; too large is an error.
    const bool tiny = std::fabs(std::strtod(std::string(text).c_str(), nullptr)) < 1;
    *value = tiny ? (negative ? -0.0 : 0.0) : (negative ? -INFINITY : INFINITY);
    return tiny;
  }
  if (error != std::errc()) return false;
  *value = negative ? -parsed : parsed;
  return true;
}

}  // namespace pharos::text
