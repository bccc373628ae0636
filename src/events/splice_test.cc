#include "events/splice.h"

#include <gmock/gmock.h>

#include <cstdio>
#include <random>

#include "events/id_filter.h"
#include "events/limits.h"
#include "events/random_events_test.h"
#include "events/sealed_parts_test.h"

namespace pharos::events {
namespace {

using model::Event;
using model::EventKind;
using model::Labels;
using testing::ElementsAre;

const Labels kShop{{"app", "shop"}};
const Labels kCart{{"app", "cart"}};

class SpliceTest : public SealedPartsTest {
 protected:
  /// All parts of the kind, in the order of arrival.
  std::vector<std::shared_ptr<const Part>> Parts(EventKind kind) {
    std::vector<std::shared_ptr<const Part>> out;
    for (const io::PartEntry& entry : Entries()) {
      auto part = Open(entry);
      if (part && part->meta().kind == kind) out.push_back(std::move(part));
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
      return a->meta().min_sequence < b->meta().min_sequence;
    });
    return out;
  }
  /// The part that they become, which takes their place after a restart.
  std::shared_ptr<const Part> Splice(EventKind kind) {
    const auto parts = Parts(kind);
    io::ManifestEdit edit;
    for (const auto& part : parts) edit.drop.push_back(part->entry().id);
    const PartPlan plan{"default", kind, kNow / (24 * kHour), parts.front()->meta().min_sequence};
    auto spliced = SpliceParts(*world_->manifest, plan, parts, edit, nullptr);
    EXPECT_TRUE(spliced.has_value()) << spliced.error().message;
    world_->Restart();
    return spliced ? *spliced : nullptr;
  }
};

TEST_F(SpliceTest, LinesOfOtherStreamsShapesAndWordsComeBack) {
  Append(kShop, Line(kNow, R"({"a":1,"b":"user 7"})"));
  Append(kShop, Line(kNow + 2, "plain 1"));
  Seal();
  Append(kCart, Line(kNow + 1, R"({"b":"cart 8","a":2})"));
  Append(kCart, Line(kNow + 3, R"({"c":"0123456789abcdef0123"})"));
  Append(kShop, Line(kNow + 2, "plain text that is of another skeleton"));
  Seal();
  ASSERT_EQ(Parts(EventKind::kLog).size(), 2u);
  const auto part = Splice(EventKind::kLog);
  ASSERT_NE(part, nullptr);
  EXPECT_THAT(part->meta().run_first, ElementsAre(0, 1));
  EXPECT_EQ(part->meta().rows, 5u);
  EXPECT_EQ(part->streams().size(), 2u);
  EXPECT_THAT(
      Lines(*world_->engine, All()),
      ElementsAre(R"({"a":1,"b":"user 7"})", R"({"b":"cart 8","a":2})", "plain 1",
                  "plain text that is of another skeleton", R"({"c":"0123456789abcdef0123"})"));
  auto query = All();
  query.predicate = {.op = store::Predicate::Op::kLineContains, .text = "456789abcdef0123"};
  EXPECT_THAT(Lines(*world_->engine, query), ElementsAre(R"({"c":"0123456789abcdef0123"})"));
  query.predicate.text = "art 8";
  EXPECT_THAT(Lines(*world_->engine, query), ElementsAre(R"({"b":"cart 8","a":2})"));
}

TEST_F(SpliceTest, TheIdFiltersOfItsPartsBecomeOne) {
  constexpr size_t kFull = kGranuleRows;
  std::mt19937_64 random(7);
  std::vector<std::string> ids;
  const auto seal = [&](size_t granules) {
    model::EventBatch batch;
    model::StreamEvents stream{kShop, {}};
    for (size_t i = 0; i < granules * kFull; ++i) {
      std::string& id = ids.emplace_back(16, '0');
      for (char& c : id) c = "0123456789abcdef"[random() % 16];
      const auto time = kNow + static_cast<int64_t>(ids.size());
      stream.events.push_back(Line(time, batch.arena.Copy("order " + id + " placed")));
    }
    batch.streams.push_back(std::move(stream));
    ASSERT_TRUE(world_->engine->Append("default", batch));
    Seal();
  };
  for (const size_t granules : {1, 3, 8, 8, 5}) seal(granules);
  // Of each part: which granules may hold an id.
  const auto look = [](const std::vector<std::shared_ptr<const Part>>& parts,
                       const std::string& id) {
    std::vector<bool> out;
    std::string bytes;
    PutId(bytes, {VarKind::kHex, 8}, id);
    for (const auto& part : parts) {
      const auto filter = part->Ids();
      EXPECT_TRUE(filter.has_value());
      const auto found = (*filter)->Find(*part, IdKey(bytes));
      EXPECT_TRUE(found.has_value());
      for (size_t g = 0; g < part->granules().size(); ++g) out.push_back(found->Has(g));
    }
    return out;
  };
  std::vector<std::vector<bool>> before;
  for (size_t i = 0; i < ids.size(); i += 111) {
    before.push_back(look(Parts(EventKind::kLog), ids[i]));
    EXPECT_TRUE(before.back()[i / kFull]) << i;
  }
  ASSERT_NE(Splice(EventKind::kLog), nullptr);
  const auto joined = Parts(EventKind::kLog);
  ASSERT_EQ(joined.size(), 1u);
  ASSERT_EQ(joined[0]->granules().size(), 25u);
  EXPECT_EQ((*joined[0]->Ids())->groups().size(), 1u);
  for (size_t i = 0; i < before.size(); ++i) EXPECT_EQ(look(joined, ids[i * 111]), before[i]) << i;
}

TEST_F(SpliceTest, IdFiltersOfOtherSizesStayAsTheyAre) {
  std::vector<std::string> ids;
  for (const int lines : {1, 3000, 3000, 10}) {
    for (int i = 0; i < lines; ++i) {
      char id[17];
      std::snprintf(id, sizeof id, "a%015zx", ids.size());
      ids.emplace_back(id);
      const auto time = kNow + static_cast<int64_t>(ids.size());
      Append(kShop, Line(time, "order " + ids.back() + " placed"));
    }
    Seal();
  }
  ASSERT_NE(Splice(EventKind::kLog), nullptr);
  const auto part = Parts(EventKind::kLog).front();
  const auto filter = part->Ids();
  ASSERT_TRUE(filter);
  ASSERT_EQ((*filter)->groups().size(), 3u);
  EXPECT_EQ((*filter)->groups()[1].granules, 2u);
  EXPECT_TRUE(part->VerifyContents());
  auto query = All();
  for (const size_t i : {0, 1, 3000, 3001, 6000, 6010}) {
    query.predicate = {.op = store::Predicate::Op::kLineContains, .text = ids[i]};
    EXPECT_EQ(Lines(*world_->engine, query).size(), 1u) << i;
  }
}

TEST_F(SpliceTest, AFullGroupOfAnIdFilterIsCopiedAsItIs) {
  constexpr size_t kFull = 256;
  size_t ids = 0;
  const auto id = [](size_t i) {
    char text[17];
    std::snprintf(text, sizeof text, "a%015zx", i * 0x9E3779B97F4A7u % (size_t{1} << 60));
    return std::string(text);
  };
  const auto seal = [&](size_t parts) {
    for (size_t i = 1; i <= parts; ++i) {
      for (const size_t end = ids + 2; ids < end; ++ids) {
        Append(kShop, Line(kNow + static_cast<int64_t>(ids), "order " + id(ids) + " placed"));
      }
      Seal();
      if (i % 4 == 0 || i == parts) EXPECT_NE(Splice(EventKind::kLog), nullptr);
    }
    return Parts(EventKind::kLog);
  };
  const auto full_group = [&](const Part& part) {
    std::string stored;
    const auto filter = part.Ids();
    EXPECT_TRUE(filter);
    const IdFilter::Group& group = (*filter)->groups().front();
    EXPECT_EQ(group.granules, kFull);
    EXPECT_TRUE(part.VisitStored("id_filter", group.first_page, group.blocks,
                                 [&](const io::StoredPage& page) -> base::Result<void> {
                                   stored += page.bytes;
                                   return {};
                                 }));
    return stored;
  };
  const auto first = seal(kFull + 1);
  ASSERT_EQ(first.size(), 1u);
  ASSERT_EQ((*first[0]->Ids())->groups().size(), 2u);
  const std::string before = full_group(*first[0]);
  EXPECT_FALSE(before.empty());
  const auto second = seal(2);
  ASSERT_EQ(second.size(), 1u);
  ASSERT_EQ((*second[0]->Ids())->groups().size(), 2u);
  EXPECT_EQ((*second[0]->Ids())->groups()[1].granules, 3u);
  EXPECT_EQ(full_group(*second[0]), before);
  EXPECT_TRUE(second[0]->VerifyContents());
  auto query = All();
  for (size_t i = 0; i < ids; ++i) {
    query.predicate = {.op = store::Predicate::Op::kLineContains, .text = id(i)};
    EXPECT_EQ(Lines(*world_->engine, query).size(), 1u) << i;
  }
}

TEST_F(SpliceTest, AnEventInTwoPartsIsNotCopied) {
  Append(kShop, Line(kNow, "once"));
  Append(kShop, Line(kNow + 1, "twice"));
  Seal();
  Append(kShop, Line(kNow + 1, "twice"));
  Append(kShop, Line(kNow, "another one at that time"));
  Seal();
  EXPECT_EQ(Splice(EventKind::kLog), nullptr);
  EXPECT_EQ(Parts(EventKind::kLog).size(), 2u);
}

TEST_F(SpliceTest, SplicedPartsAreSplicedAndRewrittenWithTheirTracesAndOrigins) {
  RandomEvents random(11);
  std::vector<Event> sent;
  for (int round = 0; round < 2; ++round) {
    for (int part = 0; part < 3; ++part) {
      for (int i = 0; i < 300; ++i) {
        const auto offset = static_cast<int64_t>(sent.size());
        sent.push_back(random.Span(kNow + offset * 1000));
        Append(offset % 3 == 0 ? kShop : kCart, sent.back());
      }
      Seal();
    }
    ASSERT_NE(Splice(EventKind::kSpan), nullptr);
    ASSERT_EQ(Parts(EventKind::kSpan).size(), 1u);
  }
  const auto check = [&] {
    std::vector<model::EventBatch> keep;
    const auto found = Collect(*world_->engine, All(EventKind::kSpan), keep);
    ASSERT_TRUE(found.has_value()) << found.error().message;
    ASSERT_EQ(found->size(), sent.size());
    for (size_t i = 0; i < sent.size(); ++i) {
      ASSERT_TRUE(model::SameEvent((*found)[i].event, sent[i])) << i;
    }
    for (size_t i = 0; i < sent.size(); i += 97) {
      const model::TraceId& id = sent[i].trace_id;
      const auto trace = world_->engine->TraceById("default", id);
      ASSERT_TRUE(trace.has_value()) << trace.error().message;
      const auto of_trace = [&](const Event& event) { return event.trace_id == id; };
      const auto expected = std::count_if(sent.begin(), sent.end(), of_trace);
      ASSERT_EQ(trace->EventCount(), id.IsZero() ? 0 : static_cast<size_t>(expected));
    }
  };
  check();
  EXPECT_EQ(Parts(EventKind::kSpan)[0]->meta().run_first.size(), 6u);
  Append(kShop, sent[6]);  // a part with an event of the other one: their rows are merged
  Seal();
  world_->options.final_part_rows = 4'000;
  world_->options.splice_percent = 0;
  world_->Restart();
  Seal();
  ASSERT_EQ(Parts(EventKind::kSpan).size(), 1u);
  EXPECT_THAT(Parts(EventKind::kSpan)[0]->meta().run_first, ElementsAre(0));
  check();
}

TEST_F(SpliceTest, ASmallPartAmongLargeOnesIsCopiedToo) {
  int64_t time = kNow;
  const auto merge = [&](std::initializer_list<int> sizes) {
    world_->options.final_part_rows = 1;
    world_->Restart();
    for (const int rows : sizes) {
      for (int i = 0; i < rows; ++i) Append(kShop, Line(++time, "a line"));
      Seal();
    }
    world_->options.final_part_rows = 1'000'000;
    world_->Restart();
    Seal();
  };
  merge({10, 20, 15});
  ASSERT_EQ(Parts(EventKind::kLog).size(), 1u);
  EXPECT_THAT(Parts(EventKind::kLog)[0]->meta().run_first, ElementsAre(0));
  merge({3500, 3500});
  ASSERT_EQ(Parts(EventKind::kLog).size(), 1u);
  EXPECT_THAT(Parts(EventKind::kLog)[0]->meta().run_first, ElementsAre(0, 1, 2));
  EXPECT_EQ(Lines(*world_->engine, All()).size(), 7045u);
}

}  // namespace
}  // namespace pharos::events
