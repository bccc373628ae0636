#include "events/unit_queue.h"

#include <algorithm>
#include <utility>

namespace pharos::events {

void UnitQueue::Push(Unit unit) {
  if (unit.min_ns > unit.max_ns) return;
  if (unit.granule) open_bytes_ += unit.granule->Bytes();
  units_.push_back(std::move(unit));
  std::push_heap(units_.begin(), units_.end(), Later{backward_});
}

Unit UnitQueue::Pop() {
  std::pop_heap(units_.begin(), units_.end(), Later{backward_});
  Unit unit = std::move(units_.back());
  units_.pop_back();
  if (unit.granule) open_bytes_ -= unit.granule->Bytes();
  return unit;
}

size_t UnitQueue::Depth() const {
  std::vector<std::pair<int64_t, int>> borders;
  for (const Unit& unit : units_) {
    borders.emplace_back(unit.min_ns, -1);  // before the ends at the same time
    borders.emplace_back(unit.max_ns, 1);
  }
  std::sort(borders.begin(), borders.end());
  size_t depth = 0, most = 0;
  for (const auto& [time, border] : borders) {
    if (border > 0) {
      --depth;
    } else {
      most = std::max(most, ++depth);
    }
  }
  return most;
}

}  // namespace pharos::events
