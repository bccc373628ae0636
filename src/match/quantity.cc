#include "match/quantity.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>

#include "match/utf8.h"
#include "text/duration.h"
#include "text/go_float.h"

namespace pharos::match {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

constexpr int64_t kMs = 1'000'000;

bool Digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string GoQuote(std::string_view text) {
  std::string out = "\"";
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (const size_t length = Utf8Length(text.substr(i)); length > 1) {
      out += text.substr(i, length);
      i += length - 1;
      continue;
    }
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte >= 0x7f) {
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\x%02x", byte);
      out += buffer;
    } else {
      out += c;
    }
  }
  return out += '"';
}

Result<int64_t> ParseGoDuration(std::string_view text) { return text::ParseGoDuration(text); }

Result<int64_t> ParsePromDuration(std::string_view text) {
  PHAROS_TRY(const int64_t ms, text::ParsePrometheusDuration(text));
  if (ms > INT64_MAX / kMs) return Fail(ErrorKind::kBadInput, "duration out of range");
  return ms * kMs;
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
  while (length < text.size() &&
         (Digit(text[length]) || text[length] == '.' || text[length] == ',')) {
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

std::string FormatGoDuration(int64_t ns) { return text::GoDuration(ns); }

std::string FormatPromDuration(int64_t ns) {
  if (ns % kMs != 0 || ns < 0) return FormatGoDuration(ns);
  return text::PrometheusDuration(ns / kMs);
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
