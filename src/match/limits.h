// Every limit of match/, with its unit and the reason for it.
#pragma once

#include <cstddef>

namespace pharos::match {

/// Levels of nested JSON objects that are flattened; deeper is malformed. Recursion on the
/// stack is bounded by it.
inline constexpr int kMaxJsonDepth = 64;
/// Bytes of a flattened key; longer keys are cut, so that nesting cannot multiply memory.
inline constexpr size_t kMaxFieldNameBytes = 1024;
/// Memory of one compiled regex (RE2's max_mem): what RE2 itself takes as default.
inline constexpr size_t kMaxRegexBytes = 8u << 20;
/// Pieces of a `<a> <b>` pattern: more is a mistake, and matching is linear in them.
inline constexpr size_t kMaxPatternPieces = 256;

}  // namespace pharos::match
