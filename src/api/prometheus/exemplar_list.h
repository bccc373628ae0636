// Exemplars as /api/v1/query_exemplars shows them.
#pragma once

#include <string>
#include <vector>

#include "store/exemplars.h"

namespace pharos::api::prometheus {

/// [{"seriesLabels":{…},"exemplars":[{"labels":{…},"value":"…","timestamp":…}]}]
std::string ExemplarList(const std::vector<store::SeriesExemplars>& series);

}  // namespace pharos::api::prometheus
