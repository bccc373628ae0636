// The tests that every engine passes in the crash laboratory. `PHAROS_CRASH_TESTS(Name, make,
// most)` in a crash_test.cc makes them, each at most at so many points; PHAROS_LONG=1 (`./dev test
// --long`) takes all points and a thousand random runs.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include "base/log.h"
#include "io/crash_lab.h"

namespace pharos::io {

class CrashLabTest : public testing::Test {
 protected:
  static bool Long() { return std::getenv("PHAROS_LONG") != nullptr; }

  void SetUp() override { base::SetLogLevel(base::LogLevel::kOff); }  // they are loud
  void TearDown() override { base::SetLogLevel(base::LogLevel::kInfo); }

  /// Every step is there, and the MANIFEST is written in each that must write it.
  static void AllStepsAreThere(const std::vector<CrashPoint>& points) {
    std::map<CrashStep, int> manifest, all;
    for (const CrashPoint& point : points) {
      ++all[point.step];
      if (point.operation.ends_with("MANIFEST")) ++manifest[point.step];
    }
    for (const auto step : {CrashStep::kStart, CrashStep::kAppend, CrashStep::kSeal,
                            CrashStep::kMerge, CrashStep::kRetention}) {
      EXPECT_GT(all[step], 0) << NameOf(step);
      if (step != CrashStep::kAppend) {
        EXPECT_GT(manifest[step], 0) << NameOf(step);
      }
    }
    if (!Long()) return;
    std::printf("%zu points:", points.size());
    for (const auto& [step, count] : all) std::printf(" %s %d", NameOf(step).data(), count);
    std::printf("\n");
  }

  /// At one point of each class of operation; or at all of them.
  static void EndEverywhere(const CrashLab::MakeSubjects& make, CrashEnd end, size_t most) {
    CrashLab lab(make);
    const std::vector<CrashPoint> points = lab.Points(1);
    AllStepsAreThere(points);
    const auto seed = static_cast<uint64_t>(end);
    for (const CrashPoint& point : Long() ? points : CrashLab::Sample(points, most, seed)) {
      ASSERT_EQ(lab.Run(1, end, point.at), "") << NameOf(point.step) << ": " << point.operation;
    }
  }

  static void ClockSteps(const CrashLab::MakeSubjects& make) {
    CrashLab lab(make);
    const uint64_t runs = Long() ? 200 : 10;
    for (uint64_t seed = 1; seed <= runs; ++seed) {
      ASSERT_EQ(lab.Run(seed, CrashEnd::kClock, 1), "");
    }
  }

  static void RandomLives(const CrashLab::MakeSubjects& make) {
    CrashLab lab(make);
    const uint64_t runs = Long() ? 1000 : 10;
    for (uint64_t seed = 1; seed <= runs; ++seed) ASSERT_EQ(lab.RunLives(seed, 3), "");
  }

  static void FlippedBitsOfParts(const CrashLab::MakeSubjects& make, size_t most) {
    CrashLab lab(make);
    const std::vector<CrashLab::Flip> flips = lab.PartFlips(1);
    ASSERT_GT(flips.size(), 20u);
    const size_t stride = Long() ? 1 : 1 + flips.size() / (most / 2);
    for (size_t i = 0; i < flips.size(); i += stride) ASSERT_EQ(lab.RunFlip(1, flips[i]), "");
  }

  static void FlippedBitsOfLogs(const CrashLab::MakeSubjects& make, size_t most) {
    CrashLab lab(make);
    for (const bool killed : {false, true}) {
      const uint64_t bytes = lab.LogBytes(1, killed);
      ASSERT_GT(bytes, 200u);
      const uint64_t stride = 1 + bytes / (Long() ? 4000 : most);
      for (uint64_t at = 0; at < bytes; at += stride) ASSERT_EQ(lab.RunLogFlip(1, at, killed), "");
    }
  }

  /// The test of the test: where syncing does nothing, power cuts lose something.
  static void TheMutantIsCaught(const CrashLab::MakeSubjects& make) {
    CrashLab lab(make, {.ignore_sync = true});
    const std::vector<CrashPoint> points = CrashLab::Sample(lab.Points(1), 40, 7);
    int caught = 0;
    for (const CrashPoint& point : points) {
      caught += lab.Run(1, CrashEnd::kPowerCut, point.at).empty() ? 0 : 1;
    }
    EXPECT_GE(caught, 3);
  }
};

}  // namespace pharos::io

#define PHAROS_CRASH_TESTS(name, make, most)                                                    \
  using name##Crash = ::pharos::io::CrashLabTest;                                               \
  using ::pharos::io::CrashEnd;                                                                 \
  TEST_F(name##Crash, KillAnywhere) { EndEverywhere(make, CrashEnd::kKill, most); }             \
  TEST_F(name##Crash, PowerCutAnywhere) { EndEverywhere(make, CrashEnd::kPowerCut, most); }     \
  TEST_F(name##Crash, ErrorsAnywhere) { EndEverywhere(make, CrashEnd::kErrors, most / 4); }     \
  TEST_F(name##Crash, FullDiskAnywhere) { EndEverywhere(make, CrashEnd::kDiskFull, most / 4); } \
  TEST_F(name##Crash, ReadOnlyAnywhere) { EndEverywhere(make, CrashEnd::kReadOnly, most / 4); } \
  TEST_F(name##Crash, FlippedBitsOfParts) { FlippedBitsOfParts(make, most); }                   \
  TEST_F(name##Crash, FlippedBitsOfLogs) { FlippedBitsOfLogs(make, most / 4); }                 \
  TEST_F(name##Crash, ClockSteps) { ClockSteps(make); }                                         \
  TEST_F(name##Crash, RandomLives) { RandomLives(make); }                                       \
  TEST_F(name##Crash, TheMutantWithoutSyncIsCaught) { TheMutantIsCaught(make); }
