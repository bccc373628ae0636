// Start times in script tests: a line `metric{…}@st _ -30s-1mx2 0` ahead of the series' own,
// each value a duration from the time of the sample at that place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"

namespace pharos::query::promql {

struct StartsLine {
  model::Labels labels;
  std::vector<std::optional<int64_t>> offsets_ms;  ///< from the sample's time; none: not known
};

bool IsStartsLine(std::string_view line);
/// kBadInput where the line is not of that form. At most kMaxSeriesValues values.
base::Result<StartsLine> ParseStartsLine(const std::string& line);

}  // namespace pharos::query::promql
