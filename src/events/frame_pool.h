// Memory of WAL frames that is used again: frames are large, and asking the system for fresh
// pages costs as much as filling them.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/budget.h"

namespace pharos::events {

/// Owns: memory of frames that are gone, at most so many bytes, counted in the budget, which it
/// borrows until Close. Threads: any. Cost: a short lock a frame.
class FramePool : public std::enable_shared_from_this<FramePool> {
 public:
  FramePool(size_t most_bytes, base::MemoryBudget& budget)
      : most_bytes_(most_bytes), budget_(&budget) {}
  ~FramePool() { Close(); }
  FramePool(const FramePool&) = delete;

  /// An empty text with memory for about `bytes`.
  std::string Take(size_t bytes);
  /// The frame, whose memory comes back here when nobody has it any more.
  std::shared_ptr<const std::string> Share(std::string frame);
  /// Gives memory back to the system when none was taken since the last call.
  void Trim();
  void Close();

 private:
  void Return(std::string frame);
  void Drop();

  std::mutex mutex_;  // guards all below
  size_t most_bytes_;
  base::MemoryBudget* budget_;
  std::vector<std::string> free_;
  size_t bytes_ = 0;
  bool used_ = false;
};

}  // namespace pharos::events
