#include "conf/relabel.h"

#include <openssl/evp.h>
#include <re2/re2.h>

#include <algorithm>
#include <map>

#include "model/go_regex.h"

namespace pharos::conf {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using LabelMap = std::map<std::string, std::string, std::less<>>;

constexpr std::pair<std::string_view, RelabelAction> kActions[] = {
    {"replace", RelabelAction::kReplace},     {"keep", RelabelAction::kKeep},
    {"drop", RelabelAction::kDrop},           {"keepequal", RelabelAction::kKeepEqual},
    {"dropequal", RelabelAction::kDropEqual}, {"hashmod", RelabelAction::kHashMod},
    {"labelmap", RelabelAction::kLabelMap},   {"labeldrop", RelabelAction::kLabelDrop},
    {"labelkeep", RelabelAction::kLabelKeep}, {"lowercase", RelabelAction::kLowercase},
    {"uppercase", RelabelAction::kUppercase}};

std::string_view ActionName(RelabelAction action) {
  for (const auto& [name, value] : kActions) {
    if (value == action) return name;
  }
  return "";
}

/// Go's Regexp.Expand: $1, ${1}, ${name}, $$. A group that is not there is empty.
std::string Expand(const std::string& pattern, const RE2& regex,
                   const std::vector<re2::StringPiece>& groups) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '$' || i + 1 == pattern.size()) {
      out += pattern[i];
      continue;
    }
    if (pattern[i + 1] == '$') {
      out += '$';
      ++i;
      continue;
    }
    const bool braces = pattern[i + 1] == '{';
    size_t end = i + (braces ? 2 : 1);
    const size_t begin = end;
    while (end < pattern.size() &&
           (std::isalnum(static_cast<unsigned char>(pattern[end])) || pattern[end] == '_')) {
      ++end;
    }
    if (end == begin || (braces && (end == pattern.size() || pattern[end] != '}'))) {
      out += '$';
      continue;
    }
    const std::string name = pattern.substr(begin, end - begin);
    size_t index = groups.size();
    if (std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      index = name.size() < 6 ? std::stoul(name) : groups.size();
    } else if (const auto it = regex.NamedCapturingGroups().find(name);
               it != regex.NamedCapturingGroups().end()) {
      index = static_cast<size_t>(it->second);
    }
    if (index < groups.size()) out.append(groups[index].data(), groups[index].size());
    i = braces ? end : end - 1;
  }
  return out;
}

uint64_t HashMod(const std::string& value, uint64_t modulus) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_Digest(value.data(), value.size(), digest, &length, EVP_md5(), nullptr);
  uint64_t hash = 0;
  for (int i = 8; i < 16; ++i) hash = hash << 8 | digest[i];
  return hash % modulus;
}

void Put(LabelMap& labels, const std::string& name, std::string value) {
  if (value.empty()) {
    labels.erase(name);
  } else {
    labels[name] = std::move(value);
  }
}

