// Files on the real file system, positions and intents on a simulated one, and a store that
// keeps one of each (stream, time, line): what is lost or doubled shows.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "ingest/tail/file_targets.h"
#include "ingest/tail/glob.h"
#include "ingest/tail/limits.h"
#include "io/sim_fs.h"

namespace pharos::ingest::tail {
namespace {

namespace stdfs = std::filesystem;
using base::Fail;
using base::Result;
constexpr int64_t kSecond = 1'000'000'000;

/// Entries by (labels, time, line); the order of first arrival is kept.
struct Store {
  std::set<std::string> seen;
  std::vector<std::string> lines;
  std::map<std::string, std::vector<std::string>> of_file;

  void Put(const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) {
      std::string key = std::to_string(entry.time_ns) + entry.line;
      for (const auto& [name, value] : entry.labels) key += "|" + name + "=" + value;
      if (!seen.insert(key).second) continue;
      lines.push_back(entry.line);
      of_file[stdfs::path(entry.labels.at("filename")).filename()].push_back(entry.line);
    }
  }
};

class Files : public ::testing::Test {
 protected:
  Files() {
    dir_ = stdfs::temp_directory_path() /
           ("pharos_tail_" + std::to_string(::getpid()) + "_" +
            ::testing::UnitTest::GetInstance()->current_test_info()->name());
    stdfs::remove_all(dir_);
    stdfs::create_directories(dir_);
    EXPECT_TRUE(fs_.MakeDirs("data"));
  }
  ~Files() override { stdfs::remove_all(dir_); }

  std::string Path(const std::string& name) const { return (dir_ / name).string(); }
  void Append(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::app | std::ios::binary) << text;
  }

  /// What a process holds; dropped by Kill.
  struct Process {
    std::unique_ptr<IntentFile> intents;
    std::unique_ptr<FileTargets> targets;
  };
  /// False when the "process" died on the way.
  bool Boot() {
    bool existed = false;
    auto positions = ReadPositions(fs_, "data/positions.yaml", &existed);
    if (!positions) return false;
    if (!existed && !io::WriteFileDurably(fs_, "data/positions.yaml", PositionsText({})))
      return false;
    auto intents = IntentFile::Open(fs_, "data/intents", !existed);
    if (!intents) return false;
    process_.emplace();
    process_->intents = *std::move(intents);
    FileTarget target;
    target.job = "test";
    target.path = Path(pattern_);
    target.labels = {{"job", "test"}};
    target.stages = &stages_;
    target.encoding = encoding_;
    process_->targets = std::make_unique<FileTargets>(
        std::vector<FileTarget>{target}, FileTargets::Options{}, *positions, *process_->intents,
        [this](const std::vector<Entry>& entries) -> Result<void> {
          if (dies_before_append_ && dies_before_append_()) {
            return Fail(base::ErrorKind::kCancelled, "dead");
          }
          store_.Put(entries);
          if (dies_after_append_ && dies_after_append_()) {
            return Fail(base::ErrorKind::kCancelled, "dead");
          }
          return {};
        });
    return true;
  }
  bool Step(int seconds = 1) {
    now_ns_ += seconds * kSecond;
    return process_->targets->Step(now_ns_, true).has_value();
  }
  bool SavePositions() {
    PositionMap positions;
    process_->targets->AddPositions(positions);
    return io::WriteFileDurably(fs_, "data/positions.yaml", PositionsText(positions)).has_value();
  }
  void Kill(bool power) {
    fs_.Halt();
    process_.reset();
    if (power) {
      fs_.CutPower(++seed_);
    } else {
      fs_.Restart();
    }
  }
  void SetStages(const std::string& yaml) { stages_ = conf::ParseYaml(yaml, "stages")->items; }

  stdfs::path dir_;
  io::SimFs fs_;
  uint64_t seed_ = 0;
  std::string pattern_ = "*.log";
  std::string encoding_;
  std::vector<conf::Node> stages_;
  std::optional<Process> process_;
  Store store_;
  int64_t now_ns_ = 1'700'000'000 * kSecond;
  std::function<bool()> dies_before_append_, dies_after_append_;
};

using Lines = std::vector<std::string>;

