// The engine against a naive model of it: random appends (late, equal, twice), seals, merges,
// restarts and crashes; every query must give what a sort and a filter over a plain list give.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "events/duplicates.h"
#include "events/random_events_test.h"
#include "events/world_test.h"

namespace pharos::events {
namespace {

using model::Event;
using model::EventKind;
using model::Labels;

struct Stored {
  Labels stream;
  Event event;
};

class Model {
 public:
  explicit Model(uint64_t seed, EngineOptions options)
      : random_(seed), texts_(seed + 1), world_(options) {}

  void Run(int steps) {
    Check(world_.Start(), "start");
    for (int i = 0; i < steps && !testing::Test::HasFatalFailure(); ++i) Step();
    Check(world_.engine->Flush(), "flush");
    for (int i = 0; i < 10 && !testing::Test::HasFatalFailure(); ++i) Query();
  }

 private:
  void Check(const base::Result<void>& result, std::string_view what) {
    ASSERT_TRUE(result.has_value()) << what << ": " << result.error().message;
  }

  void Step() {
    switch (random_.Below(12)) {
      case 0: return Check(world_.engine->Flush(), "flush");
      case 1:
        world_.clock.Advance(std::chrono::minutes(20));
        return Check(world_.engine->Tick(), "tick");
      case 2: return world_.Restart();
      case 3:
      case 4:
      case 5: return Query();
      case 6: return Trace();
      case 7: return Streams();
      default: return Append();
    }
  }

  Labels RandomStream() {
    const std::string app(1, static_cast<char>('a' + random_.Below(3)));
    const std::string env = random_.OneIn(2) ? "prod" : "test";
    return Labels{{"app", app}, {"env", env}};
  }

  void Append() {
    model::EventBatch batch;
    for (uint64_t s = 1 + random_.Below(4); s > 0; --s) {
      model::StreamEvents& stream = batch.streams.emplace_back();
      stream.stream = RandomStream();
      for (uint64_t n = random_.Below(60); n > 0; --n) {
        stream.events.push_back(NextEvent(stream.stream));
      }
    }
    if (random_.OneIn(2)) {
      batch = AsSent(std::move(batch));
      sent_.push_back(batch.sent->text);
    }
    const auto result = world_.engine->Append("default", batch);
    ASSERT_TRUE(result.has_value());
    ASSERT_EQ(result->rejected, 0u) << result->reason;
    ASSERT_TRUE(result->ack.Wait().has_value());
    for (const model::StreamEvents& stream : batch.streams) {
      for (const Event& event : stream.events) {
        stored_[event.kind].push_back({stream.stream, event});
      }
    }
  }

  /// Few distinct times, two days, and now and then an event that was there before.
  Event NextEvent(const Labels& stream) {
    const EventKind kind = random_.OneIn(2) ? EventKind::kLog : EventKind::kSpan;
    const std::vector<Stored>& known = stored_[kind];
    if (!known.empty() && random_.OneIn(10)) {
      const Stored& old = known[random_.Below(known.size())];
      if (old.stream == stream) return old.event;
    }
    int64_t time = kNow - static_cast<int64_t>(random_.Below(400)) * 1000;
    if (random_.OneIn(10)) time -= 24 * kHour;
    return kind == EventKind::kLog ? texts_.Log(time) : texts_.Span(time);
  }

  store::EventQuery RandomQuery() {
    store::EventQuery query = All(random_.OneIn(2) ? EventKind::kLog : EventKind::kSpan);
    if (random_.OneIn(2)) {
      query.start_ns = kNow - static_cast<int64_t>(random_.Below(400)) * 1000;
      query.end_ns = query.start_ns + static_cast<int64_t>(random_.Below(300)) * 1000;
    }
    if (random_.OneIn(2)) query.direction = store::Direction::kBackward;
    if (random_.OneIn(2)) query.limit = 1 + random_.Below(50);
    if (random_.OneIn(2)) query.streams.push_back(model::Matcher::Equal("app", "b"));
    using Op = store::Predicate::Op;
    switch (random_.Below(5)) {
      case 0: query.predicate = {.op = Op::kLineContains, .text = "a"}; break;
      case 1: query.predicate = {.op = Op::kLineRegex, .text = "[aeiou]{2}"}; break;
      case 2:
        query.predicate = {
            .op = Op::kOr,
            .children = {{.op = Op::kStatusEquals, .number = 2}, {.op = Op::kRootOnly}}};
        break;
      case 3: query.predicate = {.op = Op::kDurationAtLeast, .number = 2500}; break;
      default: break;
    }
    return query;
  }

