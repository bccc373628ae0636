#include "io/manifest.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "io/manifest_format.h"
#include "io/part_file.h"
#include "io/sim_fs.h"

namespace pharos::io {
namespace {

using base::ErrorKind;
using base::Result;

PartEntry Entry(uint64_t id, Signal signal = Signal::kSamples) {
  const std::string name = signal == Signal::kSamples ? "samples" : "events";
  return {.signal = signal,
          .tenant = "default",
          .id = id,
          .path = "default/" + name + "/2026-01-0" + std::to_string(1 + id % 3) + "/part-" +
                  std::to_string(id),
          .min_time = -5,
          .max_time = static_cast<int64_t>(id),
          .bytes = 100 + id,
          .items = 7};
}

/// A part of one file, in a fresh tmp directory.
Result<std::string> WritePart(Manifest& manifest, const PartEntry& entry) {
  PHAROS_TRY(const std::string dir, MakeTmpDir(manifest, "seal-" + std::to_string(entry.id)));
  PHAROS_TRY(auto writer, PartWriter::Create(manifest.fs(), dir + "/data", "TEST", 1));
  PHAROS_TRY([[maybe_unused]] const uint32_t page, writer->AddPage("id", std::to_string(entry.id)));
  PHAROS_TRY([[maybe_unused]] const uint64_t bytes, writer->Finish());
  return dir;
}

Result<void> Publish(Manifest& manifest, const ManifestEdit& edit) {
  PHAROS_TRY(const std::string dir, WritePart(manifest, edit.add.front()));
  return PublishPart(manifest, dir, edit);
}

class ManifestTest : public testing::Test {
 protected:
  // Thousands of crashes log thousands of lines.
  void SetUp() override { testing::internal::CaptureStderr(); }
  void TearDown() override { (void)testing::internal::GetCapturedStderr(); }

  std::unique_ptr<Manifest> Open() {
    auto opened = Manifest::Open(fs_, "data");
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? *std::move(opened) : nullptr;
  }
  std::string Bytes() {
    auto file = fs_.OpenRead("data/MANIFEST");
    return (*file)->ReadAt(0, (*file)->Size().value()).value();
  }

