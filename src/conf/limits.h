// What a configuration file may ask of its reader.
#pragma once

#include <cstddef>

namespace pharos::conf {

/// Nesting of YAML values. Real files stay below 12; the reader recurses.
inline constexpr int kMaxYamlDepth = 64;
/// Values after aliases are expanded.
inline constexpr size_t kMaxYamlNodes = 1'000'000;
/// Values beyond one a byte of the file, which only aliases can make: an alias bomb ends here,
/// in milliseconds. A job list that is built with anchors gains some hundred.
inline constexpr size_t kMaxYamlAliasNodes = 50'000;
/// Bytes of one file.
inline constexpr size_t kMaxFileBytes = 16u << 20;

}  // namespace pharos::conf
