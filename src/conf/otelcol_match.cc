#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "conf/otelcol_parts.h"

namespace pharos::conf {
namespace {

constexpr std::array<std::string_view, 6> kSpanKinds = {
    "SPAN_KIND_CLIENT",   "SPAN_KIND_CONSUMER", "SPAN_KIND_INTERNAL",
    "SPAN_KIND_PRODUCER", "SPAN_KIND_SERVER",   "SPAN_KIND_UNSPECIFIED"};

void CheckPatterns(const OtelcolMatch& match, const std::vector<std::string>& patterns,
                   std::string_view what, int line, Faults& faults) {
  if (!match.regexp) return;
  for (const std::string& pattern : patterns) {
    const RE2 compiled(pattern, RE2::Quiet);
    if (compiled.ok()) continue;
    faults.Add(line, "error creating " + std::string(what) + " filters: error parsing regexp: " +
                         compiled.error() + ": `" + pattern + "`");
  }
}

void ReadPairs(MapReader& map, std::string_view key, const OtelcolMatch& match,
               std::vector<OtelcolMatch::Pair>* out) {
  for (const Node& node : map.List(key)) {
    MapReader reader(node, "filterconfig.Attribute", map.faults());
    OtelcolMatch::Pair pair;
    reader.String("key", &pair.key);
    if (const Node* value = reader.Take("value")) pair.value = *value;
    reader.Done();
    if (pair.key.empty())
      map.faults().Add(node.line,
                       "error creating processor. Can't have empty key in the list of attributes");
    if (pair.value && match.regexp) {
      CheckPatterns(match, {pair.value->scalar}, "attribute", node.line, map.faults());
    }
    out->push_back(std::move(pair));
  }
}

void ReadLibraries(MapReader& map, OtelcolMatch& match) {
  for (const Node& node : map.List("libraries")) {
    MapReader reader(node, "filterconfig.InstrumentationLibrary", map.faults());
    OtelcolMatch::Library library;
    reader.String("name", &library.name);
    std::string version;
    if (reader.String("version", &version)) library.version = version;
    reader.Done();
    CheckPatterns(match, {library.name, library.version.value_or("")}, "library", node.line,
                  map.faults());
    match.libraries.push_back(std::move(library));
  }
}

/// "INFO", "WARN2" → OTLP's number; 0 for a name that is none.
int32_t SeverityNumber(std::string_view name) {
  static constexpr std::string_view kNames[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
  for (int32_t i = 0; i < 6; ++i) {
    if (!name.starts_with(kNames[i])) continue;
    const std::string_view rest = name.substr(kNames[i].size());
    if (rest.empty()) return 1 + 4 * i;
    if (rest.size() == 1 && rest[0] >= '2' && rest[0] <= '4') return 4 * i + (rest[0] - '0');
  }
  return 0;
}

void ReadSeverity(MapReader& map, OtelcolMatch& match) {
  const Node* node = map.Take("log_severity_number");
  if (node == nullptr) return;
  MapReader reader(*node, "filterconfig.LogSeverityNumberMatchProperties", map.faults());
  std::string min;
  reader.String("min", &min);
  reader.Bool("match_undefined", &match.match_undefined_severity);
  reader.Done();
  int32_t number = SeverityNumber(min);
  if (!min.empty() && min.find_first_not_of("0123456789") == min.npos && min.size() < 3) {
    number = std::stoi(min);
  }
  if (number == 0)
    map.faults().Add(node->line, "log_severity_number: unknown severity \"" + min + "\"");
  match.min_severity = number;
}

bool Empty(const OtelcolMatch& m) {
  return m.services.empty() && m.span_names.empty() && m.span_kinds.empty() &&
         m.log_bodies.empty() && m.log_severity_texts.empty() && m.metric_names.empty() &&
         m.attributes.empty() && m.resources.empty() && m.libraries.empty() && !m.min_severity;
}

}  // namespace

std::optional<OtelcolMatch> ReadOtelcolMatch(const Node* node, std::string_view what,
                                             Faults& faults) {
  if (node == nullptr) return std::nullopt;
  MapReader map(*node, std::string(what), faults);
  OtelcolMatch out;
  std::string type;
  map.String("match_type", &type);
  out.regexp = type == "regexp";
  if (!out.regexp && type != "strict") {
    faults.Add(node->line, "error creating filters: unrecognized match_type: '" + type +
                               "', valid types are: [regexp strict]");
  }
  map.Moot({"regexp"}, "regular expressions run in linear time without a cache");
  const auto strings = [&](std::string_view key, std::vector<std::string>* list,
                           std::string_view words) {
    if (map.Strings(key, list)) CheckPatterns(out, *list, words, map.LineOf(key), faults);
  };
  strings("services", &out.services, "service name");
  strings("span_names", &out.span_names, "span name");
  strings("span_kinds", &out.span_kinds, "span kind");
  strings("log_bodies", &out.log_bodies, "log body");
  strings("log_severity_texts", &out.log_severity_texts, "log severity text");
  strings("metric_names", &out.metric_names, "metric name");
  for (const std::string& kind : out.span_kinds) {
    if (!out.regexp && std::ranges::find(kSpanKinds, kind) == kSpanKinds.end()) {
      faults.Add(map.LineOf("span_kinds"),
                 "span_kinds string must match one of the standard span kinds when "
                 "match_type=strict: \"" +
                     kind + "\"");
    }
  }
  ReadPairs(map, "attributes", out, &out.attributes);
  ReadPairs(map, "resources", out, &out.resources);
  ReadLibraries(map, out);
  ReadSeverity(map, out);
  map.Done();
  if (Empty(out)) {
    faults.Add(node->line, std::string(what) +
                               ": at least one of \"services\", \"span_names\", \"span_kinds\", "
                               "\"log_bodies\", \"log_severity_texts\", \"log_severity_number\", "
                               "\"metric_names\", \"attributes\", \"libraries\" or \"resources\" "
                               "must be specified");
  }
  return out;
}

}  // namespace pharos::conf
