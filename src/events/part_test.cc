#include "events/part.h"

#include <gmock/gmock.h>

#include "events/sealed_parts_test.h"

namespace pharos::events {
namespace {

using base::ErrorKind;
using model::Event;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const model::Labels kShop{{"app", "shop"}};

model::TraceId Trace(uint8_t number) {
  model::TraceId id;
  id.bytes[0] = 0xA0;
  id.bytes[15] = number;
  return id;
}

Event OfTrace(int64_t time_ns, std::string_view text, const model::TraceId& trace) {
  Event event = Line(time_ns, text);
  event.trace_id = trace;
  return event;
}

/// An engine with two parts of three lines each, of traces 1 to 3, the second one damaged as the
/// test likes.
class DamagedPartTest : public SealedPartsTest {
 protected:
  void SetUp() override {
    SealedPartsTest::SetUp();
    for (const int64_t first : {0, 10}) AddPart(first);
    ASSERT_EQ(Entries().size(), 2u);
  }
  void AddPart(int64_t first) {
    for (uint8_t i = 1; i <= 3; ++i) {
      const std::string text = "line " + std::to_string(first + i);
      Append(kShop, OfTrace(kNow + first + i, text, Trace(i)));
    }
    Seal();
  }
  std::string File(size_t part) const { return "data/" + Entries()[part].path + "/data"; }
  std::vector<io::Section> Sections(size_t part) {
    const auto reader = io::PartReader::Open(world_->fs, File(part), kPartKind, kPartVersion);
    EXPECT_TRUE(reader.has_value()) << reader.error().message;
    return reader ? (*reader)->Sections() : std::vector<io::Section>();
  }
  /// Flips a bit in the middle of the section's first page; once more mends it.
  void Flip(size_t part, std::string_view section) {
    for (const io::Section& known : Sections(part)) {
      if (known.name != section) continue;
      const io::PageRef& page = known.pages[0];
      ASSERT_TRUE(world_->fs.FlipBit(File(part), page.offset + page.stored_bytes / 2, 5));
      return;
    }
    FAIL() << "no section " << section;
  }
  /// What the log warns of while a new process opens the parts.
  std::string WarningsOfRestart() {
    world_->Kill();
    world_->fs.Restart();
    base::SetLogLevel(base::LogLevel::kWarn);
    testing::internal::CaptureStderr();
    const auto started = world_->Start();
    std::string log = testing::internal::GetCapturedStderr();
    base::SetLogLevel(base::LogLevel::kOff);
    EXPECT_TRUE(started.has_value()) << started.error().message;
    return log;
  }
  std::vector<std::string> LinesOf(const model::TraceId& trace) {
    std::vector<std::string> out;
    const auto found = world_->engine->TraceById("default", trace);
    EXPECT_TRUE(found.has_value()) << found.error().message;
    if (!found) return out;
    for (const model::StreamEvents& stream : found->streams) {
      for (const Event& event : stream.events) out.emplace_back(event.body.text);
    }
    return out;
  }
  void ExpectTheRightAnswers() {
    EXPECT_THAT(Lines(*world_->engine, All()),
                ElementsAre("line 1", "line 2", "line 3", "line 11", "line 12", "line 13"));
    EXPECT_THAT(LinesOf(Trace(2)), ElementsAre("line 2", "line 12"));
    EXPECT_THAT(LinesOf(Trace(4)), IsEmpty());
  }
  /// How many of a thousand traces that it has not the part cannot tell.
  int CannotTell(size_t part) {
    const auto pages = std::make_shared<SharedPages>(1 << 20, &world_->budget);
    const auto open = Open(Entries()[part], pages);
    int out = 0;
    for (uint32_t i = 1; open && i <= 1000; ++i) out += open->MayHaveTrace(i << 22) ? 1 : 0;
    return out;
  }
};

TEST_F(DamagedPartTest, IsReadWithoutItsTraceFilter) {
  EXPECT_THAT(WarningsOfRestart(), IsEmpty());
  EXPECT_LT(CannotTell(1), 250);
  const size_t used = world_->budget.used_bytes();
  Flip(1, "trace_filter");
  const std::string log = WarningsOfRestart();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
  EXPECT_THAT(log, HasSubstr(R"("level":"warning")"));
  EXPECT_THAT(log, HasSubstr(R"("part":")" + Entries()[1].path + R"(","page":"trace_filter 0")"));
  EXPECT_THAT(log, HasSubstr("fails its checksum"));
  EXPECT_THAT(log, HasSubstr("each look-up of a trace asks the part's index"));
  EXPECT_LT(world_->budget.used_bytes(), used);  // it holds no filter
  EXPECT_EQ(CannotTell(1), 1000);
  ExpectTheRightAnswers();
  const auto verified = world_->engine->Verify();  // the pages that `pharos inspect` reads
  ASSERT_FALSE(verified.has_value());
  EXPECT_THAT(verified.error().message, HasSubstr("section trace_filter page 0"));
}

TEST_F(DamagedPartTest, IsMergedIntoOneWithASoundTraceFilter) {
  for (const size_t splice_percent :
       {size_t{0}, size_t{50}}) {  // granules are copied; written anew
    SetUp();
    Flip(1, "trace_filter");
    world_->options.final_part_rows = 1'000;
    world_->options.splice_percent = splice_percent;
    world_->Restart();
    Seal();
    ASSERT_EQ(Entries().size(), 1u);
    const auto merged = Open(Entries()[0]);
    ASSERT_TRUE(merged);
    EXPECT_EQ(merged->meta().run_first.size(), splice_percent == 0 ? 2u : 1u);
    EXPECT_THAT(WarningsOfRestart(), IsEmpty());
    EXPECT_TRUE(world_->engine->Verify().has_value());
    EXPECT_LT(CannotTell(0), 250);
    ExpectTheRightAnswers();
  }
}

TEST_F(DamagedPartTest, WithoutItsTraceFilterIsMergedAlsoAfterAMergeThatFailedForAnother) {
  Flip(0, "trace_filter");
  Flip(1, "body");
  world_->options.final_part_rows = 1'000;
  world_->Restart();
  Seal();  // the two cannot be merged
  ASSERT_EQ(Entries().size(), 2u);
  AddPart(20);
  ASSERT_EQ(Entries().size(), 2u);
  EXPECT_EQ(Entries()[0].items + Entries()[1].items, 9u);
  EXPECT_LT(CannotTell(1), 250);
}

TEST_F(DamagedPartTest, OtherDamagedPagesAreErrorsThatNameThem) {
  auto lines = All();
  lines.predicate = {.op = store::Predicate::Op::kLineContains, .text = "line 12"};
  for (const io::Section& section : Sections(1)) {
    if (section.name == "trace_filter" || section.name.starts_with("id_")) continue;
    Flip(1, section.name);
    world_->Restart();
    std::vector<model::EventBatch> keep;
    const auto found = Collect(*world_->engine, lines, keep);
    const auto trace = world_->engine->TraceById("default", Trace(2));
    ASSERT_FALSE(found.has_value() && trace.has_value()) << section.name;
    const base::Error& error = found ? trace.error() : found.error();
    EXPECT_EQ(error.kind, ErrorKind::kCorrupt);
    EXPECT_THAT(error.message, HasSubstr("section " + section.name + " page 0"));
    Flip(1, section.name);
  }
  world_->Restart();
  ExpectTheRightAnswers();
}

TEST_F(DamagedPartTest, AGranuleWithoutTheTraceNeedsItsIdsOnly) {
  const model::TraceId trace = Trace(2);
  for (const char* section : {"key", "body", "rest"}) {
    Flip(1, section);
    const auto part = Open(Entries()[1], std::make_shared<SharedPages>(1 << 20));
    ASSERT_TRUE(part);
    RowFilter filter{.trace_id = &trace, .trace_number = 99};  // a number that no row has
    const auto without = LoadGranule(part, 0, 0, filter);
    ASSERT_TRUE(without.has_value()) << without.error().message;
    EXPECT_THAT((*without)->rows, IsEmpty());
    filter.trace_number = 2;
    const auto with = LoadGranule(part, 0, 0, filter);
    ASSERT_FALSE(with.has_value()) << section;
    EXPECT_THAT(with.error().message, HasSubstr("section " + std::string(section) + " page 0"));
    Flip(1, section);
    const auto mended = LoadGranule(part, 0, 0, filter);
    ASSERT_TRUE(mended.has_value()) << mended.error().message;
    EXPECT_EQ((*mended)->rows.size(), 1u);
  }
}

}  // namespace
}  // namespace pharos::events
