// How hard zstd tries on the pages of a part, by section. Pages are numbers that are packed
// already for the most part: higher levels take two to four times the time for a percent or two.
#pragma once

namespace pharos::events {

inline constexpr int kColumnLevel = 1;
inline constexpr int kKeyLevel = 1;
inline constexpr int kIdsLevel = 1;
inline constexpr int kBodyLevel = 1;
inline constexpr int kRestLevel = 2;
inline constexpr int kAnyLevel = 22;  ///< as the plan of the part says

}  // namespace pharos::events
