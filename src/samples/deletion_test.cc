// Deleted samples are gone from every place and stay so; what was written later stays.
#include <gmock/gmock.h>

#include <chrono>
#include <random>

#include "samples/engine_harness.h"
#include "samples/limits.h"

namespace pharos::samples {
namespace {

using model::Labels;
using model::Matcher;
using std::chrono::hours;
using std::chrono::minutes;

Labels Name(std::string_view name, std::string_view job = "x") {
  return Labels{{"__name__", name}, {"job", job}};
}
std::vector<Matcher> Is(const char* name) { return {Matcher::Equal("__name__", name)}; }

struct DeletionTest : testing::Test {
  DeletionTest() : harness({.retention_ms = 400 * kDayMs, .shards = 2}) {
    EXPECT_TRUE(harness.Open().has_value());
  }
  SampleEngine& engine() { return harness.engine(); }
  Contents All() {
    auto all = ReadAll(engine(), Everything());
    EXPECT_TRUE(all.has_value()) << all.error().message;
    return all.value_or(Contents());
  }
  void Delete(const std::vector<Matcher>& matchers, int64_t start_ms, int64_t end_ms) {
    const auto deleted = engine().Delete("default", matchers, start_ms, end_ms);
    ASSERT_TRUE(deleted.has_value()) << deleted.error().message;
  }
  void Flush() { ASSERT_TRUE(engine().Flush().has_value()); }
  void Restart() { ASSERT_TRUE(harness.Restart().has_value()); }
  bool FileExists() { return harness.fs().Exists("data/TOMBSTONES"); }

