#include "conf/rule_file.h"

#include <algorithm>
#include <set>

#include "conf/yaml.h"

namespace pharos::conf {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

/// UTF-8 names are allowed; what Prometheus refuses is an empty one, braces and line ends.
bool ValidMetricName(std::string_view name) {
  return !name.empty() && name.find_first_of("{}\n\r") == std::string_view::npos &&
         name.find(' ') == std::string_view::npos;
}

class Reader {
 public:
  Reader(Faults& faults, const ExpressionCheck& check, const TemplateCheck& templates)
      : faults_(faults), check_(check), templates_(templates) {}

  RuleGroup Group(const Node& node) {
    MapReader map(node, "rulefmt.RuleGroup", faults_);
    RuleGroup group;
    map.String("name", &group.name);
    if (group.name.empty()) faults_.Add(node.line, "Groupname must not be empty");
    if (!names_.insert(group.name).second) {
      faults_.Add(node.line, "groupname: \"" + group.name + "\" is repeated in the same file");
    }
    map.DurationMs("interval", &group.interval_ms);
    if (int64_t offset = 0; map.DurationMs("query_offset", &offset)) group.query_offset_ms = offset;
    map.Int("limit", &group.limit);
    map.StringMap("labels", &group.labels);
    for (const auto& [label, value] : group.labels) {
      if (!ValidLabelName(label)) faults_.Add(map.LineOf("labels"), "invalid label name: " + label);
    }
    int number = 0;
    for (const Node& rule : map.List("rules"))
      group.rules.push_back(OneRule(rule, group, ++number));
    map.Done();
    return group;
  }

 private:
  Rule OneRule(const Node& node, const RuleGroup& group, int number) {
    MapReader map(node, "rulefmt.RuleNode", faults_);
    Rule rule;
    rule.line = node.line;
    map.String("record", &rule.record);
    map.String("alert", &rule.alert);
    map.String("expr", &rule.expr);
    const bool has_for = map.DurationMs("for", &rule.for_ms) && rule.for_ms != 0;
    const bool has_keep =
        map.DurationMs("keep_firing_for", &rule.keep_firing_for_ms) && rule.keep_firing_for_ms != 0;
    map.StringMap("labels", &rule.labels);
    map.StringMap("annotations", &rule.annotations);
    map.Done();

    const std::string& name = rule.alert.empty() ? rule.record : rule.alert;
    const auto fault = [&](std::string_view key, const std::string& what) {
      faults_.Add(map.LineOf(key), "group \"" + group.name + "\", rule " + std::to_string(number) +
                                       ", \"" + name + "\": " + what);
    };
    if (!rule.record.empty() && !rule.alert.empty())
      fault("record", "only one of 'record' and 'alert' must be set");
    if (rule.record.empty() && rule.alert.empty())
      fault("expr", "one of 'record' or 'alert' must be set");
    if (rule.expr.empty()) {
      fault("expr", "field 'expr' must be set in rule");
    } else if (const std::string error = check_(rule.expr); !error.empty()) {
      fault("expr", "could not parse expression: " + error);
    }
    if (!rule.record.empty()) {
      if (!rule.annotations.empty())
        fault("annotations", "invalid field 'annotations' in recording rule");
      if (has_for) fault("for", "invalid field 'for' in recording rule");
      if (has_keep) fault("keep_firing_for", "invalid field 'keep_firing_for' in recording rule");
      if (rule.record.find_first_of("{}") != std::string::npos) {
        fault("record",
              "braces present in the recording rule name; should it be in expr?: " + rule.record);
      } else if (!ValidMetricName(rule.record))
        fault("record", "invalid recording rule name: " + rule.record);
    }
    for (const auto& [label, value] : rule.labels) {
      if (!ValidLabelName(label)) fault("labels", "invalid label name: " + label);
    }
    for (const auto& [name_of, value] : rule.annotations) {
      if (name_of.empty()) fault("annotations", "invalid annotation name: " + name_of);
    }
    if (!rule.alert.empty() && templates_ != nullptr) {
      for (const auto& [label, text] : rule.labels) {
        if (const std::string error = templates_(rule.alert, text); !error.empty())
          fault("labels", "label \"" + label + "\": " + error);
      }
      for (const auto& [annotation, text] : rule.annotations) {
        if (const std::string error = templates_(rule.alert, text); !error.empty())
          fault("annotations", "annotation \"" + annotation + "\": " + error);
      }
    }
    return rule;
  }

  static bool ValidLabelName(const std::string& name) {
    return !name.empty() && name != "__name__";
  }

  Faults& faults_;
  const ExpressionCheck& check_;
  const TemplateCheck& templates_;
  std::set<std::string> names_;
};

}  // namespace

Result<std::vector<RuleGroup>> ParseRuleFile(std::string_view text, const std::string& file,
                                             const ExpressionCheck& check,
                                             std::vector<KeyNote>* notes,
                                             const TemplateCheck& templates) {
  PHAROS_TRY(const Node root, ParseYaml(text, file));
  Faults faults(file);
  MapReader top(root, "rulefmt.RuleGroups", faults);
  Reader reader(faults, check, templates);
  std::vector<RuleGroup> groups;
  for (const Node& node : top.List("groups")) groups.push_back(reader.Group(node));
  top.Done();
  if (notes != nullptr) *notes = faults.notes();
  if (!faults.empty()) return Fail(ErrorKind::kBadInput, faults.Text());
  return groups;
}

}  // namespace pharos::conf
