// The reference: plain loops that run everywhere and say what the other forms must give.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "codec/kernels.h"
#include "codec/limits.h"

namespace pharos::codec {
namespace {

uint64_t Mask(int width) { return width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1; }

uint64_t Load64(const char* at) {
  uint64_t word;
  std::memcpy(&word, at, 8);
  return word;
}

/// The value at bit `bit` of bytes that can be read 16 bytes past it.
uint64_t ReadAt(const char* bytes, size_t bit, int width) {
  const char* at = bytes + bit / 8;
  const int shift = static_cast<int>(bit % 8);
  uint64_t value = Load64(at) >> shift;
  if (shift + width > 64)
    value |= static_cast<uint64_t>(static_cast<uint8_t>(at[8])) << (64 - shift);
  return value & Mask(width);
}

void Unpack(const char* bytes, size_t size, size_t count, int width, uint64_t* out) {
  if (width == 0) {
    std::fill(out, out + count, 0);
    return;
  }
  // All but the last values can be read as whole words; the tail goes through a padded copy.
  const auto step = static_cast<size_t>(width);
  const size_t safe = size >= 16 ? std::min(count, (size - 16) * 8 / step) : 0;
  size_t bit = 0;
  if (width <= 57) {
    const uint64_t mask = Mask(width);
    for (size_t i = 0; i < safe; ++i, bit += step)
      out[i] = (Load64(bytes + bit / 8) >> (bit % 8)) & mask;
  } else {
    for (size_t i = 0; i < safe; ++i, bit += step) out[i] = ReadAt(bytes, bit, width);
  }
  if (safe == count) return;
  const size_t from = bit / 8;
  char tail[64] = {};
  std::memcpy(tail, bytes + from, size - from);
  bit -= from * 8;
  for (size_t i = safe; i < count; ++i, bit += step) out[i] = ReadAt(tail, bit, width);
}

void Add(uint64_t* values, size_t count, uint64_t reference) {
  for (size_t i = 0; i < count; ++i) values[i] += reference;
}

void PrefixSum(uint64_t* values, size_t count, uint64_t start, uint64_t reference) {
  for (size_t i = 0; i < count; ++i) values[i] = start += values[i] + reference;
}

void ToDoubles(const int64_t* in, size_t count, int exponent, double* out) {
  const double power = kPowersOfTen[exponent];
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<double>(in[i]) / power;
}

bool ToInteger(double value, double power, int64_t* integer) {
  const double scaled = value * power;
  if (!(std::fabs(scaled) < kMaxDecimalInteger)) return false;
  // Adding and taking away 1.5·2^52 rounds without a call; too large a number for that is
  // an integer already or fails the check below.
  const double rounded = std::fabs(scaled) < 2251799813685248.0
                             ? (scaled + 6755399441055744.0) - 6755399441055744.0
                             : std::nearbyint(scaled);
  *integer = static_cast<int64_t>(rounded);
  return std::bit_cast<uint64_t>(static_cast<double>(*integer) / power) ==
         std::bit_cast<uint64_t>(value);
}

size_t ToIntegers(const double* in, size_t count, int exponent, size_t most_odd, int64_t* out,
                  uint16_t* odd) {
  const double power = kPowersOfTen[exponent];
  size_t odd_count = 0;
  for (size_t i = 0; i < count; ++i) {
    if (ToInteger(in[i], power, &out[i])) continue;
    odd[odd_count++] = static_cast<uint16_t>(i);
    if (odd_count > most_odd) break;
  }
  return odd_count;
}

IntegerRange RangeOfIntegers(const int64_t* in, size_t count) {
  IntegerRange range{in[0], in[0], 0, 0};
  if (count == 1) return range;
  range.delta_min = INT64_MAX, range.delta_max = INT64_MIN;
  for (size_t i = 1; i < count; ++i) {
    range.min = std::min(range.min, in[i]);
    range.max = std::max(range.max, in[i]);
    const auto delta =
        static_cast<int64_t>(static_cast<uint64_t>(in[i]) - static_cast<uint64_t>(in[i - 1]));
    range.delta_min = std::min(range.delta_min, delta);
    range.delta_max = std::max(range.delta_max, delta);
  }
  return range;
}

ValueRange RangeOfValues(const double* in, size_t count) {
  ValueRange range{.plain = true, .same = true, .min = in[0], .max = in[0]};
  const auto first = std::bit_cast<uint64_t>(in[0]);
  for (size_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<uint64_t>(in[i]);
    range.same &= bits == first;
    range.plain &= std::fabs(in[i]) <= 1.7976931348623157e308 && bits != uint64_t{1} << 63;
    range.min = in[i] < range.min ? in[i] : range.min;
    range.max = in[i] > range.max ? in[i] : range.max;
    range.sum += in[i];
    if (i > 0 && in[i] < in[i - 1]) ++range.drops, range.drop_sum += in[i - 1];
  }
  return range;
}

void UnpackDecimals(const PackedDecimals& in, double* out) {
  UnpackInPasses(*ScalarKernels(), in, out);
}

constexpr Kernels kScalar{"scalar",   Unpack,          Add,
                          PrefixSum,  ToDoubles,       UnpackDecimals,
                          ToIntegers, RangeOfIntegers, RangeOfValues};

}  // namespace

const Kernels* ScalarKernels() { return &kScalar; }

}  // namespace pharos::codec
