#include "events/engine.h"

#include <gmock/gmock.h>

#include <chrono>
#include <cstring>
#include <optional>
#include <set>
#include <thread>

#include "events/limits.h"
#include "events/world_test.h"

namespace pharos::events {
namespace {

using base::ErrorKind;
using model::Event;
using model::EventKind;
using model::Labels;
using testing::ElementsAre;
using testing::HasSubstr;

const Labels kShop{{"app", "shop"}};
const Labels kCart{{"app", "cart"}};

class EngineTest : public testing::Test {
 protected:
  void SetUp() override { Begin({}); }
  void Begin(EngineOptions options, size_t budget = size_t{4} << 30) {
    world_ = std::make_unique<World>(options, budget);
    const auto started = world_->Start();
    ASSERT_TRUE(started.has_value()) << started.error().message;
  }
  Engine& engine() { return *world_->engine; }
  store::EventAppendResult Append(const Labels& stream, const Event& event) {
    auto result = engine().Append("default", OneEvent(stream, event));
    EXPECT_TRUE(result.has_value()) << result.error().message;
    EXPECT_TRUE(result->ack.Wait().has_value());
    return *result;
  }
  void Flush() {
    const auto flushed = engine().Flush();
    ASSERT_TRUE(flushed.has_value()) << flushed.error().message;
  }

