// The event engine is killed, cut from power and starved of disk at every step of append, seal,
// merge, manifest append and retention: what was acknowledged is there afterwards, once; the
// start succeeds; every part can be read; a later flush works.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "events/crash_subject.h"
#include "events/world_test.h"
#include "io/crash_lab_test.h"

namespace pharos::events {
namespace {

std::vector<std::unique_ptr<io::CrashSubject>> Subjects() {
  std::vector<std::unique_ptr<io::CrashSubject>> out;
  out.push_back(std::make_unique<EventSubject>());
  return out;
}

PHAROS_CRASH_TESTS(Events, Subjects, 100)

TEST_F(EventsCrash, AFullDiskDoesNotKeepItFromStarting) {
  EngineOptions options;
  options.seal_rows = 3;
  World world(options);
  ASSERT_TRUE(world.Start());
  for (int i = 0; i < 10; ++i) {
    const auto taken = world.engine->Append(
        "default", OneEvent(model::Labels{{"app", "x"}}, Line(kNow + i, std::to_string(i))));
    ASSERT_TRUE(taken && taken->ack.Wait());
  }
  world.Kill();
  world.fs.Restart();
  world.fs.SetCapacity(world.fs.UsedBytes());
  const auto started = world.Start();
  ASSERT_TRUE(started.has_value()) << started.error().message;
  EXPECT_EQ(Lines(*world.engine, All()).size(), 10u);
  world.fs.SetCapacity(UINT64_MAX);
  world.clock.Advance(std::chrono::seconds(11));
  ASSERT_TRUE(world.engine->Flush());
  world.Restart();
  EXPECT_EQ(Lines(*world.engine, All()).size(), 10u);
}

TEST_F(EventsCrash, WhatTheLogRefusesTakesNoMemory) {
  World world;
  ASSERT_TRUE(world.Start());
  world.wal.reset();
  world.wal =
      io::Wal::Open(world.fs, {.directory = "data/wal", .refuse_for = std::chrono::hours(1)},
                    [](const io::WalFrame&) -> base::Result<void> { return {}; })
          .value();
  world.engine->AttachWal(*world.wal);
  const auto append = [&](int i) {
    return world.engine->Append(
        "default", OneEvent(model::Labels{{"app", "x"}}, Line(kNow + i, std::to_string(i))));
  };
  world.fs.SetCapacity(world.fs.UsedBytes());
  ASSERT_FALSE(append(0)->ack.Wait());
  const size_t before = world.budget.used_bytes();
  for (int i = 1; i < 100; ++i) {
    const auto refused = append(i);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, base::ErrorKind::kFull);
  }
  EXPECT_EQ(world.budget.used_bytes(), before);
}

}  // namespace
}  // namespace pharos::events
