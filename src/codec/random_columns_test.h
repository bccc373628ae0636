// Columns of random kinds, for the tests of codecs.
#pragma once

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

#include "model/sample.h"

namespace pharos::codec {

/// How many random cases a test runs: a thousandth of what PHAROS_LONG=1 (./dev test --long)
/// asks for.
inline int Cases(int usual) { return std::getenv("PHAROS_LONG") != nullptr ? usual * 1000 : usual; }

using Random = std::mt19937_64;

inline std::vector<uint64_t> Bits(const std::vector<double>& values) {
  std::vector<uint64_t> bits;
  for (const double v : values) bits.push_back(std::bit_cast<uint64_t>(v));
  return bits;
}

/// Numbers of a random kind: tiny, any, extreme, with outliers.
inline std::vector<int64_t> RandomInts(Random& random, size_t n) {
  std::vector<int64_t> out(n);
  const auto kind = random() % 5;
  int64_t at = static_cast<int64_t>(random());
  for (int64_t& v : out) {
    switch (kind) {
      case 0: v = static_cast<int64_t>(random()); break;
      case 1: v = static_cast<int64_t>(random() % 1000); break;
      case 2:
        v = at = static_cast<int64_t>(static_cast<uint64_t>(at) + random() % 4096 * 4096);
        break;
      case 3: v = random() % 2 ? INT64_MAX : INT64_MIN; break;
      default:
        v = random() % 50 == 0 ? static_cast<int64_t>(random())
                               : static_cast<int64_t>(random() % 16);
    }
  }
  return out;
}

inline std::vector<double> RandomDoubles(Random& random, size_t n) {
  std::vector<double> out(n);
  const auto kind = random() % 6;
  double at = static_cast<double>(random() % 1'000'000);
  for (double& v : out) {
    switch (kind) {
      case 0: v = std::bit_cast<double>(random()); break;
      case 1:
        v = at = std::round((at + static_cast<double>(random() % 1000) / 100) * 100) / 100;
        break;
      case 2: v = at += static_cast<double>(random() % 100'000); break;
      case 3: v = static_cast<double>(random()) * 1e-19; break;
      case 4:
        v = random() % 10 == 0 ? model::StaleNan() : static_cast<double>(random() % 100) / 10;
        break;
      default: {
        const double special[] = {0.0,
                                  -0.0,
                                  INFINITY,
                                  -INFINITY,
                                  std::bit_cast<double>(0x7FF8000000000001),
                                  5e-324,
                                  model::StaleNan(),
                                  std::numeric_limits<double>::max()};
        v = special[random() % 8];
      }
    }
  }
  return out;
}

}  // namespace pharos::codec
