// Byte sizes as people write them, in the two dialects of the files and queries that we read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pharos::text {

/// LogQL's (go-humanize): "5", "42 MB" (decimal), "42MiB" (binary), "1.5k", "1,000 kb"; the case
/// does not matter; up to E. kBadInput with that library's words.
base::Result<uint64_t> ParseHumanBytes(std::string_view text);
/// "999 B", "1.5 kB", "83 MB": decimal units, two digits.
std::string HumanBytes(uint64_t bytes);
/// "1.5 KiB", "79 MiB": binary units.
std::string HumanBinaryBytes(uint64_t bytes);

/// Prometheus's configuration (alecthomas/units): every unit is binary, "10MB" = "10MiB" =
/// 10 · 2^20; units are needed and add up: "1GiB512MiB". kBadInput with that library's words.
base::Result<int64_t> ParseBase2Bytes(std::string_view text);
/// "10MiB", "1GiB512MiB", "0B".
std::string Base2Bytes(int64_t bytes);

}  // namespace pharos::text
