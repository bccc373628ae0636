// A block of doubles in the shortest of three forms: one constant, integers after scaling
// by a power of ten (with the odd values kept aside as they are), or XOR. Bit-exact for
// every pattern, stale markers and NaN payloads included.
// Format: docs/format/samples.md, "Value block".
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "codec/varint.h"

namespace pharos::codec {

/// What an earlier block of the same series learnt: the decimal exponent that fitted, or
/// that none does. Only speeds encoding up.
struct ValueHint {
  static constexpr int8_t kUnknown = -1, kXor = 127;
  int8_t exponent = kUnknown;
};

/// Appends the block. 1 to kMaxBlockValues values; the count is not stored. A `hint` is read
/// and updated; a hint of kXor skips the search for decimals.
void EncodeValues(std::span<const double> values, std::string& out, ValueHint* hint = nullptr);

/// Reads what EncodeValues wrote; false when the bytes are not that.
bool DecodeValues(ByteReader& in, std::span<double> values);

}  // namespace pharos::codec
