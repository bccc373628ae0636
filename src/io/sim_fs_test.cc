#include "io/sim_fs.h"

#include <gtest/gtest.h>

#include <set>

namespace pharos::io {
namespace {

using base::ErrorKind;

std::string ReadAll(Fs& fs, const std::string& path) {
  auto file = fs.OpenRead(path);
  if (!file) return "<" + file.error().message + ">";
  return (*file)->ReadAt(0, (*file)->Size().value()).value();
}

TEST(SimFsTest, SyncedBytesWithASyncedNameSurvive) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SimFs fs;
    ASSERT_TRUE(fs.MakeDirs("a/b"));
    ASSERT_TRUE(fs.SyncDir("."));
    ASSERT_TRUE(fs.SyncDir("a"));
    auto file = fs.Create("a/b/f");
    ASSERT_TRUE((*file)->Append("durable"));
    ASSERT_TRUE((*file)->Sync());
    ASSERT_TRUE(fs.SyncDir("a/b"));
    ASSERT_TRUE((*file)->Append(std::string(2000, 'x')));
    fs.CutPower(seed);
    EXPECT_EQ(ReadAll(fs, "a/b/f").substr(0, 7), "durable") << seed;
    EXPECT_FALSE((*file)->Append("of a dead process"));
  }
}

/// What a cut may leave of an operation that was not synced.
template <class Prepare, class Look>
auto Outcomes(Prepare prepare, Look look) {
  std::set<decltype(look(std::declval<SimFs&>()))> seen;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SimFs fs;
    prepare(fs);
    fs.CutPower(seed);
    seen.insert(look(fs));
  }
  return seen;
}

TEST(SimFsTest, UnsyncedNamesComeAndGoOneByOne) {
  const auto seen = Outcomes(
      [](SimFs& fs) {
        (void)*fs.Create("one");
        (void)*fs.Create("two");
      },
      [](SimFs& fs) { return std::pair(fs.Exists("one"), fs.Exists("two")); });
  EXPECT_EQ(seen.size(), 4u);
}

TEST(SimFsTest, ARenameIsKeptOrLostAsAWhole) {
  const auto prepare = [](SimFs& fs) {
    ASSERT_TRUE(fs.MakeDirs("d"));
    for (const char* name : {"old", "d/new"}) {
      auto file = fs.Create(name);
      ASSERT_TRUE((*file)->Append(name));
      ASSERT_TRUE((*file)->Sync());
    }
    ASSERT_TRUE(fs.SyncDir("."));
    ASSERT_TRUE(fs.SyncDir("d"));
    ASSERT_TRUE(fs.Rename("d/new", "old"));
  };
  const auto look = [](SimFs& fs) { return std::pair(ReadAll(fs, "old"), fs.Exists("d/new")); };
  const std::set<std::pair<std::string, bool>> either = {{"old", true}, {"d/new", false}};
  EXPECT_EQ(Outcomes(prepare, look), either);
  const auto synced = [&](SimFs& fs) {
    prepare(fs);
    ASSERT_TRUE(fs.SyncDir("."));
  };
  EXPECT_EQ(Outcomes(synced, look).size(), 1u);
}

TEST(SimFsTest, UnsyncedBytesAreKeptLostOrMangled) {
  const auto seen = Outcomes(
      [](SimFs& fs) {
        auto file = fs.Create("f");
        ASSERT_TRUE(fs.SyncDir("."));
        ASSERT_TRUE((*file)->Append(std::string(1024, 'x')));
      },
      [](SimFs& fs) { return ReadAll(fs, "f"); });
  EXPECT_TRUE(seen.contains(""));
  EXPECT_TRUE(seen.contains(std::string(1024, 'x')));
  EXPECT_TRUE(seen.contains(std::string(512, 'x') + std::string(512, '\0')));
  EXPECT_GT(seen.size(), 50u);
}

TEST(SimFsTest, AKillKeepsThePageCache) {
  SimFs fs;
  auto file = fs.Create("f");
  ASSERT_TRUE((*file)->Append("cached"));
  fs.Halt();
  EXPECT_FALSE((*file)->Append("x"));
  EXPECT_FALSE(fs.Create("g"));
  fs.Restart();
  EXPECT_EQ(ReadAll(fs, "f"), "cached");
  EXPECT_FALSE((*file)->Append("x"));
}

