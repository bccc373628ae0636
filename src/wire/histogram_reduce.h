// Native histograms finer than what is kept, brought down to it without loss of counts.
#pragma once

#include "model/sample.h"

namespace pharos::wire {

/// The finest exponential schema that is kept, and the finest that is reserved for such.
inline constexpr int32_t kMaxSchema = 8, kMaxReservedSchema = 52;

/// Merges buckets until the schema is kMaxSchema; leaves all other histograms, and those
/// whose spans do not fit their counts, as they are.
void ReduceToMaxSchema(model::Histogram* histogram);

}  // namespace pharos::wire
