#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "conf/prometheus_config.h"
#include "conf/rule_file.h"
#include "query/promql/parser.h"
#include "server/commands.h"

namespace pharos::server {
namespace {

using base::Result;

std::string ExpressionError(std::string_view expression) {
  const auto parsed = query::promql::ParseExpr(expression);
  return parsed ? std::string() : parsed.error().message;
}

bool CheckRules(const std::string& file) {
  const auto text = conf::ReadTextFile(file);
  const auto groups =
      text ? conf::ParseRuleFile(*text, file, ExpressionError) : std::unexpected(text.error());
  if (!groups) {
    std::printf("FAILED\n%s\n", groups.error().message.c_str());
    return false;
  }
  size_t rules = 0;
  for (const conf::RuleGroup& group : *groups) rules += group.rules.size();
  std::printf("%s: %zu rules found, syntax fine (this release does not evaluate rules yet)\n",
              file.c_str(), rules);
  return true;
}

bool CheckPrometheus(const std::string& file) {
  const auto config = conf::ReadPrometheusConfig(file);
  if (!config) {
    std::printf("FAILED\n%s\n", config.error().message.c_str());
    return false;
  }
  std::printf("%s: %zu scrape jobs, fine\n", file.c_str(), config->jobs.size());
  bool fine = true;
  for (const std::string& pattern : config->rule_files) {
    const auto files = conf::ExpandRuleFiles(pattern);
    if (files.empty())
      std::printf("%s: no file matches (Prometheus takes that in silence)\n", pattern.c_str());
    for (const std::string& rules : files) fine = CheckRules(rules) && fine;
  }
  return fine;
}

/// A file with a top-level `groups` is a rule file; everything else is held for prometheus.yml.
bool IsRuleFile(const std::string& text, const std::string& file) {
  const auto root = conf::ParseYaml(text, file);
  return root && root->Find("groups") != nullptr;
}

}  // namespace

int Check(const std::vector<std::string>& files) {
  bool fine = true;
  for (const std::string& file : files) {
    std::printf("Checking %s\n", file.c_str());
    const auto text = conf::ReadTextFile(file);
    if (!text) {
      std::printf("FAILED\n%s\n", text.error().message.c_str());
      fine = false;
      continue;
    }
    fine = (IsRuleFile(*text, file) ? CheckRules(file) : CheckPrometheus(file)) && fine;
  }
  return fine ? 0 : 1;
}

}  // namespace pharos::server
