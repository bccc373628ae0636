// A query's answer: granules and memtable blocks are opened in the order of time, each
// once, and their rows merged. Holds no lock and little more than the rows that overlap.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "events/source.h"
#include "store/events.h"

namespace pharos::events {

/// kBadInput for a predicate that does not compile. `most_rows` is how many decoded rows are
/// held before the farther half is dropped, to be decoded again when its time comes.
base::Result<std::unique_ptr<store::EventCursor>> MakeCursor(const store::EventQuery& query,
                                                             std::vector<Source> sources,
                                                             size_t most_rows);

}  // namespace pharos::events
