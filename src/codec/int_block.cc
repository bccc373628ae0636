#include "codec/int_block.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "codec/bitpack.h"
#include "codec/kernels.h"
#include "codec/limits.h"

namespace pharos::codec {
namespace {

constexpr uint8_t kDelta = 1, kFactor = 2, kPatches = 4;
constexpr size_t kLows = 4;  // candidates for the reference: the smallest and its next three

/// Below this many numbers the search for a common factor costs more than it saves.
constexpr size_t kFactorCount = 64;

using Buffer = std::array<uint64_t, kMaxBlockValues>;

/// How many numbers need each width. Four counts side by side, so that neighbours of the same
/// width do not wait for each other.
struct Widths {
  Widths(const uint64_t* values, size_t count, uint64_t reference) {
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
      ++of[0][BitWidth(values[i] - reference)];
      ++of[1][BitWidth(values[i + 1] - reference)];
      ++of[2][BitWidth(values[i + 2] - reference)];
      ++of[3][BitWidth(values[i + 3] - reference)];
    }
    for (; i < count; ++i) ++of[0][BitWidth(values[i] - reference)];
  }
  size_t At(int width) const {
    return size_t{of[0][width]} + of[1][width] + of[2][width] + of[3][width];
  }
  std::array<std::array<uint16_t, 65>, 4> of{};
};

/// How to store the numbers: reference, width, and what that costs in bits.
struct Plan {
  uint64_t reference = 0;
  int width = 0;
  size_t patches = 0;
  uint64_t bits = 0;
};

/// `widest`: the most bits that a number above the reference needs.
Plan PlanFor(const Widths& widths, size_t count, uint64_t reference, int widest) {
  Plan best{reference, widest, 0, count * static_cast<uint64_t>(widest)};
  size_t above = 0;
  uint64_t sum_of_widths = 0;
  for (int width = widest - 1; width >= 0; --width) {
    const size_t here = widths.At(width + 1);
    above += here;
    if (above > count / 4) break;
    sum_of_widths += uint64_t{here} * static_cast<uint64_t>(width + 1);
    const uint64_t excess = sum_of_widths - above * static_cast<uint64_t>(width);
    const uint64_t bits = count * static_cast<uint64_t>(width) + 8 + above * 12 + excess * 8 / 7;
    if (bits < best.bits) best = {reference, width, above, bits};
  }
  return best;
}

/// The number after the largest gap among the smallest four, where that gap is most of the
/// spread (a counter's reset is one far outlier below); else the smallest.
int64_t ReferenceAfterGap(const uint64_t* values, size_t count, uint64_t spread) {
  std::array<int64_t, kLows> lows;
  lows.fill(INT64_MAX);
  for (size_t i = 0; i < count; ++i) {
    const auto v = static_cast<int64_t>(values[i]);
    if (v >= lows[kLows - 1]) continue;
    size_t at = kLows - 1;
    for (; at > 0 && lows[at - 1] > v; --at) lows[at] = lows[at - 1];
    lows[at] = v;
  }
  size_t after = 0;
  uint64_t gap = spread / 2;
  for (size_t i = 0; i + 1 < kLows; ++i) {
    const uint64_t here = static_cast<uint64_t>(lows[i + 1]) - static_cast<uint64_t>(lows[i]);
    if (here > gap) gap = here, after = i + 1;
  }
  return lows[after];
}

Plan MakePlan(const uint64_t* values, size_t count, int64_t min, int64_t max) {
  const auto low = static_cast<uint64_t>(min);
  const uint64_t spread = static_cast<uint64_t>(max) - low;
  if (spread == 0) return {low, 0, 0, 0};
  const Widths widths(values, count, low);
  const int widest = BitWidth(spread);
  const Plan best = PlanFor(widths, count, low, widest);
  const size_t near_top = widths.At(widest) + widths.At(widest - 1);
  if (count < 2 * kLows || near_top + kLows <= count) return best;
  const auto reference = static_cast<uint64_t>(ReferenceAfterGap(values, count, spread));
  if (reference == low) return best;
  const Widths others(values, count, reference);
  int others_widest = 64;
  while (others.At(others_widest) == 0 && others_widest > 0) --others_widest;
  const Plan other = PlanFor(others, count, reference, others_widest);
  return other.bits < best.bits ? other : best;
}

/// The largest number that divides all differences to `low`; 1 when there is none.
uint64_t CommonFactor(const uint64_t* values, size_t count, uint64_t low) {
  if (count < kFactorCount) {
    uint64_t any = 0;
    for (size_t i = 0; i < count; ++i) any |= values[i] - low;
    return any == 0 ? 1 : uint64_t{1} << std::countr_zero(any);
  }
  uint64_t factor = 0;
  for (size_t i = 0; i < count && factor != 1; ++i) {
    const uint64_t above = values[i] - low;
    if (above == 0 || (factor != 0 && above % factor == 0)) continue;
    factor = factor == 0 ? above : std::gcd(factor, above);
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

void Divide(uint64_t* values, size_t count, uint64_t factor) {
  if (std::has_single_bit(factor)) {
    const int shift = std::countr_zero(factor);
    for (size_t i = 0; i < count; ++i)
      values[i] = static_cast<uint64_t>(static_cast<int64_t>(values[i]) >> shift);
    return;
  }
  const auto by = static_cast<int64_t>(factor);
  for (size_t i = 0; i < count; ++i)
    values[i] = static_cast<uint64_t>(static_cast<int64_t>(values[i]) / by);
}

/// Writes the numbers by the plan; they are changed on the way.
void Write(uint8_t flags, int64_t first, uint64_t* values, size_t count, uint64_t low,
           uint64_t spread, Plan plan, std::string& out) {
  uint64_t factor = 1;
  if (spread > 1 && spread <= static_cast<uint64_t>(INT64_MAX))
    factor = CommonFactor(values, count, low);
  BestKernels().add(values, count, 0 - plan.reference);
  if (factor > 1) {
    flags |= kFactor;
    Divide(values, count, factor);
    const Widths widths(values, count, 0);
    int widest = 64;
    while (widest > 0 && widths.At(widest) == 0) --widest;
    plan = PlanFor(widths, count, plan.reference, widest);
  }
  if (plan.patches > 0) flags |= kPatches;
  out += static_cast<char>(flags);
  out += static_cast<char>(plan.width);
  if (flags & kDelta) PutSigned(out, first);
  PutSigned(out, static_cast<int64_t>(plan.reference));
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

uint64_t Spread(int64_t min, int64_t max) {
  return static_cast<uint64_t>(max) - static_cast<uint64_t>(min);
}

}  // namespace

void EncodeInts(std::span<const int64_t> values, std::string& out) {
  const size_t n = values.size();
  const IntegerRange range = BestKernels().integer_range(values.data(), n);
  const uint64_t spread = Spread(range.min, range.max);
  if (spread == 0) {
    out.append(2, '\0');
    PutSigned(out, values[0]);
    return;
  }
  const uint64_t delta_spread = Spread(range.delta_min, range.delta_max);
  Buffer deltas;
  if (delta_spread > 0) {
    for (size_t i = 1; i < n; ++i)
      deltas[i - 1] = static_cast<uint64_t>(values[i]) - static_cast<uint64_t>(values[i - 1]);
  } else {
    std::fill(deltas.begin(), deltas.begin() + static_cast<long>(n - 1),
              static_cast<uint64_t>(range.delta_min));
  }
  const Plan delta_plan = MakePlan(deltas.data(), n - 1, range.delta_min, range.delta_max);
  // A straight plan can only win where the plain range is not much wider than the deltas'.
  if (BitWidth(spread) <= BitWidth(delta_spread) + 1) {
    const auto* straight = reinterpret_cast<const uint64_t*>(values.data());
    const Plan plan = MakePlan(straight, n, range.min, range.max);
    if (plan.bits <= delta_plan.bits + 16) {
      std::copy(straight, straight + n, deltas.begin());
      Write(0, 0, deltas.data(), n, static_cast<uint64_t>(range.min), spread, plan, out);
      return;
    }
  }
  Write(kDelta, values[0], deltas.data(), n - 1, static_cast<uint64_t>(range.delta_min),
        delta_spread, delta_plan, out);
}

bool OpenInts(ByteReader& in, size_t count, PackedInts* out) {
  const uint8_t flags = in.Byte();
  out->width = in.Byte();
  if (!in.ok() || (flags & ~(kDelta | kFactor | kPatches)) != 0 || out->width > 64 || count == 0)
    return false;
  out->deltas = flags & kDelta;
  out->patched = flags & kPatches;
  out->first = out->deltas ? static_cast<uint64_t>(in.Signed()) : 0;
  out->reference = static_cast<uint64_t>(in.Signed());
  out->factor = flags & kFactor ? in.Varint() : 1;
  out->packed = in.Take(PackedBytes(count - (out->deltas ? 1 : 0), out->width));
  return in.ok();
}

bool UnpackInts(const PackedInts& block, ByteReader& in, std::span<int64_t> values) {
  const Kernels& kernels = BestKernels();
  const size_t count = values.size() - (block.deltas ? 1 : 0);
  auto* out = reinterpret_cast<uint64_t*>(values.data()) + (block.deltas ? 1 : 0);
  kernels.unpack(block.packed.data(), block.packed.size(), count, block.width, out);
  if (block.patched && !ReadPatches(in, block.width, count, out)) return false;
  if (block.factor != 1) {
    for (size_t i = 0; i < count; ++i) out[i] *= block.factor;
  }
  if (!block.deltas) {
    kernels.add(out, count, block.reference);
    return true;
  }
  values[0] = static_cast<int64_t>(block.first);
  kernels.prefix_sum(out, count, block.first, block.reference);
  return true;
}

bool DecodeInts(ByteReader& in, std::span<int64_t> values) {
  PackedInts block;
  return OpenInts(in, values.size(), &block) && UnpackInts(block, in, values);
}

}  // namespace pharos::codec
