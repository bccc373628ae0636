#include "codec/int_block.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "codec/bitpack.h"
#include "codec/limits.h"

namespace pharos::codec {
namespace {

constexpr uint8_t kDelta = 1, kFactor = 2, kPatches = 4;
constexpr size_t kLows = 4;  // candidates for the reference: the smallest and its next three

using Buffer = std::array<uint64_t, kMaxBlockValues>;

/// What one pass over the numbers tells.
struct Range {
  std::array<int64_t, kLows> lows;
  int64_t max;
  uint64_t spread() const { return static_cast<uint64_t>(max) - static_cast<uint64_t>(lows[0]); }
};

Range FindRange(const uint64_t* values, size_t count) {
  Range range;
  range.lows.fill(INT64_MAX);
  range.max = INT64_MIN;
  for (size_t i = 0; i < count; ++i) {
    const auto v = static_cast<int64_t>(values[i]);
    range.max = std::max(range.max, v);
    if (v >= range.lows[kLows - 1]) continue;
    size_t at = kLows - 1;
    for (; at > 0 && range.lows[at - 1] > v; --at) range.lows[at] = range.lows[at - 1];
    range.lows[at] = v;
  }
  return range;
}

/// How to store the numbers: reference, width, and what that costs in bits.
struct Plan {
  int64_t reference = 0;
  int width = 0;
  size_t patches = 0;
  uint64_t bits = 0;
};

Plan PlanFor(const uint64_t* values, size_t count, int64_t reference) {
  std::array<uint32_t, 65> of_width{};
  for (size_t i = 0; i < count; ++i)
    ++of_width[BitWidth(values[i] - static_cast<uint64_t>(reference))];
  int widest = 64;
  while (widest > 0 && of_width[widest] == 0) --widest;
  Plan best{reference, widest, 0, count * static_cast<uint64_t>(widest)};
  size_t above = 0;
  uint64_t sum_of_widths = 0;
  for (int width = widest - 1; width >= 0 && above <= count / 4; --width) {
    above += of_width[width + 1];
    sum_of_widths += uint64_t{of_width[width + 1]} * static_cast<uint64_t>(width + 1);
    const uint64_t excess = sum_of_widths - above * static_cast<uint64_t>(width);
    const uint64_t bits = count * static_cast<uint64_t>(width) + 8 + above * 12 + excess * 8 / 7;
    if (bits < best.bits) best = {reference, width, above, bits};
  }
  return best;
}

/// The best plan over the smallest number as reference, and over the one after the largest
/// gap among the smallest (a counter's reset is one far outlier below).
Plan MakePlan(const uint64_t* values, size_t count, const Range& range) {
  if (range.spread() == 0) return {range.lows[0], 0, 0, 0};
  Plan best = PlanFor(values, count, range.lows[0]);
  if (count < 2 * kLows) return best;
  size_t after = 0;
  uint64_t gap = range.spread() / 2;
  for (size_t i = 0; i + 1 < kLows; ++i) {
    const uint64_t here =
        static_cast<uint64_t>(range.lows[i + 1]) - static_cast<uint64_t>(range.lows[i]);
    if (here > gap) gap = here, after = i + 1;
  }
  if (after == 0) return best;
  const Plan other = PlanFor(values, count, range.lows[after]);
  return other.bits < best.bits ? other : best;
}

/// The largest number that divides all differences; 1 when there is none worth a division.
uint64_t CommonFactor(const uint64_t* values, size_t count, const Range& range) {
  if (range.spread() > static_cast<uint64_t>(INT64_MAX)) return 1;
  uint64_t factor = 0;
  for (size_t i = 0; i < count && factor != 1; ++i) {
    const uint64_t above = values[i] - static_cast<uint64_t>(range.lows[0]);
    if (above != 0) factor = factor == 0 ? above : std::gcd(factor, above);
  }
  return factor == 0 ? 1 : factor;
}

void WritePatches(const uint64_t* offsets, size_t count, int width, std::string& out) {
  size_t previous = 0;
  for (size_t i = 0; i < count; ++i) {
    if (width == 64 || offsets[i] >> width == 0) continue;
    PutVarint(out, i - previous);
    PutVarint(out, offsets[i] >> width);
    previous = i;
  }
}

void Write(uint8_t flags, int64_t first, uint64_t* values, size_t count, const Range& range,
           Plan plan, std::string& out) {
  const uint64_t factor = CommonFactor(values, count, range);
  const auto reference = static_cast<uint64_t>(plan.reference);
  if (factor > 1) {
    flags |= kFactor;
    for (size_t i = 0; i < count; ++i) {
      values[i] = static_cast<uint64_t>(static_cast<int64_t>(values[i] - reference) /
                                        static_cast<int64_t>(factor));
    }
    plan = PlanFor(values, count, 0);
  } else {
    for (size_t i = 0; i < count; ++i) values[i] -= reference;
  }
  if (plan.patches > 0) flags |= kPatches;
  out += static_cast<char>(flags);
  out += static_cast<char>(plan.width);
  if (flags & kDelta) PutSigned(out, first);
  PutSigned(out, static_cast<int64_t>(reference));
  if (flags & kFactor) PutVarint(out, factor);
  PackBits(values, count, plan.width, out);
  if (flags & kPatches) {
    PutVarint(out, plan.patches);
    WritePatches(values, count, plan.width, out);
  }
}

bool ReadPatches(ByteReader& in, int width, size_t count, uint64_t* values) {
  const size_t patches = in.Count();
  size_t at = 0;
  for (size_t i = 0; i < patches; ++i) {
    const uint64_t step = in.Varint();
    const uint64_t high = in.Varint();
    if (!in.ok() || step >= count - at || width == 64) return false;
    at += step;
    values[at] |= high << width;
  }
  return in.ok();
}

}  // namespace

void EncodeInts(std::span<const int64_t> values, std::string& out) {
  const size_t n = values.size();
  Buffer deltas;
  for (size_t i = 1; i < n; ++i) {
    deltas[i - 1] = static_cast<uint64_t>(values[i]) - static_cast<uint64_t>(values[i - 1]);
  }
  const auto* straight = reinterpret_cast<const uint64_t*>(values.data());
  const Range range = FindRange(straight, n);
  if (range.spread() == 0) {
    out.append(2, '\0');
    PutSigned(out, values[0]);
    return;
  }
  const Range delta_range = FindRange(deltas.data(), n - 1);
  const Plan delta_plan = MakePlan(deltas.data(), n - 1, delta_range);
  // A straight plan can only win where the plain range is not much wider than the deltas'.
  if (BitWidth(range.spread()) <= BitWidth(delta_range.spread()) + 1) {
    const Plan plan = MakePlan(straight, n, range);
    if (plan.bits <= delta_plan.bits + 16) {
      Buffer copy;
      std::copy(straight, straight + n, copy.begin());
      Write(0, 0, copy.data(), n, range, plan, out);
      return;
    }
  }
  Write(kDelta, values[0], deltas.data(), n - 1, delta_range, delta_plan, out);
}

bool DecodeInts(ByteReader& in, std::span<int64_t> values) {
  const uint8_t flags = in.Byte();
  const int width = in.Byte();
  if (!in.ok() || (flags & ~(kDelta | kFactor | kPatches)) != 0 || width > 64 || values.empty()) {
    return false;
  }
  const bool delta = flags & kDelta;
  uint64_t sum = delta ? static_cast<uint64_t>(in.Signed()) : 0;
  const auto reference = static_cast<uint64_t>(in.Signed());
  const uint64_t factor = flags & kFactor ? in.Varint() : 1;
  const size_t count = values.size() - (delta ? 1 : 0);
  auto* out = reinterpret_cast<uint64_t*>(values.data()) + (delta ? 1 : 0);
  const std::string_view packed = in.Take(PackedBytes(count, width));
  if (!in.ok()) return false;
  UnpackBits(packed, count, width, out);
  if ((flags & kPatches) && !ReadPatches(in, width, count, out)) return false;
  if (!delta) {
    for (size_t i = 0; i < count; ++i) out[i] = out[i] * factor + reference;
    return true;
  }
  values[0] = static_cast<int64_t>(sum);
  for (size_t i = 0; i < count; ++i) {
    sum += out[i] * factor + reference;
    out[i] = sum;
  }
  return true;
}

}  // namespace pharos::codec
