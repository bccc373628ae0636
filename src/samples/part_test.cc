// Parts by themselves: the builder's file read back, the index's algebra, the merge plan.
#include "samples/part.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "io/sim_fs.h"
#include "samples/columns.h"
#include "samples/label_index.h"
#include "samples/limits.h"
#include "samples/merge_plan.h"
#include "samples/part_builder.h"
#include "samples/part_publisher.h"
#include "samples/series_walk.h"

namespace pharos::samples {
namespace {

using model::Labels;
using model::Matcher;
using model::MatchOp;
using Random = std::mt19937_64;

TEST(PartPublisher, NamesOfDaysAndTenants) {
  EXPECT_EQ(DayName(0), "1970-01-01");
  EXPECT_EQ(DayName(DayOf(1'709'164'800'000)), "2024-02-29");
  EXPECT_EQ(DayName(DayOf(1'795'263'321'000)), "2026-11-21");
  EXPECT_EQ(DayOf(-1), -1);
  EXPECT_EQ(DayName(-1), "1969-12-31");
  EXPECT_EQ(TenantDirectory("team-a_1"), "team-a_1");
  EXPECT_EQ(TenantDirectory(".."), "%2E%2E");
  EXPECT_EQ(TenantDirectory("a/b"), "a%2Fb");
  EXPECT_EQ(TenantDirectory(""), "%");
}

struct PartTest : testing::Test {
  std::shared_ptr<Part> Write(const std::vector<store::SeriesColumns>& all) {
    EXPECT_TRUE(fs.MakeDirs("data/part").has_value());
    auto builder =
        PartBuilder::Create(fs, "data/part", {.generation_min = 3, .generation_max = 4, .level = 1})
            .value();
    for (const auto& columns : all)
      EXPECT_TRUE(builder->AddSeries(columns.labels.bytes(), columns).has_value());
    io::PartEntry entry;
    entry.bytes = builder->Finish().value();
    entry.path = "part";
    bytes = entry.bytes;
    return Part::Open(fs, "data", entry, cache, budget);
  }
  io::SimFs fs;
  base::MemoryBudget budget{1u << 30};
  PageCache cache{1u << 20, budget};
  uint64_t bytes = 0;
};

TEST_F(PartTest, ManySeriesOfManyLengthsComeBack) {
  Random random(5);
  std::vector<store::SeriesColumns> all;
  for (int s = 0; s < 3000; ++s) {
    char number[8];
    std::snprintf(number, sizeof number, "%04d", s);
    store::SeriesColumns columns{
        .labels = Labels{{"__name__", "m"}, {"s", number}, {"zone", s % 2 ? "a" : "b"}}};
    int64_t t = static_cast<int64_t>(random() % 1000);
    for (auto n = 1 + (s % 100 == 0 ? random() % 5000 : random() % 20); n > 0; --n) {
      columns.times_ms.push_back(t += 1 + static_cast<int64_t>(random() % 100));
      columns.values.push_back(static_cast<double>(random() % 1000) / 4);
    }
    all.push_back(std::move(columns));
  }
  const auto part = Write(all);
  ASSERT_FALSE(part->broken());
  EXPECT_EQ(part->info().series, all.size());
  EXPECT_EQ(part->info().generation_max, 4u);
  EXPECT_EQ(part->info().level, 1u);
  const auto index = part->Index().value();
  PartSeriesReader reader(part, index, true);
  for (uint32_t s = 0; s < all.size(); ++s) {
    store::SeriesColumns back;
    ASSERT_EQ(index->LabelsOf(s), all[s].labels);
    ASSERT_EQ(index->FindSeries(all[s].labels), s);
    ASSERT_TRUE(reader.Read(s, INT64_MIN, INT64_MAX, &back).has_value());
    ASSERT_EQ(back.times_ms, all[s].times_ms);
    ASSERT_EQ(back.values, all[s].values);
    const int64_t middle = all[s].times_ms[all[s].times_ms.size() / 2];
    store::SeriesColumns one;
    ASSERT_TRUE(reader.Read(s, middle, middle, &one).has_value());
    ASSERT_THAT(one.times_ms, testing::ElementsAre(middle));
  }
  EXPECT_EQ(index->FindSeries(Labels{{"__name__", "m"}}), std::nullopt);
  EXPECT_EQ(index->FindSeries(Labels{{"__name__", "n"}}), std::nullopt);
}

TEST_F(PartTest, ALongSeriesGoesOnOverPages) {
  Random random(8);
  std::vector<store::SeriesColumns> all;
  for (int s = 0; s < 3; ++s) {
    store::SeriesColumns columns{.labels = Labels{{"s", std::to_string(s)}}};
    for (int i = 0; i < 150'000; ++i) {
      columns.times_ms.push_back(i * 1000 + s);
      columns.values.push_back(std::bit_cast<double>(random() >> 2));
    }
    all.push_back(std::move(columns));
  }
  const auto part = Write(all);
  PartSeriesReader reader(part, part->Index().value(), true);
  for (uint32_t s = 0; s < 3; ++s) {
    store::SeriesColumns back, tail;
    ASSERT_TRUE(reader.Read(s, INT64_MIN, INT64_MAX, &back).has_value());
    EXPECT_EQ(back.times_ms, all[s].times_ms);
    EXPECT_EQ(back.values, all[s].values);
    ASSERT_TRUE(reader.Read(s, 149'000'000, INT64_MAX, &tail).has_value());
    EXPECT_EQ(tail.times_ms.size(), 1000u);
  }
}

TEST_F(PartTest, SeriesScrapedTogetherShareTheirTimes) {
  Random random(6);
  std::vector<int64_t> jittered;
  for (int i = 0; i < 240; ++i)
    jittered.push_back(i * 15'000 + static_cast<int64_t>(random() % 2000));
  std::vector<store::SeriesColumns> all;
  for (int s = 0; s < 100; ++s) {
    all.push_back({.labels = Labels{{"s", std::to_string(1000 + s)}},
                   .times_ms = jittered,
                   .values = std::vector<double>(240, s)});
  }
  Write(all);
  EXPECT_LT(bytes, 240 * 2 + 100 * 40u);  // one column of 11 bits a time, not a hundred
}

TEST_F(PartTest, OneSeriesOfAnyDoublesDoesNotSpoilTheNext) {
  Random random(7);
  std::vector<store::SeriesColumns> all;
  for (int s = 0; s < 200; ++s) {
    store::SeriesColumns columns{.labels = Labels{{"s", std::to_string(1000 + s)}}};
    for (int i = 0; i < 30; ++i) {
      columns.times_ms.push_back(i * 60'000);
      columns.values.push_back(s == 0 ? static_cast<double>(random()) * 1e-19
                                      : static_cast<double>(random() % 1000) / 100);
    }
    all.push_back(std::move(columns));
  }
  Write(all);
  EXPECT_LT(bytes, 200 * 30 * 2.5);  // ten bits a value and a head; as doubles eight bytes
}

/// Reads all there is, whatever it is; must end.
void ReadEverything(const std::shared_ptr<Part>& part) {
  (void)part->Metadata();
  const auto index = part->Index();
  if (!index) return;
  (void)(*index)->Select({Matcher::Make(MatchOp::kRegex, "s", "1.+").value()});
  (void)(*index)->Names();
  PartSeriesReader reader(part, *index, true);
  for (uint32_t s = 0; s < (*index)->series_count() && s < 50; ++s) {
    store::SeriesColumns columns{.labels = (*index)->LabelsOf(s)};
    (void)reader.Read(s, INT64_MIN, INT64_MAX, &columns);
  }
}

TEST_F(PartTest, DamageBehindARightChecksumIsSafe) {
  Random random(9);
  std::vector<store::SeriesColumns> all;
  for (int s = 0; s < 30; ++s) {
    store::SeriesColumns columns{.labels = Labels{{"s", std::to_string(100 + s)}, {"t", "x"}}};
    for (int i = 0; i < 40; ++i)
      columns.times_ms.push_back(i * 10 + static_cast<int>(random() % 9));
    for (int i = 0; i < 40; ++i) columns.values.push_back(static_cast<double>(random() % 100) / 4);
    auto histogram = std::make_shared<model::Histogram>();
    histogram->positive_spans = {{0, 2}};
    histogram->positive_counts = {1, 2};
    columns.histograms = {{5, histogram}, {6, histogram}};
    all.push_back(std::move(columns));
  }
  Write(all);
  const auto file = io::PartReader::Open(fs, "data/part/samples.part", kPartKind, kPartVersion);
  ASSERT_TRUE(file.has_value());
  for (int round = 0; round < 2000; ++round) {
    const std::string directory = "data/damaged" + std::to_string(round);
    ASSERT_TRUE(fs.MakeDirs(directory).has_value());
    auto writer =
        io::PartWriter::Create(fs, directory + "/samples.part", kPartKind, kPartVersion).value();
    for (const io::Section& section : (*file)->Sections()) {
      for (uint32_t page = 0; page < section.pages.size(); ++page) {
        std::string bytes = (*file)->ReadPage(section.name, page).value();
        for (auto flips = random() % 3; flips > 0 && !bytes.empty(); --flips) {
          bytes[random() % bytes.size()] = static_cast<char>(random() >> (random() % 8));
        }
        if (random() % 10 == 0) bytes.resize(random() % (bytes.size() + 1));
        ASSERT_TRUE(writer->AddPage(section.name, bytes).has_value());
      }
    }
    ASSERT_TRUE(writer->Finish().has_value());
    io::PartEntry entry;
    entry.path = "damaged" + std::to_string(round);
    ReadEverything(Part::Open(fs, "data", entry, cache, budget));
    ASSERT_TRUE(fs.RemoveAll(directory).has_value());
  }
}

/// Both indexes against MatchesAll, on all shapes of matchers.
TEST_F(PartTest, IndexesAgreeWithTheMatchers) {
  std::vector<store::SeriesColumns> all;
  LabelIndex head;
  for (uint32_t i = 0; i < 60; ++i) {
    std::vector<model::LabelView> pairs;
    const std::string name = "m" + std::to_string(10 + i / 6),
                      code = i % 3 == 0 ? "" : std::to_string(200 + i % 3);
    const std::string path = "/p" + std::to_string(i % 6);
    all.push_back({.labels = Labels{{"__name__", name}, {"code", code}, {"path", path}},
                   .times_ms = {1},
                   .values = {1}});
  }
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.labels < b.labels; });
  std::vector<uint32_t> pairs;  // of all, one after the other
  for (uint32_t i = 0; i < all.size(); ++i) head.Add(i, all[i].labels.bytes(), &pairs);
  const auto part = Write(all);
  const auto index = part->Index().value();
  const char* values[] = {"",        "m12", "m1.",  "m12|m13|m12", ".*",     ".+",
                          "20[12]",  "201", "/p3",  "|201",        "20.*",   "m1[2-4]",
                          "nothing", ".*2", "/p.+", "(m12|/p)4?",  "(?i)M15"};
  int checked = 0;
  for (const auto op : {MatchOp::kEqual, MatchOp::kNotEqual, MatchOp::kRegex, MatchOp::kNotRegex}) {
    for (const char* name : {"__name__", "code", "path", "missing"}) {
      for (const char* value : values) {
        const std::vector<Matcher> matchers{
            Matcher::Make(op, name, value).value(),
            Matcher::Make(MatchOp::kNotEqual, "path", "/p1").value()};
        std::vector<uint32_t> expected;
        for (uint32_t i = 0; i < all.size(); ++i) {
          if (model::MatchesAll(matchers, all[i].labels)) expected.push_back(i);
        }
        EXPECT_EQ(index->Select(matchers), expected) << matchers[0].ToString();
        EXPECT_EQ(head.Select(matchers), expected) << matchers[0].ToString();
        ++checked;
      }
    }
  }
  EXPECT_EQ(checked, 4 * 4 * 17);
  EXPECT_EQ(index->Select({}).size(), all.size());
  head.Remove({0, 1, 2}, pairs);
  EXPECT_EQ(head.Select({}).size(), all.size() - 3);
}

/// A merge walks through a part without its index: it must meet the same series at the same places.
TEST_F(PartTest, AWalkMeetsWhatTheIndexHas) {
  std::vector<store::SeriesColumns> all;
  for (int i = 0; i < 60'000; ++i) {
    char id[16];
    std::snprintf(id, sizeof id, "%07d", i * 37 % 60'000);
    const int64_t time_ms = i % 777;
    all.push_back({.labels = Labels{{"__name__", i % 3 ? "m" : "n"}, {"id", id}},
                   .times_ms = {time_ms, time_ms + 5},
                   .values = {1.0 * i, 2}});
  }
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.labels < b.labels; });
  const auto part = Write(all);
  const auto index = part->Index().value();
  PairList pairs;
  EXPECT_GT(part->LoadPairs(&pairs).value(), 1u) << "more than one page";
  auto walk = SeriesWalk::Start(part).value();
  uint32_t at = 0;
  for (; !walk.done(); ++at) {
    ASSERT_LT(at, all.size());
    ASSERT_EQ(walk.labels(), all[at].labels.bytes());
    ASSERT_EQ(walk.number(), at);
    ASSERT_EQ(walk.place().page, index->place(at).page);
    ASSERT_EQ(walk.place().offset, index->place(at).offset);
    ASSERT_EQ(walk.place().min_ms, index->place(at).min_ms);
    ASSERT_EQ(walk.place().max_ms, index->place(at).max_ms);
    ASSERT_TRUE(walk.Next().has_value());
  }
  EXPECT_EQ(at, all.size());
  EXPECT_TRUE(SeriesWalk::Start(Write({})).value().done());
}

TEST_F(PartTest, MergesMakeFullBlocks) {
  const auto plan = [&](size_t parts, size_t samples) {
    PartList list;
    for (size_t p = 0; p < parts; ++p) {
      store::SeriesColumns columns{.labels = Labels{{"__name__", "m"}}};
      for (size_t i = 0; i < samples; ++i) {
        columns.times_ms.push_back(static_cast<int64_t>(p * 100'000 + i * 10));
        columns.values.push_back(1);
      }
      list.push_back(Write({columns}));
    }
    return PickMerge(list, 0, MergeMode::kBusy).size();
  };
  EXPECT_EQ(plan(3, 500), 0u);
  EXPECT_EQ(plan(6, 60), 4u) << "240 samples are a full block";
  EXPECT_EQ(plan(5, 50), 5u);
  EXPECT_EQ(plan(4, 50), 0u) << "not yet";
  EXPECT_EQ(plan(7, 10), 0u);
  EXPECT_EQ(plan(9, 10), 8u) << "no more than so many small ones";
}

TEST(Columns, TheLaterWriteWins) {
  store::SeriesColumns columns{.times_ms = {1, 3, 5, 3, 2, 5}, .values = {10, 30, 50, 31, 20, 51}};
  SortLaterWins(&columns);
  EXPECT_THAT(columns.times_ms, testing::ElementsAre(1, 2, 3, 5));
  EXPECT_THAT(columns.values, testing::ElementsAre(10, 20, 31, 51));
}

}  // namespace
}  // namespace pharos::samples
