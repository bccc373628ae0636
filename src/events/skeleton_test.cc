#include "events/skeleton.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>

#include "events/body_writer.h"
#include "events/coding.h"
#include "events/real_lines_test.h"
#include "events/world_test.h"

namespace pharos::events {
namespace {

constexpr int64_t kTime = 1'795'735'500'123'456'789;

std::string TextOf(const Skeleton& skeleton, std::span<const Var> vars) {
  std::string out;
  for (size_t i = 0; i < vars.size(); ++i) {
    out += skeleton.literals[i];
    const VarType type = vars[i].type;
    EXPECT_TRUE(type.kind == skeleton.vars[i].kind && type.param == skeleton.vars[i].param);
    if (type.IsInteger()) {
      AppendInteger(out, type, vars[i].number, kTime);
    } else if (type.IdBytes() != 0) {
      std::string id;
      PutId(id, type, vars[i].text);
      EXPECT_EQ(id.size(), type.IdBytes());
      AppendId(out, type, id.data());
    } else {
      out += vars[i].text;
    }
  }
  return out += skeleton.literals.back();
}

std::vector<Var> VarsOf(const Skeleton& skeleton, const std::vector<VarValue>& values) {
  std::vector<Var> out;
  for (size_t i = 0; i < skeleton.vars.size(); ++i) {
    Var& var = out.emplace_back();
    var.type = skeleton.vars[i];
    if (var.type.IsInteger()) {
      var.number = values[i].number;
    } else {
      var.text = {values[i].text, values[i].size};
    }
  }
  return out;
}

/// True when the text has the skeleton; then it comes back from it.
bool Fits(const Skeleton& skeleton, const std::string& text) {
  SkeletonTree tree;
  tree.Add(7, skeleton);
  VarReader reader;
  const int64_t found = tree.Find(text, kTime, reader);
  if (found == SkeletonTree::kNone) return false;
  EXPECT_EQ(found, 7);
  EXPECT_EQ(TextOf(skeleton, VarsOf(skeleton, tree.values())), text);
  return true;
}

/// Each text against the skeletons of all; how many fitted that were not its own.
size_t FitAll(const std::vector<std::string>& texts) {
  Splitter splitter;
  std::vector<std::string> skeletons;
  for (const std::string& text : texts) {
    splitter.Split(text, kTime);
    skeletons.push_back(splitter.skeleton());
    Skeleton own;
    EXPECT_TRUE(Skeleton::Parse(skeletons.back(), &own));
    EXPECT_EQ(TextOf(own, splitter.vars()), text);
  }
  size_t others = 0;
  for (const std::string& bytes : skeletons) {
    Skeleton skeleton;
    EXPECT_TRUE(Skeleton::Parse(bytes, &skeleton));
    for (size_t i = 0; i < texts.size(); ++i) {
      const bool own = skeletons[i] == bytes;
      const bool fits = Fits(skeleton, texts[i]);
      EXPECT_TRUE(fits || !own || bytes == kWholeText) << texts[i];
      others += fits && !own ? 1 : 0;
    }
  }
  return others;
}

TEST(Skeleton, WhateverFitsComesBack) {
  const std::vector<std::string> texts = {"",
                                          "0",
                                          "00",
                                          "7",
                                          "-7",
                                          "+7",
                                          "007",
                                          "12.5",
                                          "12.50",
                                          "0.5",
                                          "00.5",
                                          "12.",
                                          ".5",
                                          "1.2.3.4",
                                          "12345678",
                                          "deadbeef",
                                          "DEADBEEF",
                                          "deadBEEF",
                                          "a1b2",
                                          "x12y",
                                          "12345678 x",
                                          "99999999999999999999",
                                          "9223372036854775807",
                                          "9223372036854775808",
                                          "12:30:45",
                                          "12:30:45.123",
                                          "1:2",
                                          "\x01",
                                          "a\x08z",
                                          "a 1 b 2",
                                          "a 1 b 22",
                                          "2026-11-27T03:37:28Z",
                                          "2026-11-27T03:37:28.123Z",
                                          "2026-11-27 03:37:28,123",
                                          "2026-13-27T03:37:28Z",
                                          "9999-11-27T03:37:28Z",
                                          "2026-11-27T03:37:281",
                                          "01234567-89ab-cdef-0123-456789abcdef",
                                          "01234567-89AB-cdef-0123-456789abcdef",
                                          "1234567812345678",
                                          "123456789012345678",
                                          "1234567890123456789",
                                          "1e5",
                                          "0x1f",
                                          "0xc00045a4",
                                          "0xC00045A4",
                                          "0x00000290",
                                          "0xdeadBEEF",
                                          "0xc00045a4 0xc00045a",
                                          "99",
                                          "09"};
  EXPECT_GT(FitAll(texts), 0u);
}

TEST(Skeleton, WhateverFitsOfRandomTextsComesBack) {
  std::mt19937_64 random(8);
  std::vector<std::string> texts;
  for (int i = 0; i < 400; ++i) {
    std::string& text = texts.emplace_back();
    for (size_t n = random() % 9; n > 0; --n) text += "0019afAFx.-: "[random() % 13];
  }
  EXPECT_GT(FitAll(texts), 0u);
}

TEST(Skeleton, OneForNumbersOfAllWidths) {
  const auto skeleton_of = [](std::string_view text, Splitter& splitter) {
    splitter.Split(text, kTime);
    return splitter.skeleton();
  };
  Splitter splitter, other_splitter;
  const std::string other = skeleton_of("at 05.07.2026 id x on 1", other_splitter);
  const std::string mine = skeleton_of("at 12.11.2026 id x on 44", splitter);
  EXPECT_NE(mine, other);
  Skeleton of, wide;
  ASSERT_TRUE(Skeleton::Parse(mine, &of) && Skeleton::Parse(other, &wide));
  const std::string widened = WidenedSkeleton(of, splitter.vars(), wide);
  EXPECT_EQ(widened, other);
  const std::string third = skeleton_of("at 05.07.2026 in x on 1", other_splitter);
  ASSERT_TRUE(Skeleton::Parse(third, &wide));
  EXPECT_EQ(WidenedSkeleton(of, splitter.vars(), wide), "") << "of another family";
  ASSERT_TRUE(Skeleton::Parse(other, &wide));
  EXPECT_TRUE(Fits(wide, "at 12.11.2026 id x on 44"));
}

TEST(Skeleton, AColumnOfPaddedNumbersLearnsFew) {
  ValueColumnWriter column("");
  ValueCutter cutter;
  std::mt19937_64 random(12);
  std::deque<std::string> lines;
  const auto two = [&] {
    const std::string digits = std::to_string(100 + random() % 100);
    return digits.substr(1);
  };
  column.BeginGranule(0);
  for (int i = 0; i < 4000; ++i) {
    std::string line = "R" + two();
    for (int n = 0; n < 7; ++n) line += "-N" + two();
    column.Add(lines.emplace_back(line), kTime, cutter);
  }
  column.Settle(cutter);
  std::string words;
  column.PutWords(words, 1);
  EXPECT_LE(Reader(words).Varint(), 9u) << "one, and one for each place on the way there, at most";
}

/// Parts are merged column by column; all lines come back, duplicates once, whatever they are.
TEST(Merge, LinesOfManyKindsComeBack) {
  EngineOptions options;
  options.final_part_rows = 1'000'000;
  World world(options);
  ASSERT_TRUE(world.Start());
  std::mt19937_64 random(9);
  std::vector<std::string> real;
  for (const char* set : {"Android", "HDFS", "OpenStack"}) {
    for (const std::string& line : RealLines(set)) real.push_back(line);
  }
  std::multimap<std::pair<std::string, int64_t>, std::string> want;
  for (int part = 0; part < 4; ++part) {
    model::EventBatch batch;
    std::deque<std::string> lines;
    for (int stream = 0; stream < 3; ++stream) {
      model::StreamEvents out{model::Labels{{"s", std::to_string((stream + part) % 4)}}, {}};
      for (int i = 0; i < 1500; ++i) {
        const int64_t time = kNow - kHour + static_cast<int64_t>(random() % 4000) * 1000;
        std::string line =
            "level=info n=" + std::to_string(random() % 1000) + " id=" + std::to_string(random());
        const size_t kind = random() % 8;
        if (kind < 2) line = R"({"a":"x)" + std::to_string(random() % 9) + R"(","b":1.5})";
        if (kind == 2) line = std::string(random() % 20, static_cast<char>(random() % 256));
        if (kind == 3 && !real.empty()) line = Redrawn(real[random() % real.size()], random);
        if (kind == 4) line = R"({"p)" + std::to_string(part) + R"(":"y","a":{"a":[1,2]}})";
        model::Event event = Line(time, lines.emplace_back(std::move(line)));
        if (kind == 5) event.body = {};
        if (kind == 6) event.body = model::Value::Bytes(event.body.text);
        if (kind == 7) event.body = model::Value::Int(static_cast<int64_t>(random() % 50));
        out.events.push_back(event);
        if (i % 10 == 0) out.events.push_back(event);  // twice
      }
      for (const model::Event& event : out.events) {
        const std::string body =
            std::to_string(static_cast<int>(event.body.type)) + model::ValueToString(event.body);
        const auto key = std::pair(std::string(out.stream.bytes()), event.time_ns);
        bool known = false;
        const auto [begin, end] = want.equal_range(key);
        for (auto it = begin; it != end; ++it) known = known || it->second == body;
        if (!known) want.emplace(key, body);
      }
      batch.streams.push_back(std::move(out));
    }
    ASSERT_TRUE(world.engine->Append("default", batch));
    ASSERT_TRUE(world.engine->Urgent());
    world.clock.Advance(std::chrono::hours(2));
    ASSERT_TRUE(world.engine->Urgent());  // each batch is a part
  }
  ASSERT_GE(world.engine->Stats("default", model::EventKind::kLog).parts, 4u);
  ASSERT_TRUE(world.engine->Flush());
  ASSERT_EQ(world.engine->Stats("default", model::EventKind::kLog).parts, 1u);
  std::vector<model::EventBatch> keep;
  const auto found = Collect(*world.engine, All(), keep);
  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(found->size(), want.size());
  for (const Found& f : *found) {
    const std::string body =
        std::to_string(static_cast<int>(f.event.body.type)) + model::ValueToString(f.event.body);
    const auto [begin, end] =
        want.equal_range(std::pair(std::string(f.stream.bytes()), f.event.time_ns));
    const auto it = std::find_if(begin, end, [&](const auto& e) { return e.second == body; });
    ASSERT_NE(it, end) << body;
    want.erase(it);
  }
}

}  // namespace
}  // namespace pharos::events