std::string Lower(std::string text, bool upper) {
  std::transform(text.begin(), text.end(), text.begin(), [upper](char c) {
    if (upper) return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return text;
}

/// Prometheus's checks, in its order and words.
Result<void> Validate(const RelabelRule& rule) {
  const std::string name(ActionName(rule.action));
  const auto bad = [](std::string what) { return Fail(ErrorKind::kBadInput, std::move(what)); };
  const bool targeted =
      rule.action == RelabelAction::kReplace || rule.action == RelabelAction::kHashMod ||
      rule.action == RelabelAction::kLowercase || rule.action == RelabelAction::kUppercase ||
      rule.action == RelabelAction::kKeepEqual || rule.action == RelabelAction::kDropEqual;
  if (rule.modulus == 0 && rule.action == RelabelAction::kHashMod) {
    return bad("relabel configuration for hashmod requires non-zero modulus");
  }
  if (targeted && rule.target_label.empty()) {
    return bad("relabel configuration for " + name + " action requires 'target_label' value");
  }
  const RelabelRule defaults;
  if ((rule.action == RelabelAction::kLowercase || rule.action == RelabelAction::kUppercase ||
       rule.action == RelabelAction::kKeepEqual || rule.action == RelabelAction::kDropEqual) &&
      rule.replacement != defaults.replacement) {
    return bad("'replacement' can not be set for " + name + " action");
  }
  if (rule.action == RelabelAction::kLabelDrop || rule.action == RelabelAction::kLabelKeep) {
    if (!rule.source_labels.empty() || !rule.target_label.empty() || rule.modulus != 0 ||
        rule.separator != defaults.separator || rule.replacement != defaults.replacement) {
      return bad(name + " action requires only 'regex', and no other fields");
    }
  }
  if (rule.action == RelabelAction::kKeepEqual || rule.action == RelabelAction::kDropEqual) {
    if (rule.regex != defaults.regex || rule.modulus != 0 || rule.separator != defaults.separator) {
      return bad(name +
                 " action requires only 'source_labels' and `target_label`, and no other fields");
    }
  }
  return {};
}

}  // namespace

struct Relabeller::Compiled {
  RelabelRule rule;
  std::unique_ptr<RE2> regex;

  bool Match(const std::string& text, std::vector<re2::StringPiece>* groups) const {
    groups->assign(static_cast<size_t>(regex->NumberOfCapturingGroups()) + 1, {});
    return regex->Match(text, 0, text.size(), RE2::ANCHOR_BOTH, groups->data(),
                        static_cast<int>(groups->size()));
  }
  bool Apply(LabelMap& labels) const;
  void Replace(LabelMap& labels, const std::string& source) const;
  void Rename(LabelMap& labels) const;
};

/// False when the set is dropped.
bool Relabeller::Compiled::Apply(LabelMap& labels) const {
  std::string source;
  for (size_t i = 0; i < rule.source_labels.size(); ++i) {
    if (i > 0) source += rule.separator;
    if (const auto it = labels.find(rule.source_labels[i]); it != labels.end())
      source += it->second;
  }
  const auto target = labels.find(rule.target_label);
  const std::string_view target_value =
      target != labels.end() ? std::string_view(target->second) : "";
  std::vector<re2::StringPiece> groups;
  switch (rule.action) {
    case RelabelAction::kDrop: return !Match(source, &groups);
    case RelabelAction::kKeep: return Match(source, &groups);
    case RelabelAction::kDropEqual: return target_value != source;
    case RelabelAction::kKeepEqual: return target_value == source;
    case RelabelAction::kReplace: Replace(labels, source); return true;
    case RelabelAction::kLowercase:
    case RelabelAction::kUppercase:
      Put(labels, rule.target_label, Lower(source, rule.action == RelabelAction::kUppercase));
      return true;
    case RelabelAction::kHashMod:
      Put(labels, rule.target_label, std::to_string(HashMod(source, rule.modulus)));
      return true;
    case RelabelAction::kLabelMap: Rename(labels); return true;
    case RelabelAction::kLabelDrop:
    case RelabelAction::kLabelKeep:
      std::erase_if(labels, [&](const auto& label) {
        return Match(label.first, &groups) == (rule.action == RelabelAction::kLabelDrop);
      });
      return true;
  }
  return true;
}

void Relabeller::Compiled::Replace(LabelMap& labels, const std::string& source) const {
  std::vector<re2::StringPiece> groups;
  if (!Match(source, &groups)) return;
  const std::string name = Expand(rule.target_label, *regex, groups);
  if (name.empty()) return;
  Put(labels, name, Expand(rule.replacement, *regex, groups));
}

void Relabeller::Compiled::Rename(LabelMap& labels) const {
  std::vector<re2::StringPiece> groups;
  const LabelMap before = labels;
  for (const auto& [name, value] : before) {
    if (!Match(name, &groups)) continue;
    Put(labels, Expand(rule.replacement, *regex, groups), value);
  }
}

Result<Relabeller> Relabeller::Make(std::vector<RelabelRule> rules) {
  auto compiled = std::make_shared<std::vector<Compiled>>();
  for (RelabelRule& rule : rules) {
    PHAROS_TRY_VOID(Validate(rule));
    RE2::Options options;
    options.set_log_errors(false);
    options.set_dot_nl(true);
    auto regex = std::make_unique<RE2>(model::GoRegexToRe2(rule.regex), options);
    if (!regex->ok()) {
      return Fail(ErrorKind::kBadInput, "error parsing regexp: " + regex->error());
    }
    compiled->push_back({std::move(rule), std::move(regex)});
  }
  Relabeller out;
  out.rules_ = std::move(compiled);
  return out;
}

std::optional<model::Labels> Relabeller::Apply(const model::Labels& labels) const {
  if (empty()) return labels;
  LabelMap map;
  for (const model::LabelView label : labels) map.emplace(label.name, label.value);
  for (const Compiled& rule : *rules_) {
    if (!rule.Apply(map)) return std::nullopt;
  }
  std::vector<model::LabelView> views;
  for (const auto& [name, value] : map) views.push_back({name, value});
  return model::Labels::FromPairs(std::move(views));
}

std::vector<RelabelRule> ReadRelabelRules(const std::vector<Node>& nodes, Faults& faults) {
  std::vector<RelabelRule> rules;
  for (const Node& node : nodes) {
    if (node.kind == Node::Kind::kNull) {
      faults.Add(node.line, "empty or null relabeling rule in scrape config");
      continue;
    }
    MapReader map(node, "relabel.plain", faults);
    RelabelRule rule;
    map.Strings("source_labels", &rule.source_labels);
    map.String("separator", &rule.separator);
    map.String("regex", &rule.regex);
    int64_t modulus = 0;
    if (map.Int("modulus", &modulus))
      rule.modulus = static_cast<uint64_t>(std::max<int64_t>(modulus, 0));
    map.String("target_label", &rule.target_label);
    map.String("replacement", &rule.replacement);
    std::string action;
    if (map.String("action", &action)) {
      const std::string lower = Lower(action, false);
      const auto* found = std::find_if(std::begin(kActions), std::end(kActions),
                                       [&](const auto& entry) { return entry.first == lower; });
      if (found == std::end(kActions)) {
        faults.Add(map.LineOf("action"), "unknown relabel action \"" + action + "\"");
      } else {
        rule.action = found->second;
      }
    }
    map.Done();
    if (const auto made = Relabeller::Make({rule}); !made)
      faults.Add(node.line, made.error().message);
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace pharos::conf
