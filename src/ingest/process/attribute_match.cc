#include "ingest/process/attribute_match.h"

#include <re2/re2.h>

#include <algorithm>

#include "ingest/process/attribute_actions.h"
#include "wire/otlp_value.h"
#include "wire/protobuf.h"

namespace pharos::ingest::process {
namespace {

using model::KeyValue;
using model::Value;

/// Texts or patterns, any of which is enough.
class TextSet {
 public:
  TextSet(const std::vector<std::string>& texts, bool regexp) {
    for (const std::string& text : texts) {
      if (regexp) {
        patterns_.push_back(std::make_unique<RE2>(text, RE2::Quiet));
      } else {
        texts_.push_back(text);
      }
    }
  }
  bool empty() const { return texts_.empty() && patterns_.empty(); }
  bool Matches(std::string_view text) const {
    if (std::ranges::find(texts_, text) != texts_.end()) return true;
    return std::ranges::any_of(patterns_, [&](const auto& pattern) {
      return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern);
    });
  }

 private:
  std::vector<std::string> texts_;
  std::vector<std::unique_ptr<RE2>> patterns_;
};

struct PairRule {
  std::string key;
  std::optional<Value> value;
  std::unique_ptr<RE2> pattern;
};

struct LibraryRule {
  TextSet name;
  std::optional<TextSet> version;
};

/// What matching needs of a Span, LogRecord or Metric.
struct Facts {
  std::string_view name;  ///< of a span or metric
  uint64_t kind = 0;
  std::string body, severity_text;
  int32_t severity = 0;
};

Facts FactsOf(OtlpSignal signal, std::string_view message) {
  Facts facts;
  wire::PbReader in(message);
  while (in.Next()) {
    if (signal == OtlpSignal::kTraces) {
      if (in.field() == 5) facts.name = in.Bytes();
      if (in.field() == 6) facts.kind = in.Varint();
    } else if (signal == OtlpSignal::kMetrics) {
      if (in.field() == 1) facts.name = in.Bytes();
    } else {
      if (in.field() == 2) facts.severity = in.Int32();
      if (in.field() == 3) facts.severity_text = in.Bytes();
      if (in.field() == 5) {
        base::Arena arena;
        Value body;
        if (wire::AttributeReader(&arena).ReadValue(in.Bytes(), &body) &&
            body.type == Value::Type::kString) {
          facts.body = body.text;
        }
      }
    }
  }
  return facts;
}

std::string_view KindName(uint64_t kind) {
  static constexpr std::string_view kNames[] = {"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL",
                                                "SPAN_KIND_SERVER",      "SPAN_KIND_CLIENT",
                                                "SPAN_KIND_PRODUCER",    "SPAN_KIND_CONSUMER"};
  return kind < std::size(kNames) ? kNames[kind] : "";
}

}  // namespace

struct AttributeMatch::Rules {
  TextSet services, names, kinds, bodies, severity_texts;
  std::vector<PairRule> attributes, resources;
  std::vector<LibraryRule> libraries;
  std::optional<int32_t> min_severity;
  bool match_undefined = false;
  base::Arena arena;

  std::vector<PairRule> Pairs(const std::vector<conf::OtelcolMatch::Pair>& pairs, bool regexp) {
    std::vector<PairRule> out;
    for (const auto& pair : pairs) {
      PairRule rule{pair.key, std::nullopt, nullptr};
      if (pair.value && regexp) {
        rule.pattern = std::make_unique<RE2>(pair.value->scalar, RE2::Quiet);
      } else if (pair.value) {
        rule.value = ValueOf(*pair.value, arena);
      }
      out.push_back(std::move(rule));
    }
    return out;
  }

  static bool All(const std::vector<PairRule>& rules, std::span<const KeyValue> list) {
    return std::ranges::all_of(rules, [&](const PairRule& rule) {
      const Value* value = model::FindAttribute(list, rule.key);
      if (value == nullptr) return false;
      if (rule.value) return model::SameValue(*value, *rule.value);
      return rule.pattern == nullptr ||
             RE2::PartialMatch(model::ValueToString(*value), *rule.pattern);
    });
  }

  bool Library(const ItemContext& item) const {
    return std::ranges::any_of(libraries, [&](const LibraryRule& rule) {
      return rule.name.Matches(item.scope_name) &&
             (!rule.version || rule.version->Matches(item.scope_version));
    });
  }

  bool Service(const ItemContext& item) const {
    const Value* name = model::FindAttribute(item.resource, "service.name");
    return name != nullptr && services.Matches(model::ValueToString(*name));
  }
};

AttributeMatch::AttributeMatch(const conf::OtelcolMatch& match) {
  std::vector<std::string> names = match.span_names;
  names.insert(names.end(), match.metric_names.begin(), match.metric_names.end());
  const bool regexp = match.regexp;
  rules_.reset(new Rules{TextSet(match.services, regexp),
                         TextSet(names, regexp),
                         TextSet(match.span_kinds, regexp),
                         TextSet(match.log_bodies, regexp),
                         TextSet(match.log_severity_texts, regexp),
                         {},
                         {},
                         {},
                         match.min_severity,
                         match.match_undefined_severity,
                         base::Arena()});
  rules_->attributes = rules_->Pairs(match.attributes, regexp);
  rules_->resources = rules_->Pairs(match.resources, regexp);
  for (const auto& library : match.libraries) {
    rules_->libraries.push_back({TextSet({library.name}, regexp), std::nullopt});
    if (library.version)
      rules_->libraries.back().version.emplace(std::vector{*library.version}, regexp);
  }
}
AttributeMatch::~AttributeMatch() = default;
AttributeMatch::AttributeMatch(AttributeMatch&&) noexcept = default;

bool AttributeMatch::Matches(OtlpSignal signal, const ItemContext& item,
                             const AttributeList& attributes) const {
  const Rules& rules = *rules_;
  if (!rules.services.empty() && !rules.Service(item)) return false;
  if (!rules.libraries.empty() && !rules.Library(item)) return false;
  if (!Rules::All(rules.resources, item.resource)) return false;
  if (!Rules::All(rules.attributes, attributes)) return false;
  if (rules.names.empty() && rules.kinds.empty() && rules.bodies.empty() &&
      rules.severity_texts.empty() && !rules.min_severity) {
    return true;
  }
  const Facts facts = FactsOf(signal, item.message);
  if (!rules.names.empty() && !rules.names.Matches(facts.name)) return false;
  if (!rules.kinds.empty() && !rules.kinds.Matches(KindName(facts.kind))) return false;
  if (!rules.bodies.empty() && !rules.bodies.Matches(facts.body)) return false;
  if (!rules.severity_texts.empty() && !rules.severity_texts.Matches(facts.severity_text)) {
    return false;
  }
  if (!rules.min_severity) return true;
  if (facts.severity == 0) return rules.match_undefined;
  return facts.severity >= *rules.min_severity;
}

}  // namespace pharos::ingest::process
