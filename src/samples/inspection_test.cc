// The inspection adds up, and a flipped bit in any page is found, named, and spoils nothing but
// its part.
#include "samples/inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "io/sim_fs.h"
#include "samples/part_publisher.h"

namespace pharos::samples {
namespace {

using model::Labels;
using testing::HasSubstr;

struct InspectionTest : testing::Test {
  InspectionTest() { manifest = io::Manifest::Open(fs, "data").value(); }

  /// A part of this day with all kinds of blocks and sections.
  std::shared_ptr<Part> Publish(int64_t day) {
    const int64_t start = day * 86'400'000;
    auto publisher = PartPublisher::Begin(*manifest, "default", day, {.level = 1}).value();
    PartBuilder& builder = publisher->builder();
    for (const char* name : {"constant", "counter", "gauge", "walk"}) {
      for (int instance = 0; instance < 50; ++instance) {
        const Labels labels{{"__name__", name}, {"instance", std::to_string(100 + instance)}};
        store::SeriesColumns columns{.labels = labels};
        double v = 1;
        for (int i = 0; i < 300; ++i) {
          columns.times_ms.push_back(start + i * 1000 + static_cast<int64_t>(random() % 100));
          switch (name[1]) {
            case 'o': v += name[2] == 'u' ? static_cast<double>(random() % 100) : 0; break;
            case 'a': v = static_cast<double>(random()) * (name[0] == 'w' ? 1e-9 : 1e-19); break;
          }
          columns.values.push_back(v);
        }
        EXPECT_TRUE(builder.AddSeries(labels.bytes(), columns).has_value());
      }
    }
    EXPECT_TRUE(builder.AddMetadata("counter", {model::MetricType::kCounter, "Help.", "s"}));
    return publisher->Publish({}, cache, budget).value();
  }

  std::string Path(const Part& part) const {
    return "data/" + part.entry().path + "/" + std::string(kPartFile);
  }
  std::string Contents(const std::string& path) {
    const auto file = fs.OpenRead(path).value();
    return file->ReadAt(0, file->Size().value()).value();
  }
  void Replace(const std::string& path, std::string_view bytes) {
    ASSERT_TRUE(fs.Remove(path).has_value());
    ASSERT_TRUE(fs.Create(path).value()->Append(bytes).has_value());
  }

  std::mt19937_64 random{41};
  io::SimFs fs;
  base::MemoryBudget budget{1u << 30};
  PageCache cache{1u << 20, budget};
  std::unique_ptr<io::Manifest> manifest;
};

TEST_F(InspectionTest, AddsUp) {
  EXPECT_EQ(Inspect(fs, "nowhere").error().kind, base::ErrorKind::kNotFound);
  Publish(20'000);
  Publish(20'001);
  const auto found = Inspect(fs, "data").value();
  ASSERT_EQ(found.parts.size(), 2u);
  EXPECT_TRUE(found.sound());
  EXPECT_EQ(found.samples, 2 * 4 * 50 * 300u);
  EXPECT_EQ(found.parts[0].info.series, 200u);
  EXPECT_EQ(found.parts[0].info.level, 1u);
  uint64_t stored = 0, blocks = 0, samples = 0, shared = 0, costs = 0;
  for (const PartReport& part : found.parts) {
    for (const SectionUse& section : part.sections) {
      stored += section.stored_bytes;
      if (section.name == kBlockSection || section.name == kDataSection ||
          section.name == kSeriesSection)
        shared += section.stored_bytes;
    }
  }
  EXPECT_LT(stored, found.bytes);
  EXPECT_GT(stored * 10, found.bytes * 9);
  for (const auto& [name, use] : found.codecs) blocks += use.blocks, samples += use.samples;
  EXPECT_EQ(blocks, 2 * 4 * 50u);
  EXPECT_EQ(samples, found.samples);
  EXPECT_TRUE(found.codecs.contains("constant"));
  EXPECT_TRUE(found.codecs.contains("decimal delta"));
  ASSERT_EQ(found.metrics.size(), 4u);
  EXPECT_EQ(found.metrics.back().name, "constant");
  for (const MetricCost& metric : found.metrics) {
    EXPECT_EQ(metric.series, 50u);
    EXPECT_EQ(metric.samples, 2 * 50 * 300u);
    costs += metric.bytes;
  }
  EXPECT_NEAR(static_cast<double>(costs), static_cast<double>(shared), 8);
}

TEST_F(InspectionTest, AFlippedBitInAnyPageIsNamedAndSpoilsNothingElse) {
  const auto part = Publish(20'000), other = Publish(20'001);
  const std::string path = Path(*part), good = Contents(path);
  const auto sections = io::PartReader::Open(fs, path, kPartKind, kPartVersion).value()->Sections();
  ASSERT_EQ(sections.size(), 7u);
  for (const io::Section& section : sections) {
    for (size_t page = 0; page < section.pages.size(); ++page) {
      const io::PageRef& ref = section.pages[page];
      std::string bytes = good;
      bytes[ref.offset + random() % ref.stored_bytes] ^= static_cast<char>(1 << random() % 8);
      Replace(path, bytes);
      const auto found = Inspect(fs, "data").value();
      ASSERT_EQ(found.parts.size(), 2u);
      ASSERT_EQ(found.parts[0].faults.size(), 1u) << section.name << page;
      EXPECT_THAT(found.parts[0].faults[0],
                  HasSubstr("section " + section.name + " page " + std::to_string(page)));
      EXPECT_THAT(found.parts[0].faults[0], HasSubstr(part->entry().path));
      EXPECT_TRUE(found.parts[1].faults.empty());
    }
  }
  // The head, the footer and the end mark too.
  for (const size_t at :
       {size_t{3}, size_t{9}, good.size() - 200, good.size() - 15, good.size() - 2}) {
    std::string bytes = good;
    bytes[at] ^= 0x10;
    Replace(path, bytes);
    const auto found = Inspect(fs, "data").value();
    ASSERT_EQ(found.parts[0].faults.size(), 1u) << at;
    EXPECT_THAT(found.parts[0].faults[0], HasSubstr(part->entry().path));
    EXPECT_TRUE(found.parts[1].faults.empty());
  }
  Replace(path, good);
  EXPECT_TRUE(Inspect(fs, "data").value().sound());
}

TEST_F(InspectionTest, ReadsOfOtherPagesOfABrokenPartGoOn) {
  const auto part = Publish(20'000);
  const std::string path = Path(*part);
  std::string bytes = Contents(path);
  const auto sections = io::PartReader::Open(fs, path, kPartKind, kPartVersion).value()->Sections();
  const auto data = std::ranges::find(sections, kDataSection, &io::Section::name);
  ASSERT_GE(data->pages.size(), 2u);
  bytes[data->pages[0].offset] ^= 1;
  Replace(path, bytes);
  const auto again = Part::Open(fs, "data", part->entry(), cache, budget);
  const auto index = again->Index().value();
  PartSeriesReader reader(again, index, false);
  size_t fine = 0, broken = 0;
  for (uint32_t series = 0; series < index->series_count(); ++series) {
    store::SeriesColumns columns;
    const auto read = reader.Read(series, INT64_MIN, INT64_MAX, &columns);
    if (read) {
      ++fine;
    } else {
      ++broken;
      EXPECT_EQ(read.error().kind, base::ErrorKind::kCorrupt);
      EXPECT_THAT(read.error().message, HasSubstr(part->entry().path));
    }
  }
  EXPECT_GT(broken, 20u);
  EXPECT_GT(fine, 50u);  // those in other pages, and constants, which are in their heads
}

}  // namespace
}  // namespace pharos::samples
