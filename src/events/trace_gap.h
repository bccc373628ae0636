// The widest hole in the trace numbers of a granule: one that ends a stream and begins the next
// has the last and the first traces of a part, and none between.
#pragma once

#include <span>

#include "events/granule.h"

namespace pharos::events {

/// Sets the hole of a granule whose least and greatest trace numbers are set; none where all rows
/// are of one stream.
void FindTraceGap(std::span<const GranuleRow> rows, GranuleMeta* meta);

}  // namespace pharos::events
