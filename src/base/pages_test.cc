#include "base/pages.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace pharos::base {
namespace {

TEST(Pages, AreZeroAlignedAndMovable) {
  for (const size_t bytes : {size_t{1}, size_t{5000}, size_t{1} << 20, kHugePageBytes,
                             kHugePageBytes + 1, 5 * kHugePageBytes}) {
    Pages pages(bytes);
    ASSERT_GE(pages.bytes(), bytes);
    for (size_t i = 0; i < pages.bytes(); i += 1000) ASSERT_EQ(pages.data()[i], 0);
    if (bytes >= kHugePageBytes) {
      EXPECT_EQ(reinterpret_cast<uintptr_t>(pages.data()) % kHugePageBytes, 0u);
    }
    pages.data()[pages.bytes() - 1] = 'x';
    Pages moved(std::move(pages));
    EXPECT_EQ(pages.data(), nullptr);
    EXPECT_EQ(moved.data()[moved.bytes() - 1], 'x');
    pages = std::move(moved);
    EXPECT_EQ(pages.data()[pages.bytes() - 1], 'x');
  }
}

}  // namespace
}  // namespace pharos::base
