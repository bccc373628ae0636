// A block of doubles in the shortest of its forms: one constant, integers after scaling by a
// power of ten (with the odd values kept aside as they are), XOR, or cut in two. Bit-exact for
// every pattern, stale markers and NaN payloads included.
// Format: docs/format/samples.md, "Value block".
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "codec/varint.h"

namespace pharos::codec {

/// The first byte of a block.
enum class ValueForm : uint8_t {
  kConstant = 0,
  kDecimal = 1,
  kXor = 2,
  kDecimalWithOdd = 3,
  kCut = 4
};

/// What an earlier block of the same series, or of one like it, learnt: the decimal exponent
/// that fitted, or that none does. Only speeds encoding up.
struct ValueHint {
  static constexpr int8_t kUnknown = -1, kXor = 127;
  int8_t exponent = kUnknown;
};

/// Appends the block. 1 to kMaxBlockValues values; the count is not stored. A `hint` is read
/// and updated; for short blocks (cells in memory) a hint of kXor skips the search for
/// decimals. `first` when the reader will know values[0] from elsewhere: then it costs nothing
/// here.
void EncodeValues(std::span<const double> values, std::string& out, ValueHint* hint = nullptr,
                  const double* first = nullptr);

/// Reads what EncodeValues wrote, with the same `first`; false when the bytes are not that.
bool DecodeValues(ByteReader& in, std::span<double> values, const double* first = nullptr);

/// True when value == integer / 10^exponent to the bit, the integer below 2^53.
bool ToDecimal(double value, int exponent, int64_t* integer);

}  // namespace pharos::codec
