// How much room the record of an event with nothing nested takes at most: then it is written
// without looking at each step whether there is room.
#pragma once

#include <cstddef>

#include "events/record_codec.h"
#include "model/event.h"

namespace pharos::events {

/// Bytes that PutRecord writes at most for an event whose values are no arrays and no maps; 0 for
/// any other, and for one that may be too large. `placed`: its line is written as a place.
size_t FlatRecordBytes(const model::Event& event, bool placed, const SetRef& set);

}  // namespace pharos::events
