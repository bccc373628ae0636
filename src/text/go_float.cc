#include "text/go_float.h"

#include <algorithm>
#include <array>
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

/// The eight digits of n < 10^8 as bytes, the first lowest: four, two and one at a time side by
/// side.
inline uint64_t EightDigits(uint64_t n) {
  const uint64_t fours = n / 10'000 | n % 10'000 << 32;
  const uint64_t hundreds = (fours * 10'486 >> 20) & 0x0000007F'0000007F;
  const uint64_t twos = hundreds | (fours - 100 * hundreds) << 16;
  const uint64_t tens = (twos * 103 >> 10) & 0x000F'000F'000F'000F;
  return (tens | (twos - 10 * tens) << 8) + 0x3030'3030'3030'3030;
}

constexpr int kMostDigits = 17;
constexpr std::array<uint64_t, kMostDigits + 1> kPowers = [] {
  std::array<uint64_t, kMostDigits + 1> out{1};
  for (size_t i = 1; i < out.size(); ++i) out[i] = out[i - 1] * 10;
  return out;
}();

/// Of 0 < n < 10^17.
int CountDigits(uint64_t n) {
  const auto about = static_cast<size_t>(std::bit_width(n) * 1233 >> 12);
  return static_cast<int>(about) + (n >= kPowers[about] ? 1 : 0);
}

/// The digits of a number, followed by zeros, as text in three words.
struct Digits {
  explicit Digits(uint64_t n) : count(n == 0 ? 1 : CountDigits(n)) {
    const uint64_t all = n * kPowers[static_cast<size_t>(kMostDigits - count)];
    words[0] = EightDigits(all / 1'000'000'000);
    words[1] = EightDigits(all / 10 % 100'000'000);
    words[2] = '0' + all % 10;
  }
  /// Writes 24 bytes, of which `count` are the digits; returns their end.
  char* Put(char* at) const {
    for (const uint64_t word : words) {  // each by itself, as they were made
      std::memcpy(at, &word, sizeof word);
      at += sizeof word;
    }
    return at - sizeof words + count;
  }
  /// With a point before digit `place`, from 1 to 7.
  char* PutWithPoint(char* at, int place) const {
    const int bits = 8 * place;
    const uint64_t before = (uint64_t{1} << bits) - 1;
    const uint64_t out[] = {
        (words[0] & before) | uint64_t{'.'} << bits | (words[0] << 8 & ~(before << 8 | 0xFF)),
        words[0] >> 56 | words[1] << 8, words[1] >> 56 | words[2] << 8};
    std::memcpy(at, out, sizeof out);
    return at + count + 1;
  }

  int count = 0;
  uint64_t words[3];
};

/// Without an exponent; `magnitude` from kLeastFixed to below 2^53, so of at most 17 digits and 5
/// zeros before them. Stores are of a fixed size, more than is needed, and nothing is read back.
/// Writes up to kSampleValueRoom bytes, returns where the text ends.
constexpr double kLeastFixed = 1e-6;
constexpr double kWholeAbove = 9007199254740992;  // 2^53: from there on all are whole numbers
char* PutFixed(char* at, double magnitude, bool negative) {
  const ShortestDecimal decimal = ShortestOf(magnitude);
  const Digits digits(decimal.digits);
  *at = '-';
  at += negative ? 1 : 0;
  if (decimal.exponent >= 0) return std::fill_n(digits.Put(at), decimal.exponent, '0');
  const int whole = digits.count + decimal.exponent;  // digits before the point
  if (whole <= 0) {
    std::memcpy(at, "0.000000", 8);
    return digits.Put(at + 2 - whole);
  }
  if (whole < 8) return digits.PutWithPoint(at, whole);
  char* const end = digits.Put(at);
  std::memmove(at + whole + 1, at + whole, static_cast<size_t>(-decimal.exponent));
  at[whole] = '.';
  return end + 1;
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
  if (!exponent && magnitude >= kWholeAbove) return AppendWholeNumber(out, value);
  char buffer[400];
  if (!exponent && magnitude >= kLeastFixed) {
    out.append(buffer, PutFixed(buffer, magnitude, value < 0));
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
  if (magnitude >= kLeastFixed && magnitude < kWholeAbove)
    return PutFixed(at, magnitude, value < 0);
  std::string text;
  AppendSampleValue(text, value);
  return at + text.copy(at, kSampleValueRoom);
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
