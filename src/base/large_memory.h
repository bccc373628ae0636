// Memory for what comes often, is large and goes together: requests, WAL frames, rows in memory.
// Each page that the system gives for the first time costs a fault, in a virtual machine as much as
// filling it many times over. So pieces lie one behind the other in blocks that the system may back
// with its huge pages (one fault for 2 MiB), and a block whose pieces are all gone is used again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include "base/budget.h"

namespace pharos::base {

/// Memory of a piece, uninitialised, aligned to 64 bytes, while its owner or a copy of it lives.
struct Room {
  std::span<char> bytes;
  std::shared_ptr<const void> owner;
};

/// Owns: blocks that are free, at most so many bytes of them, counted in the budget, and those
/// that are being handed out. Pieces may outlive it. Threads: any. Errors: std::bad_alloc.
/// Cost: a short lock a piece.
class LargeMemory {
 public:
  LargeMemory(size_t most_free_bytes, MemoryBudget& budget);
  ~LargeMemory();
  LargeMemory(const LargeMemory&) = delete;

  /// Whether a piece is likely to stay. Those that may be gone in a moment lie in blocks of their
  /// own kind, where they keep nothing from being used again.
  enum class Use : uint8_t { kKept, kPassing };
  Room Take(size_t bytes, Use use = Use::kKept);
  /// Gives memory back to the system when none was taken since the last call.
  void Trim();
  /// Bytes of blocks that some piece lies in, and of those that are being handed out, without
  /// blocks of one piece. A piece keeps its whole block: that may be far more than live ones have.
  size_t SharedBytes() const;

  static constexpr size_t kBlockBytes = 4 << 20;
  static constexpr size_t kMostInBlock = kBlockBytes / 2;  ///< larger pieces have their own

 private:
  struct Store;
  struct Block;
  std::shared_ptr<const Block> NewBlock(size_t bytes, bool shared);

  /// The block that pieces of one use are handed out of.
  struct Open {
    std::shared_ptr<const Block> block;
    size_t used = 0;  // bytes of it
  };

  const std::shared_ptr<Store> store_;
  std::mutex mutex_;          // guards all below
  std::array<Open, 2> open_;  // by Use
  bool taken_ = false;
};

}  // namespace pharos::base
