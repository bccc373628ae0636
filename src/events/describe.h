// What a part is made of, in words: for `pharos inspect events`.
#pragma once

#include <string>

#include "base/result.h"
#include "events/part.h"

namespace pharos::events {

/// Lines of text: streams, granules, bytes a section, and for each column of lines its bytes,
/// skeletons and the commonest of these. Reads the whole part. Errors: kCorrupt.
base::Result<std::string> DescribePart(const Part& part);

/// A skeleton as people read it: variables as ‹number›, ‹hex 16›, ‹time› and so on.
std::string ReadableSkeleton(std::string_view text);

}  // namespace pharos::events
