// The power is cut, the process killed or an operation fails at every single step of append,
// seal, merge and retention: what was acknowledged is there afterwards, once.
#include <gtest/gtest.h>

#include <map>

#include "base/log.h"
#include "events/world_test.h"

namespace pharos::events {
namespace {

using model::Event;
using model::EventKind;
using model::Labels;

enum class End { kPowerCut, kKill, kFailingOperation };

/// One life: appends, seals, merges and drops until it is stopped at operation `stop_at`.
class Life {
 public:
  Life(uint64_t stop_at, End end, bool ignore_sync) : stop_at_(stop_at), end_(end) {
    EngineOptions options;
    options.merge_fan_in = 2;
    options.log_retention_ns = 30 * kHour;
    world_ = std::make_unique<World>(options, size_t{1} << 30,
                                     io::SimFsOptions{.ignore_sync = ignore_sync});
  }

  /// Operations that a whole life takes.
  static uint64_t Length() {
    Life life(0, End::kKill, false);
    (void)life.Use();
    return life.world_->fs.Operations();
  }

  /// What went wrong, or "".
  std::string Run() {
    Arm();
    const std::string wrong = Use();
    if (!wrong.empty()) return wrong;
    world_->Kill();
    end_ == End::kPowerCut ? world_->fs.CutPower(stop_at_) : world_->fs.Restart();
    for (int round = 0; round < 2; ++round) {
      if (const auto started = world_->Start(); !started) return started.error().message;
      if (std::string lost = Compare(); !lost.empty()) return lost;
      if (const auto flushed = world_->engine->Flush(); !flushed) return flushed.error().message;
      if (std::string lost = Compare(); !lost.empty()) return lost + " after a flush";
      world_->Kill();
      world_->fs.Restart();
    }
    return "";
  }

 private:
  void Arm() {
    if (end_ == End::kFailingOperation) {
      world_->fs.FailOperation(stop_at_, base::ErrorKind::kIo);
      return;
    }
    world_->fs.SetHook([this](const io::SimOp&) -> base::Result<void> {
      if (++operations_ == stop_at_) world_->fs.Halt();
      return {};
    });
  }

  std::string Use() {
    if (!world_->Start()) return "";
    for (int i = 0; i < 4; ++i) {
      Append(Line(kNow - 24 * kHour + i, "yesterday " + std::to_string(i)), true);
      Append(Line(kNow + i, "today " + std::to_string(i)), false);
      world_->clock.Advance(std::chrono::minutes(31));
      (void)world_->engine->Tick();
    }
    world_->clock.Advance(std::chrono::hours(20));  // yesterday goes
    expired_ = true;
    (void)world_->engine->Tick();
    Append(Line(kNow + 9, "last"), false);
    (void)world_->engine->Flush();
    return end_ == End::kFailingOperation ? Compare() : "";
  }

  void Append(Event event, bool expires) {
    const std::string text(event.body.text);
    event.attributes = attributes_;
    const auto result = world_->engine->Append("default", OneEvent(Labels{{"app", "x"}}, event));
    sent_[text] = expires;
    if (result && result->rejected == 0 && result->ack.Wait()) acknowledged_[text] = expires;
  }

  std::string Compare() {
    std::map<std::string, int> found;
    for (const std::string& line : Lines(*world_->engine, All())) ++found[line];
    for (const auto& [line, count] : found) {
      if (count != 1 || !sent_.contains(line)) return "twice or made up: " + line;
    }
    for (const auto& [line, expires] : acknowledged_) {
      if (!(expires && expired_) && !found.contains(line)) return "lost: " + line;
    }
    return "";
  }

  const uint64_t stop_at_;
  const End end_;
  std::unique_ptr<World> world_;
  uint64_t operations_ = 0;
  bool expired_ = false;
  const model::KeyValue attribute_{"key", model::Value::String("value")};
  const std::span<const model::KeyValue> attributes_{&attribute_, 1};
  std::map<std::string, bool> sent_, acknowledged_;  // line → may be dropped by age
};

class EngineCrash : public testing::TestWithParam<End> {
 protected:
  void SetUp() override { base::SetLogLevel(static_cast<base::LogLevel>(99)); }
  void TearDown() override { base::SetLogLevel(base::LogLevel::kInfo); }
};

TEST_P(EngineCrash, NothingAcknowledgedIsLostAtAnyStep) {
  const uint64_t length = Life::Length();
  ASSERT_GT(length, 100u);
  for (uint64_t at = 1; at <= length; ++at) {
    const std::string wrong = Life(at, GetParam(), false).Run();
    ASSERT_EQ(wrong, "") << "stopped at operation " << at << " of " << length;
  }
}

INSTANTIATE_TEST_SUITE_P(Ends, EngineCrash,
                         testing::Values(End::kPowerCut, End::kKill, End::kFailingOperation));

TEST(EngineCrashMutant, WithoutSyncAPowerCutLoses) {
  const uint64_t length = Life::Length();
  bool lost = false;
  for (uint64_t at = 1; at <= length && !lost; ++at) {
    lost = !Life(at, End::kPowerCut, true).Run().empty();
  }
  EXPECT_TRUE(lost);
}

}  // namespace
}  // namespace pharos::events
