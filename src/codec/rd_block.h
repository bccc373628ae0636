// Doubles that are no short decimals (quotients, averages): their upper bits take few values
// and become a dictionary, their lower bits are packed as they are (the idea of ALP-RD).
// Format: docs/format/samples.md, "Cut block".
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "codec/varint.h"

namespace pharos::codec {

inline constexpr size_t kRdDictionary = 8;

/// Where to cut, the upper parts worth a number, and what that will cost.
struct RdPlan {
  int right_bits = 0;
  size_t lefts = 0;
  std::array<uint16_t, kRdDictionary> left{};
  uint64_t bits = UINT64_MAX;
};

/// Judges by a sample of 64.
RdPlan PlanRd(std::span<const double> values);

/// Appends the block. `plan` is from these values; the count is not stored.
void EncodeRd(std::span<const double> values, const RdPlan& plan, std::string& out);
bool DecodeRd(ByteReader& in, std::span<double> values);

}  // namespace pharos::codec
