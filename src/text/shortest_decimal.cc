#include "text/shortest_decimal.h"

#include <array>
#include <bit>
#include <cstddef>

namespace pharos::text {
namespace {

using Wide = unsigned __int128;

constexpr int kLeastPower = -292, kMostPower = 324;
constexpr int kWords = 18;  // 10^324 takes 1,077 bits

/// A natural number, lowest word first.
struct Big {
  std::array<uint64_t, kWords> words{};

  void Multiply(uint32_t by) {
    Wide carry = 0;
    for (uint64_t& word : words) {
      carry += static_cast<Wide>(word) * by;
      word = static_cast<uint64_t>(carry);
      carry >>= 64;
    }
  }
  /// Returns the remainder.
  uint32_t Divide(uint32_t by) {
    Wide rest = 0;
    for (int i = kWords - 1; i >= 0; --i) {
      rest = rest << 64 | words[static_cast<size_t>(i)];
      words[static_cast<size_t>(i)] = static_cast<uint64_t>(rest / by);
      rest %= by;
    }
    return static_cast<uint32_t>(rest);
  }
  int Bits() const {
    for (int i = kWords - 1; i >= 0; --i) {
      if (const uint64_t word = words[static_cast<size_t>(i)]; word != 0)
        return i * 64 + 64 - std::countl_zero(word);
    }
    return 0;
  }
  /// The leading 128 bits.
  Wide Top() const {
    const int from = Bits() - 128;
    Wide out = 0;
    for (int bit = 127; bit >= 0; --bit) {
      const int at = from + bit;
      const uint64_t set = at < 0 ? 0 : words[static_cast<size_t>(at / 64)] >> (at % 64) & 1;
      out = out << 1 | set;
    }
    return out;
  }
};

/// 10^k as 128 leading bits, cut off and plus one where something was cut off.
struct Powers {
  std::array<Wide, kMostPower - kLeastPower + 1> of;

  Powers() {
    Big rising;
    rising.words[0] = 1;
    for (int k = 0; k <= kMostPower; ++k) {
      of[static_cast<size_t>(k - kLeastPower)] = rising.Top() + (k > 55 ? 1 : 0);
      rising.Multiply(10);
    }
    // 2^1151 / 10^k, cut off; never exact.
    Big falling;
    falling.words[kWords - 1] = uint64_t{1} << 63;
    for (int k = 1; k <= -kLeastPower; ++k) {
      falling.Divide(10);
      of[static_cast<size_t>(-k - kLeastPower)] = falling.Top() + 1;
    }
  }
};

/// The upper 64 bits of a product of 192, the lowest set where anything below is not zero.
uint64_t RoundToOdd(Wide power, uint64_t by) {
  const Wide low = static_cast<Wide>(static_cast<uint64_t>(power)) * by;
  const Wide high =
      static_cast<Wide>(static_cast<uint64_t>(power >> 64)) * by + static_cast<uint64_t>(low >> 64);
  return static_cast<uint64_t>(high >> 64) | (static_cast<uint64_t>(high) > 1 ? 1 : 0);
}

ShortestDecimal WithoutZeros(ShortestDecimal decimal) {
  if (decimal.digits % 10 != 0) return decimal;  // most
  struct Zeros {
    uint64_t power;
    int count;
  };
  for (const Zeros zeros : {Zeros{100'000'000, 8}, Zeros{10'000, 4}, Zeros{100, 2}, Zeros{10, 1}}) {
    if (decimal.digits % zeros.power != 0) continue;
    decimal.digits /= zeros.power;
    decimal.exponent += zeros.count;
  }
  // At most 17 digits, so at most one zero more than these 15.
  if (decimal.digits % 10 == 0) decimal = {decimal.digits / 10, decimal.exponent + 1};
  return decimal;
}

}  // namespace

ShortestDecimal ShortestOf(double value) {
  static const Powers powers;
  constexpr uint64_t kHidden = uint64_t{1} << 52;
  const auto bits = std::bit_cast<uint64_t>(value);
  const uint64_t fraction = bits & (kHidden - 1);
  const int biased = static_cast<int>(bits >> 52);
  const uint64_t c = biased != 0 ? fraction | kHidden : fraction;
  const int q = (biased != 0 ? biased : 1) - 1075;
  if (q <= 0 && q > -53 && (c & ((uint64_t{1} << -q) - 1)) == 0) return {c >> -q, 0};

  // Hundredths, of which there are many. Of decimals with up to 15 digits no two become the same
  // double, so the one that gives it back is the shortest.
  const double hundredths = value * 100;
  if (hundredths >= 1 && hundredths < 1e15) {
    const auto digits = static_cast<uint64_t>(hundredths + 0.5);
    if (static_cast<double>(digits) / 100 == value)
      return digits % 10 == 0 ? ShortestDecimal{digits / 10, -1} : ShortestDecimal{digits, -2};
  }

  // The interval of what rounds to value, times four; its ends belong to even values.
  const bool odd = c % 2 != 0;
  const bool close_below = fraction == 0 && biased > 1;
  const int k = (q * 1262611 - (close_below ? 524031 : 0)) >> 22;
  const int shift = q + ((-k * 1741647) >> 19) + 1;
  const Wide power = powers.of[static_cast<size_t>(-k - kLeastPower)];
  const uint64_t lower = RoundToOdd(power, (4 * c - 2 + (close_below ? 1 : 0)) << shift) + odd;
  const uint64_t middle = RoundToOdd(power, 4 * c << shift);
  const uint64_t upper = RoundToOdd(power, (4 * c + 2) << shift) - odd;

  const uint64_t s = middle / 4;
  if (s >= 10) {
    const uint64_t tens = s / 10;
    const bool below = lower <= 40 * tens, above = 40 * tens + 40 <= upper;
    if (below != above) return WithoutZeros({tens + (above ? 1 : 0), k + 1});
  }
  const bool below = lower <= 4 * s, above = 4 * s + 4 <= upper;
  if (below != above) return WithoutZeros({s + (above ? 1 : 0), k});
  const uint64_t half = 4 * s + 2;
  const bool up = middle > half || (middle == half && s % 2 != 0);
  return WithoutZeros({s + (up ? 1 : 0), k});
}

}  // namespace pharos::text
