#include "base/large_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

namespace pharos::base {
namespace {

constexpr size_t kAlign = 64;
constexpr size_t kPage = 4 << 10, kHugePage = 2 << 20;
constexpr size_t kTries = 16;  // free blocks that are looked at for one that fits

size_t RoundUp(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

/// Bytes of the system's, at a border of huge pages.
char* Map(size_t bytes) {
  const size_t all = bytes + kHugePage;
  void* const mapped =
      mmap(nullptr, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  char* const begin = static_cast<char*>(mapped);
  const size_t before =
      RoundUp(reinterpret_cast<uintptr_t>(begin), kHugePage) - reinterpret_cast<uintptr_t>(begin);
  if (before > 0) munmap(begin, before);
  if (before < kHugePage) munmap(begin + before + bytes, kHugePage - before);
  madvise(begin + before, bytes, MADV_HUGEPAGE);  // without them, it is pages as ever
  return begin + before;
}

}  // namespace

/// Blocks that nobody has. It lives as long as the last block.
struct LargeMemory::Store {
  Store(size_t most, MemoryBudget& of) : most_bytes(most), budget(&of) {}

  /// A block for that many bytes; null: there is none.
  std::span<char> Reuse(size_t need) {
    std::lock_guard lock(mutex);
    if (budget != nullptr && budget->Tight()) Drop();
    for (size_t i = 0; i < std::min(kTries, free.size()); ++i) {
      std::span<char>& block = free[free.size() - 1 - i];
      if (block.size() < need || block.size() / 2 > need) continue;
      std::swap(block, free.back());
      const std::span<char> out = free.back();
      free.pop_back();
      bytes -= out.size();
      if (budget != nullptr) budget->Release(out.size());
      return out;
    }
    return {};
  }

  void Return(std::span<char> block) {
    std::lock_guard lock(mutex);
    if (budget == nullptr || budget->Tight() || bytes + block.size() > most_bytes) {
      munmap(block.data(), block.size());
      return;
    }
    budget->Reserve(block.size());
    bytes += block.size();
    free.push_back(block);
  }

  void Drop() {
    for (const std::span<char> block : free) munmap(block.data(), block.size());
    free.clear();
    if (budget != nullptr) budget->Release(bytes);
    bytes = 0;
  }

  std::mutex mutex;  // guards all below
  const size_t most_bytes;
  MemoryBudget* budget;                 // null once the LargeMemory is gone
  std::atomic<size_t> shared_bytes{0};  // of blocks of many pieces in use; without the lock
  std::vector<std::span<char>> free;
  size_t bytes = 0;
};

struct LargeMemory::Block {
  Block(std::shared_ptr<Store> of, std::span<char> memory, bool shared)
      : store(std::move(of)), bytes(memory), shared_bytes(shared ? memory.size() : 0) {
    store->shared_bytes += shared_bytes;
  }
  ~Block() {
    store->shared_bytes -= shared_bytes;
    store->Return(bytes);
  }
  Block(const Block&) = delete;

  const std::shared_ptr<Store> store;
  const std::span<char> bytes;
  const size_t shared_bytes;  // by many pieces: all, or none
};

LargeMemory::LargeMemory(size_t most_free_bytes, MemoryBudget& budget)
    : store_(std::make_shared<Store>(most_free_bytes, budget)) {}

LargeMemory::~LargeMemory() {
  open_ = {};
  std::lock_guard lock(store_->mutex);
  store_->Drop();
  store_->budget = nullptr;
}

std::shared_ptr<const LargeMemory::Block> LargeMemory::NewBlock(size_t bytes, bool shared) {
  std::span<char> memory = store_->Reuse(bytes);
  if (memory.empty()) memory = {Map(bytes), bytes};
  return std::make_shared<const Block>(store_, memory, shared);
}

Room LargeMemory::Take(size_t bytes, Use use) {
  std::lock_guard lock(mutex_);
  taken_ = true;
  if (bytes > kMostInBlock) {
    const auto own = NewBlock(RoundUp(bytes, kPage), false);
    return {own->bytes.first(bytes), own};
  }
  auto& [block, used] = open_[static_cast<size_t>(use)];
  if (!block || used + bytes > block->bytes.size()) {
    block.reset();  // first: it may be the one that is used next
    block = NewBlock(kBlockBytes, true);
    used = 0;
  }
  const std::span<char> piece = block->bytes.subspan(used, bytes);
  used += RoundUp(bytes, kAlign);
  return {piece, block};
}

size_t LargeMemory::SharedBytes() const { return store_->shared_bytes; }

void LargeMemory::Trim() {
  std::lock_guard lock(mutex_);
  if (std::exchange(taken_, false)) return;
  for (Open& open : open_) {
    if (open.block.use_count() == 1) open = {};
  }
  std::lock_guard free_lock(store_->mutex);
  store_->Drop();
}

}  // namespace pharos::base
