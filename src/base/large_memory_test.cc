#include "base/large_memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace pharos::base {
namespace {

constexpr size_t kMost = 16 << 20, kLimit = 64 << 20;

Room Filled(LargeMemory& memory, size_t bytes, char with) {
  Room room = memory.Take(bytes);
  std::memset(room.bytes.data(), with, bytes);
  return room;
}

bool AllAre(const Room& room, char what) {
  for (const char c : room.bytes) {
    if (c != what) return false;
  }
  return true;
}

TEST(LargeMemory, PiecesKeepWhatIsInThem) {
  MemoryBudget budget(kLimit);
  std::vector<Room> rooms;
  {
    LargeMemory memory(kMost, budget);
    for (int i = 0; i < 60; ++i) {
      const size_t bytes = i % 7 == 0 ? 0 : static_cast<size_t>(i) * 50'001 % 3'000'000 + 1;
      rooms.push_back(Filled(memory, bytes, static_cast<char>(i)));
      EXPECT_EQ(rooms.back().bytes.size(), bytes);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(rooms.back().bytes.data()) % 64, 0u);
      if (i % 3 == 0) rooms.erase(rooms.begin());
    }
    EXPECT_EQ(rooms.size(), 40u);
  }  // pieces may outlive it
  for (const Room& room : rooms) {
    EXPECT_TRUE(room.bytes.empty() || AllAre(room, room.bytes.front()));
  }
  rooms.clear();
  EXPECT_EQ(budget.used_bytes(), 0u);
}

TEST(LargeMemory, BlocksAreUsedAgain) {
  MemoryBudget budget(kLimit);
  LargeMemory memory(kMost, budget);
  constexpr size_t kPiece = 300'000;
  std::set<const void*> places;
  for (int round = 0; round < 5; ++round) {
    std::vector<Room> rooms;
    for (int i = 0; i < 30; ++i) {  // a bit over two blocks
      rooms.push_back(memory.Take(kPiece));
      places.insert(rooms.back().bytes.data());
    }
  }
  // The block in use is not among the free ones when the next round begins in it.
  EXPECT_LE(places.size(), 4 * (LargeMemory::kBlockBytes / kPiece));
  EXPECT_GT(budget.used_bytes(), 0u) << "free blocks are counted";
  EXPECT_EQ(budget.used_bytes() % LargeMemory::kBlockBytes, 0u);
}

TEST(LargeMemory, OneLivePieceKeepsItsBlock) {
  MemoryBudget budget(kLimit);
  LargeMemory memory(kMost, budget);
  EXPECT_EQ(memory.SharedBytes(), 0u);
  const Room kept = Filled(memory, 1000, 'k');
  EXPECT_EQ(memory.SharedBytes(), LargeMemory::kBlockBytes);
  for (int i = 0; i < 50; ++i) Filled(memory, 900'000, 'x');
  EXPECT_TRUE(AllAre(kept, 'k'));
  EXPECT_EQ(memory.SharedBytes(), 2 * LargeMemory::kBlockBytes) << "it, and the one in use";
  const Room own = memory.Take(9'000'000);
  EXPECT_EQ(memory.SharedBytes(), 2 * LargeMemory::kBlockBytes) << "nothing else lies there";
}

TEST(LargeMemory, PassingPiecesDoNotLieBetweenKeptOnes) {
  MemoryBudget budget(kLimit);
  LargeMemory memory(kMost, budget);
  std::vector<Room> kept;
  for (int i = 0; i < 200; ++i) {
    const Room passing = memory.Take(900'000, LargeMemory::Use::kPassing);
    kept.push_back(Filled(memory, 1000, 'k'));
  }
  EXPECT_EQ(memory.SharedBytes(), 2 * LargeMemory::kBlockBytes) << "one of each kind";
  for (const Room& room : kept) EXPECT_TRUE(AllAre(room, 'k'));
}

TEST(LargeMemory, ALargePieceHasItsOwnBlockThatIsReusedForItsLike) {
  MemoryBudget budget(kLimit);
  LargeMemory memory(kMost, budget);
  const void* first = memory.Take(9'000'000).bytes.data();
  const size_t free = budget.used_bytes();
  EXPECT_GE(free, 9'000'000u);
  EXPECT_LE(free, 9'010'000u);
  EXPECT_NE(memory.Take(2'500'000).bytes.data(), first) << "too little for so large a block";
  const Room again = memory.Take(8'000'000);
  EXPECT_EQ(again.bytes.data(), first);
}

TEST(LargeMemory, NoMoreIsKeptThanTheBound) {
  MemoryBudget budget(kLimit);
  LargeMemory memory(5 << 20, budget);
  {
    const std::vector<Room> rooms = {memory.Take(3 << 20), memory.Take(3 << 20)};
  }
  EXPECT_EQ(budget.used_bytes(), size_t{3} << 20);
}

TEST(LargeMemory, TrimGivesBackWhatWasNotTakenFrom) {
  MemoryBudget budget(kLimit);
  LargeMemory memory(kMost, budget);
  memory.Take(3 << 20);
  memory.Trim();
  EXPECT_GT(budget.used_bytes(), 0u) << "it was in use since the last call";
  memory.Trim();
  EXPECT_EQ(budget.used_bytes(), 0u);
}

TEST(LargeMemory, ATightBudgetGetsItBack) {
  MemoryBudget budget(kLimit);
  LargeMemory memory(kMost, budget);
  memory.Take(3 << 20);
  budget.Reserve(kLimit);
  memory.Take(100);
  EXPECT_EQ(budget.used_bytes(), kLimit);
  budget.Release(kLimit);
}

TEST(LargeMemory, ThreadsTakeAndGiveBackSideBySide) {
  MemoryBudget budget(kLimit);
  LargeMemory memory(kMost, budget);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&memory, t] {
      std::vector<Room> rooms(5);
      for (size_t i = 0; i < 400; ++i) {
        Room& room = rooms[i % rooms.size()];
        EXPECT_TRUE(room.bytes.empty() || AllAre(room, static_cast<char>('a' + t)));
        room = Filled(memory, i * 977 % 100'000, static_cast<char>('a' + t));
        if (i % 100 == 0) memory.Trim();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace pharos::base
