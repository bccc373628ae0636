// A block of 64-bit integers as frame of reference: straight or as deltas, divided by their
// common factor, packed to the width that suits most of them; the few that do not fit are
// patches. Exact for every int64 (differences wrap).
// Format: docs/format/samples.md, "Integer block".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "codec/varint.h"

namespace pharos::codec {

/// Appends the block. `values` has 1 to kMaxBlockValues items; the count is not stored.
/// Cost: three or four passes; no allocation but the output's growth.
void EncodeInts(std::span<const int64_t> values, std::string& out);

/// Reads what EncodeInts wrote into all of `values`; false when the bytes are not that.
bool DecodeInts(ByteReader& in, std::span<int64_t> values);

/// An integer block whose bytes were taken but not unpacked.
struct PackedInts {
  bool deltas = false, patched = false;
  int width = 0;
  uint64_t first = 0;  ///< with deltas: of the numbers, of which one less is packed then
  uint64_t reference = 0, factor = 1;
  std::string_view packed;
  /// Patches and a factor want the numbers one by one.
  bool simple() const { return !patched && factor == 1; }
};

/// Reads a block of `count` numbers up to its patches; false when the bytes are no block.
bool OpenInts(ByteReader& in, size_t count, PackedInts* out);
/// And the rest of it.
bool UnpackInts(const PackedInts& block, ByteReader& in, std::span<int64_t> values);

}  // namespace pharos::codec
