// Snappy's block format, read faster than its library does: remote write bodies are mostly
// copies of 20 to 64 bytes, which go in whole vector registers here. Encoding is the library's.
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
