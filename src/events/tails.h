// Those who follow along: each appended batch is offered to every tail.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "events/predicate.h"
#include "store/events.h"

namespace pharos::events {

/// Owns: nothing of its callers; a tail ends when its token dies, after which its callback is
/// not called any more. Threads: any. Cost: one atomic load a batch while nobody tails.
class Tails {
 public:
  using Callback = std::function<void(const model::EventBatch&)>;

  /// A predicate that does not compile lets nothing through.
  std::shared_ptr<void> Add(const store::EventQuery& query, Callback on_batch);
  bool Any() const { return count_->load(std::memory_order_relaxed) > 0; }
  void Offer(std::string_view tenant, const model::EventBatch& batch);

 private:
  struct Tail;
  std::shared_ptr<std::atomic<size_t>> count_ = std::make_shared<std::atomic<size_t>>(0);
  std::mutex mutex_;
  std::vector<std::weak_ptr<Tail>> tails_;  // guarded by mutex_
};

}  // namespace pharos::events
