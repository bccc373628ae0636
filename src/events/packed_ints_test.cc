#include "events/packed_ints.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "events/column.h"

namespace pharos::events {
namespace {

TEST(PackedInts, ADamagedWidthOfCodesTakesNoMemory) {
  std::vector<int64_t> values;
  for (int i = 0; i < 64; ++i) values.push_back(i % 3 == 0 ? 1'000'000'007 : -i % 2 * 77'777'777);
  std::string bytes;
  PutPackedInts(bytes, values);
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {  // a width of 56 would be a table of 2^56 values
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(byte);
      damaged.append(1024, '\0');
      PackedInts read;
      Reader in(damaged);
      if (read.Parse(in, values.size())) (void)read.At(values.size() - 1);
    }
  }
  PackedInts read;
  Reader whole(bytes);
  ASSERT_TRUE(read.Parse(whole, values.size()));
  for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(read.At(i), values[i]);
}

TEST(PackedInts, SmallNumbersAreReadAtOnce) {
  for (const int64_t most : {1, 2, 3, 4, 7, 15, 16, 100, 255, 300}) {
    for (const size_t n : {1, 7, 8, 9, 64, 1000}) {
      std::vector<int64_t> values;
      for (size_t i = 0; i < n; ++i) values.push_back(static_cast<int64_t>(i * 7919) % (most + 1));
      std::string bytes;
      PutPackedInts(bytes, values);
      PackedInts read;
      Reader in(bytes);
      ASSERT_TRUE(read.Parse(in, n));
      std::vector<uint32_t> got;
      const auto limit = static_cast<uint32_t>(most);  // the greatest is one too many
      read.DecodeBelow(limit, &got);
      ASSERT_EQ(got.size(), n);
      for (size_t i = 0; i < n; ++i) {
        ASSERT_EQ(got[i], values[i] < most ? static_cast<uint32_t>(values[i]) : 0U) << most;
      }
    }
  }
}

TEST(PackedInts, AListIsAsLongAsIsAskedFor) {
  for (const int64_t distinct : {256, 257, 1000, 1024, 1025}) {
    std::vector<int64_t> values;
    for (int64_t i = 0; i < 16'000; ++i) {
      const int64_t one = i * 7919 % distinct;
      values.push_back(one * one * one + one);
    }
    std::string few, many;
    PutPackedInts(few, values, kFewDistinct);
    PutPackedInts(many, values, kManyDistinct);
    if (distinct <= 256 || distinct > 1024) {
      EXPECT_EQ(few, many);
    } else {
      EXPECT_LT(many.size() * 4, few.size() * 3);
    }
    for (const std::string& bytes : {few, many}) {
      PackedInts read;
      Reader in(bytes);
      ASSERT_TRUE(read.Parse(in, values.size()) && in.AtEnd());
      std::vector<int64_t> all;
      read.Decode(&all);
      EXPECT_EQ(all, values);
      for (size_t i = 0; i < values.size(); ++i) ASSERT_EQ(read.At(i), values[i]);
    }
  }
}

TEST(PackedInts, DistinctValuesNearAndFarComeBack) {
  std::mt19937_64 random(9);
  for (int round = 0; round < 400; ++round) {
    const int64_t least = round % 3 == 0 ? INT64_MIN : static_cast<int64_t>(random() % 1000);
    const size_t distinct = 1 + random() % 300;
    const uint64_t span = uint64_t{1} << (1 + random() % 40);
    std::vector<int64_t> some, values, read;
    for (size_t i = 0; i < distinct; ++i) {
      some.push_back(WrapAdd(least, static_cast<int64_t>(random() % span)));
    }
    for (size_t n = 1 + random() % 3000; n > 0; --n) values.push_back(some[random() % distinct]);
    std::string bytes;
    PutPackedInts(bytes, values, round % 2 == 0 ? kFewDistinct : kManyDistinct);
    PackedInts packed;
    Reader in(bytes);
    ASSERT_TRUE(packed.Parse(in, values.size()));
    packed.Decode(&read);
    EXPECT_EQ(read, values);
  }
}

TEST(PackedInts, NumbersInMemoryAreAColumn) {
  const std::vector<int64_t> rows = {1, -2, 30, 4, INT64_MAX, 60, 7, INT64_MIN, 90};
  for (size_t i = 0; i < 3; ++i) {
    const PackedInts column = PackedInts::OneIn(3, rows.data() + i, 3);
    const std::vector<int64_t> values = {rows[i], rows[3 + i], rows[6 + i]};
    std::vector<int64_t> read;
    column.Decode(&read);
    EXPECT_EQ(read, values);
    const std::vector<uint64_t> numbers(values.begin(), values.end());
    EXPECT_EQ(column.MostUnsigned(), *std::max_element(numbers.begin(), numbers.end()));
    EXPECT_EQ(column.size(), 3U);
    for (size_t row = 0; row < 3; ++row) EXPECT_EQ(column.At(row), values[row]);
  }
}

TEST(PackedTexts, DamagedNumbersReadNothing) {
  const std::vector<std::string_view> texts = {"a", "b", "a", "b", "a", "c", "b", "a"};
  std::string bytes;
  PutTexts(bytes, texts);
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {  // -1 is no number of a text
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(byte);
      damaged.append(256, '\0');
      PackedTexts read;
      Reader in(damaged);
      for (size_t i = 0; i < texts.size() && in.ok(); ++i) {
        if (i == 0 && !read.Parse(in, texts.size())) break;
        EXPECT_LE(read.At(i).size(), damaged.size());
      }
    }
  }
}

}  // namespace
}  // namespace pharos::events
