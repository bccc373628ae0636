#include "samples/mem_columns.h"

#include "samples/columns.h"

namespace pharos::samples {

void DecodeAll(const MemSeries& mem, const char* tail, store::SeriesColumns* out) {
  out->times_ms.clear();
  out->values.clear();
  out->starts_ms.clear();
  out->histograms.clear();
  MemStreamReader reader(mem, tail);
  while (reader.Next(INT64_MIN, INT64_MAX, &out->times_ms, &out->values)) {
  }
  if (mem.extra == nullptr) return;
  FillStarts(mem.extra->starts, 0, out);
  for (const LateSample& late : mem.extra->late) PutLate(late, out);
  out->histograms = mem.extra->histograms;
  SortLaterWins(out);
}

}  // namespace pharos::samples
