// Who has how many series: what an operator asks before memory runs out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/matcher.h"

namespace pharos::store {

struct NamedCount {
  std::string name;
  uint64_t value = 0;
  bool operator==(const NamedCount&) const = default;
};

/// Of what is in memory. Lists are the largest first.
struct HeadCardinality {
  uint64_t series = 0;
  uint64_t label_pairs = 0;
  uint64_t samples = 0;     ///< not in parts yet
  int64_t min_time_ms = 0;  ///< of these; 0 when there are none
  int64_t max_time_ms = 0;
  std::vector<NamedCount> series_by_metric;
  std::vector<NamedCount> values_by_label;
  std::vector<NamedCount> bytes_by_label;  ///< names and values, once a series
  std::vector<NamedCount> series_by_pair;  ///< "name=value"
};

struct CardinalityQuery {
  std::string tenant;
  /// Series that one of these selects; all when empty.
  std::vector<std::vector<model::Matcher>> selectors;
  int64_t start_ms = 0;  ///< inclusive
  int64_t end_ms = 0;    ///< inclusive
  size_t limit = 10;     ///< entries a list
  std::string focus_label;
};

struct MetricCardinality {
  std::string name;
  uint64_t series = 0;
  uint64_t new_series = 0;         ///< appeared within the last hour, or since the start
  std::vector<NamedCount> labels;  ///< distinct values of each label, the most first
};

struct LabelCardinality {
  std::string name;
  uint64_t values = 0;
  uint64_t series = 0;
};

/// Of memory and parts together, each series once.
struct CardinalityReport {
  uint64_t series = 0;
  uint64_t series_in_memory = 0;
  uint64_t parts = 0;  ///< looked at
  uint64_t metrics = 0;
  uint64_t label_pairs = 0;
  uint64_t new_series = 0;  ///< of the metrics that have a series here
  std::vector<MetricCardinality> by_metric;
  std::vector<LabelCardinality> by_label;
  std::vector<NamedCount> by_pair;
  std::vector<NamedCount> focus;  ///< series a value of the focus label
};

/// Threads: any call from any thread. Errors: kCorrupt names the part. Cost: a second or so for a
/// million series; the label index is read, samples are not.
class CardinalitySource {
 public:
  virtual ~CardinalitySource() = default;
  virtual HeadCardinality InMemory(std::string_view tenant, size_t limit) = 0;
  virtual base::Result<CardinalityReport> Cardinality(const CardinalityQuery& query) = 0;
};

}  // namespace pharos::store
