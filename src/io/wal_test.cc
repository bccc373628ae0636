#include "io/wal.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "io/fs.h"
#include "io/wal_format.h"

namespace pharos::io {
namespace {

struct Copy {
  uint64_t sequence;
  Signal signal;
  uint8_t codec;
  std::string tenant;
  std::string payload;
  bool operator==(const Copy&) const = default;
};

/// A directory of the machine that goes away with the test.
class WalTest : public testing::Test {
 protected:
  void SetUp() override {
    base::SetLogLevel(base::LogLevel::kError);
    dir_ = testing::TempDir() + "pharos_wal_" +
           testing::UnitTest::GetInstance()->current_test_info()->name() + "_" +
           std::to_string(::getpid());
    std::filesystem::remove_all(dir_);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  base::Result<std::unique_ptr<Wal>> Open(WalOptions options = {}) {
    replayed_.clear();
    options.directory = dir_ + "/wal";
    return Wal::Open(Fs::Real(), options, [this](const WalFrame& f) -> base::Result<void> {
      replayed_.push_back(
          {f.sequence, f.signal, f.codec, std::string(f.tenant), std::string(f.payload)});
      return {};
    });
  }

  std::vector<std::string> Segments() {
    std::vector<std::string> names = Fs::Real().List(dir_ + "/wal").value();
    std::erase_if(names, [](const std::string& name) { return !ParseSegmentName(name); });
    return names;
  }
  std::string Spare() const { return dir_ + "/wal/spare.0"; }

  std::string dir_;
  std::vector<Copy> replayed_;
};

TEST_F(WalTest, GivesBackWhatWasAcknowledged) {
  {
    auto wal = Open();
    ASSERT_TRUE(wal) << wal.error().message;
    EXPECT_TRUE((*wal)->Append(Signal::kSamples, 3, "default", "one").ack.Wait());
    EXPECT_TRUE((*wal)->Append(Signal::kEvents, 4, "t2", "").ack.Wait());
  }
  auto wal = Open();
  ASSERT_TRUE(wal) << wal.error().message;
  const std::vector<Copy> expected = {{1, Signal::kSamples, 3, "default", "one"},
                                      {2, Signal::kEvents, 4, "t2", ""}};
  EXPECT_EQ(replayed_, expected);
  EXPECT_EQ((*wal)->LastSequence(), 2u);
}

TEST_F(WalTest, ManyWritersShareSyncs) {
  constexpr int kThreads = 8, kEach = 200;
  {
    auto wal = Open({.segment_bytes = 64 << 10});
    ASSERT_TRUE(wal);
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) {
          const std::string payload(100, static_cast<char>('a' + t));
          EXPECT_TRUE((*wal)->Append(Signal::kSamples, 0, "default", payload).ack.Wait());
        }
      });
    }
  }
  EXPECT_GT(Segments().size(), 1u);
  ASSERT_TRUE(Open());
  EXPECT_EQ(replayed_.size(), size_t{kThreads * kEach});
}

TEST_F(WalTest, ReleaseDeletesWhatNobodyNeedsAndKeepsTheSequence) {
  {
    auto wal = Open({.segment_bytes = 1000});
    ASSERT_TRUE(wal);
    for (int i = 0; i < 20; ++i) {
      const Signal signal = i == 10 ? Signal::kEvents : Signal::kSamples;
      ASSERT_TRUE((*wal)->Append(signal, 0, "d", std::string(900, 'x')).ack.Wait());
    }
    const size_t before = Segments().size();
    (*wal)->Release(Signal::kSamples, 20);
    const size_t held_by_events = Segments().size();
    EXPECT_LT(held_by_events, before);
    EXPECT_GT(held_by_events, 1u);
    (*wal)->Release(Signal::kEvents, 11);
    EXPECT_EQ(Segments().size(), 1u);
  }
  auto wal = Open();
  ASSERT_TRUE(wal);
  EXPECT_EQ((*wal)->LastSequence(), 20u);
  EXPECT_EQ((*wal)->Append(Signal::kSamples, 0, "d", "x").sequence, 21u);
}

TEST_F(WalTest, ReleaseOfABigActiveSegmentStartsANewOne) {
  {
    auto wal = Open();
    ASSERT_TRUE(wal);
    ASSERT_TRUE((*wal)->Append(Signal::kSamples, 0, "d", std::string(2 << 20, 'x')).ack.Wait());
    (*wal)->Release(Signal::kSamples, 1);
    EXPECT_LT((*wal)->Bytes(), 1000u);
    EXPECT_EQ((*wal)->Append(Signal::kSamples, 0, "d", "y").sequence, 2u);
  }
  auto wal = Open();
  ASSERT_TRUE(wal);
  ASSERT_EQ(replayed_.size(), 1u);
  EXPECT_EQ(replayed_[0].payload, "y");
}

