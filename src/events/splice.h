// Parts become one part without a look at their rows: pages of granules are copied as they lie
// in the files; numbers of streams, shapes and skeletons are put right, directories and
// dictionaries made anew. Each run of sorted granules stays one.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "events/part.h"
#include "events/part_builder.h"

namespace pharos::events {

/// True where the granules of the parts, at least one, are filled to `percent` or more on the
/// average: copies of emptier ones would stay as costly to read as they are. One small part among
/// large ones, as midnight makes it, is no reason to look at all rows.
bool AreFull(const std::vector<std::shared_ptr<const Part>>& parts, size_t percent);

/// One part of `parts`, which are in the order of arrival. Null, with nothing published, where
/// rows have to be looked at: when an event may be in two of them, or when one part cannot have
/// all their shapes and skeletons. Errors and the rest: see MakePart.
/// Cost: a copy of the bytes, and the times of granules that overlap.
base::Result<std::shared_ptr<Part>> SpliceParts(io::Manifest& manifest, const PartPlan& plan,
                                                std::vector<std::shared_ptr<const Part>> parts,
                                                io::ManifestEdit edit,
                                                std::shared_ptr<SharedPages> pages);

}  // namespace pharos::events