  /// What a query must give without its limit, in its order; each event once.
  std::vector<Stored> Expected(const store::EventQuery& query) {
    std::vector<Stored> out;
    for (const Stored& s : stored_[query.kind]) {
      const bool in_range = s.event.time_ns >= query.start_ns && s.event.time_ns < query.end_ns;
      if (!in_range || !model::MatchesAll(query.streams, s.stream)) continue;
      if (!store::Matches(query.predicate, s.event)) continue;
      const bool twice = std::any_of(out.begin(), out.end(), [&](const Stored& o) {
        return o.stream == s.stream && model::SameEvent(o.event, s.event);
      });
      if (!twice) out.push_back(s);
    }
    std::stable_sort(out.begin(), out.end(), [](const Stored& a, const Stored& b) {
      return std::pair(a.event.time_ns, a.stream) < std::pair(b.event.time_ns, b.stream);
    });
    if (query.direction == store::Direction::kBackward) std::reverse(out.begin(), out.end());
    return out;
  }

  void Query() {
    const store::EventQuery query = RandomQuery();
    std::vector<model::EventBatch> keep;
    const auto found = Collect(*world_.engine, query, keep);
    ASSERT_TRUE(found.has_value()) << found.error().message;
    const std::vector<Stored> expected = Expected(query);
    const size_t count =
        query.limit == 0 ? expected.size() : std::min(query.limit, expected.size());
    ASSERT_EQ(found->size(), count);
    for (size_t i = 0; i < count; ++i) {
      ASSERT_EQ((*found)[i].event.time_ns, expected[i].event.time_ns) << i << " of " << count;
      ASSERT_EQ((*found)[i].stream, expected[i].stream) << i << " of " << count;
    }
    ComparePerTime(*found, expected);
  }

  /// Events of one stream and time: all that were found are expected there, none twice.
  void ComparePerTime(const std::vector<Found>& found, const std::vector<Stored>& expected) {
    std::map<std::pair<int64_t, Labels>, std::vector<base::Hash128>> wanted;
    for (const Stored& s : expected) {
      wanted[{s.event.time_ns, s.stream}].push_back(ContentHash(s.event));
    }
    for (const Found& f : found) {
      auto& hashes = wanted[{f.event.time_ns, f.stream}];
      const auto it = std::find(hashes.begin(), hashes.end(), ContentHash(f.event));
      ASSERT_NE(it, hashes.end()) << "an event that was not sent, or twice";
      hashes.erase(it);
    }
  }

  void Trace() {
    const model::TraceId id = texts_.RandomId<model::TraceId>();
    const auto trace = world_.engine->TraceById("default", id);
    ASSERT_TRUE(trace.has_value()) << trace.error().message;
    size_t expected = 0;
    for (const EventKind kind : {EventKind::kLog, EventKind::kSpan}) {
      for (const Stored& s : Expected(All(kind))) {
        expected += !id.IsZero() && s.event.trace_id == id ? 1 : 0;
      }
    }
    ASSERT_EQ(trace->EventCount(), expected);
  }

  void Streams() {
    store::EventQuery query = RandomQuery();
    query.predicate = {};
    query.start_ns = 0;
    query.end_ns = INT64_MAX;
    const auto streams = world_.engine->Streams(query);
    ASSERT_TRUE(streams.has_value());
    std::vector<Labels> expected;
    for (const Stored& s : Expected(query)) expected.push_back(s.stream);
    std::sort(expected.begin(), expected.end());
    expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
    ASSERT_EQ(*streams, expected);
  }

  RandomEvents random_;  // decides
  RandomEvents texts_;   // owns the events
  World world_;
  std::vector<base::HeldText> sent_;  // owns their lines
  std::map<EventKind, std::vector<Stored>> stored_;
};

TEST(EngineModel, RandomLives) {
  for (uint64_t seed = 1; seed <= 12 && !testing::Test::HasFatalFailure(); ++seed) {
    SCOPED_TRACE(seed);
    EngineOptions options;
    options.seal_rows = 150 * seed;
    options.max_part_rows = 400 * seed;
    options.merge_fan_in = 2 + seed % 3;
    options.cursor_rows = seed % 2 == 0 ? 64 : kCursorRows;
    options.splice_percent = seed % 3 == 0 ? 50 : 0;
    Model(seed, options).Run(60);
  }
}

}  // namespace
}  // namespace pharos::events
