// Deletions: hidden at once from every kind of read, taken back, carried out on disk, kept over
// restarts and power cuts.
#include "events/deletion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "events/world_test.h"

namespace pharos::events {
namespace {

constexpr int64_t kStart = kNow - 2 * kHour;
constexpr std::chrono::hours kDay(24);
constexpr int64_t kDayNs = 24 * kHour;

store::Predicate Holds(std::string text) {
  store::Predicate all, leaf;
  leaf.op = store::Predicate::Op::kLineContains;
  leaf.text = std::move(text);
  all.children.push_back(std::move(leaf));
  return all;
}

store::EventDeletion Deleted(std::string pod, store::Predicate predicate = {}) {
  store::EventDeletion out;
  out.query = "{pod=\"" + pod + "\"}";
  out.streams = {model::Matcher::Equal("pod", std::move(pod))};
  out.predicate = std::move(predicate);
  out.start_ns = kStart;
  out.end_ns = kNow;
  return out;
}

class DeletionTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(world_.Start()); }

  /// 100 lines of each of two pods, of which ten say "secret"; each has a trace id of its own.
  void Append(int64_t start = kStart) {
    model::EventBatch batch;
    for (int pod = 0; pod < 2; ++pod) {
      model::StreamEvents stream{model::Labels{{"pod", std::to_string(pod)}}, {}};
      for (int i = 0; i < 100; ++i) {
        std::string line = "line " + std::to_string(i) + (i % 10 == 0 ? " secret" : "");
        model::Event event = Line(start + i * kSecond, batch.arena.Copy(line));
        event.trace_id = IdOf(pod, i);
        stream.events.push_back(event);
      }
      batch.streams.push_back(std::move(stream));
    }
    const auto appended = world_.engine->Append("default", batch);
    ASSERT_TRUE(appended.has_value());
    ASSERT_TRUE(appended->ack.Wait());
  }
  static model::TraceId IdOf(int pod, int i) {
    model::TraceId id;
    id.bytes[0] = static_cast<uint8_t>(pod + 1);
    id.bytes[1] = static_cast<uint8_t>(i);
    return id;
  }
  size_t Count(store::Predicate predicate = {}) {
    store::EventQuery query = All();
    query.predicate = std::move(predicate);
    const size_t lines = Lines(*world_.engine, query).size();
    CountSink sink;
    const auto scanned = world_.engine->Scan(query, sink);
    EXPECT_TRUE(scanned.has_value() && *scanned);
    EXPECT_EQ(sink.count, lines);
    return lines;
  }
  size_t Traces() {
    size_t found = 0;
    for (int pod = 0; pod < 2; ++pod) {
      for (int i = 0; i < 100; ++i) {
        const auto batch = world_.engine->TraceById("default", IdOf(pod, i));
        EXPECT_TRUE(batch.has_value());
        if (batch) found += batch->EventCount();
      }
    }
    return found;
  }
  uint64_t RowsOnDisk() {
    uint64_t rows = 0;
    for (const io::PartEntry& part : world_.manifest->Live(io::Signal::kEvents)) rows += part.items;
    return rows;
  }
  std::string Add(store::EventDeletion deletion) {
    const auto id = world_.engine->AddDeletion("default", std::move(deletion));
    EXPECT_TRUE(id.has_value()) << id.error().message;
    return id.value_or("");
  }
  bool IsDone(size_t number = 0) { return world_.engine->Deletions("default").at(number).done; }

  World world_;
};

TEST_F(DeletionTest, HidesAtOnceInMemoryAndInParts) {
  for (const bool sealed : {false, true}) {
    Append(kStart + (sealed ? kHour : 0));
    if (sealed) {
      ASSERT_TRUE(world_.engine->Flush());
    }
  }
  EXPECT_EQ(Count(), 400U);
  Add(Deleted("1", Holds("secret")));
  EXPECT_EQ(Count(), 380U);
  EXPECT_EQ(Count(Holds("secret")), 20U);
  EXPECT_EQ(Traces(), 380U);
  Add(Deleted("0"));
  EXPECT_EQ(Count(), 180U);
  EXPECT_EQ(Traces(), 180U);
  ASSERT_TRUE(world_.engine->Flush());
  EXPECT_EQ(Count(), 180U);
  EXPECT_EQ(RowsOnDisk(), 400U) << "they can still be taken back";
  EXPECT_FALSE(IsDone());
}

