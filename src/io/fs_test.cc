// The machine's own file system and the lock of a data directory.
#include "io/fs.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "io/log_bytes.h"
#include "io/sim_fs.h"

namespace pharos::io {
namespace {

using base::ErrorKind;

class FsTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = testing::TempDir() + "pharos_fs_" + std::to_string(::getpid());
    std::filesystem::remove_all(dir_);
    ASSERT_TRUE(MakeDirsDurably(fs_, dir_ + "/a/b/"));
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  Fs& fs_ = Fs::Real();
  std::string dir_;
};

TEST_F(FsTest, WritesReadsCutsAndReopens) {
  const std::string path = dir_ + "/a/f";
  {
    auto file = fs_.Create(path);
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_TRUE((*file)->Append("0123456789"));
    ASSERT_TRUE((*file)->Sync());
    EXPECT_EQ((*file)->ReadAt(3, 4), "3456");
    ASSERT_TRUE((*file)->Truncate(5));
    ASSERT_TRUE((*file)->Append("ab"));
    ASSERT_TRUE((*file)->Sync());
  }
  auto file = fs_.OpenAppend(path);
  EXPECT_EQ((*file)->Size(), 7u);
  ASSERT_TRUE((*file)->Append("c"));
  EXPECT_EQ((*file)->ReadAt(0, 8), "01234abc");
  EXPECT_EQ((*fs_.OpenRead(path))->ReadAt(7, 1), "c");
  EXPECT_EQ((*file)->ReadAt(5, 4).error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ((*file)->ReadAt(0, size_t{1} << 50).error().kind, ErrorKind::kCorrupt);
  auto emptied = fs_.Create(path);
  EXPECT_EQ((*emptied)->Size(), 0u);
}

/// A log is given what LogBytes made for its end (2), for some other place (1), or a view (0).
class LogTest : public FsTest, public testing::WithParamInterface<int> {
 protected:
  static base::Result<void> Append(File& file, uint64_t end, std::string_view bytes) {
    if (GetParam() == 0) return file.Append(bytes);
    LogBytes given;
    given.Restart(GetParam() == 1 ? end * 31 + 4 : end, 0);
    given.Append(bytes.substr(0, bytes.size() / 3));
    given.Append(bytes.substr(bytes.size() / 3));
    return file.AppendInPlace(given.data(), given.size());
  }
};
INSTANTIATE_TEST_SUITE_P(Ways, LogTest, testing::Values(0, 1, 2));

TEST_P(LogTest, HasWhatWasAppendedAndZerosBehindIt) {
  const std::string path = dir_ + "/a/log";
  auto file = fs_.CreateLog(path);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ((*file)->Size(), 0u);
  std::string all;
  const auto check = [&] {
    const uint64_t size = (*file)->Size().value();
    ASSERT_GE(size, all.size());
    const std::string read = (*(*fs_.OpenRead(path))->ReadAt(0, size));
    EXPECT_TRUE(read.starts_with(all)) << all.size();
    EXPECT_EQ(read.find_first_not_of('\0', all.size()), std::string::npos) << all.size();
  };
  uint64_t seed = 1;
  for (const size_t bytes :
       {1, 40, 511, 512, 513, 0, 4096, 5000, 262'144, 262'143, 700'001, 3, 100}) {
    if (seed % 3 == 0) {
      ASSERT_TRUE((*file)->Prepare(bytes * 2 + 1000));
    }
    std::string piece(bytes, '\0');
    for (char& c : piece)
      c = static_cast<char>('a' + (seed = seed * 6364136223846793005u + 1442695040888963407u) % 26);
    ASSERT_TRUE(Append(**file, all.size(), piece));
    all += piece;
    ASSERT_TRUE((*file)->Sync());
    check();
    if (bytes == 5000 || bytes == 100) {  // a write that is taken back
      all.resize(all.size() - 60);
      ASSERT_TRUE((*file)->Truncate(all.size()));
      EXPECT_EQ((*file)->Size(), all.size());
      ASSERT_TRUE(Append(**file, all.size(), "xy"));
      all += "xy";
      check();
    }
  }
  ASSERT_TRUE((*file)->Prepare(3 << 20));
  check();
  ASSERT_TRUE((*file)->Truncate(all.size()));
  EXPECT_EQ((*file)->Size(), all.size());
  EXPECT_EQ((*file)->ReadAt(0, all.size()), all);
}

TEST_F(FsTest, DirectoriesListRenameRemove) {
  (void)*fs_.Create(dir_ + "/a/z");
  EXPECT_EQ(*fs_.List(dir_ + "/a"), (std::vector<std::string>{"b", "z"}));
  ASSERT_TRUE(fs_.Rename(dir_ + "/a/z", dir_ + "/a/b/y"));
  ASSERT_TRUE(fs_.SyncDir(dir_ + "/a/b"));
  EXPECT_TRUE(fs_.Exists(dir_ + "/a/b/y"));
  ASSERT_TRUE(fs_.Remove(dir_ + "/a/b/y"));
  EXPECT_FALSE(fs_.Exists(dir_ + "/a/b/y"));
  ASSERT_TRUE(fs_.RemoveAll(dir_ + "/a"));
  ASSERT_TRUE(fs_.RemoveAll(dir_ + "/a"));
  EXPECT_GT(fs_.FreeBytes(dir_).value(), 0u);
}

TEST_F(FsTest, ErrorsNameThePathAndTheReason) {
  const auto missing = fs_.OpenRead(dir_ + "/none");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(missing.error().message, "cannot open " + dir_ + "/none: No such file or directory");
  EXPECT_EQ(fs_.List(dir_ + "/none").error().kind, ErrorKind::kNotFound);
  (void)*fs_.Create(dir_ + "/f");
  EXPECT_EQ(fs_.List(dir_ + "/f").error().kind, ErrorKind::kNotFound);
  EXPECT_FALSE(fs_.MakeDirs(dir_ + "/f/below"));
  EXPECT_FALSE(fs_.Rename(dir_ + "/none", dir_ + "/g"));
}

TEST_F(FsTest, AFullDeviceIsKFull) {
  if (!fs_.Exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  auto file = fs_.OpenAppend("/dev/full");
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->Append("x").error().kind, ErrorKind::kFull);
}

TEST_F(FsTest, OneProcessADataDirectory) {
  auto lock = LockDirectory(dir_);
  ASSERT_TRUE(lock);
  const pid_t child = ::fork();
  if (child == 0) {
    auto second = LockDirectory(dir_);
    const bool refused = !second && second.error().kind == ErrorKind::kConflict &&
                         second.error().message.find(dir_) != std::string::npos;
    ::_exit(refused ? 7 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
  lock->reset();
  EXPECT_TRUE(LockDirectory(dir_));
}

TEST_F(FsTest, AFileThatWasRemovedCannotBeSynced) {
  const auto file = fs_.Create(dir_ + "/gone");
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->Append("kept"));
  ASSERT_TRUE((*file)->Sync());
  ASSERT_TRUE(fs_.Remove(dir_ + "/gone"));
  ASSERT_TRUE((*file)->Append("not kept"));
  const auto synced = (*file)->Sync();
  ASSERT_FALSE(synced);
  EXPECT_NE(synced.error().message.find(dir_ + "/gone"), std::string::npos);
}

TEST(MakeDirsDurablyTest, SurvivesAPowerCut) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimFs fs;
    ASSERT_TRUE(MakeDirsDurably(fs, "/one//two/three/"));
    fs.CutPower(seed);
    EXPECT_TRUE(fs.Exists("one/two/three")) << seed;
  }
}

}  // namespace
}  // namespace pharos::io