  const int64_t t0 = kTestStartMs - 3'600'000;
  Harness harness;
};

TEST_F(DeletionTest, FromMemoryAndPartsAtOnceAndForEver) {
  // Three places: a part, and in memory full cells and an open one, with a late sample.
  for (int i = 0; i < 50; ++i) Put(engine(), Name("m"), t0 + i * 1000, i);
  Flush();
  for (int i = 50; i < 100; ++i) Put(engine(), Name("m"), t0 + i * 1000, i);
  Put(engine(), Name("m"), t0 + 95'500, 0.5);
  Put(engine(), Name("other"), t0 + 60'000, 1);
  Delete(Is("m"), t0 + 40'000, t0 + 96'000);

  Contents expected;
  for (int i = 0; i < 100; ++i) {
    if (i < 40 || i > 96) expected[Name("m")][t0 + i * 1000] = Bits(i);
  }
  expected[Name("other")][t0 + 60'000] = Bits(1);
  EXPECT_EQ(All(), expected);
  Restart();  // from the log
  EXPECT_EQ(All(), expected);
  ASSERT_TRUE(engine().Tick().has_value());
  Flush();  // merges: gone from the disk
  EXPECT_EQ(All(), expected);
  Restart();  // from the file
  EXPECT_EQ(All(), expected);
  ASSERT_TRUE(engine().CleanTombstones().has_value());
  EXPECT_EQ(All(), expected);
  EXPECT_EQ(engine().Stats("default").parts, 1u);
  const auto parts = harness.manifest().Live(io::Signal::kSamples);
  EXPECT_EQ(parts[0].items, 44u);
  Restart();
  EXPECT_EQ(All(), expected);
}

TEST_F(DeletionTest, WhatIsWrittenLaterIsThere) {
  const int64_t now = kTestStartMs;
  Put(engine(), Name("m"), now, 1);
  Delete(Is("m"), INT64_MIN, INT64_MAX);
  EXPECT_EQ(All(), Contents());
  // The same sample again, and an older one: there is nothing that they could clash with.
  EXPECT_EQ(Put(engine(), Name("m"), now, 1), std::nullopt);
  const Contents once = {{Name("m"), {{now, Bits(1)}}}};
  EXPECT_EQ(All(), once);
  Restart();
  EXPECT_EQ(All(), once);
  Flush();
  Delete(Is("m"), INT64_MIN, INT64_MAX);
  EXPECT_EQ(All(), Contents());
  EXPECT_EQ(Put(engine(), Name("m"), now, 1), std::nullopt);
  EXPECT_EQ(All(), once);
  Flush();
  EXPECT_EQ(All(), once);
  Restart();
  EXPECT_EQ(All(), once);
  ASSERT_TRUE(engine().CleanTombstones().has_value());
  EXPECT_EQ(All(), once);
}

TEST_F(DeletionTest, OrderIsJudgedByWhatIsLeft) {
  harness.engine().SetOutOfOrderWindow(0, false);
  Put(engine(), Name("m"), t0, 1);
  Flush();
  Put(engine(), Name("m"), t0 + 10, 2);
  Delete(Is("m"), t0 + 5, t0 + 20);
  EXPECT_EQ(Put(engine(), Name("m"), t0 - 1, 3), store::SampleRefusal::kOutOfOrder);
  EXPECT_EQ(Put(engine(), Name("m"), t0 + 1, 3), std::nullopt);
  Delete(Is("m"), INT64_MIN, INT64_MAX);
  EXPECT_EQ(Put(engine(), Name("m"), t0 - 1, 3), std::nullopt);
}

TEST_F(DeletionTest, SeriesThatAreWhollyDeletedAreNotListed) {
  Put(engine(), Name("a"), t0, 1);
  Put(engine(), Name("b"), t0, 1);
  Put(engine(), Name("b"), t0 + 5, 1);
  Flush();
  Delete({Matcher::Equal("job", "x")}, t0, t0);
  EXPECT_THAT(engine().Series(Everything()).value(), testing::ElementsAre(Name("b")));
  Put(engine(), Name("c"), t0, 1);
  Delete(Is("c"), t0, t0);
  EXPECT_THAT(engine().Series(Everything()).value(), testing::ElementsAre(Name("b")));
}

TEST_F(DeletionTest, HistogramsToo) {
  auto histogram = std::make_shared<model::Histogram>();
  histogram->count = 1;
  const auto put = [&](int64_t time_ms) {
    auto appender = engine().Begin("default");
    const store::HistogramWrite write{appender->Resolve(Name("h")).value(), time_ms, histogram};
    appender->AppendHistograms({&write, 1}, nullptr);
    EXPECT_TRUE(appender->Commit().Wait().has_value());
  };
  const auto count = [&] {
    auto cursor = engine().Select(Everything()).value();
    store::SeriesColumns columns;
    return cursor->Next(&columns).value() ? columns.histograms.size() : 0;
  };
  put(t0);
  put(t0 + 1);
  Flush();
  put(t0 + 2);
  put(t0 + 3);
  Delete(Is("h"), t0 + 1, t0 + 2);
  EXPECT_EQ(count(), 2u);
  Restart();
  EXPECT_EQ(count(), 2u);
}

TEST_F(DeletionTest, TheDiskIsGivenBackAfterAWhile) {
  for (int i = 0; i < 100; ++i) Put(engine(), Name("m"), t0 + i * 1000, i * 0.1);
  Put(engine(), Name("n"), t0, 1);
  Flush();
  Delete(Is("m"), INT64_MIN, INT64_MAX);
  ASSERT_TRUE(engine().Tick().has_value());
  EXPECT_EQ(harness.manifest().Live(io::Signal::kSamples)[0].items, 101u);
  harness.clock().Advance(minutes(11));
  ASSERT_TRUE(engine().Tick().has_value());
  ASSERT_TRUE(engine().Tick().has_value());
  EXPECT_EQ(harness.manifest().Live(io::Signal::kSamples)[0].items, 1u);
  Delete({Matcher::Equal("job", "x")}, INT64_MIN, INT64_MAX);
  ASSERT_TRUE(engine().CleanTombstones().has_value());
  EXPECT_TRUE(harness.manifest().Live(io::Signal::kSamples).empty());
}

TEST_F(DeletionTest, ADeletionThatCannotBeLoggedDoesNothing) {
  Put(engine(), Name("m"), t0, 1);
  FillDisk(harness.fs());
  const auto deleted = engine().Delete("default", Is("m"), INT64_MIN, INT64_MAX);
  ASSERT_FALSE(deleted.has_value());
  EXPECT_EQ(deleted.error().kind, base::ErrorKind::kFull);
  EXPECT_EQ(All().size(), 1u);
  harness.fs().SetHook({});
  Delete(Is("m"), INT64_MIN, INT64_MAX);
  EXPECT_EQ(All(), Contents());
}

TEST_F(DeletionTest, OtherTenantsKeepTheirs) {
  Put(engine(), Name("m"), t0, 1);
  Put(engine(), Name("m"), t0, 2, "blue");
  Delete(Is("m"), INT64_MIN, INT64_MAX);
  EXPECT_EQ(All(), Contents());
  auto blue = Everything();
  blue.tenant = "blue";
  EXPECT_EQ(ReadAll(engine(), blue).value().size(), 1u);
}

TEST_F(DeletionTest, ADamagedFileIsSetAsideAndSaid) {
  Put(engine(), Name("m"), t0, 1);
  Flush();
  Delete(Is("m"), INT64_MIN, INT64_MAX);
  Flush();
  ASSERT_TRUE(FileExists());
  ASSERT_TRUE(harness.fs().FlipBit("data/TOMBSTONES", 12, 3).has_value());
  Restart();
  EXPECT_EQ(All().size(), 1u);
  EXPECT_TRUE(harness.fs().Exists("data/TOMBSTONES.damaged"));
}

TEST_F(DeletionTest, ASnapshotIsADataDirectory) {
  for (int i = 0; i < 100; ++i) Put(engine(), Name("m"), t0 + i * 1000, i * 0.1);
  Flush();
  Delete(Is("m"), t0, t0 + 50'000);
  Put(engine(), Name("n"), t0, 7);
  const Contents all = All();
  const std::string without = engine().Snapshot(true).value();
  const std::string with = engine().Snapshot(false).value();
  EXPECT_NE(with, without);
  EXPECT_THAT(with, testing::MatchesRegex("20[0-9]{6}T[0-9]{6}Z-[0-9a-f]{16}"));
  Put(engine(), Name("later"), t0, 7);
  ASSERT_TRUE(engine().CleanTombstones().has_value());
  harness.Close();
  const auto read = [&](const std::string& name) {
    auto manifest = io::Manifest::Open(harness.fs(), "data/snapshots/" + name).value();
    auto engine = SampleEngine::Open(*manifest, harness.clock(), harness.budget(), {}).value();
    EXPECT_TRUE(engine->Verify().has_value());
    return ReadAll(*engine, Everything()).value();
  };
  EXPECT_EQ(read(with), all);
  Contents sealed = all;
  sealed.erase(Name("n"));
  EXPECT_EQ(read(without), sealed);
}

/// Everything at random, against a map.
TEST_F(DeletionTest, AgreesWithAModel) {
  std::mt19937_64 random(17);
  Contents model;
  const auto pick = [&](uint64_t n) { return static_cast<int64_t>(random() % n); };
  for (int step = 0; step < 1500; ++step) {
    const std::string name = "m" + std::to_string(pick(3));
    const int64_t now = harness.clock().NowMs();
    switch (pick(20)) {
      case 0: {
        const int64_t start_ms = now - pick(7'200'000), end_ms = start_ms + pick(3'600'000);
        Delete(Is(name.c_str()), start_ms, end_ms);
        for (auto& [labels, points] : model) {
          if (labels.Name() != name) continue;
          points.erase(points.lower_bound(start_ms), points.upper_bound(end_ms));
        }
        std::erase_if(model, [](const auto& one) { return one.second.empty(); });
        break;
      }
      case 1: Flush(); break;
      case 2: ASSERT_TRUE(engine().Tick().has_value()); break;
      case 3:
        if (pick(2) == 0) Restart();
        break;
      case 4:
        harness.fs().Halt();
        harness.Close();
        harness.fs().CutPower(random());
        ASSERT_TRUE(harness.Open().has_value());
        break;
      case 5: EXPECT_TRUE(pick(4) > 0 || engine().CleanTombstones().has_value()); break;
      case 6: harness.clock().Advance(minutes(pick(40))); break;
      default: {
        const int64_t time_ms = now - pick(1'500'000);
        const auto value = static_cast<double>(pick(100));
        const Labels labels = Name(name, std::to_string(pick(3)));
        if (!Put(engine(), labels, time_ms, value)) model[labels][time_ms] = Bits(value);
      }
    }
    if (step % 10 == 0) {
      ASSERT_EQ(All(), model) << "at step " << step;
    }
  }
  EXPECT_EQ(All(), model);
}

/// A kill before each step of a life with deletions: what was deleted (and acknowledged) stays
/// deleted, the rest is there, the start succeeds.
TEST(DeletionCrash, KilledAtEachStep) {
  for (uint64_t step = 1, ended = 0; ended == 0; ++step) {
    SCOPED_TRACE("killed before operation " + std::to_string(step));
    Harness harness({.retention_ms = 400 * kDayMs, .shards = 1});
    ASSERT_TRUE(harness.Open().has_value());
    uint64_t seen = 0;
    harness.fs().SetHook([&](const io::SimOp&) -> base::Result<void> {
      if (++seen == step) harness.fs().Halt();
      return {};
    });
    SampleEngine& engine = harness.engine();
    bool written = true, first = false, second = false;
    for (int i = 0; i < 4 && written; ++i)
      Put(engine, Name("m"), kTestStartMs + i, i, "default", &written);
    if (written) {
      (void)engine.Flush();
      first = engine.Delete("default", Is("m"), kTestStartMs, kTestStartMs).has_value();
      (void)engine.Snapshot(false);
      (void)engine.Flush();
      second = engine.Delete("default", Is("m"), kTestStartMs + 1, kTestStartMs + 1).has_value();
      (void)engine.CleanTombstones();
      (void)engine.Delete("default", Is("m"), kTestStartMs + 7, kTestStartMs + 9);
      (void)engine.Flush();
    }
    if (seen < step) ended = step;
    harness.fs().SetHook({});
    harness.fs().Halt();
    harness.Close();
    harness.fs().CutPower(step);
    ASSERT_TRUE(harness.Open().has_value());
    EXPECT_TRUE(harness.engine().Verify().has_value());
    const Points points = ReadAll(harness.engine(), Everything()).value()[Name("m")];
    EXPECT_FALSE(first && points.contains(kTestStartMs));
    EXPECT_FALSE(second && points.contains(kTestStartMs + 1));
    if (written) {
      EXPECT_TRUE(points.contains(kTestStartMs + 2));
      EXPECT_TRUE(points.contains(kTestStartMs + 3));
    }
  }
}

TEST(Tombstones, RoundTripAndDamage) {
  Tombstone one{{Matcher::Make(model::MatchOp::kRegex, "a", "b|c.*").value()}, -5, 9, 7, 1};
  const auto back = DecodeTombstone(EncodeTombstone(one));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->matchers, one.matchers);
  EXPECT_EQ(back->start_ms, -5);
  EXPECT_EQ(back->end_ms, 9);
  EXPECT_EQ(back->part_limit, 7u);
  const std::string file =
      EncodeTombstoneFile({{"t", {std::make_shared<const Tombstone>(one)}}, {"u", {}}});
  EXPECT_EQ(DecodeTombstoneFile(file).value().at("t").size(), 1u);
  for (size_t i = 0; i < file.size(); ++i) {
    std::string damaged = file;
    damaged[i] = static_cast<char>(damaged[i] ^ 4);
    EXPECT_FALSE(DecodeTombstoneFile(damaged).has_value()) << i;
    EXPECT_FALSE(DecodeTombstoneFile(file.substr(0, i)).has_value()) << i;
  }
}

}  // namespace
}  // namespace pharos::samples
