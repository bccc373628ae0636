// Rule files: groups of recording and alerting rules, read and checked as promtool does.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "conf/yaml.h"

namespace pharos::conf {

struct Rule {
  std::string record;  ///< one of record and alert is set
  std::string alert;
  std::string expr;
  int64_t for_ms = 0;
  int64_t keep_firing_for_ms = 0;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  int line = 0;
};

struct RuleGroup {
  std::string name;
  int64_t interval_ms = 0;                 ///< 0: the global evaluation_interval
  std::optional<int64_t> query_offset_ms;  ///< none: the global rule_query_offset
  int64_t limit = 0;
  std::map<std::string, std::string> labels;  ///< added to every rule's
  std::vector<Rule> rules;
};

/// "" when the expression parses, else the parser's error. Given by a higher layer.
using ExpressionCheck = std::function<std::string(std::string_view expression)>;

/// "" when a label or annotation of the alert is a template that parses. Given likewise.
using TemplateCheck = std::function<std::string(std::string_view alert, const std::string& text)>;

/// Parses and validates. kBadInput holds every fault, one a line, as `FILE:LINE: …`, in
/// Prometheus's words. What becomes of each key goes to `notes`.
base::Result<std::vector<RuleGroup>> ParseRuleFile(std::string_view text, const std::string& file,
                                                   const ExpressionCheck& check,
                                                   std::vector<KeyNote>* notes = nullptr,
                                                   const TemplateCheck& templates = nullptr);

}  // namespace pharos::conf
