// What a Loki push is held against: Loki's defaults, unless a Loki file says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ingest/receive/limits.h"

namespace pharos::ingest::receive {

/// limits_config of Loki. Where it says so, 0 is no limit.
struct LokiLimits {
  bool reject_old = true;
  int64_t max_age_ns = kLokiMaxAgeNs;         ///< counts only with `reject_old`
  int64_t grace_ns = kLokiGraceNs;            ///< how far ahead of now a line may be
  size_t max_line_bytes = kLokiMaxLineBytes;  ///< 0: no limit
  size_t max_label_names = kLokiMaxLabelNames;
  size_t max_label_name_bytes = kLokiMaxLabelNameBytes;
  size_t max_label_value_bytes = kLokiMaxLabelValueBytes;
  size_t max_metadata_bytes = kLokiMaxMetadataBytes;  ///< 0: no limit
  size_t max_metadata_count = kLokiMaxMetadataCount;  ///< 0: no limit
};

}  // namespace pharos::ingest::receive
