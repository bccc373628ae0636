#include "events/frame_pool.h"

#include <algorithm>
#include <utility>

namespace pharos::events {
namespace {

constexpr size_t kTries = 16;        // pieces that are looked at for one that fits
constexpr size_t kLeast = 16 << 10;  // smaller ones are the allocator's business

}  // namespace

std::string FramePool::Take(size_t bytes) {
  std::string out;
  {
    std::lock_guard lock(mutex_);
    used_ = true;
    if (budget_ != nullptr && budget_->Tight()) Drop();
    for (size_t i = 0; i < std::min(kTries, free_.size()); ++i) {
      std::string& piece = free_[free_.size() - 1 - i];
      if (piece.capacity() < bytes || piece.capacity() / 2 > bytes) continue;
      std::swap(piece, free_.back());
      out = std::move(free_.back());
      free_.pop_back();
      bytes_ -= out.capacity();
      if (budget_ != nullptr) budget_->Release(out.capacity());
      break;
    }
  }
  out.reserve(bytes);
  return out;
}

std::shared_ptr<const std::string> FramePool::Share(std::string frame) {
  const auto back = [pool = shared_from_this()](std::string* text) {
    pool->Return(std::move(*text));
    delete text;
  };
  return std::shared_ptr<const std::string>(new std::string(std::move(frame)), back);
}

void FramePool::Return(std::string frame) {
  frame.clear();
  const size_t bytes = frame.capacity();
  std::lock_guard lock(mutex_);
  if (bytes < kLeast || bytes_ + bytes > most_bytes_ || budget_ == nullptr || budget_->Tight()) {
    return;
  }
  budget_->Reserve(bytes);
  bytes_ += bytes;
  free_.push_back(std::move(frame));
}

void FramePool::Drop() {
  free_.clear();
  if (budget_ != nullptr) budget_->Release(bytes_);
  bytes_ = 0;
}

void FramePool::Trim() {
  std::lock_guard lock(mutex_);
  if (!std::exchange(used_, false)) Drop();
}

void FramePool::Close() {
  std::lock_guard lock(mutex_);
  Drop();
  most_bytes_ = 0;
  budget_ = nullptr;
}

}  // namespace pharos::events
