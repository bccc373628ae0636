// Every form of the inner loops gives the bits that the scalar one gives.
#include "codec/kernels.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "codec/bitpack.h"
#include "codec/limits.h"
#include "codec/random_columns_test.h"

namespace pharos::codec {
namespace {

constexpr size_t kCounts[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 64, 65, 240, 1023};

const Kernels& Scalar() { return *ScalarKernels(); }

/// Calls `check` with each form but the scalar one.
template <class Check>
void ForEachForm(Check check) {
  for (const Kernels* kernels : UsableKernels().subspan(1)) {
    SCOPED_TRACE(kernels->name);
    check(*kernels);
  }
}

TEST(Kernels, UnpackReadsEveryWidthAndNothingBeyond) {
  Random random(1);
  for (int width = 0; width <= 64; ++width) {
    for (const size_t n : kCounts) {
      std::vector<uint64_t> values(n);
      for (uint64_t& v : values) v = random();
      std::string packed;
      PackBits(values.data(), n, width, packed);
      // Exactly as large as it must be, so that a sanitizer sees what lies beyond.
      const std::vector<char> bytes(packed.begin(), packed.end());
      std::vector<uint64_t> expected(n), got(n);
      Scalar().unpack(bytes.data(), bytes.size(), n, width, expected.data());
      ForEachForm([&](const Kernels& kernels) {
        kernels.unpack(bytes.data(), bytes.size(), n, width, got.data());
        ASSERT_EQ(got, expected) << "width " << width << " n " << n;
      });
    }
  }
}

TEST(Kernels, SumsWrap) {
  Random random(2);
  for (const size_t n : kCounts) {
    std::vector<uint64_t> values(n);
    for (uint64_t& v : values) v = random();
    const uint64_t start = random(), reference = random();
    std::vector<uint64_t> added = values, summed = values;
    Scalar().add(added.data(), n, reference);
    Scalar().prefix_sum(summed.data(), n, start, reference);
    ForEachForm([&](const Kernels& kernels) {
      std::vector<uint64_t> got = values;
      kernels.add(got.data(), n, reference);
      ASSERT_EQ(got, added);
      got = values;
      kernels.prefix_sum(got.data(), n, start, reference);
      ASSERT_EQ(got, summed);
    });
  }
}

/// The multiplication with a correction must be the division, also for the integers next to
/// where quotients change their exponent and for those that no encoder writes.
TEST(Kernels, DecimalsDivideExactly) {
  Random random(3);
  const int rounds = Cases(1000);
  for (int round = 0; round < rounds; ++round) {
    const int exponent = static_cast<int>(random() % (kMaxDecimalExponent + 1));
    std::vector<int64_t> integers(32);
    for (int64_t& v : integers) {
      const auto bits = random() % 65;
      v = bits == 0 ? 0 : static_cast<int64_t>(random() >> (64 - bits));
      if (random() % 4 == 0) {
        const double edge =
            std::ldexp(kPowersOfTen[exponent], static_cast<int>(random() % 20) - 10);
        v = static_cast<int64_t>(edge) + static_cast<int64_t>(random() % 5) - 2;
      }
      if (random() % 2 == 0) v = -v;
    }
    std::vector<double> expected(32), got(32);
    Scalar().to_doubles(integers.data(), 32, exponent, expected.data());
    ForEachForm([&](const Kernels& kernels) {
      kernels.to_doubles(integers.data(), 32, exponent, got.data());
      ASSERT_EQ(Bits(got), Bits(expected)) << "exponent " << exponent;
    });
  }
}

/// Narrow numbers and wide ones, near the limits between them.
TEST(Kernels, PackedDecimalsInOnePassAsInThree) {
  Random random(5);
  const int rounds = Cases(3000);
  for (int round = 0; round < rounds; ++round) {
    const size_t n = random() % 3 == 0 ? kCounts[random() % std::size(kCounts)] : random() % 300;
    std::vector<uint64_t> values(n);
    for (uint64_t& v : values) v = random() % 4 == 0 ? UINT64_MAX : random();
    PackedDecimals in;
    in.count = n;
    in.width = static_cast<int>(random() % (random() % 2 == 0 ? 65 : 28));
    in.deltas = random() % 2 == 0;
    in.exponent = static_cast<int>(random() % (kMaxDecimalExponent + 1));
    in.start = random() >> random() % 64;
    in.reference = random() >> random() % 64;
    if (random() % 2 == 0) in.start = 0 - in.start;
    if (random() % 2 == 0) in.reference = 0 - in.reference;
    std::string packed;
    PackBits(values.data(), n, in.width, packed);
    const std::vector<char> bytes(packed.begin(), packed.end());
    in.bytes = bytes.data();
    in.size = bytes.size();
    std::vector<double> expected(n), got(n);
    Scalar().unpack_decimals(in, expected.data());
    ForEachForm([&](const Kernels& kernels) {
      kernels.unpack_decimals(in, got.data());
      ASSERT_EQ(Bits(got), Bits(expected)) << "width " << in.width << " n " << n;
    });
  }
}

TEST(Kernels, DoublesBecomeTheSameIntegers) {
  Random random(4);
  const int rounds = Cases(1000);
  for (int round = 0; round < rounds; ++round) {
    const auto values = RandomDoubles(random, 1 + random() % 70);
    const size_t n = values.size();
    const int exponent = static_cast<int>(random() % (kMaxDecimalExponent + 1));
    const size_t most = random() % (n + 1);
    std::vector<int64_t> expected(n), got(n);
    std::vector<uint16_t> expected_odd(n + 8), got_odd(n + 8);
    const size_t odd = Scalar().to_integers(values.data(), n, exponent, most, expected.data(),
                                            expected_odd.data());
    ForEachForm([&](const Kernels& kernels) {
      const size_t found =
          kernels.to_integers(values.data(), n, exponent, most, got.data(), got_odd.data());
      ASSERT_EQ(found > most, odd > most);
      if (odd > most) return;
      ASSERT_EQ(found, odd);
      std::vector<bool> is_odd(n);
      for (size_t i = 0; i < odd; ++i) {
        ASSERT_EQ(got_odd[i], expected_odd[i]);
        is_odd[got_odd[i]] = true;
      }
      for (size_t i = 0; i < n; ++i) {
        ASSERT_TRUE(is_odd[i] || got[i] == expected[i]) << i;
      }
    });
  }
}

TEST(Kernels, RangesAgree) {
  Random random(5);
  const int rounds = Cases(1000);
  for (int round = 0; round < rounds; ++round) {
    const auto integers = RandomInts(random, 1 + random() % 70);
    const IntegerRange expected = Scalar().integer_range(integers.data(), integers.size());
    const auto doubles = RandomDoubles(random, 1 + random() % 70);
    const ValueRange values = Scalar().value_range(doubles.data(), doubles.size());
    ForEachForm([&](const Kernels& kernels) {
      const IntegerRange got = kernels.integer_range(integers.data(), integers.size());
      ASSERT_EQ(got.min, expected.min);
      ASSERT_EQ(got.max, expected.max);
      ASSERT_EQ(got.delta_min, expected.delta_min);
      ASSERT_EQ(got.delta_max, expected.delta_max);
      const ValueRange range = kernels.value_range(doubles.data(), doubles.size());
      ASSERT_EQ(range.same, values.same);
      ASSERT_EQ(range.plain, values.plain);
      if (!values.plain) return;
      ASSERT_EQ(range.min, values.min);
      ASSERT_EQ(range.max, values.max);
      ASSERT_EQ(range.drops, values.drops);
      // Sums are only asked for where no order rounds: whole numbers, not too large.
      for (const double v : doubles) {
        if (v != std::floor(v) || std::fabs(v) > 1e12) return;
      }
      ASSERT_EQ(range.sum, values.sum);
      ASSERT_EQ(range.drop_sum, values.drop_sum);
    });
  }
}

}  // namespace
}  // namespace pharos::codec