TEST_F(Files, WholeLinesOnly) {
  Append("a.log", "one\ntwo\r\nthr");
  ASSERT_TRUE(Boot());
  ASSERT_TRUE(Step());
  EXPECT_EQ(store_.lines, (Lines{"one", "two"}));
  Append("a.log", "ee\n\nfour\n");
  Append("b.log", "other\n");
  Append("b.txt", "not matched\n");
  ASSERT_TRUE(Step());
  EXPECT_EQ(store_.of_file["a.log"], (Lines{"one", "two", "three", "", "four"}));
  EXPECT_EQ(store_.of_file["b.log"], (Lines{"other"}));
  EXPECT_EQ(store_.lines.size(), 6u);
}

TEST_F(Files, FollowsRenamedFilesAndTheirSuccessors) {
  ASSERT_TRUE(Boot());
  Append("a.log", "1\n");
  ASSERT_TRUE(Step());
  stdfs::rename(Path("a.log"), Path("a.log.1"));
  Append("a.log.1", "2\n");  // the writer has not noticed yet
  Append("a.log", "4\n");
  ASSERT_TRUE(Step());
  Append("a.log.1", "3\nunfinished");
  ASSERT_TRUE(Step());
  ASSERT_TRUE(Step(20));
  Append("a.log", "5\n");
  ASSERT_TRUE(Step());
  EXPECT_EQ(store_.of_file["a.log"], (Lines{"1", "2", "4", "3", "unfinished", "5"}));
  stdfs::remove(Path("a.log"));
  ASSERT_TRUE(Step());
  ASSERT_TRUE(Step(20));
  Append("a.log", "6\n");
  ASSERT_TRUE(Step());
  EXPECT_EQ(store_.of_file["a.log"].back(), "6");
  EXPECT_EQ(store_.lines.size(), 7u);
}

TEST_F(Files, NewNamesWithinThePatternAreTheSameFile) {
  pattern_ = "*.log*";
  ASSERT_TRUE(Boot());
  Append("a.log", "1\n2\n");
  ASSERT_TRUE(Step());
  stdfs::rename(Path("a.log"), Path("a.log.1"));
  Append("a.log", "4\n");
  Append("a.log.1", "3\n");
  ASSERT_TRUE(Step());
  ASSERT_TRUE(Step(20));
  EXPECT_EQ(std::multiset<std::string>(store_.lines.begin(), store_.lines.end()),
            (std::multiset<std::string>{"1", "2", "3", "4"}));
  // Also when the new name sorts in front of the old one, which is taken again at once.
  stdfs::rename(Path("a.log"), Path("a-0.log"));
  Append("a.log", "7\n");
  ASSERT_TRUE(Step());
  EXPECT_EQ(store_.lines.size(), 5u);
  stdfs::remove(Path("a.log"));
  stdfs::rename(Path("a-0.log"), Path("a.log"));
  ASSERT_TRUE(Step());
  EXPECT_EQ(store_.lines.size(), 5u);
  // And the same while nobody looks.
  Kill(false);
  stdfs::rename(Path("a.log.1"), Path("a.log.2"));
  stdfs::rename(Path("a.log"), Path("a.log.1"));
  Append("a.log.1", "5\n");
  Append("a.log", "6\n");
  ASSERT_TRUE(Boot());
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(Step(6));
  EXPECT_EQ(std::multiset<std::string>(store_.lines.begin(), store_.lines.end()),
            (std::multiset<std::string>{"1", "2", "3", "4", "5", "6", "7"}));
}

TEST_F(Files, CopyTruncateStartsAgain) {
  ASSERT_TRUE(Boot());
  Append("a.log", "1\n2\n3\n");
  ASSERT_TRUE(Step());
  stdfs::resize_file(Path("a.log"), 0);
  Append("a.log", "4\n");
  ASSERT_TRUE(Step());
  EXPECT_EQ(store_.lines, (Lines{"1", "2", "3", "4"}));
}

TEST_F(Files, RotationWhileNobodyLooks) {
  ASSERT_TRUE(Boot());
  Append("a.log", "1\n");
  ASSERT_TRUE(Step());
  Kill(false);
  Append("a.log", "2\n");
  stdfs::rename(Path("a.log"), Path("old-a"));
  Append("a.log", "3\n");
  ASSERT_TRUE(Boot());
  ASSERT_TRUE(Step());
  EXPECT_EQ(store_.of_file["a.log"], (Lines{"1", "2", "3"}));
  Kill(false);
  stdfs::resize_file(Path("a.log"), 0);  // cut and regrown beyond the old offset
  Append("a.log", "completely new content\n");
  ASSERT_TRUE(Boot());
  ASSERT_TRUE(Step());
  EXPECT_EQ(store_.lines.back(), "completely new content");
}

