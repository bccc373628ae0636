#include "events/id_filter.h"

#include <gtest/gtest.h>

#include <random>

#include "io/part_file.h"

namespace pharos::events {
namespace {

constexpr size_t kIdBytes = 8, kRows = 512;

/// Keeps the pages of the filter.
class Pages final : public io::PartWriter {
 public:
  base::Result<uint32_t> AddPage(std::string_view section, std::string_view bytes, uint8_t,
                                 int) override {
    if (section == "id_filter") filter.emplace_back(bytes);
    return 0;
  }
  base::Result<uint32_t> AddStored(std::string_view, const io::StoredPage&) override { return 0; }
  uint64_t stored_bytes() const override { return 0; }
  base::Result<uint64_t> Finish() override { return 0; }

  std::vector<std::string> filter;
};

/// The page as parts of version 6 have it.
std::string WithPaddedRows(const std::string& page, size_t granules) {
  const size_t row_bytes = (granules + 7) / 8;
  std::string out(kRows * row_bytes, '\0');
  for (size_t bit = 0; bit < kRows * granules; ++bit) {
    if ((page[bit / 8] >> bit % 8 & 1) == 0) continue;
    const size_t g = bit % granules;
    out[bit / granules * row_bytes + g / 8] |= static_cast<char>(1 << g % 8);
  }
  return out;
}

TEST(IdFilter, KnowsTheGranulesOfAnId) {
  for (const size_t granules : {1, 7, 8, 9, 11, 16, 100, 255, 256}) {
    std::mt19937_64 random(granules);
    IdFilterWriter writer;
    Pages pages;
    std::vector<std::vector<std::string>> ids(granules);
    for (auto& of_granule : ids) {
      std::string all;
      for (int i = 0; i < 60; ++i) {
        std::string& id = of_granule.emplace_back();
        while (id.size() < kIdBytes) id += static_cast<char>(random());
        all += id;
      }
      writer.Add({VarKind::kHex, kIdBytes}, all);
      ASSERT_TRUE(writer.FinishGranule(pages));
    }
    ASSERT_TRUE(writer.Finish(pages));
    ASSERT_FALSE(pages.filter.empty());
    std::vector<std::string> padded;
    for (const std::string& page : pages.filter) padded.push_back(WithPaddedRows(page, granules));
    size_t may_hold = 0, looks = 0;
    const auto blocks = static_cast<uint64_t>(pages.filter.size());
    for (size_t g = 0; g < granules; ++g) {
      for (const std::string& id : ids[g]) {
        const uint32_t key = IdKey(id);
        const size_t block = key * blocks >> 32;
        std::vector<uint8_t> found, old;
        ASSERT_TRUE(GranulesWithKey(pages.filter[block], granules, key, &found));
        ASSERT_TRUE(GranulesWithKey(padded[block], granules, key, &old));
        EXPECT_TRUE(found[g / 8] >> g % 8 & 1) << granules;
        for (size_t other = 0; other < granules; ++other) {
          const bool may = found[other / 8] >> other % 8 & 1;
          ASSERT_EQ(may, old[other / 8] >> other % 8 & 1);
          may_hold += may && other != g ? 1 : 0;
          ++looks;
        }
      }
    }
    EXPECT_LE(may_hold * 10, looks) << granules << ": leaves hardly any granule out";
  }
}

TEST(IdFilter, APageOfAnotherLengthIsNone) {
  std::vector<uint8_t> out;
  for (const size_t bytes : {0, 1, 63, 65, 64 * 11 - 1, 64 * 16 + 1}) {
    EXPECT_FALSE(GranulesWithKey(std::string(bytes, '\xff'), 11, 1, &out)) << bytes;
  }
  EXPECT_TRUE(GranulesWithKey(std::string(64 * 11, '\0'), 11, 1, &out));
  EXPECT_TRUE(GranulesWithKey(std::string(64 * 16, '\0'), 11, 1, &out));
}

}  // namespace
}  // namespace pharos::events
