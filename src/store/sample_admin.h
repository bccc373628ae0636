// What an operator asks of the sample store beside reading and writing: to delete, to give the
// disk back, to copy.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/matcher.h"

namespace pharos::store {

/// A stretch of stored samples: what Prometheus calls a block.
struct SamplePart {
  uint64_t id = 0;
  int64_t min_ms = 0, max_ms = 0;  ///< inclusive
  uint64_t series = 0, samples = 0;
  uint32_t level = 0;  ///< how often it was merged
};

/// Threads: any call from any thread. Errors: kIo and kFull from the disk; kLimit when too many
/// deletions wait to be carried out.
class SampleAdmin {
 public:
  virtual ~SampleAdmin() = default;
  /// Deletes what was written of the matching series within [start_ms, end_ms]. It is hidden, and
  /// stays so after a crash, when this returns; what is written later at the same times counts. On
  /// an error nothing is deleted. Waits for a seal that is under way.
  virtual base::Result<void> Delete(std::string_view tenant,
                                    const std::vector<model::Matcher>& matchers, int64_t start_ms,
                                    int64_t end_ms) = 0;
  /// Takes what is deleted off the disk, now.
  virtual base::Result<void> CleanTombstones() = 0;
  /// A data directory of all samples as they are now, at <data>/snapshots/<name>; returns the
  /// name. With `skip_memory` without what is not in parts yet.
  virtual base::Result<std::string> Snapshot(bool skip_memory) = 0;
  /// On disk, the oldest first.
  virtual std::vector<SamplePart> Parts(std::string_view tenant) = 0;
};

}  // namespace pharos::store
