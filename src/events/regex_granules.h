// Granules in which a regex may match, told by shapes and skeletons alone: variables stand for any
// text of their kind.
#pragma once

#include "base/result.h"
#include "events/granule_set.h"
#include "match/regex_outline.h"

namespace pharos::events {

class Part;

/// All that have a line in which the regex matches, and more. Cost: a pass over the shapes and
/// the skeletons of their columns.
base::Result<GranuleSet> GranulesOfRegex(const Part& part, const match::RegexOutline& regex);

}  // namespace pharos::events
