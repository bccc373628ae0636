#include "events/tails.h"

#include <optional>

#include "store/reserved_streams.h"

namespace pharos::events {

struct Tails::Tail {
  store::EventQuery query;
  std::optional<CompiledPredicate> predicate;
  std::mutex mutex;   // held during a callback, so that none runs once the token is gone
  Callback on_batch;  // guarded by mutex; empty when the token is gone

  void Offer(const model::EventBatch& batch) {
    model::EventBatch matching;
    for (const model::StreamEvents& stream : batch.streams) {
      if (!store::MatchesStream(query.streams, stream.stream)) continue;
      model::StreamEvents out{stream.stream, {}};
      for (const model::Event& event : stream.events) {
        if (event.kind == query.kind && predicate->Test(event)) out.events.push_back(event);
      }
      if (!out.events.empty()) matching.streams.push_back(std::move(out));
    }
    if (matching.streams.empty()) return;
    std::lock_guard lock(mutex);
    if (on_batch) on_batch(matching);
  }
};

std::shared_ptr<void> Tails::Add(const store::EventQuery& query, Callback on_batch) {
  auto tail = std::make_shared<Tail>();
  tail->query = query;
  tail->on_batch = std::move(on_batch);
  if (auto predicate = CompiledPredicate::Make(query.predicate)) {
    tail->predicate.emplace(*std::move(predicate));
  } else {
    return tail;  // nothing will come
  }
  {
    std::lock_guard lock(mutex_);
    tails_.push_back(tail);
  }
  ++*count_;
  return std::shared_ptr<void>(tail.get(), [tail, count = count_](void*) mutable {
    {
      std::lock_guard lock(tail->mutex);
      tail->on_batch = nullptr;
    }
    --*count;
    tail.reset();
  });
}

void Tails::Offer(std::string_view tenant, const model::EventBatch& batch) {
  std::vector<std::shared_ptr<Tail>> live;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(tails_, [&](const std::weak_ptr<Tail>& weak) {
      auto tail = weak.lock();
      if (tail && tail->query.tenant == tenant) live.push_back(tail);
      return !tail;
    });
  }
  for (const auto& tail : live) tail->Offer(batch);
}

}  // namespace pharos::events
