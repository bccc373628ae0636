#include "rules/rule_set.h"

#include <set>
#include <utility>

#include "conf/rule_file.h"
#include "rules/rule.h"
#include "rules/slo.h"

namespace pharos::rules {

using base::Result;

Result<std::vector<GroupSpec>> ReadRuleFiles(const std::vector<std::string>& patterns,
                                             std::vector<std::string>* warnings) {
  std::vector<GroupSpec> specs;
  std::set<std::string> seen;  // two patterns may name the same file
  for (const std::string& pattern : patterns) {
    const auto files = conf::ExpandRuleFiles(pattern);
    if (files.empty()) warnings->push_back("no file matches " + pattern);
    for (const std::string& file : files) {
      if (!seen.insert(file).second) continue;
      PHAROS_TRY(const std::string text, conf::ReadTextFile(file));
      PHAROS_TRY(auto groups,
                 conf::ParseRuleFile(text, file, CheckExpression, nullptr, CheckTemplate));
      for (conf::RuleGroup& group : groups) specs.push_back({file, std::move(group)});
    }
  }
  return specs;
}

Result<RuleSet> MakeRuleSet(const conf::PrometheusConfig& config, const std::string& external_url,
                            const std::vector<conf::SloConfig>& slos,
                            std::vector<std::string>* warnings) {
  RuleSet set;
  set.defaults = {.interval_ms = config.evaluation_interval_ms,
                  .query_offset_ms = config.rule_query_offset_ms,
                  .external_labels = config.external_labels,
                  .external_url = external_url};
  PHAROS_TRY(set.groups, ReadRuleFiles(config.rule_files, warnings));
  for (const conf::SloConfig& slo : slos) {
    if (const std::string fault = CheckSlo(slo); !fault.empty())
      return base::Fail(base::ErrorKind::kBadInput, fault);
    if (const std::string warning = SloWarning(slo); !warning.empty()) warnings->push_back(warning);
    set.groups.push_back({std::string(kSloFile), SloGroup(slo)});
  }
  return set;
}

}  // namespace pharos::rules
