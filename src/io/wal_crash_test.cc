// Power cuts, kills, failing and full disks: nothing acknowledged is lost, nothing comes back
// that was never written, and the log opens again.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "io/sim_fs.h"
#include "io/wal.h"

namespace pharos::io {
namespace {

using base::ErrorKind;
using base::Result;

struct RunOptions {
  bool ignore_sync = false;
  bool faults = false;
};

/// Several lives of one log on one simulated machine.
class Machine {
 public:
  Machine(uint64_t seed, RunOptions options)
      : options_(options), random_(seed), fs_({.ignore_sync = options.ignore_sync}) {}

  /// What went wrong, or "".
  std::string Lives(int count) {
    for (int i = 0; i < count; ++i) {
      std::string wrong = OneLife();
      if (!wrong.empty()) return wrong + " in life " + std::to_string(i);
    }
    return "";
  }

 private:
  uint64_t Below(uint64_t bound) { return random_() % bound; }

  std::string OneLife() {
    std::map<uint64_t, std::string> found;
    const WalOptions options = {
        .directory = "data/wal", .window_us = 0, .segment_bytes = 1 + Below(8000)};
    auto wal = Wal::Open(fs_, options, [&](const WalFrame& frame) -> Result<void> {
      found.emplace(frame.sequence, frame.payload);
      return {};
    });
    if (!wal) return "open failed: " + wal.error().message;
    if (std::string wrong = Compare(found); !wrong.empty()) return wrong;
    ArmTheEnd();
    Use(**wal);
    fs_.Halt();
    wal->reset();
    fs_.SetHook({});
    fs_.FailOperation(0, ErrorKind::kIo);
    if (Below(4) == 0) {
      fs_.Restart();
    } else {
      fs_.CutPower(random_());
    }
    return "";
  }

  std::string Compare(const std::map<uint64_t, std::string>& found) {
    for (const auto& [sequence, payload] : acknowledged_) {
      const auto it = found.find(sequence);
      if (it == found.end()) return "lost " + std::to_string(sequence);
      if (it->second != payload) return "changed " + std::to_string(sequence);
    }
    for (const auto& [sequence, payload] : found) {
      if (!written_.contains({sequence, payload})) return "made up " + std::to_string(sequence);
    }
    return "";
  }

  /// The process stops at a random operation, if it gets there.
  void ArmTheEnd() {
    const uint64_t last = fs_.Operations() + Below(40);
    fs_.SetHook([this, last](const SimOp&) -> Result<void> {
      if (fs_.Operations() > last) fs_.Halt();
      return {};
    });
    if (options_.faults && Below(2) == 0) {
      fs_.FailOperation(1 + Below(20), Below(2) == 0 ? ErrorKind::kIo : ErrorKind::kFull);
    }
  }

  void Use(Wal& wal) {
    std::vector<std::pair<Wal::Appended, std::string>> waiting;
    for (uint64_t left = Below(20); left > 0; --left) {
      std::string payload(Below(4) == 0 ? Below(3000) : Below(60), 'p');
      for (char& c : payload) c = static_cast<char>(random_());
      const Signal signal = Below(3) == 0 ? Signal::kEvents : Signal::kSamples;
      Wal::Appended appended = wal.Append(signal, 0, "default", payload);
      signals_[appended.sequence] = signal;
      written_.emplace(appended.sequence, payload);
      waiting.emplace_back(std::move(appended), std::move(payload));
      const bool release = Below(8) == 0;
      if (release || Below(3) == 0) Settle(waiting);
      if (release) Release(wal);
    }
    Settle(waiting);
  }

  void Settle(std::vector<std::pair<Wal::Appended, std::string>>& waiting) {
    for (auto& [appended, payload] : waiting) {
      if (appended.ack.Wait()) acknowledged_[appended.sequence] = payload;
    }
    waiting.clear();
  }

  void Release(Wal& wal) {
    const uint64_t upto =
        wal.LastSequence() - Below(std::min<uint64_t>(wal.LastSequence() + 1, 10));
    const Signal signal = Below(2) == 0 ? Signal::kEvents : Signal::kSamples;
    std::erase_if(acknowledged_, [&](const auto& entry) {
      return entry.first <= upto && signals_[entry.first] == signal;
    });
    wal.Release(signal, upto);
  }

