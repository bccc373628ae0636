// The power is cut at every step of seal, merge and retention: what was acknowledged is there
// afterwards, the start succeeds, and every part can be read.
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "base/log.h"
#include "samples/engine_harness.h"
#include "samples/limits.h"

namespace pharos::samples {
namespace {

using model::Labels;

/// What must be there (acknowledged), and what may be (appended, not acknowledged).
struct Truth {
  Contents acknowledged;
  Contents possible;

  void Check(const Contents& found) const {
    for (const auto& [labels, points] : acknowledged) {
      const auto series = found.find(labels);
      ASSERT_NE(series, found.end()) << ToString(labels) << " is lost";
      for (const auto& [t, bits] : points) {
        ASSERT_TRUE(series->second.contains(t)) << ToString(labels) << " at " << t << " is lost";
        ASSERT_EQ(series->second.at(t), bits);
      }
    }
    for (const auto& [labels, points] : found) {
      for (const auto& [t, bits] : points) {
        const auto series = possible.find(labels);
        ASSERT_TRUE(series != possible.end() && series->second.contains(t))
            << "a sample out of nowhere";
      }
    }
  }
};

/// A life with everything in it. Goes on when calls fail, as a server would.
void Live(Harness& harness, Truth* truth, int days) {
  std::mt19937_64 random(9);
  for (int step = 0; step < days * 4; ++step) {
    const int64_t now = harness.clock().NowMs();
    for (int i = 0; i < 4; ++i) {
      const Labels labels{{"__name__", "m" + std::to_string(random() % 6)}};
      const int64_t t = now - static_cast<int64_t>(random() % 20'000);
      const double value =
          static_cast<double>(t % 1000) / 8;  // a function of the time: rewrites agree
      truth->possible[labels][t] = Bits(value);
      bool durable = false;
      const auto refused = Put(harness.engine(), labels, t, value, store::kDefaultTenant, &durable);
      if (durable && !refused) truth->acknowledged[labels][t] = Bits(value);
    }
    harness.clock().Advance(std::chrono::hours(6));
    (void)harness.engine().Tick();
    if (step % 3 == 2) (void)harness.engine().Flush();
  }
}

SampleEngineOptions Options() { return {.retention_ms = 30 * kDayMs, .shards = 1}; }

uint64_t StepsOfALife() {
  Harness harness(Options());
  EXPECT_TRUE(harness.Open().has_value());
  const uint64_t before = harness.fs().Operations();
  Truth truth;
  Live(harness, &truth, 2);
  truth.Check(ReadAll(harness.engine(), Everything()).value());
  return harness.fs().Operations() - before;
}

/// Cuts the power (or only kills) before operation `step`, restarts, checks, lives on, checks.
void CutAt(uint64_t step, bool power) {
  SCOPED_TRACE("cut before operation " + std::to_string(step) + (power ? ", power" : ", kill"));
  Harness harness(Options());
  ASSERT_TRUE(harness.Open().has_value());
  uint64_t seen = 0;
  harness.fs().SetHook([&](const io::SimOp&) -> base::Result<void> {
    if (++seen == step) harness.fs().Halt();
    return {};
  });
  Truth truth;
  Live(harness, &truth, 2);
  harness.Close();
  harness.fs().SetHook({});
  if (power) {
    harness.fs().CutPower(step);
  } else {
    harness.fs().Restart();
  }
  const auto opened = harness.Open();
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  const auto verified = harness.engine().Verify();
  ASSERT_TRUE(verified.has_value()) << verified.error().message;
  truth.Check(ReadAll(harness.engine(), Everything()).value());
  Live(harness, &truth, 1);
  truth.Check(ReadAll(harness.engine(), Everything()).value());
  ASSERT_TRUE(harness.Restart().has_value());
  truth.Check(ReadAll(harness.engine(), Everything()).value());
}

class CrashTest : public testing::Test {
 protected:
  void SetUp() override { base::SetLogLevel(base::LogLevel::kError); }  // cuts are loud
  void TearDown() override { base::SetLogLevel(base::LogLevel::kInfo); }
};

TEST_F(CrashTest, PowerCutAtEveryStep) {
  const uint64_t steps = StepsOfALife();
  ASSERT_GT(steps, 200u);
  for (uint64_t step = 1; step <= steps && !HasFatalFailure(); step += 1) CutAt(step, true);
}

TEST_F(CrashTest, AnUnsyncedDiskIsFoundOut) {
  // The test of the test: where syncing does nothing, cuts must lose something.
  const uint64_t steps = StepsOfALife();
  int losses = 0;
  for (uint64_t step = 20; step <= steps; step += 10) {
    Harness harness(Options(), 1u << 30, {.ignore_sync = true});
    ASSERT_TRUE(harness.Open().has_value());
    uint64_t seen = 0;
    harness.fs().SetHook([&](const io::SimOp&) -> base::Result<void> {
      if (++seen == step) harness.fs().Halt();
      return {};
    });
    Truth truth;
    Live(harness, &truth, 2);
    harness.Close();
    harness.fs().SetHook({});
    harness.fs().CutPower(step);
    const auto opened = harness.Open();
    const auto found = opened ? ReadAll(harness.engine(), Everything()) : base::Result<Contents>();
    bool lost = !opened || !found;
    for (const auto& [labels, points] : truth.acknowledged) {
      if (!lost) lost = !found->contains(labels) || found->at(labels).size() < points.size();
    }
    losses += lost ? 1 : 0;
  }
  EXPECT_GT(losses, 5);
}

TEST_F(CrashTest, KillAtEverySeventhStep) {
  const uint64_t steps = StepsOfALife();
  for (uint64_t step = 1; step <= steps && !HasFatalFailure(); step += 7) CutAt(step, false);
}

TEST_F(CrashTest, RetentionSurvivesACutAtAnyStep) {
  for (uint64_t step = 1; step <= 12; ++step) {
    SCOPED_TRACE(step);
    Harness harness({.retention_ms = 2 * kDayMs, .shards = 1});
    ASSERT_TRUE(harness.Open().has_value());
    for (int day = 0; day < 4; ++day) {
      Put(harness.engine(), Labels{{"__name__", "m"}}, harness.clock().NowMs(), day);
      ASSERT_TRUE(harness.engine().Flush().has_value());
      harness.clock().Advance(std::chrono::hours(24));
    }
    harness.clock().Advance(std::chrono::hours(24));
    uint64_t seen = 0;
    harness.fs().SetHook([&](const io::SimOp&) -> base::Result<void> {
      if (++seen == step) harness.fs().Halt();
      return {};
    });
    (void)harness.engine().Tick();
    harness.Close();
    harness.fs().SetHook({});
    harness.fs().CutPower(step);
    ASSERT_TRUE(harness.Open().has_value());
    EXPECT_TRUE(harness.engine().Verify().has_value());
    ASSERT_TRUE(harness.engine().Tick().has_value());
    const auto left = ReadAll(harness.engine(), Everything());
    ASSERT_TRUE(left.has_value()) << left.error().message;
    ASSERT_EQ(left->size(), 1u);
    EXPECT_EQ(left->begin()->second.size(), 1u);
  }
}

TEST_F(CrashTest, AnErrorAtAnyStepLosesNothingOnceItIsGone) {
  const uint64_t steps = StepsOfALife();
  for (uint64_t step = 1; step <= steps; step += 3) {
    SCOPED_TRACE(step);
    Harness harness(Options());
    ASSERT_TRUE(harness.Open().has_value());
    harness.fs().FailOperation(step, step % 2 ? base::ErrorKind::kIo : base::ErrorKind::kFull);
    Truth truth;
    Live(harness, &truth, 2);
    auto flushed = harness.engine().Flush();
    if (!flushed) flushed = harness.engine().Flush();  // the error was this call's
    ASSERT_TRUE(flushed.has_value()) << flushed.error().message;
    truth.Check(ReadAll(harness.engine(), Everything()).value());
    ASSERT_TRUE(harness.Restart().has_value());
    truth.Check(ReadAll(harness.engine(), Everything()).value());
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace pharos::samples
