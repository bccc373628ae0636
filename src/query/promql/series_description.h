// Series descriptions, as script tests and rule tests write them:
// `http_requests{job="a"} 0+10x5 _ stale {{sum:1 count:2 buckets:[1 1]}}x3`.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"
#include "model/sample.h"

namespace pharos::query::promql {

struct SequenceValue {
  bool omitted = false;
  double value = 0;
  std::optional<model::Histogram> histogram;
  bool reset_hint_given = false;
};

struct SeriesDescription {
  model::Labels labels;
  std::vector<SequenceValue> values;
};

/// kBadInput with the parser's sentence and position.
base::Result<SeriesDescription> ParseSeriesDescription(std::string_view input);

}  // namespace pharos::query::promql