TEST_F(Files, PositionsOfPromtailAreTakenOver) {
  Append("a.log", "old\nnew\n");
  ASSERT_TRUE(io::WriteFileDurably(fs_, "data/positions.yaml",
                                   "positions:\n  " + Path("a.log") + ": \"4\"\n"));
  ASSERT_TRUE(Boot());
  ASSERT_TRUE(Step());
  EXPECT_EQ(store_.lines, (Lines{"new"}));
  PositionMap positions;
  process_->targets->AddPositions(positions);
  EXPECT_EQ(positions.at(Path("a.log")), "8");
  const auto again = ParsePositions(PositionsText(positions), "x");
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, positions);
}

TEST_F(Files, LongLinesAreCutAndTheRestIsPassedOver) {
  Append("a.log", std::string(3 * kMaxLineBytes, 'x'));
  ASSERT_TRUE(Boot());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Step());
  ASSERT_EQ(store_.lines.size(), 1u);
  EXPECT_EQ(store_.lines[0].size(), kMaxLineBytes);
  Kill(false);  // in the middle of the line
  Append("a.log", "tail of it\nnext\n");
  ASSERT_TRUE(Boot());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Step());
  ASSERT_EQ(store_.lines.size(), 2u);
  EXPECT_EQ(store_.lines[1], "next");
}

TEST_F(Files, OtherEncodings) {
  encoding_ = "UTF-16LE";
  Append("a.log", std::string("\xFF\xFEh\0\xE9\0\r\0\n\0x\0\x0A\x0A\n\0", 16));
  ASSERT_TRUE(Boot());
  ASSERT_TRUE(Step());
  EXPECT_EQ(store_.lines, (Lines{"h\xC3\xA9", "x\xE0\xA8\x8A"}));
  EXPECT_FALSE(LineReader::KnowsEncoding("klingon-8"));
}

/// Kills the process at step n of everything it does with its files, or around an append, for
/// every n; appends lines meanwhile; at the end every line must be there once.
class CrashFiles : public Files {
 protected:
  void Run(bool power, bool multiline) {
    for (uint64_t n = 1; n < 400; ++n) {
      SCOPED_TRACE("step " + std::to_string(n));
      if (!OneLife(n, power, multiline)) return;  // n is beyond all steps
      ASSERT_FALSE(HasFailure());
    }
    FAIL() << "never ended";
  }

  /// False when nothing was killed.
  bool OneLife(uint64_t n, bool power, bool multiline) {
    process_.reset();
    stdfs::remove_all(dir_);
    stdfs::create_directories(dir_);
    fs_.Restart();
    EXPECT_TRUE(fs_.RemoveAll("data"));
    EXPECT_TRUE(fs_.MakeDirs("data"));
    EXPECT_TRUE(fs_.SyncDir("data"));
    EXPECT_TRUE(fs_.SyncDir("."));
    store_ = Store();
    uint64_t steps = 0;
    bool dead = false;
    const auto dies = [&] {
      if (!dead && ++steps == n) {
        dead = true;
        fs_.Halt();
      }
      return dead;
    };
    fs_.SetHook([&](const io::SimOp&) -> Result<void> {
      dies();
      return {};
    });
    dies_before_append_ = dies;
    dies_after_append_ = dies;
    Lines want;
    const bool killed = Life(&dead, multiline, want);
    fs_.SetHook({});
    dies_before_append_ = dies_after_append_ = {};
    if (killed) {
      Kill(power);
      EXPECT_TRUE(Boot());
    }
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(Step(10));
    EXPECT_EQ(store_.lines, want);
    return killed;
  }