  SimFs fs_;
};

TEST_F(ManifestTest, KeepsPartsSequencesAndIds) {
  {
    auto manifest = Open();
    const uint64_t id = manifest->NextPartId();
    ASSERT_TRUE(Publish(*manifest, {.add = {Entry(id)},
                                    .sets_sealed = true,
                                    .sealed_signal = Signal::kSamples,
                                    .sealed_sequence = 42}));
    const uint64_t dropped = manifest->NextPartId();
    ASSERT_TRUE(Publish(*manifest, {.add = {Entry(dropped, Signal::kEvents)}}));
    ASSERT_TRUE(manifest->Apply({.drop = {dropped}}));
  }
  auto manifest = Open();
  EXPECT_EQ(manifest->Live(Signal::kSamples), std::vector<PartEntry>{Entry(1)});
  EXPECT_TRUE(manifest->Live(Signal::kEvents).empty());
  EXPECT_EQ(manifest->SealedSequence(Signal::kSamples), 42u);
  EXPECT_EQ(manifest->SealedSequence(Signal::kEvents), 0u);
  EXPECT_EQ(manifest->NextPartId(), 3u);
  EXPECT_TRUE(fs_.Exists("data/" + Entry(1).path + "/data"));
  EXPECT_FALSE(fs_.Exists("data/" + Entry(2, Signal::kEvents).path));
}

TEST_F(ManifestTest, OpenDeletesTmpAndUnlistedPartsAlone) {
  {
    ASSERT_TRUE(Publish(*Open(), {.add = {Entry(1)}}));
  }
  ASSERT_TRUE(fs_.MakeDirs("data/default/samples/2026-01-02/part-77"));
  ASSERT_TRUE(fs_.MakeDirs("data/default/samples/2026-01-02/keep"));
  ASSERT_TRUE(fs_.MakeDirs("data/tmp/half"));
  ASSERT_TRUE(fs_.MakeDirs("data/wal"));
  (void)*fs_.Create("data/wal/x");
  Open();
  EXPECT_TRUE(fs_.Exists("data/" + Entry(1).path));
  EXPECT_FALSE(fs_.Exists("data/default/samples/2026-01-02/part-77"));
  EXPECT_TRUE(fs_.Exists("data/default/samples/2026-01-02/keep"));
  EXPECT_FALSE(fs_.Exists("data/tmp/half"));
  EXPECT_TRUE(fs_.Exists("data/wal/x"));
}

TEST_F(ManifestTest, RewritesItselfWhenItHasGrown) {
  auto manifest = Open();
  ManifestEdit big;
  big.drop.resize(100'000);
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(manifest->Apply(big));
  EXPECT_LT(Bytes().size(), 5u << 20);
  ASSERT_TRUE(manifest->Apply({.add = {Entry(1)}}));
  manifest.reset();
  EXPECT_EQ(Open()->Live(Signal::kSamples).size(), 1u);
}

TEST_F(ManifestTest, AFailedEditDidNotHappen) {
  auto manifest = Open();
  ASSERT_TRUE(Publish(*manifest, {.add = {Entry(1)}}));
  for (uint64_t n = 1; n < 30; ++n) {
    fs_.FailOperation(n, n % 2 == 0 ? ErrorKind::kIo : ErrorKind::kFull);
    const PartEntry entry = Entry(manifest->NextPartId());
    const size_t before = manifest->Live(Signal::kSamples).size();
    const bool done = Publish(*manifest, {.add = {entry}}).has_value();
    fs_.FailOperation(0, ErrorKind::kIo);
    EXPECT_EQ(manifest->Live(Signal::kSamples).size(), before + (done ? 1 : 0)) << n;
    EXPECT_EQ(fs_.Exists("data/" + entry.path), done) << n;
  }
  const auto live = manifest->Live(Signal::kSamples);
  manifest.reset();
  fs_.CutPower(3);
  EXPECT_EQ(Open()->Live(Signal::kSamples), live);
}

TEST_F(ManifestTest, RefusesPathsThatLeaveTheDataDirectory) {
  auto manifest = Open();
  for (const char* path : {"../x/y/part-1", "a/b/part-1", "/a/b/c/part-1", "a/b/c/d",
                           "a/./b/part-1", "a//c/part-1", "a/b/c/part-1/x"}) {
    PartEntry entry = Entry(1);
    entry.path = path;
    EXPECT_FALSE(Publish(*manifest, {.add = {entry}})) << path;
  }
}

TEST(ManifestFormat, AnEmptyRecordMayBeTornWhenTheNextIsWhole) {
  const auto file = [](bool damage_the_edit) {
    std::string bytes = EncodeSnapshot({}, 7);
    ManifestEdit edit;
    edit.add.push_back({.tenant = "t", .id = 5, .path = "t/samples/2026-01-01/part-5"});
    const size_t edit_at = bytes.size();
    bytes += EncodeRecord(edit, 6, 7, bytes.size());
    const size_t empty_at = bytes.size();
    bytes += EncodeRecord({}, 6, 7, bytes.size());
    bytes += EncodeRecord({.drop = {5}}, 6, 7, bytes.size());
    bytes[(damage_the_edit ? edit_at : empty_at) + 20] ^= 1;
    return ParseManifest(bytes);
  };
  const auto torn = file(false);
  ASSERT_TRUE(torn) << torn.error().message;
  EXPECT_TRUE(torn->state.parts.empty());
  EXPECT_FALSE(file(true));
}

TEST_F(ManifestTest, EveryFlippedBitIsNoticedOrHarmless) {
  std::vector<PartEntry> live;
  {
    auto manifest = Open();
    for (uint64_t id = 1; id < 4; ++id) ASSERT_TRUE(Publish(*manifest, {.add = {Entry(id)}}));
    live = manifest->Live(Signal::kSamples);
  }
  const std::string good = Bytes();
  size_t harmless = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x20);
    auto parsed = ParseManifest(bad);
    if (parsed) {
      ++harmless;
      EXPECT_EQ(parsed->state.parts.size(), live.size()) << "flip at byte " << at;
    } else {
      EXPECT_EQ(parsed.error().kind, ErrorKind::kCorrupt);
    }
  }
  EXPECT_EQ(harmless, 3 * EncodeRecord({}, 1, 1, 1).size());  // those that vouch
  ASSERT_TRUE(fs_.FlipBit("data/MANIFEST", 30, 1));
  auto opened = Manifest::Open(fs_, "data");
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("data/MANIFEST"), std::string::npos);
}

