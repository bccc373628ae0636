#include "samples/sample_stream.h"

#include <algorithm>

#include "base/result.h"

namespace pharos::samples {

namespace stream {

uint8_t RaiseExponent(double value, uint8_t exponent, int64_t* integer) {
  for (uint8_t e = exponent + 1; e <= kMaxStreamExponent; ++e) {
    if (ToDecimal(value, e, integer)) return e;
  }
  return kNoExponent;
}

}  // namespace stream

namespace {

using namespace stream;

constexpr uint64_t kByteMasks[9] = {0,           0xFF,         0xFFFF,         0xFFFFFF,
                                    0xFFFFFFFF,  0xFFFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFF,
                                    ~uint64_t{0}};

uint64_t Load(const char* at, unsigned bytes) {
  uint64_t word;
  std::memcpy(&word, at, 8);
  return word & kByteMasks[bytes];
}

/// What a reader knows between samples.
struct Reader {
  uint64_t time, step = 0, bits = 0;
  uint8_t exponent = 0;
  /// Of `bits`, where `scaled_known`: to scale the value again would be most of a sample's cost.
  int64_t scaled = 0;
  bool scaled_known = false;

  /// Reads one sample, of which kStreamSampleBytes can be read; null at the end.
  [[gnu::always_inline]] const char* Next(const char* at) {
    auto control = static_cast<uint8_t>(*at++);
    if (control < 0x80) {
      if (control == 0) return nullptr;
      exponent = control - 1;
      scaled_known = false;
      control = static_cast<uint8_t>(*at++);
    }
    const unsigned time_bytes = kTimeBytes[control & 3];
    const uint64_t moved = step + UnZigZag(Load(at, time_bytes));
    at += time_bytes;
    time += moved;
    step = moved <= UINT32_MAX ? moved : 0;
    const unsigned bytes = (control >> 4 & 7) + 1;
    switch (control >> 2 & 3) {
      case kSame: return at;
      case kDecimal: {
        if (!scaled_known) scaled = Scaled(std::bit_cast<double>(bits), exponent);
        scaled = static_cast<int64_t>(static_cast<uint64_t>(scaled) + UnZigZag(Load(at, bytes)));
        scaled_known = true;
        bits = std::bit_cast<uint64_t>(static_cast<double>(scaled) / kPowers[exponent]);
        return at + bytes;
      }
      case kLowBytes: bits ^= Load(at, bytes); break;
      case kHighBytes: bits ^= Load(at, bytes) << (64 - 8 * bytes); break;
    }
    scaled_known = false;
    return at + bytes;
  }
};

}  // namespace

size_t ReadStream(const char* at, const char* end, int64_t first_ms, int64_t* times,
                  double* values) {
  Reader reader{static_cast<uint64_t>(first_ms)};
  size_t count = 0;
  const auto take = [&](const char* next) {
    times[count] = static_cast<int64_t>(reader.time);
    values[count++] = std::bit_cast<double>(reader.bits);
    at = next;
  };
  while (end - at >= static_cast<long>(kStreamSampleBytes)) {
    const char* next = reader.Next(at);
    if (next == nullptr) return count;
    take(next);
  }
  // The rest goes through a copy, so that no load looks behind the end.
  char rest[2 * kStreamSampleBytes] = {};
  std::memcpy(rest, at, static_cast<size_t>(end - at));
  const char* rest_end = rest + (end - at);
  at = rest;
  while (at < rest_end) {
    const char* next = reader.Next(at);
    if (next == nullptr) break;
    PHAROS_CHECK(next <= rest_end, "a stream in memory is torn");
    take(next);
  }
  return count;
}

}  // namespace pharos::samples
