#include "export/prometheus_names.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace pharos::exporting {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr Pair kUnits[] = {
    {"d", "days"},          {"h", "hours"},         {"min", "minutes"},    {"s", "seconds"},
    {"ms", "milliseconds"}, {"us", "microseconds"}, {"ns", "nanoseconds"}, {"By", "bytes"},
    {"KiBy", "kibibytes"},  {"MiBy", "mebibytes"},  {"GiBy", "gibibytes"}, {"TiBy", "tibibytes"},
    {"KBy", "kilobytes"},   {"MBy", "megabytes"},   {"GBy", "gigabytes"},  {"TBy", "terabytes"},
    {"V", "volts"},         {"A", "amperes"},       {"J", "joules"},       {"W", "watts"},
    {"g", "grams"},         {"Cel", "celsius"},     {"Hz", "hertz"},       {"1", ""},
    {"%", "percent"},       {"m", "meters"}};
constexpr Pair kPerUnits[] = {{"s", "second"}, {"m", "minute"}, {"h", "hour"}, {"d", "day"},
                              {"w", "week"},   {"mo", "month"}, {"y", "year"}};

bool Digit(char c) { return c >= '0' && c <= '9'; }
bool Alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || Digit(c); }

std::vector<std::string> Tokens(std::string_view text, std::string_view also_kept = "") {
  std::vector<std::string> out;
  bool inside = false;
  for (const char c : text) {
    const bool kept = Alphanumeric(c) || also_kept.find(c) != also_kept.npos;
    if (kept && !inside) out.emplace_back();
    if (kept) out.back() += c;
    inside = kept;
  }
  return out;
}

std::string Join(const std::vector<std::string>& tokens) {
  std::string out;
  for (const std::string& token : tokens) {
    if (!out.empty()) out += '_';
    out += token;
  }
  return out;
}

std::string_view Trim(std::string_view s) {
  const size_t begin = s.find_first_not_of(" \t\n\r");
  if (begin == s.npos) return "";
  return s.substr(begin, s.find_last_not_of(" \t\n\r") + 1 - begin);
}

template <size_t N>
std::string Mapped(const Pair (&table)[N], std::string_view unit) {
  for (const auto& [from, to] : table) {
    if (from == unit) return std::string(to);
  }
  return Join(Tokens(unit));
}

bool Has(const std::vector<std::string>& tokens, const std::string& token) {
  return std::ranges::find(tokens, token) != tokens.end();
}

void AddUnit(std::vector<std::string>& tokens, std::string_view unit) {
  const size_t slash = unit.find('/');
  const std::string_view main = Trim(unit.substr(0, slash));
  if (!main.empty() && main.find_first_of("{}") == main.npos) {
    std::string name = Mapped(kUnits, main);
    if (!name.empty() && !Has(tokens, name)) tokens.push_back(std::move(name));
  }
  if (slash == unit.npos) return;
  const std::string_view per = Trim(unit.substr(slash + 1));
  if (per.empty() || per.find_first_of("{}") != per.npos) return;
  std::string name = Mapped(kPerUnits, per);
  if (name.empty() || Has(tokens, name)) return;
  tokens.emplace_back("per");
  tokens.push_back(std::move(name));
}

void MoveLast(std::vector<std::string>& tokens, std::string_view token) {
  std::erase(tokens, token);
  tokens.emplace_back(token);
}

}  // namespace

std::string CleanNamespace(std::string_view name) { return Join(Tokens(name)); }

std::string PageMetricName(const wire::OtlpMetric& metric, std::string_view name_space,
                           bool with_suffixes) {
  std::string out;
  if (with_suffixes) {
    std::vector<std::string> tokens = Tokens(metric.name);
    AddUnit(tokens, metric.unit);
    if (metric.type == wire::OtlpMetricType::kSum && metric.monotonic) MoveLast(tokens, "total");
    if (metric.type == wire::OtlpMetricType::kGauge && metric.unit == "1") {
      MoveLast(tokens, "ratio");
    }
    if (!name_space.empty()) tokens.insert(tokens.begin(), std::string(name_space));
    out = Join(tokens);
  } else {
    out = Join(Tokens(metric.name, "_:"));
    if (!name_space.empty()) return std::string(name_space) + "_" + out;
  }
  if (!out.empty() && Digit(out.front())) out.insert(0, 1, '_');
  return out;
}

std::string PageLabelName(std::string_view attribute) {
  std::string out;
  for (const char c : attribute) {
    if ((c & 0xC0) == 0x80) continue;  // one underscore a character, not a byte
    out += Alphanumeric(c) ? c : '_';
  }
  if (out.empty()) return out;
  if (Digit(out.front())) return "key_" + out;
  if (out.starts_with('_') && !out.starts_with("__")) return "key" + out;
  return out;
}

}  // namespace pharos::exporting
