// Snappy's block format, read twice as fast as its library does: pushes are mostly short copies and
// short literals in no order, which are told apart without a branch here and go in whole vector
// registers. Encoding is the library's.
#pragma once

#include <cstddef>
#include <string_view>

namespace pharos::base {

/// Bytes behind the output that SnappyDecodeBlock may overwrite.
inline constexpr size_t kSnappySlop = 64;

/// Decodes what follows the length of a block into exactly `length` bytes at `out`, behind
/// which there is room for kSnappySlop more. False when the bytes are not that.
bool SnappyDecodeBlock(std::string_view elements, char* out, size_t length);

}  // namespace pharos::base
