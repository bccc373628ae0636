// The bytes that say what of a record is there. Format: docs/format/events.md, "Record".
#pragma once

#include <cstdint>

namespace pharos::events {

// Bits of a record's first byte.
inline constexpr uint8_t kIsSpan = 1;
inline constexpr uint8_t kHasTrace = 2;
inline constexpr uint8_t kHasSpan = 4;
inline constexpr uint8_t kHasParent = 8;
inline constexpr uint8_t kHasOrigin = 16;
inline constexpr uint8_t kHasBody = 32;
inline constexpr uint8_t kHasAttributes = 64;
inline constexpr uint8_t kHasExtra = 128;

/// A body's type byte for a line that stands elsewhere: its place and length follow.
inline constexpr uint8_t kPlacedLine = 0x80;
/// In place of a number of attributes, which is not 0 where there are any: the number of a set
/// follows, then the values of its open places.
inline constexpr uint8_t kSharedAttributes = 0;
/// Added to the type of a value in a set that is open.
inline constexpr uint8_t kOpen = 0x80;

}  // namespace pharos::events
