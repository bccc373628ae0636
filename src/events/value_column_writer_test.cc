#include "events/value_column_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "events/coding.h"
#include "events/real_lines_test.h"

namespace pharos::events {
namespace {

constexpr int64_t kTime = 1'795'735'500'123'456'789;

/// Writes the values in granules of `granule`, as a part, and expects them back; how many skeletons
/// they have.
size_t WriteAndRead(ValueColumnWriter& column, ValueCutter& cutter,
                    const std::vector<std::string>& values, size_t granule) {
  IdFilterWriter filter;
  std::vector<std::shared_ptr<const std::string>> pages;
  std::vector<std::vector<ColumnWord>> words;
  for (size_t at = 0; at < values.size();) {
    column.BeginGranule(static_cast<uint32_t>(pages.size()));
    const size_t end = std::min(at + granule, values.size());
    for (; at < end; ++at) column.Add(values[at], kTime + static_cast<int64_t>(at), cutter);
    column.Settle(cutter);
    std::string page;
    bool dense = false;
    column.Finish(page, &words.emplace_back(), &dense, filter);
    pages.push_back(std::make_shared<const std::string>(std::move(page)));
  }
  std::string known;
  column.PutWords(known, static_cast<uint32_t>(pages.size()));
  auto all = PartWords::Decode(known, pages.size());
  EXPECT_TRUE(all.has_value());
  if (!all) return 0;
  size_t at = 0;
  for (size_t g = 0; g < pages.size(); ++g) {
    const auto read = ValueColumn::Parse(pages[g], *all, words[g]);
    EXPECT_TRUE(read.has_value());
    if (!read) return 0;
    for (size_t i = 0; i < (*read)->size(); ++i, ++at) {
      std::string text;
      (*read)->Append(i, kTime + static_cast<int64_t>(at), text);
      EXPECT_EQ(text, values[at]);
      if (text != values[at]) return 0;
    }
  }
  EXPECT_EQ(at, values.size());
  return (*all)->skeletons.size();
}

size_t WriteAndRead(const std::vector<std::string>& values, size_t granule = 500) {
  ValueColumnWriter column("");
  ValueCutter cutter;
  return WriteAndRead(column, cutter, values, granule);
}

TEST(ValueColumnWriter, RandomValuesComeBack) {
  std::mt19937_64 random(4);
  const std::vector<std::string> pieces = {"0",
                                           "5",
                                           "05",
                                           "12",
                                           "123456",
                                           "9223372036854775807",
                                           "9223372036854775808",
                                           "00000000",
                                           "deadbeef",
                                           "DEADBEEF",
                                           "a1b2c3",
                                           "x",
                                           "user",
                                           " ",
                                           "-",
                                           ".",
                                           ":",
                                           "2027-01-15T08:00:00.123Z",
                                           "2027-01-15 08:00:59,5",
                                           "2027-01-15T08:00:60",
                                           "01234567-89ab-cdef-0123-456789abcdef",
                                           "\x01",
                                           "\x08 ",
                                           "12.50",
                                           "1.5",
                                           "12:30:45.123",
                                           ",",
                                           "99999999999999999999999999",
                                           "a1b2c3d4e5f6g7"};
  for (const size_t most : {2, 4, 8}) {
    std::vector<std::string> values;
    for (int i = 0; i < 4000; ++i) {
      if (i > 100 && random() % 4 != 0) {  // most are like one before
        values.push_back(Redrawn(values[random() % values.size()], random));
        continue;
      }
      std::string& value = values.emplace_back();
      for (size_t n = random() % (most + 1); n > 0; --n) value += pieces[random() % pieces.size()];
    }
    EXPECT_GT(WriteAndRead(values), 10U);
  }
}

TEST(ValueColumnWriter, RunsOfEachKindComeBack) {
  std::mt19937_64 random(5);
  std::vector<std::string> values;
  for (const char* like :
       {"17", "svc-5", "12.25", "05", "deadbeef01234567", "DEADBEEF",
        "01234567-89ab-cdef-0123-456789abcdef", "2027-01-15T08:00:00.123Z", "info", "",
        "12345678901234567890123", "from 10.0.3.4 to 5", "a1b2c3d4e5f6g7h"}) {
    for (int i = 0; i < 200; ++i) {
      values.push_back(i % 50 == 49 ? "other" + std::to_string(i % 3) : Redrawn(like, random));
    }
  }
  EXPECT_GT(WriteAndRead(values, 333), 10U);
}

TEST(ValueColumnWriter, APartHasOnlyItsOwnOfWhatIsKnown) {
  std::mt19937_64 random(8);
  const std::vector<std::string> kinds = {"info",       "job 17 of 20",     "from 10.0.3.4 to 5",
                                          "a=05",       "deadbeef01234567", "2027-01-15 08:00:59,5",
                                          "12.25 sec.", "user svc-5",       ""};
  ValueColumnWriter column("");
  ValueCutter cutter;
  for (int part = 0; part < 30; ++part) {
    std::vector<std::string> values;
    const size_t first = random() % kinds.size(), some = 1 + random() % 3;
    for (int i = 0; i < 700; ++i) {
      values.push_back(Redrawn(kinds[(first + random() % some) % kinds.size()], random));
    }
    const size_t here = WriteAndRead(column, cutter, values, 200);
    EXPECT_GE(column.known(), here);
    EXPECT_EQ(column.used(), here);
    column.BeginPart(part % 4 != 3);
    EXPECT_EQ(column.used(), 0U);
    EXPECT_LE(here, 3 * some) << "part " << part << " names skeletons of others";
  }
}

TEST(ValueColumnWriter, FewValuesOfASkeletonComeBack) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 40; ++round) {
    std::vector<std::string> values;
    for (size_t skeleton = 0; skeleton < 40; ++skeleton) {
      const std::string word(1 + skeleton, 'k');
      for (size_t n = 1 + random() % (2 * ValueColumn::kFewValues); n > 0; --n) {
        std::string& value = values.emplace_back(word);
        value += " 2027-01-15T08:00:0" + std::to_string(random() % 10);  // before and behind
        for (size_t i = 0; i < skeleton; ++i) {
          const bool varies = (skeleton + i) % 3 == 0;
          value += ' ' + std::to_string(varies ? random() >> (1 + random() % 63) : 4000 + i);
        }
        if (skeleton % 4 == 0) value += " deadbeef0123456" + std::to_string(random() % 10);
      }
    }
    std::shuffle(values.begin(), values.end(), random);
    EXPECT_GE(WriteAndRead(values), 40U);
  }
}

