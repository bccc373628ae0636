// How the samples of a series lie in memory until they are sealed: a string of bytes that
// grows by a few bytes a sample. What does not change from sample to sample costs no byte but
// the control byte; decimals and counters cost the bytes of their difference, everything else
// the bytes in which the bit patterns differ. Bit-exact. Never on disk.
//
// A sample: control byte; 0, 1, 3 or 8 bytes by which the step in time differs from the step
// before (zigzag); 0 to 8 bytes of value. Control byte, from the lowest bit: 2 bits how many
// bytes of time; 2 bits kind of value (same bits, difference of scaled integers, low bytes of
// the XOR, high bytes of the XOR); 3 bits bytes of value less one; the highest bit is set.
// Before it there may be a byte 1…15 that sets the decimal exponent to 0…14. A byte 0 ends
// the string.
#pragma once

#include <emmintrin.h>

#include <bit>
#include <cstdint>
#include <cstring>

namespace pharos::samples {

/// Where a stream stands after its newest sample. A stream starts at {first time, 0, 0, any}.
struct StreamPoint {
  int64_t time_ms = 0;
  uint64_t bits = 0;
  uint32_t step_ms = 0;  ///< from the sample before; 0 when it does not fit
};

/// Exponents of ten that are tried; kNoExponent: none fits, differences of bits it is.
inline constexpr uint8_t kMaxStreamExponent = 14, kNoExponent = 15;

/// Most bytes of one sample, and what PutSample may touch behind `at`.
inline constexpr size_t kStreamSampleBytes = 18;

/// Most samples in `bytes` bytes of a stream.
constexpr size_t MostSamples(size_t bytes) { return bytes; }

namespace stream {

inline constexpr double kPowers[kMaxStreamExponent + 1] = {
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};
inline constexpr uint64_t kMaxInteger = uint64_t{1} << 53;
inline constexpr uint8_t kTimeBytes[4] = {0, 1, 3, 8};
enum Kind : uint8_t { kSame = 0, kDecimal = 1, kLowBytes = 2, kHighBytes = 3 };

/// Of a value at an exponent; anything when it is no decimal there. The same on both sides.
inline int64_t Scaled(double value, uint8_t exponent) {
  return _mm_cvtsd_si64(_mm_set_sd(value * kPowers[exponent]));
}

/// True when value == integer / 10^exponent to the bit.
inline bool ToDecimal(double value, uint8_t exponent, int64_t* integer) {
  *integer = Scaled(value, exponent);
  if (static_cast<uint64_t>(*integer) + kMaxInteger > 2 * kMaxInteger) return false;
  const double back = static_cast<double>(*integer) / kPowers[exponent];
  return std::bit_cast<uint64_t>(back) == std::bit_cast<uint64_t>(value);
}

/// The least exponent after `exponent` that fits; kNoExponent when none does.
uint8_t RaiseExponent(double value, uint8_t exponent, int64_t* integer);

inline uint64_t ZigZag(uint64_t difference) {
  return (difference << 1) ^ static_cast<uint64_t>(static_cast<int64_t>(difference) >> 63);
}
inline uint64_t UnZigZag(uint64_t value) { return (value >> 1) ^ (~(value & 1) + 1); }
inline unsigned BytesOf(uint64_t value) {
  return (static_cast<unsigned>(std::bit_width(value)) + 7) / 8;
}

}  // namespace stream

/// Writes a sample at `at`, where kStreamSampleBytes may be overwritten; behind the sample are
/// zeros. Returns its end, and the new state in `last` and `exponent`. A new stream says with
/// `first` that its exponent is not known to the reader yet.
inline char* PutSample(char* at, StreamPoint& last, uint8_t& exponent, bool first, int64_t time_ms,
                       double value) {
  using namespace stream;
  const auto bits = std::bit_cast<uint64_t>(value);
  const uint64_t step = static_cast<uint64_t>(time_ms) - static_cast<uint64_t>(last.time_ms);
  const uint64_t time = ZigZag(step - last.step_ms);
  const uint8_t time_code = time == 0 ? 0 : time < 1 << 8 ? 1 : time < 1 << 24 ? 2 : 3;
  uint64_t payload = 0;
  unsigned bytes = 0;
  uint8_t kind = kSame;
  if (first && exponent == kNoExponent) exponent = 0;  // once a stream it is looked for again
  const uint8_t known = first ? 0 : exponent;
  if (bits != last.bits) {
    int64_t integer = 0;
    bool decimal = exponent != kNoExponent && ToDecimal(value, exponent, &integer);
    if (!decimal && exponent != kNoExponent && value - value == 0) {
      exponent = RaiseExponent(value, exponent, &integer);
      decimal = exponent != kNoExponent;
    }
    if (decimal) {
      const int64_t before = Scaled(std::bit_cast<double>(last.bits), exponent);
      payload = ZigZag(static_cast<uint64_t>(integer) - static_cast<uint64_t>(before));
      bytes = BytesOf(payload | 1);
      kind = kDecimal;
    } else {
      payload = bits ^ last.bits;
      const unsigned low = BytesOf(payload);
      const auto zeros = static_cast<unsigned>(std::countr_zero(payload)) / 8;
      kind = low <= 8 - zeros ? kLowBytes : kHighBytes;
      bytes = kind == kLowBytes ? low : 8 - zeros;
      if (kind == kHighBytes) payload >>= 8 * zeros;
    }
  }
  if (exponent != known && exponent != kNoExponent) *at++ = static_cast<char>(exponent + 1);
  const unsigned length_code = (bytes - (bytes > 0)) << 4;
  *at++ = static_cast<char>(0x80 | length_code | kind << 2 | time_code);
  std::memcpy(at, &time, 8);
  at += kTimeBytes[time_code];
  std::memcpy(at, &payload, 8);
  last = {time_ms, bits, step <= UINT32_MAX ? static_cast<uint32_t>(step) : 0};
  return at + bytes;
}

/// Reads the stream from `at` to `end` or its ending 0, whichever comes first. Writes at most
/// MostSamples(end - at) of each and returns how many. Reads no byte at or behind `end`.
size_t ReadStream(const char* at, const char* end, int64_t first_ms, int64_t* times,
                  double* values);

}  // namespace pharos::samples