  std::unique_ptr<World> world_;
};

TEST_F(EngineTest, RequestsThatAreNotKeptKeepNoMemory) {
  bool due = false;
  engine().OnSealDue([&] { due = true; });
  for (int i = 0; i < 1000; ++i) {
    const base::Room request = engine().TakeMemory(1 << 20);
    Append(kShop, Line(kNow + i, "x"));
  }
  EXPECT_FALSE(due);
}

/// A push whose text is kept, behind requests that are not: these lie in its block as well.
void PushBehindOthers(Engine& engine, int64_t time_ns) {
  const base::Room request = engine.TakeMemory(1 << 20);
  const base::Room room = engine.TakeMemory(2000);
  std::memset(room.bytes.data(), 'x', room.bytes.size());
  const std::string_view text(room.bytes.data(), room.bytes.size());
  model::EventBatch batch = OneEvent(kShop, Line(time_ns, text));
  batch.sent = model::SentBody{base::SnappyCompress(text), {text, room.owner}};
  auto result = engine.Append("default", batch);
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_TRUE(result->ack.Wait().has_value());
}

TEST_F(EngineTest, WhatKeepsFarMoreMemoryThanItHasIsSealed) {
  bool due = false;
  engine().OnSealDue([&] { due = true; });
  int pushes = 0;
  while (!due && pushes < 1000) PushBehindOthers(engine(), kNow + ++pushes);
  EXPECT_GT(pushes, 40);
  EXPECT_LT(pushes, 100) << "at 64 MiB";
  ASSERT_TRUE(engine().Urgent());
  due = false;
  for (int i = 0; i < 20; ++i) PushBehindOthers(engine(), kNow + ++pushes);
  EXPECT_FALSE(due);
  EXPECT_EQ(Lines(engine(), All()).size(), static_cast<size_t>(pushes));
}

TEST_F(EngineTest, SendersWaitForASealThatFreesWhatRequestsLeft) {
  Begin({.seal_wait = std::chrono::minutes(2)});
  std::optional<std::thread> sealer;
  engine().OnSealDue([&] {
    if (!sealer.has_value()) sealer.emplace([&] { EXPECT_TRUE(engine().Urgent()); });
  });
  world_->fs.SetHook([&](const io::SimOp& op) -> base::Result<void> {
    if (op.name == "Create") std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return {};
  });
  int pushes = 0;
  while (!sealer.has_value() && pushes < 1000) PushBehindOthers(engine(), kNow + ++pushes);
  ASSERT_TRUE(sealer.has_value());
  EXPECT_EQ(engine().Stats("default", EventKind::kLog).parts, 1u) << "before the sender went on";
  sealer->join();
  EXPECT_EQ(Lines(engine(), All()).size(), static_cast<size_t>(pushes));
}

TEST_F(EngineTest, WhereASealFailsNoOthersAreAskedForUntilItIsTriedAgain) {
  Begin({.seal_wait = std::chrono::minutes(2)}, size_t{256} << 20);
  int asked = 0;
  engine().OnSealDue([&] { EXPECT_EQ(engine().Urgent().has_value(), asked++ > 0); });
  world_->fs.SetHook([&](const io::SimOp& op) -> base::Result<void> {
    if (op.name != "Create" || op.path.find("wal") != std::string::npos) return {};
    return base::Fail(ErrorKind::kIo, "broken");
  });
  int pushes = 0;
  while (asked == 0 && pushes < 1000) PushBehindOthers(engine(), kNow + ++pushes);
  for (int i = 0; i < 50; ++i) PushBehindOthers(engine(), kNow + ++pushes);
  EXPECT_EQ(asked, 1);
  base::Result<store::EventAppendResult> refused;
  std::vector<base::Room> kept;  // as memtables do
  while (refused && kept.size() < 1000) {
    kept.push_back(engine().TakeMemory(1 << 20));
    refused = engine().Append("default", OneEvent(kCart, Line(kNow, "x")));
  }
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kBusy);
  EXPECT_THAT(refused.error().message, HasSubstr("cannot be written to disk"));
  EXPECT_THAT(refused.error().message, HasSubstr("broken"));
  EXPECT_LT(kept.size(), 256u);
  kept.clear();
  world_->fs.SetHook({});
  world_->clock.Advance(std::chrono::nanoseconds(kRetryNs));
  ASSERT_TRUE(engine().Urgent());
  EXPECT_EQ(engine().Stats("default", EventKind::kLog).parts, 1u);
  PushBehindOthers(engine(), kNow + ++pushes);
  EXPECT_EQ(asked, 2) << "for what came in the meantime";
  auto query = All();
  query.streams = {model::Matcher::Equal("app", "shop")};
  EXPECT_EQ(Lines(engine(), query).size(), static_cast<size_t>(pushes));
}

TEST_F(EngineTest, LinesComeBackInBothDirectionsFromMemoryAndParts) {
  Append(kShop, Line(kNow, "b"));
  Append(kCart, Line(kNow - 1, "a"));
  Flush();
  Append(kShop, Line(kNow - 2, "late"));
  Append(kCart, Line(kNow, "cart at the same time"));
  auto query = All();
  const auto expected = ElementsAre("late", "a", "cart at the same time", "b");
  EXPECT_THAT(Lines(engine(), query), expected);
  query.direction = store::Direction::kBackward;
  EXPECT_THAT(Lines(engine(), query), ElementsAre("b", "cart at the same time", "a", "late"));
  query.limit = 2;
  EXPECT_THAT(Lines(engine(), query), ElementsAre("b", "cart at the same time"));
  Flush();
  EXPECT_THAT(Lines(engine(), All()), expected);
  EXPECT_EQ(engine().Stats("default", EventKind::kLog).parts, 1u);
  world_->Restart();
  EXPECT_THAT(Lines(engine(), All()), expected);
}

TEST_F(EngineTest, LinesComeBackFromPartsThatKnewOfOthers) {
  EngineOptions options;
  options.max_part_rows = 1;  // no merge
  Begin(options);
  const auto line = [](size_t part, size_t i) {
    const std::string n = std::to_string(i * 7919 % 1000), kind = std::to_string(part / 3);
    switch ((part + i) % 4) {
      case 0: return R"({"ts":)" + n + R"(,"of_)" + kind + R"(":"job )" + n + R"(","ok":true})";
      case 1: return "level=info k" + kind + "=" + n + " took=1." + n + "s";
      case 2: return "part " + kind + " has seen " + n + " lines of 0x" + n;
      default: return part % 2 == 0 ? "a line without a number" : "another one, id deadbeef" + n;
    }
  };
  std::vector<std::string> all;
  for (size_t part = 0; part < 12; ++part) {
    model::EventBatch batch;
    model::StreamEvents stream{kShop, {}};
    const bool of_other = part % 4 == 3;
    for (size_t i = 0; i < 500; ++i) {
      const std::string text = line(part, i);
      const auto time = kNow - 1'000'000 + static_cast<int64_t>(part * 1000 + i);
      stream.events.push_back(Line(time, batch.arena.Copy(text)));
      if (!of_other) all.push_back(text);
    }
    batch.streams.push_back(std::move(stream));
    ASSERT_TRUE(engine().Append(of_other ? "other" : "default", batch));
    Flush();
    EXPECT_EQ(Lines(engine(), All()), all);
  }
  EXPECT_EQ(engine().Stats("default", EventKind::kLog).parts, 9u);
  EXPECT_TRUE(engine().Verify());
  world_->Restart();
  EXPECT_EQ(Lines(engine(), All()), all);
  world_->clock.Advance(std::chrono::nanoseconds(LearnedBodies::kIdleNs + 1));
  EXPECT_TRUE(engine().Tick());
}

TEST_F(EngineTest, RequestsOfOneStreamComeInAnyOrder) {
  std::map<int64_t, std::string> sorted;
  for (const int first : {500, 100, 300, 290, 0, 700, 705}) {  // some one behind the other
    model::EventBatch batch;
    model::StreamEvents stream{kShop, {}};
    for (int i = 0; i < 90; ++i) {
      const int64_t time = kNow - 1'000'000 + first + (first == 700 ? 89 - i : i);
      std::string& text = sorted[time];
      text = "line " + std::to_string(time);
      stream.events.push_back(Line(time, batch.arena.Copy(text)));
    }
    batch.streams.push_back(std::move(stream));
    ASSERT_TRUE(engine().Append("default", batch));
  }
  std::vector<std::string> want;
  for (const auto& [time, text] : sorted) want.push_back(text);
  EXPECT_EQ(Lines(engine(), All()), want);
  Flush();
  EXPECT_EQ(Lines(engine(), All()), want);
}

TEST_F(EngineTest, RequestsAreLoggedAsTheyWereSent) {
  const std::string phrase = "the same words in each and every line ";
  model::EventBatch batch;
  std::vector<std::string> texts;
  for (int i = 0; i < 1000; ++i) texts.push_back(phrase + std::to_string(1000 + i));
  std::vector<Event> events;
  for (int i = 0; i < 1000; ++i) events.push_back(Line(kNow + i, texts[static_cast<size_t>(i)]));
  events[7].time_ns = kNow + 2 * kMaxFutureNs;  // refused; the others are not
  batch.streams.push_back({kShop, events});
  batch = AsSent(std::move(batch));
  const uint64_t before = world_->wal->Bytes();
  auto result = engine().Append("default", batch);
  ASSERT_TRUE(result.has_value() && result->ack.Wait().has_value());
  EXPECT_EQ(result->rejected, 1u);
  EXPECT_LT(world_->wal->Bytes() - before, 30'000u) << "48,000 bytes of lines";
  texts.erase(texts.begin() + 7);
  const auto seen = [&] { return Lines(engine(), All()); };
  EXPECT_EQ(seen(), texts);
  auto query = All();
  query.predicate = {store::Predicate::Op::kLineContains, "", "line 1042", 0, {}};
  EXPECT_THAT(Lines(engine(), query), ElementsAre(phrase + "1042"));
  world_->Restart();
  EXPECT_EQ(seen(), texts) << "replayed";
  Flush();
  EXPECT_EQ(seen(), texts) << "sealed";
}

TEST_F(EngineTest, MemoryIsSealedWhenNothingComesAnyMore) {
  const std::string text(100'000, 'x');
  for (int i = 0; i < 20; ++i) Append(kShop, Line(kNow + i, text));
  const auto parts = [&] {
    EXPECT_TRUE(engine().Tick().has_value());
    return engine().Stats("default", EventKind::kLog).parts;
  };
  world_->clock.Advance(std::chrono::seconds(119));
  EXPECT_EQ(parts(), 0u);
  Append(kShop, Line(kNow + 20, text));
  world_->clock.Advance(std::chrono::seconds(119));
  EXPECT_EQ(parts(), 0u);
  world_->clock.Advance(std::chrono::seconds(1));
  EXPECT_EQ(parts(), 1u);
  Append(kShop, Line(kNow + 21, "a small one waits for its age"));
  world_->clock.Advance(std::chrono::seconds(200));
  EXPECT_EQ(parts(), 1u);
}

TEST_F(EngineTest, EqualTimesKeepTheOrderOfArrivalThroughSealAndMerge) {
  std::vector<std::string> texts;
  for (int i = 0; i < 12; ++i) {
    texts.push_back("line " + std::to_string(i));
    Append(kShop, Line(kNow, texts.back()));
    if (i % 3 == 2) {
      world_->clock.Advance(std::chrono::hours(1));
      ASSERT_TRUE(engine().Tick().has_value());
    }
    EXPECT_EQ(Lines(engine(), All()), texts);
  }
  Flush();
  EXPECT_EQ(Lines(engine(), All()), texts);
}

TEST_F(EngineTest, DuplicatesAreOneWhereverTheyLie) {
  for (int round = 0; round < 3; ++round) {
    Append(kShop, Line(kNow, "same"));
    Append(kShop, Line(kNow, "same"));
    Append(kCart, Line(kNow, "same"));
    Append(kShop, Line(kNow + 1, "same"));
    EXPECT_EQ(Lines(engine(), All()).size(), 3u);
    auto query = All();
    query.limit = 2;
    query.direction = store::Direction::kBackward;
    EXPECT_EQ(Lines(engine(), query).size(), 2u);
    if (round == 1) Flush();
  }
  Flush();
  EXPECT_EQ(Lines(engine(), All()).size(), 3u);
}

TEST_F(EngineTest, OfManyEventsAtOneTimeEachIsThereOnce) {
  std::set<std::string> want;
  for (int round = 0; round < 3; ++round) {  // each sends what those before have sent, too
    for (int i = 0; i < 40 * (round + 1); ++i) {
      const std::string text = "line " + std::to_string(i % 60);
      Event event = Line(kNow, text);
      if (i % 7 == 0) event.severity_number = 9;  // not the same as without
      Append(kShop, event);
      want.insert(text + (i % 7 == 0 ? "!" : ""));
    }
    if (round == 1) Flush();
  }
  const auto read = [&] {
    std::vector<model::EventBatch> keep;
    std::multiset<std::string> out;
    const auto found = Collect(engine(), All(), keep);
    for (const Found& f : *found) {
      out.insert(std::string(f.event.body.text) + (f.event.severity_number == 9 ? "!" : ""));
    }
    return std::vector<std::string>(out.begin(), out.end());
  };
  const std::vector<std::string> all(want.begin(), want.end());
  EXPECT_EQ(read(), all);
  Flush();
  EXPECT_EQ(read(), all);
}

TEST_F(EngineTest, SpansWithOneIdButOtherContentAreTwo) {
  model::SpanPart client, server;
  client.name = server.name = "call";
  client.kind = 3;
  server.kind = 2;
  Event a = Line(kNow, "");
  a.kind = EventKind::kSpan;
  a.body = {};
  a.trace_id.bytes[0] = a.span_id.bytes[0] = 9;
  Event b = a;
  a.span = &client;
  b.span = &server;
  for (int round = 0; round < 2; ++round) {
    Append(kShop, a);
    Append(kShop, b);
    const auto trace = engine().TraceById("default", a.trace_id);
    ASSERT_TRUE(trace.has_value());
    EXPECT_EQ(trace->EventCount(), 2u);
    Flush();
  }
}

TEST_F(EngineTest, TraceByIdFindsSpansAndLinesEverywhere) {
  model::SpanPart part;
  Event span;
  span.kind = EventKind::kSpan;
  span.span = &part;
  Event line = Line(0, "with id");
  for (int i = 0; i < 40; ++i) {
    span.trace_id.bytes[3] = line.trace_id.bytes[3] = static_cast<uint8_t>(i % 4);
    span.trace_id.bytes[0] = line.trace_id.bytes[0] = 1;
    span.span_id.bytes[0] = static_cast<uint8_t>(i + 1);
    span.time_ns = line.time_ns = kNow - i;
    Append(i % 3 == 0 ? kShop : kCart, span);
    Append(kCart, line);
    if (i == 15) Flush();
    if (i == 25) world_->Restart();
  }
  model::TraceId id;
  id.bytes[0] = 1;
  id.bytes[3] = 2;
  const auto trace = engine().TraceById("default", id);
  ASSERT_TRUE(trace.has_value());
  EXPECT_EQ(trace->EventCount(), 20u);
  int64_t last = 0;
  for (const auto& stream : trace->streams) {
    for (const Event& event : stream.events) {
      EXPECT_EQ(event.trace_id, id);
      EXPECT_GE(event.time_ns, last);
      last = event.time_ns;
    }
  }
  id.bytes[5] = 1;
  EXPECT_EQ(engine().TraceById("default", id)->EventCount(), 0u);
  EXPECT_EQ(engine().TraceById("other", id)->EventCount(), 0u);
}

TEST_F(EngineTest, RefusalsSayWhyInLokisWords) {
  auto result = Append(kShop, Line(4'102'444'800 * kSecond, "x"));
  EXPECT_EQ(result.rejected, 1u);
  EXPECT_EQ(result.reason,
            "entry for stream '{app=\"shop\"}' has timestamp too new: 2100-01-01T00:00:00Z");
  result = Append(kShop, Line(1, "x"));
  EXPECT_THAT(result.reason, HasSubstr("has timestamp too old: 1970-01-01T00:00:00Z, oldest"));
  const std::string line(kMaxLineBytes + 1, 'x');
  result = Append(kShop, Line(kNow, line));
  EXPECT_EQ(result.reason,
            "Max entry size '262144' bytes exceeded for stream '{app=\"shop\"}' while adding an "
            "entry with length '262145' bytes");
  model::EventBatch mixed;
  mixed.streams.push_back({kShop, {Line(1, "bad"), Line(kNow, "good"), Line(kNow, line)}});
  const auto partial = engine().Append("default", mixed);
  ASSERT_TRUE(partial.has_value());
  EXPECT_EQ(partial->rejected, 2u);
  EXPECT_THAT(Lines(engine(), All()), ElementsAre("good"));
}

TEST_F(EngineTest, TenantsAreApartAndTheirNamesHarmless) {
  const std::vector<std::string> tenants = {"a", "../a", "tmp", "wal", "", "a/b", {'\0', 'x'}};
  for (const std::string& tenant : tenants) {
    ASSERT_TRUE(engine().Append(tenant, OneEvent(kShop, Line(kNow, tenant))).has_value());
  }
  Flush();
  world_->Restart();
  for (const std::string& tenant : tenants) {
    auto query = All();
    query.tenant = tenant;
    EXPECT_THAT(Lines(engine(), query), ElementsAre(tenant));
  }
  EXPECT_EQ(engine().Append(std::string(151, 'x'), OneEvent(kShop, Line(kNow, ""))).error().kind,
            ErrorKind::kBadInput);
}

TEST_F(EngineTest, OldDaysAreDropped) {
  EngineOptions options;
  options.span_retention_ns = 24 * kHour;
  Begin(options);
  model::SpanPart part;
  Event span;
  span.kind = EventKind::kSpan;
  span.span = &part;
  span.time_ns = kNow;
  Append(kShop, span);
  Append(kShop, Line(kNow, "line"));
  Flush();
  world_->clock.Advance(std::chrono::hours(25));
  ASSERT_TRUE(engine().Tick().has_value());
  EXPECT_EQ(engine().Stats("default", EventKind::kSpan).parts, 0u);
  EXPECT_THAT(Lines(engine(), All()), ElementsAre("line"));
  world_->clock.Advance(std::chrono::hours(24 * 7));
  ASSERT_TRUE(engine().Tick().has_value());
  EXPECT_EQ(engine().Stats("default", EventKind::kLog).parts, 0u);
  EXPECT_TRUE(Lines(engine(), All()).empty());
  EXPECT_FALSE(world_->fs.Exists("data/default/logs/2027-01-15"));
}

TEST_F(EngineTest, TailsSeeWhatMatchesUntilTheyEnd) {
  auto query = All();
  query.streams.push_back(model::Matcher::Equal("app", "shop"));
  query.predicate.op = store::Predicate::Op::kLineContains;
  query.predicate.text = "yes";
  std::vector<std::string> seen;
  auto token = engine().Tail(query, [&](const model::EventBatch& batch) {
    for (const auto& stream : batch.streams) {
      for (const Event& event : stream.events) seen.emplace_back(event.body.text);
    }
  });
  Append(kShop, Line(kNow, "yes 1"));
  Append(kShop, Line(kNow, "no"));
  Append(kCart, Line(kNow, "yes cart"));
  Append(kShop, Line(1, "yes, but too old"));
  ASSERT_TRUE(engine().Append("other", OneEvent(kShop, Line(kNow, "yes other"))).has_value());
  token.reset();
  Append(kShop, Line(kNow, "yes 2"));
  EXPECT_THAT(seen, ElementsAre("yes 1"));
}

TEST_F(EngineTest, PredicatesHoldInMemoryAndInParts) {
  using Op = store::Predicate::Op;
  for (int i = 0; i < 100; ++i) {
    const std::string text = "GET /" + std::to_string(i) + (i % 2 == 0 ? " ok" : " error");
    Append(kShop, Line(kNow + i, text));
    if (i == 60) Flush();
  }
  auto query = All();
  query.predicate = {.op = Op::kAnd,
                     .children = {{.op = Op::kLineContains, .text = "error"},
                                  {.op = Op::kLineRegex, .text = "/[5-7]1 "}}};
  EXPECT_THAT(Lines(engine(), query),
              ElementsAre("GET /51 error", "GET /61 error", "GET /71 error"));
  query.predicate = {.op = Op::kNot, .children = {{.op = Op::kLineRegex, .text = "/[0-9]{2} "}}};
  EXPECT_EQ(Lines(engine(), query).size(), 10u);
  query.predicate = {.op = Op::kLineRegex, .text = "("};
  EXPECT_EQ(engine().Select(query).error().kind, ErrorKind::kBadInput);
  query.predicate = {};
  query.cancelled = [] { return true; };
  std::vector<model::EventBatch> keep;
  EXPECT_EQ(Collect(engine(), query, keep).error().kind, ErrorKind::kCancelled);
}

TEST_F(EngineTest, OverTheBudgetNewStreamsAreRefusedFirst) {
  Begin({}, 6 << 20);
  const std::string text(20'000, 'x');
  Append(kShop, Line(kNow, "first"));
  int64_t time = kNow;
  while (!world_->budget.Tight()) Append(kShop, Line(++time, text));
  const auto refused = Append(kCart, Line(kNow, "new stream"));
  EXPECT_EQ(refused.rejected, 1u);
  EXPECT_THAT(refused.reason, HasSubstr("Maximum active stream limit exceeded"));
  EXPECT_EQ(Append(kShop, Line(kNow, "known stream")).rejected, 0u);
  ErrorKind kind{};
  for (int i = 0; i < 1000; ++i) {
    const auto result = engine().Append("default", OneEvent(kShop, Line(++time, text)));
    if (result) continue;
    kind = result.error().kind;
    break;
  }
  EXPECT_EQ(kind, ErrorKind::kBusy);
  ASSERT_TRUE(engine().Tick().has_value());  // seals, and so makes room
  EXPECT_LT(world_->budget.used_bytes(), size_t{1} << 20);
  EXPECT_EQ(Append(kCart, Line(kNow, "new stream")).rejected, 0u);
}

TEST_F(EngineTest, ADamagedPartFailsItsQueriesAlone) {
  Append(kShop, Line(kNow - 48 * kHour, "old"));
  Append(kShop, Line(kNow, "new"));
  Flush();
  const std::string path = world_->manifest->Live(io::Signal::kEvents)[0].path;
  for (const uint64_t byte : {uint64_t{40}, uint64_t{100}}) {
    ASSERT_TRUE(world_->fs.FlipBit("data/" + path + "/data", byte, 3).has_value());
    world_->Restart();
    std::vector<model::EventBatch> keep;
    const auto found = Collect(engine(), All(), keep);
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(found.error().kind, ErrorKind::kCorrupt);
    EXPECT_THAT(found.error().message, HasSubstr(path));
    auto query = All();
    query.start_ns = kNow - kHour;
    EXPECT_THAT(Lines(engine(), query), ElementsAre("new"));
    EXPECT_TRUE(engine().Flush().has_value());
  }
}

TEST_F(EngineTest, AFullDiskRefusesAndLosesNothing) {
  Append(kShop, Line(kNow, "kept"));
  world_->fs.SetCapacity(world_->fs.UsedBytes() + 10);
  EXPECT_FALSE(engine().Flush().has_value());
  EXPECT_THAT(Lines(engine(), All()), ElementsAre("kept"));
  world_->fs.SetCapacity(UINT64_MAX);
  Flush();
  EXPECT_THAT(Lines(engine(), All()), ElementsAre("kept"));
  EXPECT_EQ(engine().Stats("default", EventKind::kLog).parts, 1u);
}

TEST_F(EngineTest, AcknowledgedAfterAFlushAndARestartIsNotSkipped) {
  Append(kShop, Line(kNow, "one"));
  Flush();
  world_->Restart();
  Append(kShop, Line(kNow + 1, "two"));
  world_->Restart();
  EXPECT_THAT(Lines(engine(), All()), ElementsAre("one", "two"));
}

TEST(PickMergeTest, TakesRunsThatAreWorthIt) {
  using Range = std::pair<size_t, size_t>;
  EXPECT_EQ(PickMerge({10, 10, 10, 10}, 100, 4, false), Range(0, 4));
  EXPECT_EQ(PickMerge({10, 10, 10}, 100, 4, false), Range(0, 0));
  EXPECT_EQ(PickMerge({90, 1, 1, 1}, 100, 4, false), Range(0, 0));  // would rewrite 90 for 3
  EXPECT_EQ(PickMerge({90, 5, 5, 5, 5}, 100, 4, false), Range(1, 5));
  EXPECT_EQ(PickMerge({90, 1, 1}, 100, 4, true), Range(0, 3));
  EXPECT_EQ(PickMerge({90, 90}, 100, 4, true), Range(0, 0));
}

}  // namespace
}  // namespace pharos::events
