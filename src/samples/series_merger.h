// Puts one series of several parts together into a part that is being built: blocks that are
// full and overlap nothing are copied as they are, head and body; only small and overlapping
// ones are decoded and encoded anew.
#pragma once

#include <span>
#include <vector>

#include "samples/part.h"
#include "samples/part_builder.h"

namespace pharos::samples {

struct MergeInput {
  PartSeriesReader* reader = nullptr;
  uint32_t series = 0;
  SeriesPlace place;
};

/// Owns: scratch memory. Threads: one. Errors: as Part and PartBuilder. Cost: about a
/// nanosecond a sample that is copied, ten one that is not.
class SeriesMerger {
 public:
  explicit SeriesMerger(PartBuilder& builder) : builder_(builder) {}

  /// Adds the series `labels` (canonical bytes) with all that the inputs have of it; `inputs`
  /// oldest generation first, so that later ones win. After an error of reading, failed() is
  /// the reader that it came from.
  base::Result<void> Add(std::string_view labels, std::span<const MergeInput> inputs);
  PartSeriesReader* failed() const { return failed_; }

  uint64_t copied_samples() const { return copied_samples_; }
  uint64_t encoded_samples() const { return encoded_samples_; }

 private:
  struct Source {
    PartSeriesReader* reader;
    const PartBlock* block;
  };
  base::Result<void> Gather(std::span<const MergeInput> inputs);
  /// Sorts by time; false when some overlap, so that nothing can be copied.
  static bool InOrder(std::vector<Source>& sources);
  base::Result<void> AddKind(std::vector<Source>& sources);
  base::Result<void> Copy(const Source& source);
  base::Result<void> Decode(const Source& source);
  /// Writes what was decoded since the last time.
  base::Result<void> FlushDecoded();
  /// Notes whom an error came from.
  template <class T>
  base::Result<T> From(PartSeriesReader* reader, base::Result<T> result) {
    if (!result) failed_ = reader;
    return result;
  }

  PartBuilder& builder_;
  PartSeriesReader* failed_ = nullptr;
  std::vector<std::vector<PartBlock>> blocks_;  ///< an input
  std::vector<Source> floats_, histograms_;
  store::SeriesColumns decoded_;
  uint64_t copied_samples_ = 0, encoded_samples_ = 0;
};

}  // namespace pharos::samples
