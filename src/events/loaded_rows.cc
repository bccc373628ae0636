#include "events/loaded_rows.h"

#include <algorithm>

namespace pharos::events {

size_t LoadedRows::Bytes() const {
  size_t bytes = rows.capacity() * sizeof(LoadedRow) + arena.ReservedBytes();
  for (const auto& page : pages) bytes += page->capacity();
  return bytes;
}

bool Before(const LoadedRow& a, const LoadedRow& b) {
  if (a.event.time_ns != b.event.time_ns) return a.event.time_ns < b.event.time_ns;
  if (a.stream != b.stream) {
    if (const auto order = *a.stream <=> *b.stream; order != 0) return order < 0;
  }
  return a.order < b.order;
}

}  // namespace pharos::events