TEST_F(DeletionTest, OnlyTheTimesThatItNames) {
  Append();
  store::EventDeletion some = Deleted("0");
  some.start_ns = kStart + 10 * kSecond;
  some.end_ns = kStart + 19 * kSecond;  // inclusive
  Add(std::move(some));
  EXPECT_EQ(Count(), 190U);
  ASSERT_TRUE(world_.engine->Flush());
  world_.clock.Advance(kDay);
  ASSERT_TRUE(world_.engine->Tick());
  EXPECT_TRUE(IsDone());
  EXPECT_EQ(Count(), 190U);
  EXPECT_EQ(RowsOnDisk(), 190U);
}

TEST_F(DeletionTest, CanBeTakenBackForADay) {
  Append();
  const std::string id = Add(Deleted("0"));
  EXPECT_EQ(id.size(), 8U);
  EXPECT_EQ(Count(), 100U);
  EXPECT_EQ(world_.engine->CancelDeletion("default", "nothing").error().kind,
            base::ErrorKind::kNotFound);
  EXPECT_EQ(world_.engine->CancelDeletion("other", id).error().kind, base::ErrorKind::kNotFound);
  ASSERT_TRUE(world_.engine->CancelDeletion("default", id));
  EXPECT_EQ(Count(), 200U);
  const std::string late = Add(Deleted("0"));
  world_.clock.Advance(kDay);
  EXPECT_EQ(world_.engine->CancelDeletion("default", late).error().kind,
            base::ErrorKind::kConflict);
}

TEST_F(DeletionTest, LeavesTheDiskAfterThatAndKeepsWhatComesLater) {
  Append();
  ASSERT_TRUE(world_.engine->Flush());
  Append(kStart + kHour);  // in memory
  Add(Deleted("1", Holds("secret")));
  Add(Deleted("0"));
  world_.clock.Advance(kDay);
  ASSERT_TRUE(world_.engine->Tick());
  EXPECT_TRUE(IsDone(0) && IsDone(1));
  EXPECT_EQ(RowsOnDisk(), 180U);
  EXPECT_EQ(Count(), 180U);
  EXPECT_EQ(Traces(), 180U);
  const auto streams = world_.engine->Streams(All());
  ASSERT_TRUE(streams.has_value());
  for (const model::Labels& stream : *streams) {
    EXPECT_EQ(stream.Get("pod"), "1") << "nothing of the other is left";
  }
  ASSERT_TRUE(world_.engine->Verify());
  Append(kStart + 90 * 60 * kSecond);
  EXPECT_EQ(Count(), 380U);
}

TEST_F(DeletionTest, SurvivesRestartAndPowerCut) {
  Append();
  Add(Deleted("0", Holds("secret")));
  world_.Restart();
  EXPECT_EQ(Count(), 190U);
  ASSERT_EQ(world_.engine->Deletions("default").size(), 1U);
  EXPECT_EQ(world_.engine->Deletions("default")[0].query, "{pod=\"0\"}");
  world_.clock.Advance(kDay);
  // Power fails at one operation after the other while it is carried out.
  for (size_t at = 1; !IsDone() && at < 500; ++at) {
    world_.fs.FailOperation(at, base::ErrorKind::kIo);
    (void)world_.engine->Tick();
    world_.Restart();
    ASSERT_EQ(Count(), 190U) << at;
  }
  EXPECT_TRUE(IsDone());
  EXPECT_EQ(RowsOnDisk(), 190U);
  EXPECT_EQ(Count(), 190U);
}

TEST_F(DeletionTest, ADamagedFileIsPutAside) {
  Append();
  Add(Deleted("0"));
  std::string bytes = EncodeDeletions({});
  bytes[5] ^= 1;
  {
    const auto file = world_.fs.Create("data/EVENT_DELETIONS");
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE((*file)->Append(bytes));
    ASSERT_TRUE((*file)->Sync());
  }
  world_.Restart();
  EXPECT_EQ(Count(), 200U);
  EXPECT_TRUE(world_.fs.Exists("data/EVENT_DELETIONS.damaged"));
}

