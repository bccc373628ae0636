// A block of timestamps: first, span, and where they do not lie on a regular grid the
// residuals from it. Exact for every int64.
// Format: docs/format/samples.md, "Time block".
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "codec/varint.h"

namespace pharos::codec {

/// Appends the block. 1 to kMaxBlockValues times; the count is not stored.
void EncodeTimes(std::span<const int64_t> times, std::string& out);

/// Reads what EncodeTimes wrote; false when the bytes are not that.
bool DecodeTimes(ByteReader& in, std::span<int64_t> times);

/// First and last of the block at the front of `bytes`, without decoding it.
struct TimeBounds {
  int64_t first = 0;
  int64_t last = 0;
};
bool PeekTimes(ByteReader in, TimeBounds* bounds);

}  // namespace pharos::codec