/// A column of two skeletons: `a=` and a number, three times, and `b`.
struct SmallColumn {
  std::shared_ptr<const PartWords> words;
  std::vector<ColumnWord> here = {{0, 3}, {1, 1}};

  SmallColumn() {
    std::string page;
    PutVarint(page, 2);
    PutText(page, std::string("a=") + '\x01' + ' ');
    PutVarint(page, 0);
    PutText(page, "b");
    PutVarint(page, 0);
    words = PartWords::Decode(page, 1).value();
  }
  std::string Read(const std::string& page) const {
    const auto column = ValueColumn::Parse(std::make_shared<const std::string>(page), words, here);
    if (!column) return column.error().message;
    std::string out;
    for (size_t i = 0; i < (*column)->size(); ++i) (*column)->Append(i, 0, out);
    return out;
  }
};

TEST(ValueColumn, APageOfVersion7IsRead) {
  std::string page, block;
  PutVarint(page, 4);
  PutPackedCodes(page, std::vector<uint16_t>{0, 0, 1, 0});
  PutPackedInts(block, std::vector<int64_t>{1, 2, 3});
  PutText(page, block);
  EXPECT_EQ(SmallColumn().Read(page), "a=1a=2ba=3");
}

TEST(ValueColumn, FewValuesOfADamagedPageAreRefused) {
  const auto page = [](uint64_t few, std::string_view numbers) {
    std::string out;
    PutByte(out, 0);
    PutVarint(out, few);
    PutVarint(out, 4);
    PutPackedCodes(out, std::vector<uint16_t>{0, 0, 1, 0});
    return out += numbers;
  };
  const SmallColumn column;
  EXPECT_EQ(column.Read(page(4, "\1\1\2\3")), "a=1a=2ba=3");
  EXPECT_EQ(column.Read(page(4, std::string_view("\0\7", 2))), "a=7a=7ba=7");
  for (const auto& damaged : {page(4, "\1\1\2"), page(4, "\1\1\2\3\4"), page(4, ""), page(4, "\1"),
                              page(257, "\1\1\2\3"), page(3, "\1\1\2\3")}) {
    EXPECT_EQ(column.Read(damaged), "a column of values cannot be read");
  }
}

TEST(ValueColumnWriter, FormsOfDigitsAreOneFamily) {
  std::mt19937_64 random(6);
  std::vector<std::string> values;
  const auto digits = [&](size_t width) {
    std::string out;
    for (size_t i = 0; i < width; ++i) out += static_cast<char>('0' + random() % 10);
    return out;
  };
  for (int i = 0; i < 3000; ++i) {
    values.push_back("job " + std::to_string(i % 3) + " block-" + digits(19) + " at " + digits(2) +
                     "/" + digits(2) + " by worker");
  }
  EXPECT_LE(WriteAndRead(values), 12U);
}

TEST(ValueColumnWriter, ValuesWithoutStructureStayWhole) {
  std::mt19937_64 random(7);
  std::vector<std::string> values;
  for (int i = 0; i < 5000; ++i) {
    std::string& value = values.emplace_back();
    for (int n = 0; n < 12; ++n) value += static_cast<char>('a' + random() % 26);
    if (i > 3000) value = "level=" + std::to_string(i);  // and then they have some
  }
  EXPECT_LT(WriteAndRead(values, 1000), 2000U);
}

}  // namespace
}  // namespace pharos::events
