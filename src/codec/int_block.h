// A block of 64-bit integers as frame of reference: straight or as deltas, divided by their
// common factor, packed to the width that suits most of them; the few that do not fit are
// patches. Exact for every int64 (differences wrap).
// Format: docs/format/samples.md, "Integer block".
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "codec/varint.h"

namespace pharos::codec {

/// Appends the block. `values` has 1 to kMaxBlockValues items; the count is not stored.
/// Cost: three or four passes; no allocation but the output's growth.
void EncodeInts(std::span<const int64_t> values, std::string& out);

/// Reads what EncodeInts wrote into all of `values`; false when the bytes are not that.
bool DecodeInts(ByteReader& in, std::span<int64_t> values);

}  // namespace pharos::codec
