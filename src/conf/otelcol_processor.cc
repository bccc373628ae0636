#include <re2/re2.h>

#include <algorithm>

#include "conf/otelcol_parts.h"

namespace pharos::conf {
namespace {

constexpr std::string_view kOurs[] = {"attributes", "batch", "memory_limiter", "resource"};

OtelcolMemoryLimiter ReadMemoryLimiter(MapReader& map) {
  OtelcolMemoryLimiter out;
  int64_t limit_mib = 0, spike_mib = 0;
  ReadGoDurationMs(map, "check_interval", &out.check_interval_ms);
  map.Int("limit_mib", &limit_mib);
  map.Int("spike_limit_mib", &spike_mib);
  map.Int("limit_percentage", &out.limit_percent);
  map.Int("spike_limit_percentage", &out.spike_percent);
  map.Moot({"min_gc_interval_when_soft_limited", "min_gc_interval_when_hard_limited",
            "max_gc_interval_when_soft_limited", "max_gc_interval_when_hard_limited"},
           "there is no garbage collector");
  map.Warn("ballast_size_mib", "gone since 0.107: the memory ballast has no effect");
  map.Moot({"ballast_size_mib"}, "there is no garbage collector");
  Faults& faults = map.faults();
  const int line = map.line();
  constexpr int64_t kMostMib = 1LL << 32;
  if (limit_mib < 0 || spike_mib < 0 || limit_mib > kMostMib || spike_mib > kMostMib) {
    faults.Add(line, "'limit_mib' and 'spike_limit_mib' must be 32-bit unsigned numbers");
    return out;
  }
  if (out.check_interval_ms <= 0) faults.Add(line, "'check_interval' must be greater than zero");
  if (limit_mib == 0 && out.limit_percent == 0) {
    faults.Add(line, "'limit_mib' or 'limit_percentage' must be greater than zero");
  }
  const auto percent = [](int64_t p) { return p >= 0 && p <= 100; };
  if (!percent(out.limit_percent) || !percent(out.spike_percent)) {
    faults.Add(line,
               "'limit_percentage' and 'spike_limit_percentage' must be greater than zero and "
               "less than or equal to hundred");
  }
  if (limit_mib > 0 && limit_mib <= spike_mib) {
    faults.Add(line, "'spike_limit_mib' must be smaller than 'limit_mib'");
  }
  if (out.limit_percent > 0 && out.limit_percent <= out.spike_percent) {
    faults.Add(line, "'spike_limit_percentage' must be smaller than 'limit_percentage'");
  }
  out.limit_bytes = limit_mib << 20;
  out.spike_bytes = spike_mib << 20;
  return out;
}

OtelcolBatch ReadBatch(MapReader& map) {
  OtelcolBatch out;
  ReadGoDurationMs(map, "timeout", &out.timeout_ms);
  map.Int("send_batch_size", &out.send_batch_size);
  map.Int("send_batch_max_size", &out.send_batch_max_size);
  map.NotSupported({"metadata_keys"});
  map.Moot({"metadata_cardinality_limit"}, "it limits metadata_keys alone");
  Faults& faults = map.faults();
  if (out.send_batch_size < 0 || out.send_batch_max_size < 0) {
    faults.Add(map.line(), "batch sizes must not be negative");
  }
  if (out.send_batch_max_size > 0 && out.send_batch_max_size < out.send_batch_size) {
    faults.Add(map.LineOf("send_batch_max_size"),
               "send_batch_max_size must be greater or equal to send_batch_size");
  }
  if (out.timeout_ms < 0)
    faults.Add(map.LineOf("timeout"), "timeout must be greater or equal to 0");
  return out;
}

struct ActionSource {
  OtelcolAction action;
  std::string kind;  ///< in lower case
  std::string index;
  int sources = 0;
};

void CheckPattern(const ActionSource& source, int line, Faults& faults) {
  const OtelcolAction& action = source.action;
  const RE2 pattern(action.pattern, RE2::Quiet);
  const std::string at = " at the " + source.index + "-th actions";
  if (!pattern.ok()) {
    return faults.Add(line, "error creating AttrProc. Field \"pattern\" has invalid pattern: \"" +
                                action.pattern + "\" to be set" + at);
  }
  if (action.kind != OtelcolAction::Kind::kExtract) return;
  if (pattern.NumberOfCapturingGroups() == 0) {
    faults.Add(line,
               "error creating AttrProc. Field \"pattern\" contains no named matcher groups" + at);
  } else if (pattern.CapturingGroupNames().size() <
             static_cast<size_t>(pattern.NumberOfCapturingGroups())) {
    faults.Add(line,
               "error creating AttrProc. Field \"pattern\" contains at least one unnamed matcher "
               "group" +
                   at);
  }
}

/// What each kind of action needs and must not have, in the words of the original.
void CheckAction(const ActionSource& source, int line, Faults& faults) {
  using Kind = OtelcolAction::Kind;
  const OtelcolAction& action = source.action;
  const std::string head = "error creating AttrProc";
  const std::string does = head + ". Action \"" + source.kind + "\" does not use ";
  const std::string nth = source.index + "-th action";
  const bool sets =
      action.kind == Kind::kInsert || action.kind == Kind::kUpdate || action.kind == Kind::kUpsert;
  const auto unused = [&](const std::string& what, const char* them) {
    faults.Add(line, does + what + ". " + them + " must not be specified for " + nth);
  };
  if (action.kind == Kind::kDelete || action.kind == Kind::kHash) {
    if (action.key.empty() && action.pattern.empty()) {
      return faults.Add(line, head +
                                  " due to missing required field (at least one of \"key\" and "
                                  "\"pattern\" have to be used) at the " +
                                  nth + "s");
    }
    if (action.value || !action.from_attribute.empty()) {
      return unused("\"value\" or \"from_attribute\" field", "These");
    }
  } else if (action.key.empty()) {
    return faults.Add(line, head + " due to missing required field \"key\" at the " + nth + "s");
  }
  if (sets && source.sources == 0) {
    return faults.Add(line, head +
                                ". Either field \"value\", \"from_attribute\" or "
                                "\"from_context\" setting must be specified for " +
                                nth);
  }
  if (sets && source.sources > 1) {
    return faults.Add(line, head + " due to multiple value sources being set at the " + nth + "s");
  }
  if (action.kind == Kind::kExtract && source.sources > 0) {
    return unused("a value source field", "These");
  }
  if (action.kind == Kind::kConvert && (source.sources > 0 || !action.pattern.empty())) {
    return unused("value sources or \"pattern\" field", "These");
  }
  if (sets && !action.pattern.empty()) return unused("the \"pattern\" field", "This");
  if (action.kind == Kind::kExtract && action.pattern.empty()) {
    return faults.Add(line, head + " due to missing required field \"pattern\" for action \"" +
                                source.kind + "\" at the " + nth);
  }
  if (action.kind != Kind::kConvert) {
    if (!action.converted_type.empty()) return unused("the \"converted_type\" field", "This");
  } else if (action.converted_type.empty()) {
    return faults.Add(line, head +
                                " due to missing required field \"converted_type\" for action "
                                "\"convert\" at the " +
                                nth);
  } else if (action.converted_type != "int" && action.converted_type != "double" &&
             action.converted_type != "string") {
    return faults.Add(line, head + " due to invalid value \"" + action.converted_type +
                                "\" in field \"converted_type\" for action \"convert\" at the " +
                                nth);
  }
  if (!action.pattern.empty()) CheckPattern(source, line, faults);
}

}  // namespace

std::vector<OtelcolAction> ReadOtelcolActions(const std::vector<Node>& list, int line,
                                              Faults& faults) {
  static constexpr std::string_view kKinds[] = {"insert", "update",  "upsert", "delete",
                                                "hash",   "extract", "convert"};
  std::vector<OtelcolAction> out;
  if (list.empty()) faults.Add(line, "missing required field \"actions\"");
  for (const Node& node : list) {
    MapReader map(node, "attraction.ActionKeyValue", faults);
    ActionSource source;
    source.index = std::to_string(out.size());
    OtelcolAction& action = source.action;
    map.String("key", &action.key);
    if (const Node* value = map.Take("value")) action.value = *value;
    map.String("pattern", &action.pattern);
    map.String("from_attribute", &action.from_attribute);
    map.String("from_context", &action.from_context);
    map.String("converted_type", &action.converted_type);
    map.String("action", &source.kind);
    map.Done();
    source.sources = (action.value ? 1 : 0) + (action.from_attribute.empty() ? 0 : 1) +
                     (action.from_context.empty() ? 0 : 1);
    std::ranges::transform(source.kind, source.kind.begin(), [](char c) {
      return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    const auto kind = std::ranges::find(kKinds, source.kind);
    if (kind == std::end(kKinds)) {
      faults.Add(node.line, "error creating AttrProc due to unsupported action \"" + source.kind +
                                "\" at the " + source.index + "-th actions");
    } else {
      action.kind = static_cast<OtelcolAction::Kind>(kind - std::begin(kKinds));
      CheckAction(source, node.line, faults);
    }
    out.push_back(std::move(action));
  }
  return out;
}

std::optional<OtelcolProcessor> ReadOtelcolProcessor(OtelcolId id, const Node* node,
                                                     Faults& faults) {
  OtelcolProcessor out{.id = std::move(id), .settings = {}};
  if (std::ranges::find(kOurs, out.id.type) == std::end(kOurs)) {
    RefuseOtelcolType(out.id, "processors", kOurs, faults);
    return std::nullopt;
  }
  Node section = SectionOf(node);
  if (section.line == 0) section.line = out.id.line;
  MapReader map(section, "processors::" + out.id.type, faults);
  if (out.id.type == "memory_limiter") {
    out.settings = ReadMemoryLimiter(map);
  } else if (out.id.type == "batch") {
    out.settings = ReadBatch(map);
  } else if (out.id.type == "resource") {
    out.settings = OtelcolResource{ReadOtelcolActions(map.List("attributes"), out.id.line, faults)};
  } else {
    OtelcolAttributes attributes;
    attributes.actions = ReadOtelcolActions(map.List("actions"), out.id.line, faults);
    attributes.include = ReadOtelcolMatch(map.Take("include"), "include", faults);
    attributes.exclude = ReadOtelcolMatch(map.Take("exclude"), "exclude", faults);
    out.settings = std::move(attributes);
  }
  map.Done();
  return out;
}

}  // namespace pharos::conf
