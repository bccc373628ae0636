// Limits of the codecs, each with its unit and reason.
#pragma once

#include <cstddef>

namespace pharos::codec {

/// Values in one encoded block. Bounds what a hostile header can make a decoder allocate
/// (32 KiB of 8-byte values); writers use at most a quarter of it.
inline constexpr size_t kMaxBlockValues = 4096;

/// Decimal digits after the point that the decimal codec tries. Beyond that a double's own
/// 53 bits are the shorter form.
inline constexpr int kMaxDecimalExponent = 14;

/// Integers of the decimal codec stay below 2^53, where doubles are exact.
inline constexpr double kMaxDecimalInteger = 9007199254740992.0;

}  // namespace pharos::codec
