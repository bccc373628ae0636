#include "io/part_file.h"

#include <gtest/gtest.h>

#include "io/sim_fs.h"

namespace pharos::io {
namespace {

using base::ErrorKind;

constexpr std::string_view kKind = "TEST";

class PartFileTest : public testing::Test {
 protected:
  void Write(uint32_t version = 3) {
    auto writer = PartWriter::Create(fs_, "p", kKind, version);
    ASSERT_TRUE(writer);
    EXPECT_EQ((*writer)->AddPage("data", "first page"), 0u);
    EXPECT_EQ((*writer)->AddPage("index", repetitive_, kPageZstd), 0u);
    EXPECT_EQ((*writer)->AddPage("data", "", kPageZstd), 1u);
    EXPECT_EQ((*writer)->AddPage("data", "engine's own", 77), 2u);
    const auto bytes = (*writer)->Finish();
    EXPECT_EQ(bytes, Bytes().size());
  }
  std::string Bytes() {
    auto file = fs_.OpenRead("p");
    return (*file)->ReadAt(0, (*file)->Size().value()).value();
  }
  void Replace(std::string_view bytes) { ASSERT_TRUE((*fs_.Create("p"))->Append(bytes)); }

  SimFs fs_;
  const std::string repetitive_ = std::string(100'000, 'z');
};

TEST_F(PartFileTest, GivesBackPages) {
  Write();
  auto reader = PartReader::Open(fs_, "p", kKind, 3);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->version(), 3u);
  EXPECT_EQ((*reader)->PageCount("data"), 3u);
  EXPECT_EQ((*reader)->PageCount("nothing"), 0u);
  EXPECT_EQ((*reader)->ReadPage("data", 0), "first page");
  EXPECT_EQ((*reader)->ReadPage("data", 1), "");
  EXPECT_EQ((*reader)->ReadPage("data", 2), "engine's own");
  EXPECT_EQ((*reader)->ReadPage("index", 0), repetitive_);
  EXPECT_EQ((*reader)->ReadPages(std::vector<std::string_view>{"index", "data"}, 0),
            (std::vector<std::string>{repetitive_, "first page"}));
  EXPECT_TRUE((*reader)->Verify());
  ASSERT_EQ((*reader)->Sections().size(), 2u);
  EXPECT_EQ((*reader)->Sections()[1].name, "index");
  EXPECT_LT((*reader)->Sections()[1].pages[0].stored_bytes, 1000u);
  EXPECT_EQ((*reader)->Sections()[1].pages[0].raw_bytes, 100'000u);
  EXPECT_EQ((*reader)->Sections()[0].pages[2].codec, 77);
}

TEST_F(PartFileTest, PagesLargerThanTheBufferAndEmptyFiles) {
  auto writer = PartWriter::Create(fs_, "p", kKind, 1);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE((*writer)->AddPage("big", std::string(900'000, static_cast<char>('a' + i))));
  }
  ASSERT_TRUE((*writer)->Finish());
  auto reader = PartReader::Open(fs_, "p", kKind, 1);
  EXPECT_EQ((*reader)->ReadPage("big", 4), std::string(900'000, 'e'));

  ASSERT_TRUE((*PartWriter::Create(fs_, "p", kKind, 1))->Finish());
  EXPECT_TRUE((*PartReader::Open(fs_, "p", kKind, 1))->Sections().empty());
}

TEST_F(PartFileTest, PagesThatLieSideBySideAreReadAtOnce) {
  auto writer = PartWriter::Create(fs_, "p", kKind, 1);
  for (int i = 0; i < 3; ++i) {
    const std::string number = std::to_string(i);
    for (const char* section : {"a", "b", "apart", "c", "d"}) {
      ASSERT_TRUE((*writer)->AddPage(section, section + number + repetitive_, kPageZstd));
    }
  }
  ASSERT_TRUE((*writer)->Finish());
  auto reader = PartReader::Open(fs_, "p", kKind, 1);
  const std::vector<std::string_view> sections{"a", "b", "c", "d"};
  const auto pages = (*reader)->ReadPages(sections, 1);
  ASSERT_TRUE(pages) << pages.error().message;
  ASSERT_EQ(pages->size(), sections.size());
  for (size_t i = 0; i < sections.size(); ++i) {
    EXPECT_EQ((*pages)[i], std::string(sections[i]) + "1" + repetitive_);
  }

  std::string bytes = Bytes();
  bytes[(*reader)->Sections()[1].pages[1].offset] ^= 1;
  Replace(bytes);
  reader = PartReader::Open(fs_, "p", kKind, 1);
  EXPECT_EQ((*reader)->ReadPages(sections, 1).error().message,
            "part file p: section b page 1 fails its checksum");
  EXPECT_TRUE((*reader)->ReadPages(sections, 2));
}

TEST_F(PartFileTest, CopiesAreWhatWasStored) {
  {  // between them pages of another section, and more than is read at once
    auto writer = PartWriter::Create(fs_, "p", kKind, 1);
    for (int i = 0; i < 9; ++i) {
      std::string bytes(static_cast<size_t>(i) * 90'000, static_cast<char>('a' + i));
      for (size_t j = 0; j < bytes.size(); j += 3) bytes[j] = static_cast<char>(j * 7 % 251);
      EXPECT_TRUE((*writer)->AddPage("data", bytes, i % 2 == 0 ? kPageZstd : kPageRaw));
      if (i == 4) {
        EXPECT_TRUE((*writer)->AddPage("other", "between"));
      }
    }
    EXPECT_TRUE((*writer)->Finish());
  }
  auto from = PartReader::Open(fs_, "p", kKind, 1);
  ASSERT_TRUE(from);
  auto writer = PartWriter::Create(fs_, "copy", kKind, 1);
  const auto copy = [&](const StoredPage& page) -> base::Result<void> {
    PHAROS_TRY([[maybe_unused]] const uint32_t number, (*writer)->AddStored("data", page));
    return {};
  };
  EXPECT_TRUE((*from)->VisitStored("data", 0, 0, copy));
  EXPECT_TRUE((*from)->VisitStored("data", 0, 9, copy));
  EXPECT_TRUE((*writer)->Finish());
  auto to = PartReader::Open(fs_, "copy", kKind, 1);
  ASSERT_TRUE(to);
  ASSERT_EQ((*to)->PageCount("data"), 9u);
  for (uint32_t i = 0; i < 9; ++i) {
    EXPECT_EQ((*to)->ReadPage("data", i), (*from)->ReadPage("data", i)) << i;
  }
  size_t visits = 0;
  const auto stop = [&](const StoredPage&) -> base::Result<void> {
    if (++visits == 2) return base::Fail(ErrorKind::kFull, "no more");
    return {};
  };
  EXPECT_EQ((*from)->VisitStored("data", 0, 9, stop).error().kind, ErrorKind::kFull);
  EXPECT_EQ(visits, 2u);
  const auto none = [](const StoredPage&) -> base::Result<void> { return {}; };
  EXPECT_EQ((*from)->VisitStored("data", 8, 2, none).error().kind, ErrorKind::kCorrupt);
  std::string damaged = Bytes();
  damaged[damaged.find("between") - 1] ^= 1;  // the last byte of page 4
  Replace(damaged);
  from = PartReader::Open(fs_, "p", kKind, 1);
  visits = 0;
  const auto count = [&](const StoredPage&) -> base::Result<void> {
    return ++visits, base::Result<void>();
  };
  const auto read = (*from)->VisitStored("data", 0, 9, count);
  EXPECT_EQ(read.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(read.error().message.find("data page 4"), std::string::npos) << read.error().message;
  EXPECT_EQ(visits, 4u);
}

TEST_F(PartFileTest, MissingPagesAreNamed) {
  Write();
  auto reader = PartReader::Open(fs_, "p", kKind, 3);
  EXPECT_EQ((*reader)->ReadPages(std::vector<std::string_view>{"data", "index"}, 1).error().message,
            "part file p: section index page 1 is missing");
  (*reader)->WillRead("data", std::vector<uint32_t>{0, 9});  // only says so
  (*reader)->WillRead("nothing", std::vector<uint32_t>{0});
  const auto page = (*reader)->ReadPage("data", 9);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(page.error().message, "part file p: section data page 9 is missing");
}

TEST_F(PartFileTest, OtherKindsAndLaterVersionsAreRefused) {
  Write();
  EXPECT_EQ(PartReader::Open(fs_, "p", "EVNT", 3).error().message,
            "part file p: it is not of kind EVNT");
  EXPECT_EQ(PartReader::Open(fs_, "p", kKind, 2).error().message,
            "part file p: it needs a reader of format 3; this one reads up to 2");
  EXPECT_TRUE(PartReader::Open(fs_, "p", kKind, 4));
}

TEST_F(PartFileTest, EveryFlippedByteIsNoticed) {
  Write();
  const std::string good = Bytes();
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x08);
    Replace(bad);
    auto reader = PartReader::Open(fs_, "p", kKind, 3);
    const base::Result<void> verdict =
        reader ? (*reader)->Verify() : base::Result<void>(std::unexpected(reader.error()));
    ASSERT_FALSE(verdict) << "flip at byte " << at << " was not noticed";
    EXPECT_EQ(verdict.error().kind, ErrorKind::kCorrupt);
    EXPECT_TRUE(verdict.error().message.starts_with("part file p: ")) << verdict.error().message;
  }
}

TEST_F(PartFileTest, EveryTruncationIsNoticed) {
  Write();
  const std::string good = Bytes();
  for (size_t size = 0; size < good.size(); ++size) {
    Replace(std::string_view(good).substr(0, size));
    ASSERT_FALSE(PartReader::Open(fs_, "p", kKind, 3)) << size;
  }
}

TEST_F(PartFileTest, AFullDiskIsReported) {
  fs_.SetCapacity(1000);
  auto writer = PartWriter::Create(fs_, "p", kKind, 1);
  ASSERT_TRUE((*writer)->AddPage("data", std::string(2000, 'x')));
  EXPECT_EQ((*writer)->Finish().error().kind, ErrorKind::kFull);
}

}  // namespace
}  // namespace pharos::io
