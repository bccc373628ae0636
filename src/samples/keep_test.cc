// What the engine keeps and refuses: retention, the disk's watermark, limits on series, the order
// of refusal when memory is short, when it seals and merges by itself.
#include <gmock/gmock.h>

#include <chrono>

#include "samples/activity.h"
#include "samples/churn.h"
#include "samples/engine_harness.h"
#include "samples/limits.h"
#include "samples/part_publisher.h"

namespace pharos::samples {
namespace {

using model::Labels;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Labels Name(std::string_view name, std::string_view job = "x") {
  return Labels{{"__name__", name}, {"job", job}};
}

struct KeepTest : testing::Test {
  void Start(SampleEngineOptions options = {}, size_t budget = 1u << 30) {
    options.shards = 2;
    harness = std::make_unique<Harness>(options, budget);
    ASSERT_TRUE(harness->Open().has_value());
  }
  SampleEngine& engine() { return harness->engine(); }
  size_t Parts() { return harness->manifest().Live(io::Signal::kSamples).size(); }
  std::set<std::string> Days() {
    std::set<std::string> days;
    for (const auto& part : harness->manifest().Live(io::Signal::kSamples))
      days.insert(DayName(DayOf(part.min_time)));
    return days;
  }
  void Tick() {
    const auto done = engine().Tick();
    ASSERT_TRUE(done.has_value()) << done.error().message;
  }
  /// The sentence of a refusal, "" when the series was made.
  std::string Refusal(const Labels& labels, store::SampleSink& sink) {
    const auto made = sink.Begin("default")->Resolve(labels);
    return made ? "" : made.error().message;
  }
  std::unique_ptr<Harness> harness;
};

TEST_F(KeepTest, SizeTakesTheOldestDaysFirst) {
  Start({.retention_ms = 0});
  const int64_t now = kTestStartMs;
  for (int day = 9; day >= 0; --day) {
    for (int i = 0; i < 500; ++i)
      Put(engine(), Name("m"), now - day * kDayMs + i, 1.0 / (i + day + 1));
  }
  ASSERT_TRUE(engine().Flush().has_value());
  ASSERT_EQ(Parts(), 10u);
  uint64_t bytes = 0;
  for (const auto& part : harness->manifest().Live(io::Signal::kSamples)) bytes += part.bytes;
  engine().SetRetention(0, bytes * 35 / 100);
  Tick();
  EXPECT_EQ(Parts(), 3u);
  EXPECT_EQ(Days(), (std::set<std::string>{"2023-11-12", "2023-11-13", "2023-11-14"}));
  EXPECT_FALSE(harness->fs().Exists("data/default/samples/2023-11-11"));
  engine().SetRetention(0, 1);
  Tick();
  EXPECT_EQ(Parts(), 1u);  // never the last
  engine().SetRetention(kDayMs, 0);
  harness->clock().Advance(hours(49));
  Tick();
  EXPECT_EQ(Parts(), 0u);
}

TEST_F(KeepTest, ANearlyFullDiskRefusesUntilThereIsSpace) {
  Start({.min_free_bytes = 100'000});
  ASSERT_EQ(Put(engine(), Name("m"), kTestStartMs, 1), std::nullopt);
  harness->fs().SetCapacity(harness->fs().UsedBytes() + 90'000);
  ASSERT_TRUE(engine().Urgent().has_value());
  const auto write = [&](store::SampleSink& sink, int64_t time_ms) {
    auto appender = sink.Begin("default");
    const store::SampleWrite one{appender->Resolve(Name("m")).value(), time_ms, 2};
    std::vector<store::Refused> refused;
    appender->Append({&one, 1}, &refused);
    EXPECT_TRUE(refused.empty());
    return appender->Commit().Wait();
  };
  for (store::SampleSink* sink :
       {static_cast<store::SampleSink*>(&engine()), &engine().reserved_sink()}) {
    const auto written = write(*sink, kTestStartMs + 1);
    ASSERT_FALSE(written.has_value());
    EXPECT_EQ(written.error().kind, base::ErrorKind::kFull);
    EXPECT_THAT(written.error().message, testing::HasSubstr("storage.min_free"));
  }
  EXPECT_EQ(ReadAll(engine(), Everything()).value()[Name("m")].size(), 1u);  // queries go on
  harness->fs().SetCapacity(harness->fs().UsedBytes() + 105'000);
  ASSERT_TRUE(engine().Urgent().has_value());
  EXPECT_TRUE(engine().disk_full());  // not by a hair
  harness->fs().SetCapacity(harness->fs().UsedBytes() + 200'000);
  ASSERT_TRUE(engine().Urgent().has_value());
  EXPECT_TRUE(write(engine(), kTestStartMs + 1).has_value());
}

TEST_F(KeepTest, ADiskThatIsFullLosesNothingAcknowledged) {
  Start({.min_free_bytes = 0});
  std::map<int64_t, uint64_t> acknowledged;
  for (int i = 0; i < 300; ++i) {
    if (i == 100) FillDisk(harness->fs());
    if (i == 200) harness->fs().SetHook({});
    if (i % 20 == 0) (void)engine().Tick();
    bool durable = false;
    const auto refused = Put(engine(), Name("m"), kTestStartMs + i, i, "default", &durable);
    if (durable && !refused) acknowledged[kTestStartMs + i] = Bits(i);
  }
  EXPECT_GE(acknowledged.size(), 200u);
  EXPECT_LT(acknowledged.size(), 300u);
  ASSERT_TRUE(harness->Restart().has_value());
  const Points found = ReadAll(engine(), Everything()).value()[Name("m")];
  for (const auto& [time_ms, bits] : acknowledged) {
    ASSERT_TRUE(found.contains(time_ms));
    EXPECT_EQ(found.at(time_ms), bits);
  }
}

TEST_F(KeepTest, LimitsNameThemselvesAndTheMetric) {
  Start({.limits = {.series = 8,
                    .series_a_metric = 3,
                    .values_a_label = 4,
                    .labels_a_series = 3,
                    .label_name_bytes = 10,
                    .label_value_bytes = 12}});
  for (const char* job : {"a", "b", "c"})
    ASSERT_EQ(Put(engine(), Name("many", job), kTestStartMs, 1), std::nullopt);
  EXPECT_THAT(Refusal(Name("many", "d"), engine()),
              testing::AllOf(testing::HasSubstr("metric \"many\" has 3 series"),
                             testing::HasSubstr("limits.series_per_metric")));
  EXPECT_EQ(Refusal(Name("many", "a"), engine()), "");  // known
  ASSERT_EQ(Refusal(Name("m2", "d"), engine()), "");
  EXPECT_THAT(Refusal(Name("m3", "e"), engine()),
              testing::AllOf(testing::HasSubstr("label \"job\" has 4 values"),
                             testing::HasSubstr("metric \"m3\""),
                             testing::HasSubstr("limits.label_values")));
  EXPECT_EQ(Refusal(Name("m3", "a"), engine()), "");
  EXPECT_THAT(Refusal(Labels{{"__name__", "l"}, {"a", "1"}, {"b", "1"}, {"c", "1"}}, engine()),
              testing::HasSubstr("limits.labels_per_series of 3"));
  EXPECT_THAT(Refusal(Labels{{"__name__", "l"}, {"longer_than_ten", "1"}}, engine()),
              testing::HasSubstr("limits.label_name_length of 10"));
  EXPECT_THAT(Refusal(Labels{{"__name__", "l"}, {"a", "longer than twelve"}}, engine()),
              testing::HasSubstr("limits.label_value_length of 12"));
  // many ×3, m2, m3: three more fit for all, one more for rules.
  for (const char* name : {"x1", "x2"})
    ASSERT_EQ(Refusal(Labels{{"__name__", "m2"}, {"l", name}}, engine()), "");
  ASSERT_EQ(Refusal(Labels{{"__name__", "m3"}, {"l", "x1"}}, engine()), "");
  EXPECT_THAT(Refusal(Labels{{"__name__", "m3"}, {"l", "x2"}}, engine()),
              testing::HasSubstr("limits.series"));
  EXPECT_EQ(Refusal(Labels{{"__name__", "m3"}, {"l", "x2"}}, engine().reserved_sink()), "");
}

TEST_F(KeepTest, MemoryIsRefusedInOrder) {
  Start({}, 10'000'000);
  base::MemoryBudget& budget = harness->budget();
  const auto fill_to = [&](size_t bytes) { budget.Reserve(bytes - budget.used_bytes()); };
  const auto takes_samples = [&](store::SampleSink& sink) {
    auto appender = sink.Begin("default");
    const auto handle = appender->Resolve(Name("known"));
    const store::SampleWrite one{handle.value(), kTestStartMs + 1, 2};
    std::vector<store::Refused> refused;
    appender->Append({&one, 1}, &refused);
    const auto written = appender->Commit().Wait();
    EXPECT_TRUE(written.has_value() || written.error().kind == base::ErrorKind::kBusy);
    return written.has_value();
  };
  Put(engine(), Name("known"), kTestStartMs, 1);
  engine().SetReservedMetrics({"slo_input"});
  fill_to(9'100'000);
  EXPECT_THAT(Refusal(Name("new"), engine()), testing::HasSubstr("metric \"new\""));
  EXPECT_EQ(Refusal(Name("new"), engine().reserved_sink()), "");
  EXPECT_EQ(Refusal(Name("slo_input", "pod-1"), engine()), "");
  EXPECT_TRUE(takes_samples(engine()));
  fill_to(10'100'000);
  EXPECT_NE(Refusal(Name("new2"), engine().reserved_sink()), "");
  EXPECT_TRUE(takes_samples(engine()));
  fill_to(11'100'000);
  EXPECT_FALSE(takes_samples(engine()));
  EXPECT_TRUE(takes_samples(engine().reserved_sink()));
  fill_to(12'100'000);
  EXPECT_FALSE(takes_samples(engine().reserved_sink()));
  budget.Release(budget.used_bytes() - 1'000'000);
  EXPECT_TRUE(takes_samples(engine()));
}

/// A load of two seconds, then silence: sealed and merged without a word from outside.
TEST_F(KeepTest, ALoadThatEndsIsSealed) {
  Start();
  auto appender = engine().Begin("default");
  const int64_t start_ms = kTestStartMs - 3'600'000;
  std::vector<store::SampleWrite> writes;
  for (int series = 0; series < 300; ++series) {
    const auto handle = appender->Resolve(Name("m", std::to_string(series))).value();
    for (int i = 0; i < 200; ++i) writes.push_back({handle, start_ms + i * 15'000, i * 1.5});
  }
  std::vector<store::Refused> refused;
  appender->Append(writes, &refused);
  ASSERT_TRUE(refused.empty());
  ASSERT_TRUE(appender->Commit().Wait().has_value());
  int sealed_after = 0;
  for (int second = 1; second <= 600; ++second) {
    harness->clock().Advance(seconds(1));
    // A trickle goes on, as of one scrape.
    if (second % 15 == 0) Put(engine(), Name("up"), harness->clock().NowMs(), 1);
    ASSERT_TRUE(engine().Urgent().has_value());
    if (Parts() > 0 && sealed_after == 0) sealed_after = second;
  }
  EXPECT_GT(sealed_after, 60);
  EXPECT_LT(sealed_after, 240);
  EXPECT_EQ(Parts(), 1u);  // the trickle makes no parts
}

TEST_F(KeepTest, SteadyLoadSealsByAgeAlone) {
  Start();
  auto appender = engine().Begin("default");
  std::vector<store::SeriesHandle> handles;
  for (int series = 0; series < 2000; ++series)
    handles.push_back(appender->Resolve(Name("m", std::to_string(series))).value());
  size_t most_parts = 0;
  for (int second = 0; second < 3 * 3600; second += 15) {
    harness->clock().Advance(seconds(15));
    std::vector<store::SampleWrite> writes;
    for (const auto handle : handles) writes.push_back({handle, harness->clock().NowMs(), 1});
    std::vector<store::Refused> refused;
    appender->Append(writes, &refused);
    ASSERT_TRUE(appender->Commit().Wait().has_value());
    ASSERT_TRUE(engine().Urgent().has_value());
    most_parts = std::max(most_parts, Parts());
  }
  // Three hours are six half hours, over one midnight.
  EXPECT_GE(most_parts, 5u);
  EXPECT_LE(most_parts, 8u);
}

/// A day of half hours: 30 min → 2 h → 8 h → day, and no more than a handful of parts.
TEST_F(KeepTest, ADayIsMergedInSteps) {
  Start();
  std::set<uint32_t> levels;
  harness->clock().Advance(hours(2));  // a new day has begun
  for (int half_hour = 0; half_hour < 47; ++half_hour) {
    for (int i = 0; i < 30; ++i) {
      harness->clock().Advance(minutes(1));
      for (const char* job : {"a", "b"})
        Put(engine(), Name("m", job), harness->clock().NowMs(), half_hour);
      Tick();
    }
    EXPECT_LE(Parts(), 4u + 4u + 4u);
  }
  harness->clock().Advance(hours(3));
  for (int i = 0; i < 8; ++i) Tick();
  const auto parts = harness->manifest().Live(io::Signal::kSamples);
  std::map<std::string, int> by_day;
  for (const auto& part : parts) ++by_day[DayName(DayOf(part.min_time))];
  for (const auto& [day, count] : by_day) EXPECT_LE(count, 1) << day;
  EXPECT_EQ(ReadAll(engine(), Everything()).value()[Name("m", "a")].size(), 47u * 30u);
}

TEST(Activity, QuietIsRelativeToWhatThereIs) {
  Activity activity;
  constexpr int64_t kSecond = 1'000'000'000;
  for (int i = 0; i <= 60; ++i) activity.Note(i * kSecond, 1'000'000);
  EXPECT_FALSE(activity.Quiet(1'000'000));  // not watched for long enough
  for (int i = 61; i <= 125; ++i) activity.Note(i * kSecond, 1'000'000 + static_cast<uint64_t>(i));
  EXPECT_TRUE(activity.Quiet(1'000'000));
  EXPECT_FALSE(activity.Quiet(10'000));
  activity.Note(126 * kSecond, 1'100'000);
  EXPECT_FALSE(activity.Quiet(1'000'000));
  for (int i = 127; i <= 260; ++i) activity.Note(i * kSecond, 1'100'000);
  EXPECT_TRUE(activity.Quiet(1'000'000));
}

TEST(Churn, ForgetsAfterAnHour) {
  Churn churn;
  const int64_t start = kTestStartMs;
  churn.Add("a", start);
  churn.Add("a", start + 30 * 60'000);
  churn.Add("b", start + 30 * 60'000);
  EXPECT_EQ(churn.LastHour(start + 31 * 60'000),
            (std::map<std::string, uint64_t, std::less<>>{{"a", 2}, {"b", 1}}));
  EXPECT_EQ(churn.LastHour(start + 70 * 60'000),
            (std::map<std::string, uint64_t, std::less<>>{{"a", 1}, {"b", 1}}));
  churn.Add("c", start + 95 * 60'000);
  EXPECT_EQ(churn.LastHour(start + 95 * 60'000),
            (std::map<std::string, uint64_t, std::less<>>{{"c", 1}}));
  EXPECT_TRUE(churn.LastHour(start + 300 * 60'000).empty());
}

}  // namespace
}  // namespace pharos::samples
