#include "events/granule.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <set>

#include "events/attribute_columns.h"
#include "events/column.h"
#include "events/limits.h"
#include "events/part.h"
#include "events/random_events_test.h"

namespace pharos::events {
namespace {

TEST(Column, IntsOfEveryFormComeBack) {
  std::mt19937_64 random(5);
  std::vector<std::vector<int64_t>> columns = {{7, 7, 7},
                                               {1},
                                               {-64, 63, 0},
                                               {-65, 63},
                                               {-64, 64},
                                               {INT64_MIN, INT64_MAX, 0, -1},
                                               {1'000'000'000, 1'000'001'000, 1'000'005'000}};
  for (int shift = 0; shift < 64; shift += 3) {
    std::vector<int64_t>& column = columns.emplace_back();
    for (int i = 0; i < 500; ++i) column.push_back(static_cast<int64_t>(random() >> shift));
  }
  std::vector<int64_t>& rising = columns.emplace_back();
  for (int i = 0; i < 500; ++i) rising.push_back(int64_t{1} << 60 | i * 1000);
  std::vector<int64_t>& mostly_small = columns.emplace_back();
  for (int i = 0; i < 5000; ++i) {
    mostly_small.push_back(
        static_cast<int64_t>(random() % 9 == 0 ? random() >> 50 : random() % 64));
  }
  for (const auto& column : columns) {
    std::string bytes = "behind others";
    const size_t start = bytes.size();
    PutInts(bytes, column);
    EXPECT_TRUE(bytes.starts_with("behind others"));
    Reader in(std::string_view(bytes).substr(start));
    std::vector<int64_t> back;
    GetInts(in, column.size(), &back);
    EXPECT_TRUE(in.ok() && in.AtEnd());
    EXPECT_EQ(back, column);
  }
}

TEST(Column, TextsOfEveryFormComeBack) {
  std::vector<std::string> numbers;
  for (int i = 0; i < 300; ++i) numbers.push_back(std::to_string(i));
  std::vector<std::string_view> distinct(numbers.begin(), numbers.end()), few, same(300, "x");
  for (int i = 0; i < 300; ++i) few.push_back(numbers[static_cast<size_t>(i) % 7]);
  for (const auto& column : {distinct, few, same, {""}, {"a", ""}}) {
    std::string bytes;
    PutTexts(bytes, column);
    Reader in(bytes);
    std::vector<std::string_view> back;
    GetTexts(in, column.size(), &back);
    EXPECT_TRUE(in.ok() && in.AtEnd());
    EXPECT_EQ(back, column);
  }
}

/// Rows that lie at the same place in memory where their attributes are the same, and rows that do
/// not.
TEST(AttributeColumns, SharedSetsAreWrittenLikeOthers) {
  std::mt19937_64 random(3);
  const std::string_view keys[] = {"detected_level", "pod", "detected_level"};  // twice
  std::vector<std::string> values;
  for (int i = 0; i < 6; ++i) values.push_back(std::string(static_cast<size_t>(i), 'v'));
  for (int round = 0; round < 300; ++round) {
    const size_t width = random() % (std::size(keys) + 1), rows = 1 + random() % 200;
    std::deque<std::vector<model::KeyValue>> sets;
    for (size_t n = 1 + random() % 20; n > 0; --n) {
      std::vector<model::KeyValue>& set = sets.emplace_back();
      for (size_t i = 0; i < width; ++i) {
        set.push_back({keys[i], model::Value::String(values[random() % values.size()])});
      }
      if (round % 7 == 0 && width > 0 && random() % 4 == 0) {
        set[0].value = model::Value::Int(static_cast<int64_t>(random() % 3));
      }
      if (round % 5 == 0 && random() % 4 == 0) set.resize(width / 2);
    }
    std::deque<std::vector<model::KeyValue>> copies;
    std::vector<std::span<const model::KeyValue>> shared, apart;
    for (size_t i = 0; i < rows; ++i) {
      shared.emplace_back(sets[random() % sets.size()]);
      apart.emplace_back(copies.emplace_back(shared[i].begin(), shared[i].end()));
    }
    std::string bytes, of_apart;
    PutAttributeColumns(bytes, shared);
    PutAttributeColumns(of_apart, apart);
    ASSERT_EQ(bytes, of_apart) << round;
  }
}

TEST(Granule, SelectedRowsComeBack) {
  RandomEvents random(6);
  for (const bool spans : {false, true}) {
    std::deque<model::Event> sent;
    std::vector<GranuleRow> rows;
    for (uint32_t i = 0; i < 700; ++i) {
      const int64_t time = 1'000'000 + i % 100 * 1000;
      const TraceRef ids{static_cast<int64_t>(random.Below(50)), 1, 2};
      sent.push_back(spans ? random.Span(time) : random.Log(time));
      rows.push_back({10 + i / 100, ids, i % 3, time, sent.back().attributes, &sent.back()});
    }
    const GranulePages pages = EncodeGranule(rows);
    EXPECT_EQ(pages.meta.first_stream, 10u);
    EXPECT_EQ(pages.meta.last_stream, 16u);
    EXPECT_EQ(pages.meta.max_time, 1'099'000);
    const auto keys = GranuleKeys::Decode(pages.key, pages.meta);
    ASSERT_TRUE(keys.has_value());
    const auto ids = GranuleIds::Decode(pages.ids, pages.meta);
    ASSERT_TRUE(ids.has_value());
    std::vector<uint32_t> selected;
    for (uint32_t i = 0; i < rows.size(); ++i) {
      if (random.OneIn(3)) selected.push_back(i);
    }
    base::Arena arena;
    std::vector<model::Event> events(selected.size());
    std::vector<int64_t> origins(selected.size());
    std::vector<model::SpanPart> parents(selected.size());
    for (size_t i = 0; i < selected.size(); ++i) {
      events[i].kind = rows[0].event->kind;
      events[i].time_ns = keys->times[selected[i]];
    }
    ASSERT_TRUE(
        DecodeGranuleRest(pages.rest, pages.meta, selected, arena, events, origins).has_value());
    for (size_t i = 0; i < selected.size(); ++i) {
      const GranuleRow& row = rows[selected[i]];
      EXPECT_EQ(keys->streams[selected[i]], row.stream);
      const TraceRef there = ids->Of(selected[i]);
      EXPECT_EQ(there.trace, row.ids.trace);
      EXPECT_EQ(there.span, row.ids.span);
      EXPECT_EQ(there.parent, row.ids.parent);
      EXPECT_EQ(origins[i], row.origin);
      events[i].body = row.event->body;  // body_test.cc
      // Ids and origins are resolved by the part, not here.
      events[i].trace_id = row.event->trace_id;
      events[i].span_id = row.event->span_id;
      events[i].origin = row.event->origin;
      if (spans) {
        parents[i] = *events[i].span;
        parents[i].parent_id = row.event->span->parent_id;
        events[i].span = &parents[i];
      }
      ASSERT_TRUE(model::SameEvent(events[i], *row.event)) << selected[i];
      EXPECT_EQ(events[i].observed_ns, row.event->observed_ns);
    }
  }
}

TEST(Granule, HasNoTraceOfTheHoleBetweenItsStreams) {
  std::mt19937 random(4);
  const model::Event event;
  for (const uint32_t streams : {1, 2, 3, 5}) {
    std::vector<GranuleRow> rows;
    std::set<int64_t> there;
    for (uint32_t stream = 0; stream < streams; ++stream) {
      const int64_t least = 100 + static_cast<int64_t>(random() % 3000);
      for (int i = 0; i < 40; ++i) {
        const int64_t trace = i % 9 == 3 ? 0 : least + static_cast<int64_t>(random() % 60);
        rows.push_back({.stream = stream, .ids = {trace, 1, 0}, .time_ns = i, .event = &event});
        if (trace != 0) there.insert(trace);
      }
    }
    const GranuleMeta meta =
        DecodeGranuleMetas(EncodeGranuleMetas({EncodeGranule(rows).meta}))->at(0);
    int64_t candidates = 0;
    for (int64_t trace = 0; trace < 4000; ++trace) {
      const bool may = meta.MayHaveTrace(trace);
      candidates += may ? 1 : 0;
      EXPECT_TRUE(may || !there.contains(trace)) << trace;
    }
    EXPECT_EQ(meta.gap_traces != 0, streams > 1);
    EXPECT_EQ(candidates, *there.rbegin() - *there.begin() + 1 - meta.gap_traces);
    EXPECT_FALSE(meta.MayHaveTrace(meta.min_trace + meta.gap_after + 1) && meta.gap_traces != 0);
  }
}

TEST(Granule, DamagedPagesAreRefusedOrReadWithoutHarm) {
  RandomEvents random(7);
  std::vector<GranuleRow> rows;
  std::deque<model::Event> sent;
  for (uint32_t i = 0; i < 40; ++i) {
    sent.push_back(random.Span(i));
    rows.push_back({0, {1, 1, 0}, 0, sent.back().time_ns, sent.back().attributes, &sent.back()});
  }
  const GranulePages pages = EncodeGranule(rows);
  for (size_t length = 0; length < pages.rest.size(); ++length) {
    std::vector<uint32_t> selected{0, 39};
    std::vector<model::Event> events(2);
    for (auto& event : events) event.kind = model::EventKind::kSpan;
    std::vector<int64_t> origins(2);
    base::Arena arena;
    EXPECT_FALSE(DecodeGranuleRest(std::string_view(pages.rest).substr(0, length), pages.meta,
                                   selected, arena, events, origins)
                     .has_value());
  }
}

TEST(PartMeta, ADamagedCountIsNotAllocated) {
  PartMeta meta;
  meta.rows = 7;
  meta.origin_first.assign(kMaxDirectoryPages, 0);  // a few bytes when written
  EXPECT_TRUE(PartMeta::Decode(meta.Encode()));
  meta.origin_first.push_back(0);
  EXPECT_FALSE(PartMeta::Decode(meta.Encode()));
  meta.origin_first.clear();
  meta.traces.page_first.assign(kMaxDirectoryPages + 1, 0);
  EXPECT_FALSE(PartMeta::Decode(meta.Encode()));
}

}  // namespace
}  // namespace pharos::events
