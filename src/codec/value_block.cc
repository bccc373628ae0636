#include "codec/value_block.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "codec/int_block.h"
#include "codec/limits.h"
#include "codec/xor_block.h"

namespace pharos::codec {
namespace {

enum Kind : uint8_t { kConstant = 0, kDecimal = 1, kXor = 2, kDecimalWithOdd = 3 };

constexpr std::array<double, kMaxDecimalExponent + 1> kPowers = {
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};

bool SameBits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

/// True when value == integer / 10^exponent to the bit.
bool ToDecimal(double value, int exponent, int64_t* integer) {
  const double scaled = value * kPowers[static_cast<size_t>(exponent)];
  if (!(std::fabs(scaled) < kMaxDecimalInteger)) return false;
  // Adding and taking away 1.5·2^52 rounds without a call; too large a number for that is
  // an integer already or fails the check below.
  const double rounded = std::fabs(scaled) < 2251799813685248.0
                             ? (scaled + 6755399441055744.0) - 6755399441055744.0
                             : std::nearbyint(scaled);
  *integer = static_cast<int64_t>(rounded);
  return SameBits(static_cast<double>(*integer) / kPowers[static_cast<size_t>(exponent)], value);
}

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
  std::array<uint16_t, kMaxBlockValues> odd;  // positions of values kept as they are
  size_t odd_count = 0;
};

/// Scales all; false as soon as more than `most_odd` do not fit.
bool Scale(std::span<const double> values, int exponent, size_t most_odd, Decimals* out) {
  out->odd_count = 0;
  int64_t previous = 0;
  bool seen = false;
  for (size_t i = 0; i < values.size(); ++i) {
    int64_t integer;
    if (ToDecimal(values[i], exponent, &integer)) {
      if (!seen)
        std::fill(out->integers.begin(), out->integers.begin() + static_cast<long>(i), integer);
      seen = true;
      previous = integer;
    } else {
      if (out->odd_count == most_odd) return false;
      out->odd[out->odd_count++] = static_cast<uint16_t>(i);
    }
    out->integers[i] = previous;
  }
  return seen;
}

/// The largest exponent that every `stride`th value needs; -1 when none of them fits any.
int VoteExponent(std::span<const double> values, size_t stride) {
  int exponent = -1;
  for (size_t i = 0; i < values.size(); i += stride) {
    exponent = std::max(exponent, LeastExponent(values[i]));
  }
  return exponent;
}

/// Finds an exponent with few odd values; false when XOR is the better form.
bool FindDecimals(std::span<const double> values, ValueHint* hint, Decimals* out) {
  const size_t n = values.size();
  if (hint->exponent >= 0 && hint->exponent <= kMaxDecimalExponent &&
      Scale(values, hint->exponent, n / 32, out)) {
    return true;
  }
  for (const size_t stride : {n / 8 + 1, n / 64 + 1}) {
    const int exponent = VoteExponent(values, stride);
    if (exponent < 0 || !Scale(values, exponent, n / 8 + 1, out)) continue;
    hint->exponent = static_cast<int8_t>(exponent);
    return true;
  }
  return false;
}

void WriteDecimals(std::span<const double> values, int exponent, const Decimals& decimals,
                   std::string& out) {
  out += static_cast<char>(decimals.odd_count > 0 ? kDecimalWithOdd : kDecimal);
  out += static_cast<char>(exponent);
  EncodeInts({decimals.integers.data(), values.size()}, out);
  if (decimals.odd_count == 0) return;
  PutVarint(out, decimals.odd_count);
  size_t previous = 0;
  for (size_t i = 0; i < decimals.odd_count; ++i) {
    PutVarint(out, decimals.odd[i] - previous);
    PutFixed64(out, std::bit_cast<uint64_t>(values[decimals.odd[i]]));
    previous = decimals.odd[i];
  }
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

bool ReadDecimals(ByteReader& in, std::span<double> values, bool with_odd) {
  const uint8_t exponent = in.Byte();
  if (!in.ok() || exponent > kMaxDecimalExponent) return false;
  std::array<int64_t, kMaxBlockValues> integers;
  if (!DecodeInts(in, {integers.data(), values.size()})) return false;
  if (exponent == 0) {
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(integers[i]);
  } else {
    const double power = kPowers[exponent];
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(integers[i]) / power;
  }
  return !with_odd || ReadOdd(in, values);
}

}  // namespace

void EncodeValues(std::span<const double> values, std::string& out, ValueHint* hint) {
  const bool constant =
      std::all_of(values.begin(), values.end(), [&](double v) { return SameBits(v, values[0]); });
  if (constant) {
    out += static_cast<char>(kConstant);
    PutFixed64(out, std::bit_cast<uint64_t>(values[0]));
    return;
  }
  ValueHint own;
  if (hint == nullptr) hint = &own;
  Decimals decimals;
  if (hint->exponent != ValueHint::kXor && FindDecimals(values, hint, &decimals)) {
    const size_t start = out.size();
    WriteDecimals(values, hint->exponent, decimals, out);
    if (out.size() - start <= values.size() * 7) return;
    out.resize(start);
  }
  hint->exponent = ValueHint::kXor;
  out += static_cast<char>(kXor);
  EncodeXor(values, out);
}

bool DecodeValues(ByteReader& in, std::span<double> values) {
  if (values.empty() || values.size() > kMaxBlockValues) return false;
  switch (in.Byte()) {
    case kConstant:
      std::fill(values.begin(), values.end(), std::bit_cast<double>(in.Fixed64()));
      return in.ok();
    case kDecimal: return ReadDecimals(in, values, false);
    case kDecimalWithOdd: return ReadDecimals(in, values, true);
    case kXor: return DecodeXor(in, values);
    default: return false;
  }
}

}  // namespace pharos::codec
