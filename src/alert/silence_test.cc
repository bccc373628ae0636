#include "alert/silence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alert/limits.h"
#include "alert/world_test.h"

namespace pharos::alert {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kNow = kStartNs;

Silence Make(const std::string& matchers, int64_t from, int64_t to) {
  Silence out;
  out.matchers = *conf::ParseAlertMatchers(matchers);
  out.starts_at_ns = kNow + from;
  out.ends_at_ns = kNow + to;
  out.created_by = "me";
  out.comment = "why";
  return out;
}

struct Fixture {
  Fixture() {
    (void)io::MakeDirsDurably(fs, "d");
    Open();
  }
  void Open(int64_t now = kNow) {
    silences.reset();
    silences = *Silences::Open(fs, "d/silences", 120 * kHour, now);
  }
  io::SimFs fs;
  std::unique_ptr<Silences> silences;
};

TEST(Silence, CreateMatchExpire) {
  Fixture f;
  const std::string id = *f.silences->Set(Make("a=~\"b.*\", c!=d", -kHour, kHour), kNow);
  EXPECT_EQ(id.size(), 36u);
  EXPECT_EQ(f.silences->Find(id)->starts_at_ns, kNow);  // not in the past
  EXPECT_THAT(f.silences->Matching({{"a", "bx"}}, kNow), ElementsAre(id));
  EXPECT_THAT(f.silences->Matching({{"a", "bx"}, {"c", "d"}}, kNow), IsEmpty());
  EXPECT_THAT(f.silences->Matching({{"a", "bx"}}, kNow + kHour), IsEmpty());
  ASSERT_TRUE(f.silences->Expire(id, kNow + kMinute));
  EXPECT_THAT(f.silences->Matching({{"a", "bx"}}, kNow + kMinute), IsEmpty());
  EXPECT_TRUE(f.silences->Expire(id, kNow + 2 * kMinute));  // again is no error
  EXPECT_EQ(f.silences->Find(id)->ends_at_ns, kNow + kMinute);
  EXPECT_EQ(f.silences->Expire("none", kNow).error().kind, base::ErrorKind::kNotFound);
}

TEST(Silence, UpdatesKeepThePast) {
  Fixture f;
  const std::string id = *f.silences->Set(Make("a=b", 0, kHour), kNow);
  const int64_t later = kNow + kMinute;
  Silence longer = *f.silences->Find(id);
  longer.ends_at_ns += kHour;
  EXPECT_EQ(*f.silences->Set(longer, later), id);
  Silence other = *f.silences->Find(id);
  other.matchers = *conf::ParseAlertMatchers("a=c");
  const std::string fresh = *f.silences->Set(other, later);
  EXPECT_NE(fresh, id);
  EXPECT_EQ(StateOf(*f.silences->Find(id), later), SilenceState::kExpired);
  EXPECT_THAT(f.silences->Matching({{"a", "c"}}, later), ElementsAre(fresh));
  // An expired one gives birth to another.
  Silence again = *f.silences->Find(id);
  again.ends_at_ns = later + kHour;
  EXPECT_NE(*f.silences->Set(again, later), id);
  again.id = "unknown";
  EXPECT_EQ(f.silences->Set(again, later).error().message, "silence not found");
  // A pending one may change its times, but not into the past.
  const std::string pending = *f.silences->Set(Make("p=q", kHour, 2 * kHour), kNow);
  Silence moved = *f.silences->Find(pending);
  moved.starts_at_ns += kHour / 2;
  EXPECT_EQ(*f.silences->Set(moved, kNow), pending);
  moved.starts_at_ns = kNow - 1;
  EXPECT_NE(*f.silences->Set(moved, kNow), pending);
}

TEST(Silence, Refusals) {
  Fixture f;
  const auto fault = [&](Silence silence) {
    const auto made = f.silences->Set(std::move(silence), kNow);
    return made ? "" : made.error().message;
  };
  EXPECT_EQ(fault(Make("", 0, kHour)), "invalid silence: at least one matcher required");
  EXPECT_EQ(fault(Make("a=\"\", b=~\".*\"", 0, kHour)),
            "invalid silence: at least one matcher must not match the empty string");
  EXPECT_EQ(fault(Make("a=b", kHour, 0)),
            "invalid silence: end time must not be before start time");
  Silence huge = Make("a=b", 0, kHour);
  huge.comment.assign(kMaxSilenceBytes, 'x');
  EXPECT_THAT(fault(huge), testing::HasSubstr("silence exceeded maximum size"));
  EXPECT_THAT(f.silences->all(), IsEmpty());
}

TEST(Silence, SurvivesAndIsForgotten) {
  Fixture f;
  Silence silence = Make("{\"x y\"=\"z\", a!~\"b|c\"}", 0, kHour);
  silence.annotations = {{"ticket", "1"}};
  const std::string id = *f.silences->Set(silence, kNow);
  f.fs.Halt();
  f.silences.reset();
  f.fs.CutPower(7);
  f.Open();
  const Silence* back = f.silences->Find(id);
  ASSERT_NE(back, nullptr);
  EXPECT_EQ(back->matchers, silence.matchers);
  EXPECT_EQ(back->annotations, silence.annotations);
  EXPECT_EQ(back->comment, "why");
  EXPECT_EQ(back->ends_at_ns, silence.ends_at_ns);
  f.silences->Gc(kNow + kHour + 120 * kHour - 1);
  EXPECT_NE(f.silences->Find(id), nullptr);
  f.silences->Gc(kNow + kHour + 120 * kHour);
  EXPECT_EQ(f.silences->Find(id), nullptr);
}

TEST(Silence, DecoderRefusesBrokenBytes) {
  Silence silence = Make("a=~\"b\"", 0, kHour);
  silence.id = "i";
  const std::string bytes = EncodeSilence(silence);
  for (size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(DecodeSilence(std::string_view(bytes).substr(0, cut))) << cut;
  EXPECT_TRUE(DecodeSilence(bytes));
  EXPECT_FALSE(DecodeSilence(bytes + "x"));
}

}  // namespace
}  // namespace pharos::alert