TEST_F(ManifestTest, ADataDirectoryThatWasMovedIsNotMadeAnew) {
  auto manifest = Open();
  ASSERT_TRUE(Publish(*manifest, {.add = {Entry(1)}}));
  ASSERT_TRUE(fs_.Rename("data", "elsewhere"));
  const auto made = MakeTmpDir(*manifest, "x");
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("moved or removed"), std::string::npos);
  EXPECT_FALSE(PublishPart(*manifest, "data/tmp/x", {.add = {Entry(2)}}));
  EXPECT_FALSE(fs_.Exists("data"));
  ASSERT_TRUE(fs_.Rename("elsewhere", "data"));
  EXPECT_TRUE(Publish(*manifest, {.add = {Entry(2)}}));
}

TEST_F(ManifestTest, DirectoriesAreSyncedWhenTheyAreNew) {
  auto manifest = Open();
  std::vector<std::string> synced;
  fs_.SetHook([&](const SimOp& op) -> Result<void> {
    if (op.name == "SyncDir") synced.push_back(op.path);
    return {};
  });
  const std::vector<std::string> parents = {"data", "data/default", "data/default/samples"};
  const auto publish = [&](uint64_t id, bool with_parents) {
    synced.clear();
    const PartEntry entry = Entry(id);
    ASSERT_TRUE(Publish(*manifest, {.add = {entry}}));
    std::vector<std::string> expected = {"data/tmp/seal-" + std::to_string(id)};
    if (with_parents) expected.insert(expected.end(), parents.begin(), parents.end());
    expected.push_back("data/" + entry.path.substr(0, entry.path.rfind('/')));
    EXPECT_EQ(synced, expected) << id;
  };
  publish(3, true);
  publish(6, false);
  publish(4, true);  // another day
  ASSERT_TRUE(fs_.RemoveAll("data/default/samples/2026-01-01"));
  publish(9, true);  // it was removed meanwhile
  publish(12, false);
  ASSERT_TRUE(fs_.RemoveAll("data/default"));
  fs_.SetHook([&](const SimOp& op) -> Result<void> {
    if (op.name != "SyncDir" || op.path != "data/default") return {};
    return base::Fail(ErrorKind::kIo, "no");
  });
  EXPECT_FALSE(Publish(*manifest, {.add = {Entry(15)}}));
  fs_.SetHook({});
  ASSERT_TRUE(Publish(*manifest, {.add = {Entry(18)}}));  // there, but not on the disk yet
  fs_.CutPower(1);
  EXPECT_TRUE(fs_.Exists("data/default/samples/2026-01-01/part-18/data"));
}

TEST_F(ManifestTest, EveryTruncationGivesAPrefix) {
  {
    auto manifest = Open();
    for (uint64_t id = 1; id < 4; ++id) ASSERT_TRUE(Publish(*manifest, {.add = {Entry(id)}}));
  }
  const std::string good = Bytes();
  size_t parts = 0;
  for (size_t size = 0; size < good.size(); ++size) {
    auto parsed = ParseManifest(std::string_view(good).substr(0, size));
    if (!parsed) {
      EXPECT_EQ(parts, 0u);
      continue;
    }
    EXPECT_GE(parsed->state.parts.size(), parts);
    EXPECT_LE(parsed->good_bytes, size);
    parts = parsed->state.parts.size();
  }
  EXPECT_EQ(parts, 3u);
}

/// Several lives of one manifest on one simulated machine.
class Machine {
 public:
  Machine(uint64_t seed, bool ignore_sync, bool faults)
      : faults_(faults), random_(seed), fs_({.ignore_sync = ignore_sync}) {}

  std::string Lives(int count) {
    for (int i = 0; i < count; ++i) {
      std::string wrong = OneLife();
      if (!wrong.empty()) return wrong + " in life " + std::to_string(i);
    }
    return "";
  }

 private:
  using Parts = std::map<uint64_t, PartEntry>;

  uint64_t Below(uint64_t bound) { return random_() % bound; }