  /// Writes and reads in rounds; true when the process died.
  bool Life(bool* dead, bool multiline, Lines& want) {
    bool alive = Boot();
    for (int round = 0; round < 6; ++round) {
      std::string text;
      for (int i = 0; i < 3; ++i) {
        const std::string line = "line " + std::to_string(round) + "." + std::to_string(i);
        if (multiline) {
          text += "[" + line + "\n  more\n";
          want.push_back("[" + line + "\n  more");
        } else {
          text += line + "\n";
          want.push_back(line);
        }
      }
      if (round == 3 && alive) {  // a file that nobody ever saw could not be found again
        stdfs::rename(Path("a.log"), Path("a.old"));
      }
      Append("a.log", text);
      // Two steps, so that what stages hold is given out by waiting.
      alive = alive && !*dead && Step(1) && Step(10) && (round != 4 || SavePositions());
    }
    return *dead;
  }
};

TEST_F(CrashFiles, KilledAnywhereLosesAndDoublesNothing) { Run(false, false); }
TEST_F(CrashFiles, PowerCutAnywhereLosesAndDoublesNothing) { Run(true, false); }
TEST_F(CrashFiles, KilledAnywhereWithMultiline) {
  SetStages("- multiline: {firstline: '^\\[', max_wait_time: 3s}");
  Run(false, true);
}

TEST(Intents, TornAndBrokenRecordsEndTheFile) {
  io::SimFs fs;
  ASSERT_TRUE(fs.MakeDirs("d"));
  const FileKey key{"/var/log/a b\n.log", 1, 2};
  const Intent intent{10, 20, 3, 4, {{10, 100}, {15, 200}}, {{20, 300}}};
  {
    auto file = IntentFile::Open(fs, "d/i", false);
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->Write({{key, intent}, {{"/x", 1, 3}, Intent{}}}));
    (*file)->Forget({"/x", 1, 3});
    ASSERT_TRUE((*file)->Write({}));
  }
  const auto read = [&] {
    const auto in = fs.OpenRead("d/i");
    return *(*in)->ReadAt(0, *(*in)->Size());
  };
  const std::string text = read();
  EXPECT_EQ(ParseIntents(text), (std::map<FileKey, Intent>{{key, intent}}));
  for (size_t cut = 0; cut < text.size(); ++cut) {
    const auto found = ParseIntents(text.substr(0, cut));
    EXPECT_LE(found.size(), 2u);
    if (found.contains(key)) {
      EXPECT_EQ(found.at(key), intent);
    }
  }
  std::string broken = text;
  broken[20] ^= 1;
  EXPECT_TRUE(ParseIntents(broken).empty());
}

TEST(Glob, Matches) {
  EXPECT_TRUE(GlobMatches("/var/log/*.log", "/var/log/a.log"));
  EXPECT_FALSE(GlobMatches("/var/log/*.log", "/var/log/d/a.log"));
  EXPECT_TRUE(GlobMatches("/var/**/*.log", "/var/a.log"));
  EXPECT_TRUE(GlobMatches("/var/**/*.log", "/var/x/y/a.log"));
  EXPECT_TRUE(GlobMatches("/var/log/{a,b{1,2}}.log", "/var/log/b2.log"));
  EXPECT_FALSE(GlobMatches("/var/log/{a,b}.log", "/var/log/c.log"));
  EXPECT_TRUE(GlobMatches("/v/[a-c]?.log", "/v/bx.log"));
  EXPECT_TRUE(GlobMatches("/v/[^a-c].log", "/v/d.log"));
  EXPECT_FALSE(GlobMatches("/v/[^a-c].log", "/v/a.log"));
  EXPECT_TRUE(GlobMatches("/v/\\*.log", "/v/*.log"));
  EXPECT_FALSE(GlobMatches("/v/[a.log", "/v/a.log"));
  EXPECT_TRUE(GlobMatches("/v/a*b*c", "/v/axxbxxbc"));
  EXPECT_FALSE(GlobMatches("/v/" + std::string(2000, '*') + "x", "/v/" + std::string(2000, 'a')));
}

TEST(Positions, RefuseWhatIsNoPositionsFile) {
  EXPECT_FALSE(ParsePositions("positions: [1]", "p"));
  EXPECT_FALSE(ParsePositions("other: {}", "p"));
  EXPECT_FALSE(ParsePositions("\x01", "p"));
  EXPECT_TRUE(ParsePositions("", "p"));
  EXPECT_TRUE(ParsePositions("positions: {}", "p")->empty());
}

}  // namespace
}  // namespace pharos::ingest::tail
