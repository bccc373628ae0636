// All forms of the loops over columns against one value after the other: the same bits.
#include "query/promql/column_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "query/promql/kahan.h"
#include "query/promql/value.h"
#include "query/promql/window_plan.h"

namespace pharos::query::promql {
namespace {

std::vector<double> RandomColumn(std::mt19937_64& random, size_t size) {
  std::vector<double> out;
  for (size_t i = 0; i < size; ++i) {
    switch (random() % 12) {
      case 0: out.push_back(Absent()); break;
      case 1: out.push_back(std::numeric_limits<double>::infinity()); break;
      case 2: out.push_back(std::numeric_limits<double>::quiet_NaN()); break;
      case 3: out.push_back(-0.0); break;
      case 4: out.push_back(1e308); break;
      default: out.push_back(static_cast<double>(random() % 100'000) / 7 - 5'000);
    }
  }
  return out;
}

TEST(ColumnKernelsTest, AllAgreeWithOneByOne) {
  std::mt19937_64 random(7);
  for (size_t size = 0; size < 70; ++size) {
    std::vector<double> sum(size, Absent()), lost(size, 0), least = sum, most = sum, count = sum;
    std::vector<std::vector<std::vector<double>>> got(AllKernels().size(),
                                                      {sum, lost, least, most, count});
    for (int row = 0; row < 12; ++row) {
      const std::vector<double> in = RandomColumn(random, size);
      size_t present = 0;
      bool falls = false;
      for (size_t i = 0; i < size; ++i) {
        falls = falls || (i > 0 && in[i] < in[i - 1]);
        if (IsAbsent(in[i])) continue;
        ++present;
        const bool fresh = IsAbsent(sum[i]);
        if (fresh)
          sum[i] = in[i];
        else
          KahanInc(in[i], sum[i], lost[i]);
        least[i] = fresh || least[i] > in[i] || std::isnan(least[i]) ? in[i] : least[i];
        most[i] = fresh || most[i] < in[i] || std::isnan(most[i]) ? in[i] : most[i];
        count[i] = fresh ? 1 : count[i] + 1;
      }
      for (size_t k = 0; k < AllKernels().size(); ++k) {
        const ColumnKernels& kernels = AllKernels()[k];
        EXPECT_EQ(kernels.count_present(in.data(), size), present);
        EXPECT_EQ(kernels.falls(in.data(), size), falls);
        kernels.add_sum(in.data(), size, got[k][0].data(), got[k][1].data());
        kernels.add_min(in.data(), size, got[k][2].data());
        kernels.add_max(in.data(), size, got[k][3].data());
        kernels.add_count(in.data(), size, got[k][4].data());
      }
    }
    const std::vector<std::vector<double>> expected{sum, lost, least, most, count};
    for (size_t k = 0; k < got.size(); ++k) {
      for (size_t c = 0; c < expected.size(); ++c) {
        for (size_t i = 0; i < size; ++i) {
          const double a = expected[c][i], b = got[k][c][i];
          EXPECT_TRUE(std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b) ||
                      (std::isnan(a) && std::isnan(b) && IsAbsent(a) == IsAbsent(b)))
              << "kernel " << k << " column " << c << " at " << i << ": " << a << " and " << b;
        }
      }
    }
  }
}

bool SameColumn(const std::vector<double>& a, const std::vector<double>& b) {
  return std::ranges::equal(
      a, b, {}, [](double v) { return std::bit_cast<uint64_t>(v); },
      [](double v) { return std::bit_cast<uint64_t>(v); });
}

TEST(ColumnKernelsTest, RowsAreAddedTogetherAsOneByOne) {
  std::mt19937_64 random(8);
  for (int round = 0; round < 400; ++round) {
    const size_t size = 1 + random() % 40, count = 1 + random() % 9;
    const size_t begin = random() % size;
    const Range at{begin, std::min<size_t>(size - begin, 1 + random() % kMostSums)};
    std::vector<std::vector<double>> rows(count);
    for (auto& row : rows) {
      for (size_t i = 0; i < size; ++i) {
        const double scale = random() % 5 == 0 ? 1e17 : 1;
        row.push_back((static_cast<double>(random() % 100'000) / 7 - 5'000) * scale);
      }
    }
    std::vector<double> sum(size, Absent()), lost(size, 0);
    if (random() % 2 == 0) {
      for (double& v : sum) v = static_cast<double>(random() % 1000) / 3;
      for (double& v : lost) v = static_cast<double>(random() % 1000) * 1e-14;
    }
    bool odd = random() % 3 == 0;
    if (odd) {
      constexpr double kInfinity = std::numeric_limits<double>::infinity();
      const double other[] = {Absent(), kInfinity, -kInfinity, -std::nan(""), 1.7e308};
      double& one = rows[random() % count][begin + random() % at.width];
      one = other[random() % std::size(other)];
      odd = std::abs(one) != 1.7e308;  // overflows only with another
    }
    std::vector<double> sums = sum, losses = lost;
    for (const auto& row : rows) {
      for (size_t i = begin; i < begin + at.width; ++i) {
        if (IsAbsent(sums[i]))
          sums[i] = row[i];
        else
          KahanInc(row[i], sums[i], losses[i]);
      }
    }
    std::vector<const double*> inputs;
    for (const auto& row : rows) inputs.push_back(row.data());
    for (const ColumnKernels& kernels : AllKernels()) {
      std::vector<double> s = sum, c = lost;
      const bool fine = kernels.add_rows(inputs.data(), count, at, s.data(), c.data());
      EXPECT_EQ(fine, !odd) << round;
      EXPECT_TRUE(SameColumn(s, fine ? sums : sum)) << round;
      EXPECT_TRUE(SameColumn(c, fine ? losses : lost)) << round;
    }
  }
}

TEST(ColumnKernelsTest, WindowsThatLieAlikeHaveTheRatesOfAny) {
  std::mt19937_64 random(9);
  for (int round = 0; round < 300; ++round) {
    AlikeWindows alike;
    alike.move = 1 + random() % 5;
    alike.steps = 1 + random() % 40;
    alike.range_seconds = random() % 2 == 0 ? 0 : 300;
    alike.is_counter = random() % 2 == 0;
    alike.stretch = {1.25, 285, static_cast<double>(random() % 15'000) / 1000, 7.5};
    const size_t width = 1 + random() % 20;
    std::vector<double> values{random() % 2 == 0 ? 0.5 : 1e6};
    while (values.size() < alike.move * alike.steps + width + kColumnPadding)
      values.push_back(values.back() + static_cast<double>(random() % 1000) / 8);
    alike.first = values.data();
    alike.last = values.data() + width;
    RateSteps steps;
    steps.Resize(alike.steps);
    for (uint32_t i = 0; i < alike.steps; ++i) {
      steps.first[i] = i * static_cast<uint32_t>(alike.move);
      steps.last[i] = steps.first[i] + static_cast<uint32_t>(width);
      steps.factor[i] = alike.stretch.factor;
      steps.sampled[i] = alike.stretch.sampled;
      steps.to_start[i] = alike.stretch.to_start;
      steps.to_end[i] = alike.stretch.to_end;
    }
    const RateWindows any{values.data(),         steps.first.data(),  steps.last.data(),
                          steps.in_a_row.data(), steps.factor.data(), steps.sampled.data(),
                          steps.to_start.data(), steps.to_end.data(), alike.steps,
                          alike.range_seconds,   alike.is_counter};
    std::vector<double> expected(alike.steps), got(alike.steps);
    AllKernels()[0].rate(any, expected.data());
    for (const ColumnKernels& kernels : AllKernels()) {
      kernels.rate_alike(alike, got.data());
      EXPECT_TRUE(SameColumn(got, expected)) << round;
    }
  }
}

TEST(ColumnKernelsTest, ColumnsAreSortedSideBySide) {
  std::mt19937_64 random(10);
  for (size_t rows = 0; rows < 140; ++rows) {
    std::vector<double> cells;
    for (size_t i = 0; i < rows * kSortedLanes; ++i)
      cells.push_back(static_cast<double>(random() % 50) - 20);
    std::vector<double> expected = cells, column(rows);
    for (size_t lane = 0; lane < kSortedLanes; ++lane) {
      for (size_t row = 0; row < rows; ++row) column[row] = cells[row * kSortedLanes + lane];
      std::ranges::sort(column);
      for (size_t row = 0; row < rows; ++row) expected[row * kSortedLanes + lane] = column[row];
    }
    for (const ColumnKernels& kernels : AllKernels()) {
      std::vector<double> sorted = cells;
      EXPECT_TRUE(kernels.sort_columns(sorted.data(), rows));
      EXPECT_TRUE(SameColumn(sorted, expected)) << rows;
      if (rows == 0) continue;
      for (const double odd : {-0.0, std::nan(""), Absent()}) {
        sorted = cells;
        sorted[random() % sorted.size()] = odd;
        EXPECT_FALSE(kernels.sort_columns(sorted.data(), rows)) << odd;
      }
    }
  }
}

TEST(ColumnKernelsTest, ExactSumsAreRecognised) {
  for (const ColumnKernels& kernels : AllKernels()) {
    std::vector<double> column(37, 12345);
    EXPECT_TRUE(kernels.sums_exactly(column.data(), column.size()));
    for (const double odd : {0.5, 1e300, std::numeric_limits<double>::quiet_NaN(),
                             std::numeric_limits<double>::infinity(), 9007199254740992.0}) {
      for (const size_t at : {0u, 5u, 36u}) {
        std::vector<double> other = column;
        other[at] = odd;
        EXPECT_FALSE(kernels.sums_exactly(other.data(), other.size())) << odd << " at " << at;
      }
    }
  }
}

}  // namespace
}  // namespace pharos::query::promql