  const RunOptions options_;
  std::mt19937_64 random_;
  SimFs fs_;
  std::map<uint64_t, std::string> acknowledged_;  ///< and not released
  std::map<uint64_t, Signal> signals_;
  std::set<std::pair<uint64_t, std::string>> written_;
};

class WalCrashTest : public testing::Test {
 protected:
  // Thousands of crashes log thousands of lines.
  void SetUp() override { testing::internal::CaptureStderr(); }
  void TearDown() override { (void)testing::internal::GetCapturedStderr(); }
};

TEST_F(WalCrashTest, NothingAcknowledgedIsLost) {
  for (uint64_t seed = 0; seed < 700; ++seed) {
    ASSERT_EQ(Machine(seed, {}).Lives(4), "") << "seed " << seed;
  }
}

TEST_F(WalCrashTest, NorWhenOperationsFail) {
  for (uint64_t seed = 0; seed < 700; ++seed) {
    ASSERT_EQ(Machine(seed, {.faults = true}).Lives(4), "") << "seed " << seed;
  }
}

TEST_F(WalCrashTest, TheMutantWithoutSyncIsCaught) {
  int caught = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    caught += Machine(seed, {.ignore_sync = true}).Lives(4).empty() ? 0 : 1;
  }
  EXPECT_GT(caught, 25);
}

Result<std::unique_ptr<Wal>> OpenCounting(SimFs& fs, int& frames) {
  frames = 0;
  return Wal::Open(fs, {.directory = "wal"}, [&](const WalFrame&) -> Result<void> {
    ++frames;
    return {};
  });
}

TEST_F(WalCrashTest, AFullDiskRefusesAndRecovers) {
  SimFs fs({.capacity_bytes = 5000});
  int frames = 0;
  int taken = 0;
  auto wal = OpenCounting(fs, frames);
  ASSERT_TRUE(wal);
  Result<void> outcome;
  for (; outcome && taken < 100; ++taken) {
    outcome = (*wal)->Append(Signal::kSamples, 0, "d", std::string(500, 'x')).ack.Wait();
  }
  ASSERT_FALSE(outcome);
  --taken;
  EXPECT_EQ(outcome.error().kind, ErrorKind::kFull);
  EXPECT_FALSE((*wal)->Append(Signal::kSamples, 0, "d", std::string(500, 'x')).ack.Wait());
  fs.SetCapacity(UINT64_MAX);
  EXPECT_TRUE((*wal)->Append(Signal::kSamples, 0, "d", std::string(500, 'x')).ack.Wait());
  ++taken;
  fs.Halt();
  wal->reset();
  fs.CutPower(1);
  ASSERT_TRUE(OpenCounting(fs, frames));
  EXPECT_EQ(frames, taken);
}

TEST_F(WalCrashTest, AfterAFailedSyncANewSegmentIsUsed) {
  SimFs fs;
  int frames = 0;
  auto wal = OpenCounting(fs, frames);
  ASSERT_TRUE((*wal)->Append(Signal::kSamples, 0, "d", "good").ack.Wait());
  const size_t before = fs.List("wal")->size();
  fs.FailOperation(2, ErrorKind::kIo);  // Append, then Sync
  EXPECT_FALSE((*wal)->Append(Signal::kSamples, 0, "d", "refused").ack.Wait());
  EXPECT_TRUE((*wal)->Append(Signal::kSamples, 0, "d", "good again").ack.Wait());
  EXPECT_EQ(fs.List("wal")->size(), before + 1);
  fs.Halt();
  wal->reset();
  fs.Restart();
  ASSERT_TRUE(OpenCounting(fs, frames));
  EXPECT_EQ(frames, 2);
}

TEST_F(WalCrashTest, WhatWaitedBehindAFailedFrameFailsWithIt) {
  SimFs fs;
  int frames = 0;
  auto wal = OpenCounting(fs, frames);
  const uint64_t before = (*wal)->Failures();
  base::Ack behind, later;
  bool once = false;
  fs.SetHook([&](const SimOp& op) -> Result<void> {
    if (op.name != "Append" || std::exchange(once, true)) return {};
    behind = (*wal)->AppendAfter(before, Signal::kSamples, 0, "d", "builds on the first", {}).ack;
    return base::Fail(ErrorKind::kFull, "No space left on device");
  });
  EXPECT_FALSE((*wal)->Append(Signal::kSamples, 0, "d", "first").ack.Wait());
  EXPECT_FALSE(behind.Wait());
  EXPECT_GT((*wal)->Failures(), before);
  const auto refused =
      (*wal)->AppendAfter(before, Signal::kSamples, 0, "d", "builds on the first", {});
  EXPECT_EQ(refused.sequence, 0u);
  ASSERT_FALSE(refused.ack.Wait());
  EXPECT_EQ(refused.ack.Wait().error().kind, ErrorKind::kFull);
  EXPECT_TRUE((*wal)->Append(Signal::kSamples, 0, "d", "stands alone").ack.Wait());
  fs.Halt();
  wal->reset();
  fs.Restart();
  ASSERT_TRUE(OpenCounting(fs, frames));
  EXPECT_EQ(frames, 1);
}

TEST_F(WalCrashTest, ASlowDiskIsBusyAndLosesNothing) {
  SimFs fs;
  std::mutex disk;
  auto wal = Wal::Open(
      fs, {.directory = "wal", .pending_bytes = 1000, .pending_wait = std::chrono::milliseconds(1)},
      [](const WalFrame&) -> Result<void> { return {}; });
  ASSERT_TRUE(wal);
  fs.SetHook([&](const SimOp&) -> Result<void> {
    std::lock_guard stalled(disk);
    return {};
  });
  std::vector<base::Ack> taken;
  Result<void> refused;
  {
    std::lock_guard stall(disk);
    while (refused && taken.size() < 1000) {
      Wal::Appended appended = (*wal)->Append(Signal::kSamples, 0, "d", std::string(300, 'x'));
      if (appended.sequence == 0) {
        refused = appended.ack.Wait();
      } else {
        taken.push_back(appended.ack);
      }
    }
  }
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kBusy);
  EXPECT_GE(taken.size(), 3u);
  EXPECT_LE(taken.size(), 10u);
  for (const base::Ack& ack : taken) EXPECT_TRUE(ack.Wait());
  EXPECT_TRUE((*wal)->Append(Signal::kSamples, 0, "d", std::string(5000, 'x')).ack.Wait());
}

