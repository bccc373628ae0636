#include "export/loki_line.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "export/limits.h"
#include "export/prometheus_names.h"
#include "match/logfmt.h"
#include "text/base64.h"
#include "text/go_float.h"
#include "text/json_writer.h"
#include "wire/stream_labels.h"

namespace pharos::exporting {
namespace {

using model::KeyValue;
using model::Value;
using Attributes = std::vector<KeyValue>;
using LabelMap = std::map<std::string, std::string>;

constexpr std::string_view kHintAttributes = "loki.attribute.labels";
constexpr std::string_view kHintResources = "loki.resource.labels";
constexpr std::string_view kHintTenant = "loki.tenant";
constexpr std::string_view kHintFormat = "loki.format";
constexpr std::string_view kLevel = "level";

std::string_view Trim(std::string_view s) {
  const size_t begin = s.find_first_not_of(" \t\n\r");
  if (begin == s.npos) return "";
  return s.substr(begin, s.find_last_not_of(" \t\n\r") + 1 - begin);
}

/// "a, b" or ["a", "b"].
std::vector<std::string> HintNames(const Value& hint) {
  std::vector<std::string> out;
  if (hint.type == Value::Type::kArray) {
    for (const Value& item : hint.array()) out.emplace_back(Trim(model::ValueToString(item)));
    return out;
  }
  const std::string text = model::ValueToString(hint);
  if (hint.type != Value::Type::kString) return {text};
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    out.emplace_back(Trim(std::string_view(text).substr(at, comma - at)));
    at = comma + 1;
  }
  return out;
}

void AddHinted(LabelMap& labels, std::span<const KeyValue> attributes, const Value* hint) {
  if (hint == nullptr) return;
  for (const std::string& name : HintNames(*hint)) {
    if (const Value* value = FindNested(attributes, name)) {
      labels[name] = model::ValueToString(*value);
    }
  }
}

/// "INFO", "DEBUG4": OTLP's severity numbers by their short names.
std::string SeverityName(int32_t number) {
  static constexpr std::string_view kNames[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
  if (number < 1 || number > 24) return "UNSPECIFIED";
  const int32_t step = (number - 1) % 4;
  std::string out(kNames[(number - 1) / 4]);
  if (step > 0) out += std::to_string(step + 1);
  return out;
}

LabelMap LabelsOf(std::span<const KeyValue> attributes, std::span<const KeyValue> resource,
                  const conf::OtelcolLokiExporter& settings, bool level) {
  LabelMap out;
  if (settings.label_exporter) out["exporter"] = "OTLP";
  const Value* name = model::FindAttribute(resource, "service.name");
  const Value* name_space = model::FindAttribute(resource, "service.namespace");
  if (settings.label_job && name != nullptr) {
    out["job"] = (name_space != nullptr ? model::ValueToString(*name_space) + "/" : "") +
                 model::ValueToString(*name);
  }
  const Value* instance = model::FindAttribute(resource, "service.instance.id");
  if (settings.label_instance && instance != nullptr) {
    out["instance"] = model::ValueToString(*instance);
  }
  AddHinted(out, resource, model::FindAttribute(resource, kHintResources));
  AddHinted(out, resource, model::FindAttribute(attributes, kHintResources));
  AddHinted(out, attributes, model::FindAttribute(attributes, kHintAttributes));
  const Value* level_value = level ? model::FindAttribute(attributes, kLevel) : nullptr;
  if (level_value != nullptr) out[std::string(kLevel)] = model::ValueToString(*level_value);
  return out;
}

void RemoveUsed(Attributes& attributes, const LabelMap& labels) {
  std::erase_if(attributes, [&](const KeyValue& pair) {
    return pair.key == kHintAttributes || pair.key == kHintResources || pair.key == kHintTenant ||
           pair.key == kHintFormat || labels.contains(std::string(pair.key));
  });
}

std::string LabelsText(const LabelMap& labels) {
  LabelMap clean;
  for (const auto& [name, value] : labels) clean[PageLabelName(name)] = value;
  std::vector<model::LabelView> views;
  for (const auto& [name, value] : clean) {
    if (!name.empty()) views.push_back({name, value});
  }
  return wire::StreamLabelsText(model::Labels::FromPairs(std::move(views)));
}

std::string TenantOf(std::span<const KeyValue> attributes, std::span<const KeyValue> resource) {
  const Value* hint = model::FindAttribute(resource, kHintTenant);
  if (hint == nullptr) hint = model::FindAttribute(attributes, kHintTenant);
  if (hint == nullptr) return "";
  const std::string name = model::ValueToString(*hint);
  const Value* tenant = model::FindAttribute(resource, name);
  if (tenant == nullptr) tenant = model::FindAttribute(attributes, name);
  return tenant != nullptr ? model::ValueToString(*tenant) : "";
}

bool AppendJson(std::string& out, const Value& value);

/// A Go map: keys sorted, the last of equal ones.
bool AppendJsonMap(std::string& out, std::span<const KeyValue> pairs) {
  std::map<std::string_view, const Value*> sorted;
  for (const KeyValue& pair : pairs) sorted[pair.key] = &pair.value;
  char separator = '{';
  for (const auto& [key, value] : sorted) {
    out += separator;
    text::AppendJsonString(out, key, true);
    out += ':';
    if (!AppendJson(out, *value)) return false;
    separator = ',';
  }
  if (sorted.empty()) out += '{';
  out += '}';
  return true;
}

/// As Go's encoding/json: false for NaN and infinities, which have no JSON.
bool AppendJson(std::string& out, const Value& value) {
  switch (value.type) {
    case Value::Type::kNull: out += "null"; return true;
    case Value::Type::kString: text::AppendJsonString(out, value.text, true); return true;
    case Value::Type::kBool: out += value.boolean ? "true" : "false"; return true;
    case Value::Type::kInt: out += std::to_string(value.integer); return true;
    case Value::Type::kDouble: {
      if (!std::isfinite(value.real)) return false;
      const double magnitude = std::fabs(value.real);
      const bool exponent = magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21);
      std::string number = text::GoFloat(value.real, exponent ? 'e' : 'f');
      // encoding/json cleans up e-09 to e-9.
      const size_t n = number.size();
      if (exponent && n >= 4 && number[n - 4] == 'e' && number[n - 3] == '-' &&
          number[n - 2] == '0') {
        number.erase(n - 2, 1);
      }
      out += number;
      return true;
    }
    case Value::Type::kBytes: out += '"' + text::Base64Encode(value.text) + '"'; return true;
    case Value::Type::kArray: {
      char separator = '[';
      for (const Value& item : value.array()) {
        out += separator;
        if (!AppendJson(out, item)) return false;
        separator = ',';
      }
      if (value.array().empty()) out += '[';
      out += ']';
      return true;
    }
    case Value::Type::kMap: return AppendJsonMap(out, value.map());
  }
  return false;
}

/// Keys and values of a logfmt line in order; a key may replace itself.
class Logfmt {
 public:
  void Add(std::string key, std::string value) {
    pairs_.emplace_back(std::move(key), std::move(value));
  }
  void Replace(const std::string& key, std::string value) {
    for (auto& [name, old] : pairs_) {
      if (name == key) {
        old = std::move(value);
        return;
      }
    }
    Add(key, std::move(value));
  }
  /// A value below a key; maps and lists become one pair an entry.
  void AddValue(const std::string& key, const Value& value) {
    const std::string prefix = key.empty() ? "" : key + "_";
    if (value.type == Value::Type::kMap) {
      for (const KeyValue& pair : value.map()) AddValue(prefix + std::string(pair.key), pair.value);
    } else if (value.type == Value::Type::kArray) {
      for (size_t i = 0; i < value.array().size(); ++i) {
        AddValue(prefix + std::to_string(i), value.array()[i]);
      }
    } else if (value.type != Value::Type::kNull) {
      Add(key, model::ValueToString(value));
    }
  }
  std::string Text() const {
    std::string out;
    for (const auto& [key, value] : pairs_) {
      std::string name;
      for (const char c : key) {
        if (static_cast<unsigned char>(c) > ' ' && c != '=' && c != '"') name += c;
      }
      if (name.empty()) continue;
      if (!out.empty()) out += ' ';
      out += name + "=";
      const bool quoted = value == "null" || std::ranges::any_of(value, [](char c) {
                            return static_cast<unsigned char>(c) <= ' ' || c == '=' || c == '"';
                          });
      if (quoted) {
        text::AppendJsonString(out, value);
      } else {
        out += value;
      }
    }
    return out;
  }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

/// The body as logfmt itself: false when it is not. A word alone is a key without value.
bool ParseLogfmt(std::string_view line, Logfmt* out) {
  std::vector<std::pair<std::string, std::string>> pairs;
  match::LogfmtScanner scanner(line.substr(0, line.find('\n')));
  while (scanner.Next()) pairs.emplace_back(scanner.key(), scanner.value());
  if (!scanner.error().empty()) return false;
  for (auto& [key, value] : pairs) out->Add(std::move(key), std::move(value));
  return true;
}

void AddBody(Logfmt& out, const Value& body) {
  switch (body.type) {
    case Value::Type::kNull: return;
    case Value::Type::kString:
      if (!ParseLogfmt(body.text, &out)) out.Add("msg", std::string(body.text));
      return;
    case Value::Type::kMap: return out.AddValue("", body);
    case Value::Type::kArray: return out.AddValue("body", body);
    default: out.Add("msg", model::ValueToString(body));
  }
}

}  // namespace

const Value* FindNested(std::span<const KeyValue> attributes, std::string_view name, int depth) {
  if (const Value* value = model::FindAttribute(attributes, name)) return value;
  if (depth >= kMaxHintDepth) return nullptr;
  for (size_t dot = name.rfind('.'); dot != name.npos && dot > 0; dot = name.rfind('.', dot - 1)) {
    const Value* outer = model::FindAttribute(attributes, name.substr(0, dot));
    if (outer == nullptr || outer->type != Value::Type::kMap) continue;
    if (const Value* inner = FindNested(outer->map(), name.substr(dot + 1), depth + 1))
      return inner;
  }
  return nullptr;
}

base::Result<std::string> LokiJson(const model::Event& event, std::span<const KeyValue> attributes,
                                   std::span<const KeyValue> resource) {
  std::string out = "{";
  bool good = true;
  const auto key = [&](std::string_view name) {
    if (out.size() > 1) out += ',';
    out.append("\"").append(name).append("\":");
  };
  if (event.body.type != Value::Type::kNull) {
    key("body");
    good &= AppendJson(out, event.body);
  }
  const auto string = [&](std::string_view name, std::string_view text) {
    if (text.empty()) return;
    key(name);
    text::AppendJsonString(out, text, true);
  };
  if (!event.trace_id.IsZero()) string("traceid", model::ToHex(event.trace_id));
  if (!event.span_id.IsZero()) string("spanid", model::ToHex(event.span_id));
  string("severity", event.severity_text);
  if (event.flags != 0) {
    key("flags");
    out += std::to_string(event.flags);
  }
  const auto map = [&](std::string_view name, std::span<const KeyValue> pairs) {
    if (pairs.empty()) return;
    key(name);
    good &= AppendJsonMap(out, pairs);
  };
  map("attributes", attributes);
  map("resources", resource);
  if (event.origin != nullptr && !event.origin->scope_name.empty()) {
    key("instrumentation_scope");
    out += "{\"name\":";
    text::AppendJsonString(out, event.origin->scope_name, true);
    string("version", event.origin->scope_version);
    map("attributes", event.origin->scope_attributes);
    out += '}';
  }
  out += '}';
  if (!good) {
    return base::Fail(base::ErrorKind::kUnprocessable,
                      "failed to convert, dropping log: json: unsupported value (NaN or infinity)");
  }
  return out;
}

std::string LokiLogfmt(const model::Event& event, std::span<const KeyValue> attributes,
                       std::span<const KeyValue> resource) {
  Logfmt out;
  AddBody(out, event.body);
  if (!event.trace_id.IsZero()) out.Replace("traceID", model::ToHex(event.trace_id));
  if (!event.span_id.IsZero()) out.Replace("spanID", model::ToHex(event.span_id));
  if (!event.severity_text.empty()) out.Replace("severity", std::string(event.severity_text));
  if (event.flags != 0) out.Replace("flags", std::to_string(event.flags));
  for (const KeyValue& pair : attributes)
    out.AddValue("attribute_" + std::string(pair.key), pair.value);
  for (const KeyValue& pair : resource)
    out.AddValue("resource_" + std::string(pair.key), pair.value);
  if (event.origin != nullptr && !event.origin->scope_name.empty()) {
    out.Add("instrumentation_scope_name", std::string(event.origin->scope_name));
    if (!event.origin->scope_version.empty()) {
      out.Add("instrumentation_scope_version", std::string(event.origin->scope_version));
    }
    for (const KeyValue& pair : event.origin->scope_attributes) {
      out.AddValue("instrumentation_scope_attribute_" + std::string(pair.key), pair.value);
    }
  }
  return out.Text();
}

base::Result<LokiRecord> MakeLokiRecord(const model::Event& event,
                                        const conf::OtelcolLokiExporter& settings) {
  Attributes attributes(event.attributes.begin(), event.attributes.end());
  Attributes resource;
  if (event.origin != nullptr) {
    resource.assign(event.origin->resource.begin(), event.origin->resource.end());
  }
  // A record with a severity gets a level attribute (unless it has one) that becomes a label.
  const bool level = settings.label_level && event.severity_number != 0;
  const std::string severity = SeverityName(event.severity_number);
  if (level && model::FindAttribute(attributes, kLevel) == nullptr) {
    attributes.push_back({kLevel, Value::String(severity)});
  }
  const Value* format = model::FindAttribute(resource, kHintFormat);
  if (format == nullptr) format = model::FindAttribute(attributes, kHintFormat);
  const std::string format_name = format != nullptr ? model::ValueToString(*format) : "json";

  LokiRecord out;
  out.tenant = TenantOf(attributes, resource);
  const LabelMap labels = LabelsOf(attributes, resource, settings, level);
  RemoveUsed(attributes, labels);
  RemoveUsed(resource, labels);
  out.labels = LabelsText(labels);
  if (format_name == "json") {
    PHAROS_TRY(out.line, LokiJson(event, attributes, resource));
  } else if (format_name == "logfmt") {
    out.line = LokiLogfmt(event, attributes, resource);
  } else if (format_name == "raw") {
    out.line = model::ValueToString(event.body);
  } else {
    return base::Fail(base::ErrorKind::kUnprocessable,
                      "invalid format " + format_name + ". Expected one of: json, logfmt, raw");
  }
  return out;
}

}  // namespace pharos::exporting
