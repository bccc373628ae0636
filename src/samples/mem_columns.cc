#include "samples/mem_columns.h"

#include "samples/columns.h"

namespace pharos::samples {

void DecodeAll(const MemSeries& mem, store::SeriesColumns* out) {
  out->times_ms.clear();
  out->values.clear();
  out->histograms.clear();
  for (const MemChunk* chunk = mem.first; chunk != nullptr; chunk = chunk->next) {
    DecodeChunk(*chunk, &out->times_ms, &out->values);
  }
  for (size_t i = 0; i < mem.open; ++i) {
    out->times_ms.push_back(mem.base_ms + mem.offsets_ms[i]);
    out->values.push_back(mem.values[i]);
  }
  if (mem.extra != nullptr) {
    for (const model::Sample& late : mem.extra->late) {
      out->times_ms.push_back(late.time_ms);
      out->values.push_back(late.value);
    }
    out->histograms = mem.extra->histograms;
  }
  SortLaterWins(out);
}

}  // namespace pharos::samples