TEST_F(WalCrashTest, RelaxedLosesOnlyAfterAPowerCut) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SimFs fs;
    auto wal = Wal::Open(fs, {.directory = "wal", .sync_before_ack = false},
                         [](const WalFrame&) -> Result<void> { return {}; });
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE((*wal)->Append(Signal::kSamples, 0, "d", std::string(700, 'x')).ack.Wait());
    }
    fs.Halt();
    wal->reset();
    int frames = 0;
    if (seed % 2 == 0) {
      fs.Restart();
      ASSERT_TRUE(OpenCounting(fs, frames));
      EXPECT_EQ(frames, 5);
    } else {
      fs.CutPower(seed);
      ASSERT_TRUE(OpenCounting(fs, frames));
      EXPECT_LE(frames, 5);
    }
  }
}

TEST_F(WalCrashTest, ReplayPassesTheCallersErrorOn) {
  SimFs fs;
  int frames = 0;
  {
    auto wal = OpenCounting(fs, frames);
    ASSERT_TRUE((*wal)->Append(Signal::kSamples, 0, "d", "x").ack.Wait());
  }
  auto wal = Wal::Open(fs, {.directory = "wal"}, [](const WalFrame&) -> Result<void> {
    return base::Fail(ErrorKind::kUnsupported, "codec 9");
  });
  ASSERT_FALSE(wal);
  EXPECT_EQ(wal.error().message, "codec 9");
}

}  // namespace
}  // namespace pharos::io
