#include "events/packed_ints.h"

#include <gtest/gtest.h>

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