TEST_F(DeletionTest, SpansByStreamAndTime) {
  model::SpanPart span;
  span.name = "GET";
  span.end_ns = kStart + 5;
  model::EventBatch batch;
  for (const char* service : {"a", "b"}) {
    model::Event event;
    event.kind = model::EventKind::kSpan;
    event.time_ns = kStart;
    event.span = &span;
    event.trace_id = IdOf(service[0] == 'a' ? 0 : 1, 0);
    batch.streams.push_back({model::Labels{{"service", service}}, {event}});
  }
  ASSERT_TRUE(world_.engine->Append("default", batch));
  store::EventDeletion deletion;
  deletion.kind = model::EventKind::kSpan;
  deletion.streams = {model::Matcher::Equal("service", "a")};
  deletion.end_ns = kNow;
  Add(deletion);
  const auto count = [&] { return Lines(*world_.engine, All(model::EventKind::kSpan)).size(); };
  EXPECT_EQ(count(), 1U);
  EXPECT_EQ(world_.engine->TraceById("default", IdOf(0, 0))->EventCount(), 0U);
  world_.clock.Advance(kDay);
  ASSERT_TRUE(world_.engine->Tick());
  EXPECT_EQ(count(), 1U);
  EXPECT_EQ(RowsOnDisk(), 1U);
}

TEST(Deletion, TheFileComesBackAsItWas) {
  store::EventDeletion request = Deleted("x", Holds("y"));
  store::Predicate regex;
  regex.op = store::Predicate::Op::kLineRegex;
  regex.text = "a.*b";
  store::Predicate inverse;
  inverse.op = store::Predicate::Op::kNot;
  inverse.children.push_back(regex);
  request.predicate.children.push_back(inverse);
  request.streams.push_back(*model::Matcher::Make(model::MatchOp::kNotRegex, "app", "a|b.+"));
  request.id = "0123abcd";
  request.done = true;
  const auto made = Deletion::Make("tenant", request);
  ASSERT_TRUE(made.has_value());
  const std::string bytes = EncodeDeletions({*made, *made});
  const auto read = DecodeDeletions(bytes);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ(EncodeDeletions(*read), bytes);
  EXPECT_EQ((*read)[1]->request().streams, request.streams);
  EXPECT_TRUE((*read)[1]->TestLine("y"));
  EXPECT_FALSE((*read)[1]->TestLine("y a b"));
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] ^= 0x10;
    EXPECT_FALSE(DecodeDeletions(damaged).has_value()) << i;
  }
}

TEST(StreamRetention, EachStreamLeavesWhenItsTimeIsOver) {
  EngineOptions options;
  options.log_retention_ns = 3 * kDayNs;
  options.stream_retention = {
      {model::EventKind::kLog, {model::Matcher::Equal("env", "dev")}, 1, kDayNs},
      {model::EventKind::kLog, {model::Matcher::Equal("pod", "gold")}, 2, 10 * kDayNs}};
  World world(options);
  ASSERT_TRUE(world.Start());
  const auto append = [&] {
    for (const char* pod : {"gold", "0", "1"}) {
      const model::Labels stream{{"env", pod[0] == '1' ? "prod" : "dev"}, {"pod", pod}};
      ASSERT_TRUE(
          world.engine->Append("default", OneEvent(stream, Line(world.clock.NowNs(), "x"))));
    }
  };
  const auto pods = [&] {
    std::string out;
    const auto streams = world.engine->Streams(All());
    for (const model::Labels& stream : *streams) out += stream.Get("pod")[0];
    std::sort(out.begin(), out.end());
    return out;
  };
  append();
  ASSERT_TRUE(world.engine->Flush());
  EXPECT_EQ(pods(), "01g");
  world.clock.Advance(2 * kDay);
  ASSERT_TRUE(world.engine->Tick());
  EXPECT_EQ(pods(), "1g") << "pod 0 had a day";
  world.clock.Advance(2 * kDay);
  ASSERT_TRUE(world.engine->Tick());
  EXPECT_EQ(pods(), "g");
  world.clock.Advance(7 * kDay);
  ASSERT_TRUE(world.engine->Tick());
  EXPECT_EQ(pods(), "");
}

TEST(SizeRetention, TheOldestPartsGoFirst) {
  EngineOptions options;
  options.log_retention_bytes = 1;
  World world(options);
  ASSERT_TRUE(world.Start());
  const model::Labels stream{{"a", "b"}};
  ASSERT_TRUE(world.engine->Append("default", OneEvent(stream, Line(kNow, "x"))));
  ASSERT_TRUE(world.engine->Flush());
  EXPECT_EQ(world.engine->Stats("default", model::EventKind::kLog).parts, 0U);
}

}  // namespace
}  // namespace pharos::events
