// Putting one series' samples together from several sources, oldest source first: the later
// write wins at the same time.
#pragma once

#include "store/samples.h"

namespace pharos::samples {

/// Sorts the columns by time where they are not sorted yet; of equal times the one that was
/// added last stays. Cost: one pass when nothing overlaps.
void SortLaterWins(store::SeriesColumns* columns);

/// Notes the starts of `count` samples that are about to be added behind the ones that are
/// there; an empty `starts_ms` means that none is known.
void AppendStarts(std::span<const int64_t> starts_ms, size_t count, store::SeriesColumns* columns);

/// Keeps what lies in [start_ms, end_ms] of the items from `from` on, which are sorted.
void TrimFloats(store::SeriesColumns* columns, size_t from, int64_t start_ms, int64_t end_ms);

}  // namespace pharos::samples
