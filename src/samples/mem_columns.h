// One series of one memtable generation as columns: what a seal writes, and what a deletion
// keeps.
#pragma once

#include "samples/memtable.h"
#include "store/samples.h"

namespace pharos::samples {

/// Everything that the generation holds of the series, in order of time; of equal times the later
/// write. Replaces the columns. `tail`: as for MemStreamReader. The caller keeps the generation
/// from changing.
void DecodeAll(const MemSeries& mem, const char* tail, store::SeriesColumns* out);

}  // namespace pharos::samples
