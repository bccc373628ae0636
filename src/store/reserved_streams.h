// Streams of events that Pharos keeps for itself. Who asks for logs does not meet them, unless by
// their label's name.
#pragma once

#include <string_view>
#include <vector>

#include "model/labels.h"
#include "model/matcher.h"

namespace pharos::store {

/// The one label of a stream of exemplars; its value is their metric's name.
inline constexpr std::string_view kExemplarLabel = "__exemplars__";

/// model::MatchesAll, and for a reserved stream also: one of the matchers names its label.
bool MatchesStream(const std::vector<model::Matcher>& matchers, const model::Labels& stream);

}  // namespace pharos::store
