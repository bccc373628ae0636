#include "samples/churn.h"

#include <algorithm>
#include <numeric>

namespace pharos::samples {

void Churn::Turn(int64_t now_ms) {
  const int64_t slot = now_ms / kSlotMs;
  if (slot <= slot_) return;  // the same, or the clock went back
  const auto steps = std::min<int64_t>(slot - slot_, kSlots);
  for (auto metric = metrics_.begin(); metric != metrics_.end();) {
    std::array<uint32_t, kSlots>& slots = metric->second.slots;
    for (int64_t i = 0; i < steps; ++i) slots[static_cast<size_t>(slot - i) % kSlots] = 0;
    const bool none = std::all_of(slots.begin(), slots.end(), [](uint32_t n) { return n == 0; });
    metric = none ? metrics_.erase(metric) : std::next(metric);
  }
  slot_ = slot;
}

void Churn::Add(std::string_view metric, int64_t now_ms) {
  std::lock_guard lock(mutex_);
  Turn(now_ms);
  auto found = metrics_.find(metric);
  if (found == metrics_.end()) found = metrics_.try_emplace(std::string(metric)).first;
  ++found->second.slots[static_cast<size_t>(slot_) % kSlots];
}

std::map<std::string, uint64_t, std::less<>> Churn::LastHour(int64_t now_ms) const {
  std::map<std::string, uint64_t, std::less<>> out;
  std::lock_guard lock(mutex_);
  const int64_t oldest = now_ms / kSlotMs - static_cast<int64_t>(kSlots);
  for (const auto& [metric, counts] : metrics_) {
    uint64_t total = 0;
    for (size_t i = 0; i < kSlots; ++i) {
      if (slot_ - static_cast<int64_t>(i) > oldest)
        total += counts.slots[static_cast<size_t>(slot_ - static_cast<int64_t>(i)) % kSlots];
    }
    if (total > 0) out.emplace(metric, total);
  }
  return out;
}

}  // namespace pharos::samples
