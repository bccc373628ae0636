// The engine as its callers see it: what goes in comes out, in order, once, after any
// restart; what may not go in is refused with the right reason.
#include "samples/engine.h"

#include <gmock/gmock.h>

#include <chrono>

#include "samples/engine_harness.h"
#include "samples/limits.h"

namespace pharos::samples {
namespace {

using model::Labels;
using std::chrono::hours;
using std::chrono::minutes;
using store::SampleRefusal;

Labels Name(std::string_view name, std::string_view job = "x") {
  return Labels{{"__name__", name}, {"job", job}};
}

struct EngineTest : testing::Test {
  void Start(SampleEngineOptions options = {}, size_t budget = 1u << 30) {
    harness = std::make_unique<Harness>(options, budget);
    ASSERT_TRUE(harness->Open().has_value());
  }
  SampleEngine& engine() { return harness->engine(); }
  Contents All() {
    auto all = ReadAll(engine(), Everything());
    EXPECT_TRUE(all.has_value()) << all.error().message;
    return all.value_or(Contents());
  }
  void Flush() {
    const auto flushed = engine().Flush();
    ASSERT_TRUE(flushed.has_value()) << flushed.error().message;
  }
  void Restart() {
    const auto opened = harness->Restart();
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
  }
  std::unique_ptr<Harness> harness;
};

TEST_F(EngineTest, SamplesAreThereBeforeAndAfterRestartFlushAndBoth) {
  Start();
  Contents expected;
  for (int i = 0; i < 100; ++i) {
    for (const char* job : {"a", "b", "c"}) {
      const int64_t t = kTestStartMs - 3'600'000 + i * 15'000;
      ASSERT_EQ(Put(engine(), Name("up", job), t, i * 0.5), std::nullopt);
      expected[Name("up", job)][t] = Bits(i * 0.5);
    }
  }
  EXPECT_EQ(All(), expected);
  Restart();
  EXPECT_EQ(All(), expected);
  Flush();
  EXPECT_EQ(All(), expected);
  EXPECT_GE(engine().Stats("default").parts, 1u);
  Restart();
  EXPECT_EQ(All(), expected);
  EXPECT_TRUE(engine().Verify().has_value());
}

TEST_F(EngineTest, RefusalsAreThoseOfPrometheusWithoutAWindow) {
  Start({.out_of_order_window_ms = 0});
  const int64_t t = kTestStartMs;
  EXPECT_EQ(Put(engine(), Name("m"), t, 1), std::nullopt);
  EXPECT_EQ(Put(engine(), Name("m"), t, 1), std::nullopt);  // the same again
  EXPECT_EQ(Put(engine(), Name("m"), t, 2), SampleRefusal::kDuplicateTimestamp);
  EXPECT_EQ(Put(engine(), Name("m"), t, -0.0), SampleRefusal::kDuplicateTimestamp);
  EXPECT_EQ(Put(engine(), Name("m"), t - 1, 1), SampleRefusal::kOutOfOrder);
  EXPECT_EQ(Put(engine(), Name("m"), t - 16LL * kDayMs, 1), SampleRefusal::kTooOld);
  EXPECT_EQ(Put(engine(), Name("m"), t + kMaxFutureMs, 1), std::nullopt);
  EXPECT_EQ(Put(engine(), Name("m"), t + kMaxFutureMs + 1, 1), SampleRefusal::kTooFarInFuture);
  EXPECT_EQ(All()[Name("m")].size(), 2u);
}

TEST_F(EngineTest, RefusalsSurviveFlushAndRestart) {
  Start({.out_of_order_window_ms = 0});
  EXPECT_EQ(Put(engine(), Name("m"), kTestStartMs, 1), std::nullopt);
  Flush();
  Restart();
  EXPECT_EQ(Put(engine(), Name("m"), kTestStartMs, 2), SampleRefusal::kDuplicateTimestamp);
  EXPECT_EQ(Put(engine(), Name("m"), kTestStartMs - 1, 1), SampleRefusal::kOutOfOrder);
  EXPECT_EQ(Put(engine(), Name("m"), kTestStartMs, 1), std::nullopt);
  EXPECT_EQ(Put(engine(), Name("m"), kTestStartMs + 1, 2), std::nullopt);
}

TEST_F(EngineTest, WithinTheWindowTheLaterWriteWins) {
  Start();
  const int64_t t = kTestStartMs;
  EXPECT_EQ(Put(engine(), Name("m"), t, 1), std::nullopt);
  EXPECT_EQ(Put(engine(), Name("m"), t - 60'000, 2), std::nullopt);
  EXPECT_EQ(Put(engine(), Name("m"), t, 3), std::nullopt);
  EXPECT_EQ(Put(engine(), Name("m"), t - 60'000, 4), std::nullopt);
  EXPECT_EQ(Put(engine(), Name("m"), t - 1'800'000, 5), std::nullopt);
  EXPECT_EQ(Put(engine(), Name("m"), t - 1'800'001, 6), SampleRefusal::kOutOfOrder);
  const Contents expected{
      {Name("m"), {{t - 1'800'000, Bits(5)}, {t - 60'000, Bits(4)}, {t, Bits(3)}}}};
  EXPECT_EQ(All(), expected);
  Flush();
  EXPECT_EQ(Put(engine(), Name("m"), t - 60'000, 7), std::nullopt);
  Contents changed = expected;
  changed[Name("m")][t - 60'000] = Bits(7);
  EXPECT_EQ(All(), changed);
  Restart();
  EXPECT_EQ(All(), changed);
  Flush();
  EXPECT_EQ(All(), changed);
}

TEST_F(EngineTest, AWindowFromPrometheusYmlStillRefusesAnotherValueAtTheNewestTime) {
  Start({.out_of_order_window_ms = 60'000, .later_write_wins = false});
  EXPECT_EQ(Put(engine(), Name("m"), kTestStartMs, 1), std::nullopt);
  EXPECT_EQ(Put(engine(), Name("m"), kTestStartMs, 2), SampleRefusal::kDuplicateTimestamp);
  EXPECT_EQ(Put(engine(), Name("m"), kTestStartMs - 60'000, 2), std::nullopt);
}

TEST_F(EngineTest, RemembersRawBytesAndForgetsHandlesOfSeriesThatWent) {
  Start();
  auto appender = engine().Begin("default");
  const base::Hash128 raw = base::HashBytes128("raw bytes");
  EXPECT_FALSE(appender->Lookup(raw).has_value());
  const auto handle = appender->Resolve(Name("m"));
  ASSERT_TRUE(handle.has_value());
  appender->Remember(raw, *handle);
  EXPECT_EQ(appender->Lookup(raw), *handle);
  Flush();  // nothing was appended: the series goes
  EXPECT_FALSE(appender->Lookup(raw).has_value());
  const store::SampleWrite write{*handle, kTestStartMs, 1};
  std::vector<store::Refused> refused;
  appender->Append({&write, 1}, &refused);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].why, SampleRefusal::kStaleHandle);
  const auto again = appender->Resolve(Name("m"));
  ASSERT_TRUE(again.has_value());
  EXPECT_NE(*again, *handle);
}

TEST_F(EngineTest, SeriesWithoutSamplesSinceTheSealBeforeLeaveMemory) {
  Start();
  Put(engine(), Name("old"), kTestStartMs, 1);
  Put(engine(), Name("kept"), kTestStartMs, 1);
  Flush();
  EXPECT_EQ(engine().Stats("default").series, 2u);
  Put(engine(), Name("kept"), kTestStartMs + 1, 2);
  Flush();
  EXPECT_EQ(engine().Stats("default").series, 1u);
  EXPECT_EQ(All().size(), 2u);
}

TEST_F(EngineTest, NewSeriesAreRefusedFirstWhenMemoryIsShort) {
  Start({}, 4u << 20);
  const Labels known = Name("known");
  ASSERT_EQ(Put(engine(), known, kTestStartMs, 1), std::nullopt);
  auto appender = engine().Begin("default");
  std::optional<base::Error> error;
  for (int i = 0; i < 100'000 && !error; ++i) {
    auto handle = appender->Resolve(Name("m" + std::to_string(i)));
    if (!handle) error = handle.error();
  }
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->kind, base::ErrorKind::kLimit);
  EXPECT_THAT(error->message, testing::StartsWith("memory budget reached: "));
  EXPECT_THAT(error->message,
              testing::EndsWith("got no new one; raise limits.memory or reduce cardinality"));
  EXPECT_EQ(Put(engine(), known, kTestStartMs + 1, 2), std::nullopt);
  Flush();  // the series without samples go, and there is room again
  EXPECT_TRUE(appender->Resolve(Name("new")).has_value());
}

TEST_F(EngineTest, AllMemoryGoesBackToTheBudget) {
  Start();
  for (int i = 0; i < 1000; ++i)
    Put(engine(), Name("m" + std::to_string(i % 50)), kTestStartMs + i, i);
  Flush();
  All();
  harness->Close();
  EXPECT_EQ(harness->budget().used_bytes(), 0u);
}

TEST_F(EngineTest, SealsByAgeAndReleasesTheWal) {
  Start();
  Put(engine(), Name("m"), kTestStartMs, 1);
  ASSERT_TRUE(engine().Tick().has_value());
  EXPECT_EQ(engine().Stats("default").parts, 0u);
  harness->clock().Advance(minutes(30));
  ASSERT_TRUE(engine().Tick().has_value());
  EXPECT_EQ(engine().Stats("default").parts, 1u);
  EXPECT_EQ(harness->manifest().SealedSequence(io::Signal::kSamples),
            harness->wal().LastSequence());
}

TEST_F(EngineTest, SmallPartsAreMergedAndADayEndsAsOne) {
  Start();
  Contents expected;
  for (int i = 0; i < 47; ++i) {  // from 22:13 over midnight to the next midnight
    const int64_t now = harness->clock().NowMs();
    for (int k = 0; k < 10; ++k) {
      Put(engine(), Name("m"), now + k, i);
      expected[Name("m")][now + k] = Bits(i);
    }
    harness->clock().Advance(minutes(31));
    for (int k = 0; k < 5; ++k) ASSERT_TRUE(engine().Tick().has_value());
    EXPECT_LE(engine().Stats("default").parts, 12u);
  }
  EXPECT_EQ(All(), expected);
  harness->clock().Advance(hours(24));
  for (int k = 0; k < 10; ++k) ASSERT_TRUE(engine().Tick().has_value());
  EXPECT_LE(engine().Stats("default").parts, 2u);
  EXPECT_EQ(All(), expected);
  Restart();
  EXPECT_EQ(All(), expected);
}

TEST_F(EngineTest, RetentionDropsWholeDays) {
  Start({.retention_ms = 2 * kDayMs});
  for (int day = 0; day < 6; ++day) {
    Put(engine(), Name("m"), harness->clock().NowMs(), day);
    Flush();
    harness->clock().Advance(hours(24));
  }
  ASSERT_TRUE(engine().Tick().has_value());
  const Contents all = All();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all.begin()->second.size(), 2u);
  EXPECT_EQ(harness->fs().List("data/default/samples")->size(), 2u);
}

TEST_F(EngineTest, SamplesOfManyDaysGoToPartsOfTheirDay) {
  Start({.retention_ms = 0});
  Contents expected;
  for (int day = 0; day < 150; ++day) {  // more than may be open at once
    const int64_t t = kTestStartMs - (150 - day) * kDayMs;
    Put(engine(), Name("m"), t, day);
    expected[Name("m")][t] = Bits(day);
  }
  Flush();
  EXPECT_EQ(engine().Stats("default").parts, 150u);
  EXPECT_EQ(All(), expected);
}

TEST_F(EngineTest, HistogramsAndMetadataSurvive) {
  Start();
  std::vector<std::shared_ptr<const model::Histogram>> sent;
  {
    auto appender = engine().Begin("default");
    const auto handle = appender->Resolve(Name("latency")).value();
    for (int i = 0; i < 40; ++i) {
      auto h = std::make_shared<model::Histogram>();
      h->schema = i < 30 ? 3 : model::Histogram::kCustomBuckets;
      h->float_counts = i % 7 == 3;
      h->reset = static_cast<model::Histogram::Reset>(i % 4);
      h->count = i * 10 + (h->float_counts ? 0.25 : 0);
      h->sum = i * 1.1;
      h->zero_count = 2;
      h->zero_threshold = 1e-128;
      h->positive_spans = {{-2, 2}, {3, 1}};
      h->positive_counts = {1.0 * i, 2.0 * i, h->float_counts ? 0.5 : 7};
      if (i >= 30) h->custom_bounds = {0.1, 0.5, 2};
      sent.push_back(h);
      const store::HistogramWrite write{handle, kTestStartMs + i * 1000, h};
      std::vector<store::Refused> refused;
      appender->AppendHistograms({&write, 1}, &refused);
      ASSERT_TRUE(refused.empty());
    }
    appender->SetMetadata("latency", {model::MetricType::kHistogram, "How long.", "seconds"});
    ASSERT_TRUE(appender->Commit().Wait().has_value());
  }
  const auto check = [&] {
    auto cursor = engine().Select(Everything());
    ASSERT_TRUE(cursor.has_value());
    store::SeriesColumns columns;
    ASSERT_TRUE((*cursor)->Next(&columns).value());
    ASSERT_EQ(columns.histograms.size(), sent.size());
    for (size_t i = 0; i < sent.size(); ++i) EXPECT_EQ(*columns.histograms[i].histogram, *sent[i]);
    const auto metadata = engine().MetadataOf("default", "");
    ASSERT_EQ(metadata.size(), 1u);
    EXPECT_EQ(metadata[0].second.help, "How long.");
  };
  check();
  Restart();
  check();
  Flush();
  check();
  Restart();
  check();
  Put(engine(), Name("other"), kTestStartMs + 1, 1);
  Flush();  // merges both parts
  EXPECT_EQ(engine().Stats("default").parts, 1u);
  Restart();
  check();
}

TEST_F(EngineTest, MetadataAloneIsDurable) {
  Start();
  auto appender = engine().Begin("default");
  appender->SetMetadata("up", {model::MetricType::kGauge, "Is it?", ""});
  ASSERT_TRUE(appender->Commit().Wait().has_value());
  Flush();
  Restart();
  EXPECT_EQ(engine().MetadataOf("default", "up").size(), 1u);
}

TEST_F(EngineTest, LabelsAndValuesOfMemoryAndParts) {
  Start();
  Put(engine(), Labels{{"__name__", "a"}, {"old", "1"}}, kTestStartMs, 1);
  Flush();
  Put(engine(), Labels{{"__name__", "b"}, {"new", "2"}}, kTestStartMs + 1000, 1);
  EXPECT_THAT(engine().LabelNames(Everything()).value(),
              testing::ElementsAre("__name__", "new", "old"));
  EXPECT_THAT(engine().LabelValues(Everything(), "__name__").value(),
              testing::ElementsAre("a", "b"));
  store::SampleQuery query = Everything();
  query.matchers = {model::Matcher::Equal("__name__", "a")};
  EXPECT_THAT(engine().LabelNames(query).value(), testing::ElementsAre("__name__", "old"));
  EXPECT_THAT(engine().Series(query).value(),
              testing::ElementsAre(Labels{{"__name__", "a"}, {"old", "1"}}));
  query = Everything();
  query.start_ms = kTestStartMs + 1;
  EXPECT_THAT(engine().LabelValues(query, "__name__").value(), testing::ElementsAre("b"));
}

TEST_F(EngineTest, TenantsDoNotSeeEachOther) {
  Start();
  Put(engine(), Name("m"), kTestStartMs, 1, "../evil");
  Put(engine(), Name("m"), kTestStartMs, 2, "b");
  Flush();
  Restart();
  store::SampleQuery query = Everything();
  query.tenant = "../evil";
  EXPECT_EQ(ReadAll(engine(), query).value()[Name("m")][kTestStartMs], Bits(1));
  query.tenant = "nobody";
  EXPECT_TRUE(ReadAll(engine(), query).value().empty());
  EXPECT_TRUE(harness->fs().Exists("data/%2E%2E%2Fevil/samples"));
}

TEST_F(EngineTest, AFlippedBitIsNamedAndIsolated) {
  Start();
  Put(engine(), Name("m"), kTestStartMs, 1);
  Flush();
  harness->clock().Advance(hours(24));
  Put(engine(), Name("m"), kTestStartMs + kDayMs, 2);
  Flush();
  const auto parts = harness->manifest().Live(io::Signal::kSamples);
  ASSERT_EQ(parts.size(), 2u);
  const std::string file = "data/" + parts[0].path + "/samples.part";
  const uint64_t size = harness->fs().OpenRead(file).value()->Size().value();
  for (uint64_t byte = 0; byte < size; ++byte) {
    harness->Close();
    ASSERT_TRUE(harness->fs().FlipBit(file, byte, static_cast<int>(byte % 8)).has_value());
    ASSERT_TRUE(harness->Open().has_value()) << byte;
    const auto all = ReadAll(engine(), Everything());
    const auto verified = engine().Verify();
    ASSERT_FALSE(verified.has_value()) << byte;
    EXPECT_EQ(verified.error().kind, base::ErrorKind::kCorrupt);
    EXPECT_THAT(verified.error().message, testing::HasSubstr(parts[0].path));
    EXPECT_TRUE(all || all.error().message.find(parts[0].path) != std::string::npos) << byte;
    store::SampleQuery other = Everything();
    other.start_ms = parts[1].min_time;
    EXPECT_EQ(ReadAll(engine(), other).value()[Name("m")].size(), 1u);
    ASSERT_TRUE(engine().Flush().has_value());  // goes on without the part
    harness->Close();
    ASSERT_TRUE(harness->fs().FlipBit(file, byte, static_cast<int>(byte % 8)).has_value());
    ASSERT_TRUE(harness->Open().has_value());
  }
  EXPECT_EQ(All()[Name("m")].size(), 2u);
}

TEST_F(EngineTest, AFullDiskLosesNothingAndItGoesOnWhenThereIsRoom) {
  Start();
  for (int i = 0; i < 100; ++i) Put(engine(), Name("m" + std::to_string(i)), kTestStartMs, i);
  const Contents before = All();
  harness->fs().SetCapacity(harness->fs().UsedBytes());
  const auto flushed = engine().Flush();
  ASSERT_FALSE(flushed.has_value());
  EXPECT_EQ(flushed.error().kind, base::ErrorKind::kFull);
  EXPECT_EQ(All(), before);
  harness->fs().SetCapacity(UINT64_MAX);
  Flush();
  EXPECT_EQ(All(), before);
  Restart();
  EXPECT_EQ(All(), before);
}

TEST_F(EngineTest, SeriesLimitOfAQuery) {
  Start();
  for (int i = 0; i < 5; ++i) Put(engine(), Name("m" + std::to_string(i)), kTestStartMs, i);
  store::SampleQuery query = Everything();
  query.series_limit = 5;
  EXPECT_TRUE(ReadAll(engine(), query).has_value());
  query.series_limit = 4;
  EXPECT_EQ(ReadAll(engine(), query).error().kind, base::ErrorKind::kLimit);
}

}  // namespace
}  // namespace pharos::samples
