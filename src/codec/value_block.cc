#include "codec/value_block.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "codec/int_block.h"
#include "codec/kernels.h"
#include "codec/limits.h"
#include "codec/rd_block.h"
#include "codec/xor_block.h"

namespace pharos::codec {
namespace {

/// Blocks from this count on are worth a look at alternatives; shorter ones are cells in
/// memory, where the time counts more.
constexpr size_t kLongBlock = 64;

/// The least exponent that fits, or -1.
int LeastExponent(double value) {
  if (!std::isfinite(value)) return -1;
  int64_t integer;
  for (int e = 0; e <= kMaxDecimalExponent; ++e) {
    if (ToDecimal(value, e, &integer)) return e;
  }
  return -1;
}

struct Decimals {
  std::array<int64_t, kMaxBlockValues> integers;
  std::array<uint16_t, kMaxBlockValues + 8> odd;  // positions of values kept as they are
  size_t odd_count = 0;
};

/// Odd values take the integer of their neighbour, so that they do not widen the others.
void FillOdd(size_t count, Decimals* decimals) {
  size_t first = 0;  // the first that is not odd
  while (first < decimals->odd_count && decimals->odd[first] == first) ++first;
  for (size_t i = 0; i < decimals->odd_count; ++i) {
    const size_t at = decimals->odd[i];
    decimals->integers[at] = decimals->integers[at < first ? std::min(first, count - 1) : at - 1];
  }
}

/// Scales all; false when more than `most_odd` do not fit, or all.
bool Scale(std::span<const double> values, int exponent, size_t most_odd, Decimals* out) {
  out->odd_count = BestKernels().to_integers(values.data(), values.size(), exponent, most_odd,
                                             out->integers.data(), out->odd.data());
  if (out->odd_count > most_odd || out->odd_count == values.size()) return false;
  if (out->odd_count > 0) FillOdd(values.size(), out);
  return true;
}

/// The largest exponent that every `stride`th value needs; -1 when none of them fits any.
int VoteExponent(std::span<const double> values, size_t stride) {
  int exponent = -1;
  for (size_t i = 0; i < values.size(); i += stride)
    exponent = std::max(exponent, LeastExponent(values[i]));
  return exponent;
}

/// Whether a smaller exponent would do as well.
bool HasSpareDigit(std::span<const int64_t> integers, int exponent) {
  return exponent > 0 &&
         std::all_of(integers.begin(), integers.end(), [](int64_t v) { return v % 10 == 0; });
}

/// Finds an exponent with few odd values; false when there is none.
bool FindDecimals(std::span<const double> values, ValueHint* hint, Decimals* out) {
  const size_t n = values.size();
  if (hint->exponent >= 0 && hint->exponent <= kMaxDecimalExponent &&
      Scale(values, hint->exponent, n / 32, out) &&
      (n < kLongBlock || !HasSpareDigit({out->integers.data(), n}, hint->exponent))) {
    return true;
  }
  for (const size_t stride : {n / 8 + 1, n / 64 + 1}) {
    const int exponent = VoteExponent(values, stride);
    if (exponent < 0) return false;
    if (!Scale(values, exponent, n / 8 + 1, out)) continue;
    hint->exponent = static_cast<int8_t>(exponent);
    return true;
  }
  return false;
}

/// What integers are counted from: `first` where it is one, else 0.
uint64_t BaseOf(const double* first, int exponent) {
  int64_t base = 0;
  return first != nullptr && ToDecimal(*first, exponent, &base) ? static_cast<uint64_t>(base) : 0;
}

void WriteDecimals(std::span<const double> values, int exponent, const double* first,
                   Decimals& decimals, std::string& out) {
  const size_t n = values.size();
  out +=
      static_cast<char>(decimals.odd_count > 0 ? ValueForm::kDecimalWithOdd : ValueForm::kDecimal);
  out += static_cast<char>(exponent);
  if (const uint64_t base = BaseOf(first, exponent); base != 0)
    BestKernels().add(reinterpret_cast<uint64_t*>(decimals.integers.data()), n, 0 - base);
  EncodeInts({decimals.integers.data(), n}, out);
  if (decimals.odd_count == 0) return;
  PutVarint(out, decimals.odd_count);
  size_t previous = 0;
  for (size_t i = 0; i < decimals.odd_count; ++i) {
    PutVarint(out, decimals.odd[i] - previous);
    PutFixed64(out, std::bit_cast<uint64_t>(values[decimals.odd[i]]));
    previous = decimals.odd[i];
  }
}

/// Values that are no decimals: cut where that is shorter, and reads fast; else XOR.
void WriteBits(std::span<const double> values, std::string& out) {
  if (values.size() >= kLongBlock) {
    const RdPlan plan = PlanRd(values);
    if (plan.bits <= XorBits(values)) {
      out += static_cast<char>(ValueForm::kCut);
      return EncodeRd(values, plan, out);
    }
  }
  out += static_cast<char>(ValueForm::kXor);
  EncodeXor(values, out);
}

bool ReadOdd(ByteReader& in, std::span<double> values) {
  const size_t count = in.Count();
  size_t at = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t step = in.Varint();
    const uint64_t bits = in.Fixed64();
    if (!in.ok() || step >= values.size() - at) return false;
    at += step;
    values[at] = std::bit_cast<double>(bits);
  }
  return in.ok();
}

/// Most blocks, in one pass.
void UnpackSimple(const PackedInts& block, uint64_t base, int exponent, std::span<double> values) {
  const Kernels& kernels = BestKernels();
  const size_t ahead = block.deltas ? 1 : 0;
  const auto first = static_cast<int64_t>(base + block.first);
  if (block.deltas) kernels.to_doubles(&first, 1, exponent, values.data());
  kernels.unpack_decimals(
      {block.packed.data(), block.packed.size(), values.size() - ahead, block.width, block.deltas,
       static_cast<uint64_t>(first), block.reference, exponent},
      values.data() + ahead);
}

bool ReadDecimals(ByteReader& in, std::span<double> values, const double* first, bool with_odd) {
  const uint8_t exponent = in.Byte();
  if (!in.ok() || exponent > kMaxDecimalExponent) return false;
  PackedInts block;
  if (!OpenInts(in, values.size(), &block)) return false;
  const uint64_t base = BaseOf(first, exponent);
  if (block.simple()) {
    UnpackSimple(block, base, exponent, values);
  } else {
    std::array<int64_t, kMaxBlockValues> integers;
    const size_t n = values.size();
    if (!UnpackInts(block, in, {integers.data(), n})) return false;
    const Kernels& kernels = BestKernels();
    if (base != 0) kernels.add(reinterpret_cast<uint64_t*>(integers.data()), n, base);
    kernels.to_doubles(integers.data(), n, exponent, values.data());
  }
  return !with_odd || ReadOdd(in, values);
}

bool AllSame(std::span<const double> values) {
  const auto bits = std::bit_cast<uint64_t>(values[0]);
  return std::all_of(values.begin(), values.end(),
                     [&](double v) { return std::bit_cast<uint64_t>(v) == bits; });
}

}  // namespace

