// promtool's unit tests of rules: series, rule files, and what must come of them at which time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "query/promql/series_description.h"
#include "rules/query.h"

namespace pharos::rules {

/// The alerts of one name that must fire at a time, and no others.
struct AlertCase {
  int64_t time_ms = 0;
  std::string alert;
  struct Expected {
    std::map<std::string, std::string> labels, annotations;
  };
  std::vector<Expected> expected;
};

struct ExpressionCase {
  int64_t time_ms = 0;
  std::string expression;
  Vector expected;
};

struct UnitTest {
  std::string name;
  int64_t interval_ms = 0;  ///< of the series, and of groups that have none
  int64_t start_ms = 0;
  std::vector<query::promql::SeriesDescription> series;
  std::vector<AlertCase> alerts;
  std::vector<ExpressionCase> expressions;
  std::map<std::string, std::string> external_labels;
  std::string external_url;
};

struct UnitTestFile {
  std::vector<std::string> rule_files;  ///< patterns resolved against the file's folder
  int64_t interval_ms = 60'000;         ///< of evaluation
  std::vector<std::string> group_order;
  std::vector<UnitTest> tests;
  bool fuzzy_compare = false;  ///< the last bit of a float does not matter
};

/// kBadInput holds every fault, one a line, as `FILE:LINE: …`.
base::Result<UnitTestFile> ParseUnitTestFile(std::string_view text, const std::string& file);

/// What did not come out as expected, one entry a case; empty when all is well. kBadInput,
/// kNotFound for a file that cannot be read; `warnings` get what promtool warns of.
base::Result<std::vector<std::string>> RunUnitTests(const std::string& file,
                                                    std::vector<std::string>* warnings);

}  // namespace pharos::rules
