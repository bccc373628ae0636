// Names and small shapes that the writer and the reader of a samples part agree on.
// Format: docs/format/samples.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pharos::samples {

inline constexpr std::string_view kPartKind = "SMPL";
inline constexpr uint32_t kPartVersion = 3;
inline constexpr std::string_view kPartFile = "samples.part";

inline constexpr std::string_view kHeadSection = "head";
inline constexpr std::string_view kPairSection = "pairs";
inline constexpr std::string_view kSeriesSection = "series";
inline constexpr std::string_view kTimeSection = "times";
inline constexpr std::string_view kBlockSection = "blocks";
inline constexpr std::string_view kDataSection = "data";
inline constexpr std::string_view kMetadataSection = "metadata";

/// The head page.
struct PartInfo {
  uint32_t generation_min = 0;  ///< of the memtables that went into it; later ones win
  uint32_t generation_max = 0;
  uint32_t level = 0;  ///< 0 sealed, 1 about 2 h, 2 about 8 h, 3 a day
  uint64_t series = 0;
  uint64_t samples = 0;
  int64_t min_ms = 0;  ///< inclusive; of samples
  int64_t max_ms = 0;
};

std::string EncodeInfo(const PartInfo& info);
bool DecodeInfo(std::string_view page, PartInfo* info);

/// Where one series' block heads lie; the bodies are in the data page of the same number.
struct SeriesPlace {
  uint32_t page = 0;
  uint32_t offset = 0;
  int64_t min_ms = 0;
  int64_t max_ms = 0;
};

}  // namespace pharos::samples
