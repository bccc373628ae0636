#include "ingest/receive/otlp_names.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace pharos::ingest::receive {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr Pair kUnits[] = {{"d", "days"},
                           {"h", "hours"},
                           {"min", "minutes"},
                           {"s", "seconds"},
                           {"ms", "milliseconds"},
                           {"us", "microseconds"},
                           {"ns", "nanoseconds"},
                           {"By", "bytes"},
                           {"KiBy", "kibibytes"},
                           {"MiBy", "mebibytes"},
                           {"GiBy", "gibibytes"},
                           {"TiBy", "tibibytes"},
                           {"KBy", "kilobytes"},
                           {"MBy", "megabytes"},
                           {"GBy", "gigabytes"},
                           {"TBy", "terabytes"},
                           {"m", "meters"},
                           {"V", "volts"},
                           {"A", "amperes"},
                           {"J", "joules"},
                           {"W", "watts"},
                           {"g", "grams"},
                           {"Cel", "celsius"},
                           {"Hz", "hertz"},
                           {"1", ""},
                           {"%", "percent"}};
constexpr Pair kPerUnits[] = {{"s", "second"}, {"m", "minute"}, {"h", "hour"}, {"d", "day"},
                              {"w", "week"},   {"mo", "month"}, {"y", "year"}};

bool Alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool MetricChar(char c) { return Alphanumeric(c) || c == ':'; }
bool Digit(char c) { return c >= '0' && c <= '9'; }

std::string_view Trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

template <size_t N>
std::string_view Mapped(const Pair (&table)[N], std::string_view unit) {
  for (const auto& [from, to] : table) {
    if (from == unit) return to;
  }
  return unit;
}

/// The unit's main and per parts, translated but not yet cleaned.
std::pair<std::string, std::string> UnitSuffixes(std::string_view unit) {
  std::string main, per;
  const size_t slash = unit.find('/');
  if (const auto part = Trim(unit.substr(0, slash));
      !part.empty() && part.find_first_of("{}") == part.npos) {
    main = Mapped(kUnits, part);
  }
  if (slash != unit.npos) {
    const auto part = Trim(unit.substr(slash + 1));
    if (!part.empty() && part.find_first_of("{}") == part.npos) {
      per = "per_";
      per += Mapped(kPerUnits, part);
    }
  }
  return {std::move(main), std::move(per)};
}

/// Other characters become one underscore each run; none in front.
std::string CleanUnit(std::string_view unit) {
  std::string out;
  for (const char c : unit) {
    if (MetricChar(c)) {
      out += c;
    } else if (out.empty() || out.back() != '_') {
      out += '_';
    }
  }
  if (!out.empty() && out.front() == '_') out.erase(0, 1);
  return out;
}

void TrimUnderscore(std::string& s) {
  if (!s.empty() && s.back() == '_') s.pop_back();
}

void AddUnit(std::vector<std::string>& tokens, std::string main, std::string per) {
  const auto has = [&](const std::string& t) {
    return std::find(tokens.begin(), tokens.end(), t) != tokens.end();
  };
  if (has(main)) main.clear();
  if (per == "per_") {
    per.clear();
  } else {
    TrimUnderscore(per);
    if (has(per)) per.clear();
  }
  if (!per.empty()) TrimUnderscore(main);
  if (!main.empty()) tokens.push_back(std::move(main));
  if (!per.empty()) tokens.push_back(std::move(per));
}

bool OnlyUnderscores(std::string_view s) { return s.find_first_not_of('_') == s.npos; }

}  // namespace

std::string PrometheusMetricName(std::string_view name, std::string_view unit,
                                 wire::OtlpMetricType type, bool monotonic) {
  std::vector<std::string> tokens;
  for (size_t i = 0; i < name.size();) {
    size_t end = i;
    while (end < name.size() && MetricChar(name[end])) ++end;
    if (end > i) tokens.emplace_back(name.substr(i, end - i));
    i = end + 1;
  }
  auto [main, per] = UnitSuffixes(unit);
  AddUnit(tokens, CleanUnit(main), CleanUnit(per));
  const auto last = [&](std::string_view suffix) {
    std::erase(tokens, suffix);
    tokens.emplace_back(suffix);
  };
  if (type == wire::OtlpMetricType::kSum && monotonic) last("total");
  if (type == wire::OtlpMetricType::kGauge && unit == "1") last("ratio");
  std::string out;
  for (const std::string& token : tokens) {
    if (!out.empty()) out += '_';
    out += token;
  }
  if (!out.empty() && Digit(out.front())) out.insert(0, 1, '_');
  return OnlyUnderscores(out) && out != name ? "" : out;
}

std::string PrometheusLabelName(std::string_view attribute) {
  const bool reserved =
      attribute.size() > 4 && attribute.starts_with("__") && attribute.ends_with("__");
  std::string_view inside = attribute;
  if (reserved) inside = attribute.substr(2, attribute.size() - 4);
  std::string out;
  if (reserved) out = "__";
  bool underscore = false;
  for (size_t i = 0; i < inside.size(); ++i) {
    if (Alphanumeric(inside[i])) {
      out += inside[i];
      underscore = false;
    } else if (!std::exchange(underscore, true)) {
      out += '_';
    }
  }
  if (reserved) out += "__";
  if (!out.empty() && Digit(out.front())) out.insert(0, "key_");
  return OnlyUnderscores(out) ? "" : out;
}

std::string PrometheusUnit(std::string_view unit) {
  auto [main, per] = UnitSuffixes(unit);
  std::string out = CleanUnit(main);
  const std::string per_clean = CleanUnit(per);
  if (!out.empty() && !per_clean.empty()) out += '_';
  out += per_clean;
  if (!out.empty() && out.front() == '_') out.erase(0, 1);
  TrimUnderscore(out);
  return out;
}

}  // namespace pharos::ingest::receive
