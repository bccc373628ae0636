#include "rules/rule.h"

#include <utility>

#include "query/promql/parser.h"
#include "query/promql/printer.h"
#include "rules/alert_template.h"
#include "rules/alerting_rule.h"
#include "rules/recording_rule.h"

namespace pharos::rules {

using base::Result;

std::string_view HealthName(Health health) {
  constexpr std::string_view kNames[] = {"unknown", "ok", "err"};
  return kNames[static_cast<size_t>(health)];
}

std::string Rule::Definition() const {
  return name_ + "\n" + expression_ + "\n" + labels_.bytes() + "\n";
}

namespace {

model::Labels MergedLabels(const conf::Rule& rule, const RuleSetting& setting) {
  std::map<std::string, std::string> merged = setting.group_labels;
  for (const auto& [name, value] : rule.labels) merged[name] = value;
  std::vector<model::LabelView> views;
  for (const auto& [name, value] : merged) views.push_back({name, value});
  return model::Labels::FromPairs(std::move(views));
}

}  // namespace

Result<std::unique_ptr<Rule>> MakeRule(const conf::Rule& rule, const RuleSetting& setting) {
  auto parsed = query::promql::ParseExpr(rule.expr);
  const std::string& name = rule.alert.empty() ? rule.record : rule.alert;
  if (!parsed) return base::Wrap(std::move(parsed).error(), "rule \"" + name + "\"");
  std::string expression = query::promql::Print(**parsed);
  if (rule.alert.empty())
    return std::make_unique<RecordingRule>(name, std::move(expression),
                                           MergedLabels(rule, setting));
  return std::make_unique<AlertingRule>(rule, std::move(expression), MergedLabels(rule, setting),
                                        setting);
}

std::string CheckExpression(std::string_view expression) {
  const auto parsed = query::promql::ParseExpr(expression);
  return parsed ? std::string() : parsed.error().message;
}

std::string CheckTemplate(std::string_view alert, const std::string& text) {
  const AlertTexts texts(std::string(alert), {}, "");
  return texts.Compile(text).parse_error;
}

}  // namespace pharos::rules
