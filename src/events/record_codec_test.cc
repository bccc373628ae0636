#include "events/record_codec.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "events/batch_codec.h"
#include "events/limits.h"
#include "events/memtable.h"
#include "events/plain_record.h"
#include "events/random_events_test.h"

namespace pharos::events {
namespace {

using model::Event;
using model::EventKind;

TEST(RecordCodec, EveryFieldComesBack) {
  RandomEvents random(1);
  for (int i = 0; i < 3000; ++i) {
    const Event event = i % 2 == 0 ? random.Log(1000 + i) : random.Span(-1000 - i);
    std::string bytes;
    ASSERT_TRUE(PutRecord(bytes, event, event.origin != nullptr ? 3 : 0));
    base::Arena arena;
    Event back;
    ASSERT_TRUE(GetRecord({bytes, {}, {}}, event.origin, arena, &back));
    ASSERT_TRUE(model::SameEvent(event, back)) << i;
    ASSERT_EQ(event.observed_ns, back.observed_ns);
    Reader in(bytes);
    const RecordHead head = GetRecordHead(in);
    EXPECT_EQ(head.time_ns, event.time_ns);
    EXPECT_EQ(head.trace_id, event.trace_id);
    EXPECT_EQ(head.origin, event.origin != nullptr ? 3u : 0u);
    std::optional<std::string_view> line;
    ASSERT_TRUE(PeekRecordLine({bytes, {}, {}}, &line));
    EXPECT_EQ(line.has_value(), event.body.type == model::Value::Type::kString ||
                                    event.body.type == model::Value::Type::kNull);
    if (line) {
      EXPECT_EQ(*line, event.body.text);
    }
  }
}

TEST(RecordCodec, LinesOfATextAreWrittenAsTheirPlaces) {
  const std::string text = "before|the line|behind";
  RandomEvents random(4);
  for (const auto& [at, length] : {std::pair<size_t, size_t>{7, 8}, {0, 22}, {22, 0}, {0, 0}}) {
    Event event = random.Log(5);
    event.body = model::Value::String(std::string_view(text).substr(at, length));
    std::string bytes, whole;
    ASSERT_TRUE(PutRecord(bytes, event, 0, text));
    ASSERT_TRUE(PutRecord(whole, event, 0));
    EXPECT_LE(bytes.size(), whole.size() - length + 2);
    Reader in(bytes);
    const RecordHead head = GetRecordHead(in);
    RecordPlaces places;
    ASSERT_TRUE(GetRecordPlaces(head, in, text, &places));
    const std::optional<std::string_view> line = places.line;
    ASSERT_EQ(line, event.body.text);
    EXPECT_EQ(places.shared, 0u);
    base::Arena arena;
    Event back;
    ASSERT_TRUE(GetRecord({bytes, *line, {}}, nullptr, arena, &back));
    back.origin = event.origin;
    EXPECT_TRUE(model::SameEvent(event, back));
    std::optional<std::string_view> peeked;
    ASSERT_TRUE(PeekRecordLine({bytes, *line, {}}, &peeked));
    EXPECT_EQ(peeked, event.body.text);
    if (at + length == 0) continue;
    Reader again(bytes);
    GetRecordHead(again);
    EXPECT_FALSE(GetRecordPlaces(head, again, text.substr(0, at + length - 1), &places));
    EXPECT_FALSE(GetRecord({bytes, text, {}}, nullptr, arena, &back) && length != text.size());
  }
  Event alone;
  alone.body = model::Value::String(std::string_view(text).substr(7, 8));
  std::string of_alone;
  ASSERT_TRUE(PutRecord(of_alone, alone, 0, text));
  char raw[kPlainRecordBytes];
  EXPECT_EQ(std::string_view(raw, PutPlainRecord(raw, alone, text, {})), of_alone);
  Event elsewhere;
  const std::string other = "the line";
  elsewhere.body = model::Value::String(other);
  EXPECT_FALSE(LineLiesIn(elsewhere, text));
  EXPECT_EQ(PutPlainRecord(raw, elsewhere, text, {}), 0u);
  std::string placed, whole;
  ASSERT_TRUE(PutRecord(placed, elsewhere, 0, text) && PutRecord(whole, elsewhere, 0));
  EXPECT_EQ(placed, whole);
}

TEST(RecordCodec, AttributesOfABatchAreWrittenAsTheNumberOfTheirSet) {
  const std::string text = "the line";
  const model::KeyValue level[] = {{"detected_level", model::Value::String("info")}};
  Event event;
  event.time_ns = 5;
  event.body = model::Value::String(text);
  event.attributes = level;
  for (const bool plain : {true, false}) {
    if (!plain) event.severity_number = 9;
    std::string bytes;
    ASSERT_TRUE(PutRecord(bytes, event, 0, text, {300, 0}));
    EXPECT_EQ(bytes.find("level"), std::string::npos);
    Reader in(bytes);
    RecordPlaces places;
    ASSERT_TRUE(GetRecordPlaces(GetRecordHead(in), in, text, &places));
    EXPECT_EQ(places.shared, 300u);
    PlainRecord record;
    EXPECT_EQ(GetPlainRecord(bytes, text, &record), plain);
    char raw[kPlainRecordBytes];
    const size_t length = PutPlainRecord(raw, event, text, {300, 0});
    EXPECT_EQ(std::string_view(raw, length), plain ? bytes : "");
    if (plain) {
      EXPECT_EQ(record.shared, 300u);
    }
    base::Arena arena;
    Event back;
    EXPECT_FALSE(GetRecord({bytes, text, {}}, nullptr, arena, &back));
    ASSERT_TRUE(GetRecord({bytes, text, {level}}, nullptr, arena, &back));
    EXPECT_TRUE(model::SameEvent(event, back));
  }
  event.body = model::Value::Int(5);
  std::string apart, alone;  // only behind lines, and where there is no body
  ASSERT_TRUE(PutRecord(apart, event, 0, {}, {300, 0}) && PutRecord(alone, event, 0));
  EXPECT_EQ(apart, alone);
}

TEST(RecordCodec, EveryCutIsRefused) {
  RandomEvents random(2);
  for (int i = 0; i < 50; ++i) {
    const Event event = i % 2 == 0 ? random.Log(i) : random.Span(i);
    std::string bytes;
    ASSERT_TRUE(PutRecord(bytes, event, 0));
    for (size_t length = 0; length < bytes.size(); ++length) {
      base::Arena arena;
      Event back;
      EXPECT_FALSE(
          GetRecord({std::string_view(bytes).substr(0, length), {}, {}}, nullptr, arena, &back));
    }
  }
}

TEST(RecordCodec, DepthIsLimited) {
  base::Arena arena;
  model::Value value;
  for (int i = 0; i < kMaxDepth - 1; ++i) {
    value = model::Value::Array(arena.CopySpan(std::span<const model::Value>(&value, 1)));
  }
  std::string bytes;
  EXPECT_TRUE(PutValue(bytes, value));
  Reader in(bytes);
  EXPECT_TRUE(model::SameValue(GetValue(in, arena), value));
  EXPECT_TRUE(in.ok());
  value = model::Value::Array(arena.CopySpan(std::span<const model::Value>(&value, 1)));
  bytes.clear();
  EXPECT_FALSE(PutValue(bytes, value));
  // A hostile frame deeper than that fails without recursing further.
  std::string deep(1 << 20, '\x06');
  for (size_t i = 1; i < deep.size(); i += 2) deep[i] = 1;
  Reader hostile(deep);
  GetValue(hostile, arena);
  EXPECT_FALSE(hostile.ok());
}

TEST(BatchCodec, GroupsAndOriginsComeBack) {
  RandomEvents random(3);
  const model::Labels a{{"app", "a"}}, b{{"app", "b"}};
  BatchWriter writer;
  const Event one = random.Log(1), two = random.Log(2), three = random.Span(3);
  writer.BeginStream(EventKind::kLog, a);
  ASSERT_TRUE(writer.Add(one) && writer.Add(two));
  writer.BeginStream(EventKind::kLog, b);  // stays empty
  writer.BeginStream(EventKind::kSpan, b);
  ASSERT_TRUE(writer.Add(three));
  const std::string frame = writer.Finish();
  const auto view = BatchView::Parse(frame);
  ASSERT_TRUE(view.has_value());
  ASSERT_EQ(view->groups.size(), 2u);
  EXPECT_EQ(view->groups[0].labels, a.bytes());
  EXPECT_EQ(view->groups[0].rows, 2u);
  EXPECT_EQ(view->groups[1].kind, EventKind::kSpan);
  EXPECT_EQ(view->groups[1].labels, b.bytes());
  for (size_t length = 0; length < frame.size(); ++length) {
    EXPECT_FALSE(BatchView::Parse(std::string_view(frame).substr(0, length)).has_value());
  }
}

TEST(BatchCodec, WhatEventsShareStandsInTheFrameOnce) {
  const std::string text = "one line, and another";
  const model::KeyValue info[] = {{"detected_level", model::Value::String("info")}};
  const model::KeyValue warn[] = {{"detected_level", model::Value::String("warn")}};
  const model::KeyValue alone[] = {{"detected_level", model::Value::String("debug")}};
  std::vector<Event> sent;
  for (int i = 0; i < 100; ++i) {
    Event event;
    event.time_ns = i;
    event.body = model::Value::String(std::string_view(text).substr(0, 8));
    if (i % 7 != 3) event.attributes = i % 3 == 0 ? warn : info;
    if (i == 50) event.attributes = alone;
    sent.push_back(event);
  }
  BatchWriter writer({}, text);
  writer.BeginStream(EventKind::kLog, model::Labels{{"app", "a"}});
  for (const Event& event : sent) ASSERT_TRUE(writer.Add(event));
  const auto frame = std::make_shared<const std::string>(writer.Finish());
  const auto view = BatchView::Parse(*frame);
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(view->attribute_sets.size(), 2u);
  for (size_t length = 0; length < frame->size(); ++length) {
    EXPECT_FALSE(BatchView::Parse(std::string_view(*frame).substr(0, length)).has_value());
  }
  base::MemoryBudget budget(64 << 20);
  base::LargeMemory memory(8 << 20, budget);
  Memtable table(budget, memory);
  ASSERT_TRUE(
      table.Insert(*view, EventKind::kLog, {frame, std::make_shared<const std::string>(text)}));
  base::Arena arena;
  for (size_t i = 0; i < sent.size(); ++i) {
    Event back;
    ASSERT_TRUE(GetRecord(table.View(table.row(i)), nullptr, arena, &back));
    EXPECT_TRUE(model::SameEvent(sent[i], back)) << i;
    EXPECT_EQ(table.row(i).is_plain, i != 50 && i != 0 && i != 1)
        << i;  // a set's first stands there
  }
  // A number that the frame has no set for.
  const auto end = frame->rfind("\x02");
  std::string cut = frame->substr(0, end) + '\0';
  const auto size = static_cast<uint32_t>(cut.size());
  std::memcpy(cut.data() + 8, &size, sizeof size);
  const auto short_view = BatchView::Parse(cut);
  ASSERT_TRUE(short_view.has_value());
  EXPECT_FALSE(table.Insert(
      *short_view, EventKind::kLog,
      {std::make_shared<const std::string>(cut), std::make_shared<const std::string>(text)}));
}

TEST(BatchCodec, AttributesComeBackInWhateverFormTheyStand) {
  RandomEvents random(8);
  base::Arena arena;
  std::vector<model::KeyValue> pairs;
  std::vector<Event> sent;
  for (int i = 0; i < 2000; ++i) {
    Event event = i % 3 == 0 ? random.Log(i) : random.Span(i);
    event.origin = nullptr;
    pairs.clear();
    const size_t keys = random.Below(5);
    for (size_t k = 0; k < keys; ++k) {
      const std::string key = "key" + std::to_string(k + (random.Below(40) == 0 ? 1 : 0));
      const std::string text(random.Below(random.Below(30) == 0 ? 200 : 3), 'v');
      const model::Value values[] = {
          model::Value::String(arena.Copy(text)), model::Value::Int(random.Below(2) - 1),
          model::Value::Double(0.5), model::Value::Bytes(arena.Copy(text)),
          model::Value::Bool(random.Below(9) != 0)};
      pairs.push_back({arena.Copy(key), values[k]});
    }
    if (random.Below(2) == 0)
      event.attributes = arena.CopySpan(std::span<const model::KeyValue>(pairs));
    sent.push_back(event);
  }
  std::string frame;
  {
    BatchWriter writer;
    for (const EventKind kind : {EventKind::kLog, EventKind::kSpan}) {
      writer.BeginStream(kind, model::Labels{{"app", "a"}});
      for (const Event& event : sent) {
        if (event.kind == kind) {
          ASSERT_TRUE(writer.Add(event));
        }
      }
    }
    frame = writer.Finish();
  }
  const auto kept = std::make_shared<const std::string>(std::move(frame));
  const auto view = BatchView::Parse(*kept);
  ASSERT_TRUE(view.has_value());
  EXPECT_GT(view->attribute_sets.size(), 5u);
  size_t named = 0;
  for (const EventKind kind : {EventKind::kLog, EventKind::kSpan}) {
    base::MemoryBudget budget(64 << 20);
    base::LargeMemory memory(8 << 20, budget);
    Memtable table(budget, memory);
    ASSERT_TRUE(table.Insert(*view, kind, {kept, {}}));
    size_t at = 0;
    for (const Event& event : sent) {
      if (event.kind != kind) continue;
      const MemRow& row = table.row(at++);
      named += row.attributes != 0 ? 1 : 0;
      Event back;
      ASSERT_TRUE(GetRecord(table.View(row), nullptr, arena, &back));
      EXPECT_TRUE(model::SameEvent(event, back));
      const RecordView view_of_row = table.View(row);
      for (size_t length = 0; length < view_of_row.bytes.size(); length += 7) {
        const std::string_view cut = view_of_row.bytes.substr(0, length);
        EXPECT_FALSE(GetRecord({cut, {}, view_of_row.shared}, nullptr, arena, &back));
      }
    }
  }
  EXPECT_GT(named, sent.size() / 4);
}

TEST(BatchCodec, TooLargeARecordLeavesTheOthers) {
  const std::string text(kMaxRecordBytes, 'x');
  Event big, small;
  big.severity_text = text;
  BatchWriter writer;
  writer.BeginStream(EventKind::kLog, model::Labels{{"a", "b"}});
  EXPECT_FALSE(writer.Add(big));
  EXPECT_TRUE(writer.Add(small));
  const std::string frame = writer.Finish();
  EXPECT_LT(frame.size(), 100u);
  EXPECT_TRUE(BatchView::Parse(frame).has_value());
}

}  // namespace
}  // namespace pharos::events
