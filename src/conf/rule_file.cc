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
  Reader(Faults& faults, const ExpressionCheck& check) : faults_(faults), check_(check) {}

  RuleGroup Group(const Node& node) {
    MapReader map(node, "rulefmt.RuleGroup", faults_);
    RuleGroup group;
    map.String("name", &group.name);
    if (group.name.empty()) faults_.Add(node.line, "Groupname must not be empty");
    if (!names_.insert(group.name).second) {
      faults_.Add(node.line, "groupname: \"" + group.name + "\" is repeated in the same file");
    }
    map.DurationMs("interval", &group.interval_ms);
    map.DurationMs("query_offset", &group.query_offset_ms);
    map.Int("limit", &group.limit);
    map.StringMap("labels", &group.labels);
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
      if (!ValidMetricName(rule.record))
        fault("record", "invalid recording rule name: " + rule.record);
    }
    for (const auto& [label, value] : rule.labels) {
      if (label.empty() || label == "__name__") fault("labels", "invalid label name: " + label);
    }
    return rule;
  }

  Faults& faults_;
  const ExpressionCheck& check_;
  std::set<std::string> names_;
};

}  // namespace

Result<std::vector<RuleGroup>> ParseRuleFile(std::string_view text, const std::string& file,
                                             const ExpressionCheck& check,
                                             std::vector<KeyNote>* notes) {
  PHAROS_TRY(const Node root, ParseYaml(text, file));
  Faults faults(file);
  MapReader top(root, "rulefmt.RuleGroups", faults);
  Reader reader(faults, check);
  std::vector<RuleGroup> groups;
  for (const Node& node : top.List("groups")) groups.push_back(reader.Group(node));
  top.Done();
  if (notes != nullptr) *notes = faults.notes();
  if (!faults.empty()) return Fail(ErrorKind::kBadInput, faults.Text());
  return groups;
}

}  // namespace pharos::conf
