// Which samples of one part are deleted: the tombstones that concern it, with the numbers of the
// series that they match. Made when the part is first read after a deletion, then shared.
#pragma once

#include <memory>
#include <vector>

#include "samples/part_index.h"
#include "samples/tombstones.h"
#include "store/samples.h"

namespace pharos::samples {

/// Owns: four bytes a matched series and tombstone. Threads: immutable. Errors: none.
/// Cost: Make asks the index once a tombstone; the rest is a binary search a tombstone.
class HiddenSamples {
 public:
  static std::shared_ptr<const HiddenSamples> Make(const Tombstones& tombstones,
                                                   const PartIndex& index);

  /// True when no series of the part is concerned.
  bool empty() const { return items_.empty(); }
  /// True when something of this series within [min_ms, max_ms] is hidden.
  bool Touches(uint32_t series, int64_t min_ms, int64_t max_ms) const;
  /// True when all of [min_ms, max_ms] is hidden, so that the series is not there.
  bool Covers(uint32_t series, int64_t min_ms, int64_t max_ms) const;
  /// Takes what is hidden out of the columns, from these positions on.
  void Filter(uint32_t series, size_t floats_from, size_t histograms_from,
              store::SeriesColumns* columns) const;
  size_t bytes() const;

 private:
  struct Interval {
    int64_t start_ms, end_ms;
  };
  struct Item {
    Interval time;
    std::vector<uint32_t> series;  // sorted
  };
  /// Sorted by start.
  std::vector<Interval> Of(uint32_t series) const;

  std::vector<Item> items_;
};

/// Takes the samples for whose time `hidden` holds out of the columns, from these positions on.
template <class Hidden>
void RemoveSamples(store::SeriesColumns* columns, size_t floats_from, size_t histograms_from,
                   Hidden hidden) {
  size_t kept = floats_from;
  const bool started = columns->starts_ms.size() == columns->times_ms.size();
  for (size_t i = floats_from; i < columns->times_ms.size(); ++i) {
    if (hidden(columns->times_ms[i])) continue;
    columns->times_ms[kept] = columns->times_ms[i];
    columns->values[kept] = columns->values[i];
    if (started) columns->starts_ms[kept] = columns->starts_ms[i];
    ++kept;
  }
  columns->times_ms.resize(kept);
  columns->values.resize(kept);
  if (started) columns->starts_ms.resize(kept);
  kept = histograms_from;
  for (size_t i = histograms_from; i < columns->histograms.size(); ++i) {
    if (hidden(columns->histograms[i].time_ms)) continue;
    if (kept != i) columns->histograms[kept] = std::move(columns->histograms[i]);
    ++kept;
  }
  columns->histograms.resize(kept);
}

}  // namespace pharos::samples
