// Looks for hex digits in a column of binary ids as it lies in its page: no text is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "events/skeleton.h"

namespace pharos::events {

/// Where in a value a piece must stand.
enum class Anchor : uint8_t { kInside, kFront, kBack, kWhole };

/// False for digits that are too few to be looked for so; the caller then looks at texts.
bool CanScanIds(VarType type, std::string_view piece);

/// Appends the numbers of the ids (of type.IdBytes() bytes each, end to end) whose text has
/// `piece` at `anchor`; rising, each once.
/// Cost: one pass of vector compares for both parities of the first digit.
void ScanIds(std::string_view ids, VarType type, std::string_view piece, Anchor anchor,
             std::vector<uint32_t>* found);

}  // namespace pharos::events
