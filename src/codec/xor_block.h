// Doubles as Gorilla stores them: each the XOR with the one before, leading and trailing
// zero bits left out. The form for values that are not short decimals.
// Format: docs/format/samples.md, "XOR block".
#pragma once

#include <span>
#include <string>

#include "codec/varint.h"

namespace pharos::codec {

/// What EncodeXor would write, in bits.
uint64_t XorBits(std::span<const double> values);

/// Appends the block: its length in bytes, then the bits. The count is not stored.
void EncodeXor(std::span<const double> values, std::string& out);
bool DecodeXor(ByteReader& in, std::span<double> values);

}  // namespace pharos::codec