TEST_F(WalTest, AReleasedSegmentIsWrittenOver) {
  const auto write = [](Wal& wal, size_t bytes, char c) {
    const Wal::Appended done = wal.Append(Signal::kSamples, 0, "d", std::string(bytes, c));
    EXPECT_TRUE(done.ack.Wait());
    return done.sequence;
  };
  uint64_t kept = 0;
  {
    auto wal =
        Open({.directory = {}, .segment_bytes = 3'000'000, .keep_spares = std::chrono::hours(1)});
    ASSERT_TRUE(wal);
    uint64_t last = write(**wal, 1, 'a');
    std::string active = Segments().back();
    for (int i = 0; i < 100; ++i) {
      last = write(**wal, 100'000, 'a');
      const std::string now = Segments().back();
      if (now == active) continue;
      active = now;
      (*wal)->Release(Signal::kSamples, last - 1);
      EXPECT_TRUE(std::filesystem::exists(Spare()));
      if (i > 60) continue;
      (*wal)->DropSpares();
      EXPECT_FALSE(std::filesystem::exists(Spare()));
    }
    while (Segments().back() == active) last = write(**wal, 100'000, 'a');
    kept = write(**wal, 1000, 'x');  // into a file that is longer, with frames behind it
    EXPECT_GT(std::filesystem::file_size(dir_ + "/wal/" + Segments().back()), 2'900'000u);
    std::filesystem::copy(dir_ + "/wal", dir_ + "/killed");
  }
  EXPECT_FALSE(std::filesystem::exists(Spare()));
  std::filesystem::remove_all(dir_ + "/wal");
  std::filesystem::rename(dir_ + "/killed", dir_ + "/wal");
  std::filesystem::copy(dir_ + "/wal/" + Segments().front(), Spare());
  auto wal = Open({.directory = {}, .keep_spares = std::chrono::milliseconds(1)});
  ASSERT_TRUE(wal) << wal.error().message;
  ASSERT_FALSE(replayed_.empty());
  EXPECT_EQ(replayed_.back().sequence, kept);
  EXPECT_EQ(replayed_.back().payload, std::string(1000, 'x'));
  for (size_t i = 1; i < replayed_.size(); ++i) {
    EXPECT_EQ(replayed_[i].sequence, replayed_[i - 1].sequence + 1);
  }
  EXPECT_FALSE(std::filesystem::exists(Spare()));
  uint64_t last = 0;
  for (int i = 0; i < 30; ++i) last = write(**wal, 100'000, 'y');
  (*wal)->Release(Signal::kSamples, last);
  for (int i = 0; i < 5000 && std::filesystem::exists(Spare()); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_FALSE(std::filesystem::exists(Spare()));
}

TEST_F(WalTest, SeveralReleasedSegmentsAreWrittenOver) {
  auto wal = Open({.directory = {}, .segment_bytes = 1000, .keep_spares = std::chrono::hours(1)});
  ASSERT_TRUE(wal);
  const auto write = [&](int frames, char c) {
    uint64_t last = 0;
    for (int i = 0; i < frames; ++i) {
      last = (*wal)->Append(Signal::kSamples, 0, "d", std::string(900, c)).sequence;
      EXPECT_TRUE((*wal)->Append(Signal::kSamples, 0, "d", std::string(900, c)).ack.Wait());
    }
    return last + 1;
  };
  const auto spares = [&] {
    std::vector<std::string> names = Fs::Real().List(dir_ + "/wal").value();
    std::erase_if(names, [](const std::string& name) { return !name.starts_with("spare."); });
    return names.size();
  };
  (*wal)->Release(Signal::kSamples, write(10, 'a'));
  EXPECT_EQ(spares(), kWalSpares);
  write(1, 'b');
  write(1, 'b');
  EXPECT_LT(spares(), kWalSpares) << "they are used";
  (*wal)->Release(Signal::kSamples, write(6, 'c'));
  EXPECT_EQ(spares(), kWalSpares) << "names are used again";
  const uint64_t kept = write(3, 'd');
  std::filesystem::copy(dir_ + "/wal", dir_ + "/killed");
  (*wal)->DropSpares();
  EXPECT_EQ(spares(), 0u);
  wal->reset();
  std::filesystem::remove_all(dir_ + "/wal");
  std::filesystem::rename(dir_ + "/killed", dir_ + "/wal");
  wal = Open();
  ASSERT_TRUE(wal) << wal.error().message;
  ASSERT_GE(replayed_.size(), 6u);
  EXPECT_EQ(replayed_.back().sequence, kept);
  for (size_t i = replayed_.size() - 6; i < replayed_.size(); ++i) {
    EXPECT_EQ(replayed_[i].payload, std::string(900, 'd'));
  }
  EXPECT_EQ(spares(), 0u);
}

TEST_F(WalTest, ZerosAheadOfTheFramesAreNotFrames) {
  auto wal = Open();
  ASSERT_TRUE(wal);
  for (int i = 0; i < 100; ++i) {
    const std::string payload(static_cast<size_t>(i) * 500, 'x');
    ASSERT_TRUE((*wal)->Append(Signal::kSamples, 0, "d", payload).ack.Wait());
  }
  const std::string segment = dir_ + "/wal/" + Segments().back();
  const auto size = [&] { return std::filesystem::file_size(segment); };
  EXPECT_GT(size(), (*wal)->Bytes()) << "prepared";
  // What a kill leaves: the files as they are.
  std::filesystem::copy(dir_ + "/wal", dir_ + "/killed");
  wal->reset();
  EXPECT_LT(size(), (size_t{100} * 99 / 2) * 500 + 10'000) << "an orderly stop leaves no zeros";
  std::filesystem::remove_all(dir_ + "/wal");
  std::filesystem::rename(dir_ + "/killed", dir_ + "/wal");
  WalProgress progress;
  wal = Open({.directory = {}, .progress = &progress});
  ASSERT_TRUE(wal) << wal.error().message;
  EXPECT_EQ(replayed_.size(), 100u);
  EXPECT_EQ(progress.total, 1u);
  EXPECT_EQ(progress.done, 1u);
}

TEST_F(WalTest, FirstSequenceIsAFloor) {
  auto wal = Open({.first_sequence = 500});
  ASSERT_TRUE(wal);
  EXPECT_EQ((*wal)->Append(Signal::kSamples, 0, "d", "x").sequence, 500u);
}

TEST_F(WalTest, RelaxedAcknowledgesAndKeepsAfterAnOrderlyStop) {
  {
    auto wal = Open({.sync_before_ack = false});
    ASSERT_TRUE(wal);
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE((*wal)->Append(Signal::kSamples, 0, "d", "x").ack.Wait());
    }
  }
  ASSERT_TRUE(Open());
  EXPECT_EQ(replayed_.size(), 100u);
}

TEST_F(WalTest, TooLargeIsRefused) {
  auto wal = Open();
  ASSERT_TRUE(wal);
  const std::string tenant(70000, 't');
  const Wal::Appended appended = (*wal)->Append(Signal::kSamples, 0, tenant, "x");
  EXPECT_EQ(appended.sequence, 0u);
  EXPECT_EQ(appended.ack.Wait().error().kind, base::ErrorKind::kTooLarge);
}

TEST_F(WalTest, EveryFlippedByteOfAnEndedSegmentIsNamed) {
  {
    auto wal = Open();
    ASSERT_TRUE(wal);
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE((*wal)->Append(Signal::kSamples, 0, "d", "payload").ack.Wait());
    }
  }
  const std::string path = dir_ + "/wal/" + SegmentName(1);
  const std::string good = [&] {
    auto file = Fs::Real().OpenRead(path);
    return (*file)->ReadAt(0, (*file)->Size().value()).value();
  }();
  const auto write = [&](const std::string& bytes) {
    auto file = Fs::Real().Create(path);
    ASSERT_TRUE((*file)->Append(bytes));
  };
  const size_t mark_at = good.size() - kFrameHeaderBytes;
  for (size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    write(bad);
    auto wal = Open();
    if (at >= mark_at) {  // only the mark itself may go unnoticed: nothing is lost
      EXPECT_TRUE(wal) << at;
      EXPECT_EQ(replayed_.size(), 3u);
      continue;
    }
    ASSERT_FALSE(wal) << "flip at byte " << at << " was not noticed";
    EXPECT_EQ(wal.error().kind, base::ErrorKind::kCorrupt);
    EXPECT_NE(wal.error().message.find(path), std::string::npos);
    EXPECT_NE(wal.error().message.find("at byte "), std::string::npos);
  }
}

}  // namespace
}  // namespace pharos::io
