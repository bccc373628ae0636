// The door between the sample engine and whoever keeps the exemplars of its series.
#pragma once

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ack.h"
#include "base/result.h"
#include "model/event.h"
#include "model/labels.h"
#include "model/sample.h"
#include "store/samples.h"

namespace pharos::store {

using SeriesExemplar = std::pair<model::Labels, model::Exemplar>;
using SeriesExemplars = std::pair<model::Labels, std::vector<model::Exemplar>>;

/// Threads: any. Errors: Append gives them through its Ack; an exemplar that Prometheus would not
/// take is left out without one.
class ExemplarStore {
 public:
  virtual ~ExemplarStore() = default;
  virtual base::Ack Append(std::string_view tenant, std::span<const SeriesExemplar> exemplars) = 0;
  /// By matchers and time (inclusive). Sorted by labels, then time.
  virtual base::Result<std::vector<SeriesExemplars>> Select(const SampleQuery& query) = 0;
  /// Those that name this trace; sorted likewise.
  virtual base::Result<std::vector<SeriesExemplars>> OfTrace(std::string_view tenant,
                                                             const model::TraceId& id) = 0;
};

}  // namespace pharos::store