bool ToDecimal(double value, int exponent, int64_t* integer) {
  uint16_t odd[1 + 8];
  return ScalarKernels()->to_integers(&value, 1, exponent, 1, integer, odd) == 0;
}

void EncodeValues(std::span<const double> values, std::string& out, ValueHint* hint,
                  const double* first) {
  if (AllSame(values)) {
    out += static_cast<char>(ValueForm::kConstant);
    PutFixed64(out, std::bit_cast<uint64_t>(values[0]));
    return;
  }
  ValueHint own;
  if (hint == nullptr) hint = &own;
  Decimals decimals;
  const bool skip = hint->exponent == ValueHint::kXor && values.size() < kLongBlock;
  if (!skip && FindDecimals(values, hint, &decimals)) {
    const size_t start = out.size();
    WriteDecimals(values, hint->exponent, first, decimals, out);
    if (out.size() - start <= values.size() * 6) return;
    // Long numbers: the other forms may be as short.
    std::string bits;
    WriteBits(values, bits);
    if (out.size() - start <= bits.size()) return;
    out.resize(start);
    out += bits;
    hint->exponent = ValueHint::kXor;
    return;
  }
  hint->exponent = ValueHint::kXor;
  WriteBits(values, out);
}

bool DecodeValues(ByteReader& in, std::span<double> values, const double* first) {
  if (values.empty() || values.size() > kMaxBlockValues) return false;
  switch (static_cast<ValueForm>(in.Byte())) {
    case ValueForm::kConstant:
      std::fill(values.begin(), values.end(), std::bit_cast<double>(in.Fixed64()));
      return in.ok();
    case ValueForm::kDecimal: return ReadDecimals(in, values, first, false);
    case ValueForm::kDecimalWithOdd: return ReadDecimals(in, values, first, true);
    case ValueForm::kXor: return DecodeXor(in, values);
    case ValueForm::kCut: return DecodeRd(in, values);
    default: return false;
  }
}

}  // namespace pharos::codec