TEST(SimFsTest, WhatOverwritesPreparedZerosCountsOnceItIsSynced) {
  int kept = 0, lost = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimFs fs;
    {
      auto file = fs.Create("f");
      ASSERT_TRUE(fs.SyncDir("."));
      ASSERT_TRUE((*file)->Append("head"));
      ASSERT_TRUE((*file)->Prepare(100));
      ASSERT_TRUE((*file)->Append("synced"));
      ASSERT_TRUE((*file)->Sync());
      EXPECT_EQ((*file)->Size().value(), 104u);
      ASSERT_TRUE((*file)->Append("not"));
    }
    fs.Halt();
    fs.CutPower(seed);
    auto file = fs.OpenRead("f");
    EXPECT_EQ((*file)->ReadAt(0, 10).value(), "headsynced");
    const auto rest = (*file)->ReadAt(10, 3);
    (rest && *rest == "not" ? kept : lost) += 1;
  }
  EXPECT_GT(kept, 0);
  EXPECT_GT(lost, 0);
}

TEST(SimFsTest, AFailedSyncIsNotMadeGoodByALaterOne) {
  SimFs fs;
  auto file = fs.Create("f");
  ASSERT_TRUE(fs.SyncDir("."));
  ASSERT_TRUE((*file)->Append("lost"));
  fs.FailOperation(1, ErrorKind::kIo);
  EXPECT_EQ((*file)->Sync().error().kind, ErrorKind::kIo);
  ASSERT_TRUE((*file)->Append("kept"));
  ASSERT_TRUE((*file)->Sync());
  EXPECT_EQ(ReadAll(fs, "f"), "lostkept");
  fs.CutPower(1);
  EXPECT_EQ(ReadAll(fs, "f"), std::string(4, '\0') + "kept");
}

TEST(SimFsTest, FullDiskWritesWhatFits) {
  SimFs fs({.capacity_bytes = 10});
  auto file = fs.Create("f");
  EXPECT_TRUE((*file)->Append("12345678"));
  EXPECT_EQ((*file)->Append("1234").error().kind, ErrorKind::kFull);
  EXPECT_EQ(fs.UsedBytes(), 10u);
  EXPECT_EQ(fs.FreeBytes("f"), 0u);
  ASSERT_TRUE((*file)->Truncate(8));
  EXPECT_TRUE((*file)->Append("12"));
  ASSERT_TRUE(fs.Remove("f"));
  EXPECT_EQ(fs.UsedBytes(), 0u);
}

TEST(SimFsTest, TheHookSeesAndStopsOperations) {
  SimFs fs;
  std::vector<std::string> seen;
  fs.SetHook([&](const SimOp& op) -> base::Result<void> {
    seen.push_back(std::string(op.name) + " " + op.path);
    if (op.name == "Rename") return base::Fail(ErrorKind::kIo, "no");
    return {};
  });
  ASSERT_TRUE(fs.MakeDirs("d"));
  auto file = fs.Create("d/f");
  ASSERT_TRUE((*file)->Sync());
  EXPECT_EQ(fs.Rename("d/f", "g").error().message, "no");
  EXPECT_EQ(seen, (std::vector<std::string>{"MakeDirs d", "Create d/f", "Sync d/f", "Rename d/f"}));
}

TEST(SimFsTest, BehavesAsTheRealOneForMissingThings) {
  SimFs fs;
  ASSERT_TRUE(fs.MakeDirs("d/e"));
  (void)*fs.Create("d/f");
  EXPECT_EQ(fs.OpenRead("nowhere").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(fs.Create("nowhere/f").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(fs.List("nowhere").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(fs.List("d/f").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(*fs.List("d"), (std::vector<std::string>{"e", "f"}));
  EXPECT_FALSE(fs.Remove("d"));
  EXPECT_TRUE(fs.RemoveAll("d"));
  EXPECT_TRUE(fs.RemoveAll("d"));
  EXPECT_FALSE(fs.Exists("d"));
}

}  // namespace
}  // namespace pharos::io