  std::string OneLife() {
    auto manifest = Manifest::Open(fs_, "data");
    if (!manifest) return "open failed: " + manifest.error().message;
    if (std::string wrong = Compare(**manifest); !wrong.empty()) return wrong;
    ArmTheEnd();
    for (uint64_t left = Below(8); left > 0; --left) Edit(**manifest);
    fs_.Halt();
    manifest->reset();
    fs_.SetHook({});
    fs_.FailOperation(0, ErrorKind::kIo);
    if (Below(4) == 0) {
      fs_.Restart();
    } else {
      fs_.CutPower(random_());
    }
    return "";
  }

  void ArmTheEnd() {
    const uint64_t last = fs_.Operations() + Below(80);
    fs_.SetHook([this, last](const SimOp&) -> Result<void> {
      if (fs_.Operations() > last) fs_.Halt();
      return {};
    });
    if (faults_ && Below(2) == 0) {
      fs_.FailOperation(1 + Below(40), Below(2) == 0 ? ErrorKind::kIo : ErrorKind::kFull);
    }
  }

  /// The manifest holds what was acknowledged, or that and the edit that was under way.
  std::string Compare(Manifest& manifest) {
    Parts found;
    for (const PartEntry& part : manifest.Live(Signal::kSamples)) found.emplace(part.id, part);
    if (found != sure_ && found != maybe_) {
      return "has " + std::to_string(found.size()) + " parts, not " + std::to_string(sure_.size()) +
             " or " + std::to_string(maybe_.size());
    }
    sure_ = maybe_ = found;
    for (const auto& [id, part] : found) {
      auto reader = PartReader::Open(fs_, "data/" + part.path + "/data", "TEST", 1);
      if (!reader) return "lost a part: " + reader.error().message;
      if ((*reader)->ReadPage("id", 0) != std::to_string(id)) return "changed a part";
    }
    for (const std::string day : {"1", "2", "3"}) {
      const std::string dir = "default/samples/2026-01-0" + day;
      for (const std::string& name : fs_.List("data/" + dir).value_or(std::vector<std::string>{})) {
        const uint64_t id = std::stoull(name.substr(5));
        if (!found.contains(id)) return "left part " + name;
      }
    }
    return "";
  }

  void Edit(Manifest& manifest) {
    ManifestEdit edit;
    if (!sure_.empty() && Below(3) == 0) edit.drop.push_back(sure_.begin()->first);
    const bool adds = edit.drop.empty() || Below(2) == 0;
    if (adds) edit.add.push_back(Entry(manifest.NextPartId()));
    Parts wanted = sure_;
    for (const uint64_t id : edit.drop) wanted.erase(id);
    for (const PartEntry& part : edit.add) wanted.emplace(part.id, part);
    const Parts before = std::exchange(maybe_, wanted);
    const Result<void> done = adds ? Publish(manifest, edit) : manifest.Apply(edit);
    if (done) {
      for (const uint64_t id : edit.drop) (void)fs_.RemoveAll("data/" + sure_.at(id).path);
      sure_ = wanted;
      return;
    }
    // Taken back, unless the process is stopped or says that it could not.
    const bool open = manifest.Uncertain() || !fs_.MakeDirs("data/tmp");
    if (!open) maybe_ = sure_;
    if (open && before != sure_) maybe_ = before;  // an earlier one is still in doubt
  }

  const bool faults_;
  std::mt19937_64 random_;
  SimFs fs_;
  Parts sure_;   ///< acknowledged
  Parts maybe_;  ///< with an edit that was neither acknowledged nor taken back
};

TEST_F(ManifestTest, PowerCutsLoseNothingAcknowledged) {
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    ASSERT_EQ(Machine(seed, false, false).Lives(4), "") << "seed " << seed;
  }
}

TEST_F(ManifestTest, NorDoFailingOperations) {
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    ASSERT_EQ(Machine(seed, false, true).Lives(4), "") << "seed " << seed;
  }
}

TEST_F(ManifestTest, TheMutantWithoutSyncIsCaught) {
  int caught = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) caught += !Machine(seed, true, false).Lives(4).empty();
  EXPECT_GT(caught, 25);
}

}  // namespace
}  // namespace pharos::io
