// Work in numbered items that several cores make in any order and one of them at a time takes
// in order: so a query's answer does not depend on how many cores there are.
#pragma once

#include <cstddef>

#include "base/result.h"

namespace pharos::query::exec {

class OrderedWork {
 public:
  virtual ~OrderedWork() = default;
  /// Makes `item` into `slot`. Calls with different workers overlap; a slot is not made anew
  /// before it was taken.
  virtual base::Result<void> Make(size_t item, size_t worker, size_t slot) = 0;
  /// Takes what Make put into `slot`: item 0, 1, 2, … Never overlaps with itself.
  virtual base::Result<void> Take(size_t item, size_t slot) = 0;
};

/// How many workers are worth having: one a core.
size_t MostWorkers();

/// Slots that RunOrdered uses.
inline size_t SlotsFor(size_t workers) { return workers == 1 ? 1 : workers * 3; }

/// Runs all items on the caller's thread and, with `workers` > 1, on threads that the whole
/// process shares; fewer when these are busy. While the caller's thread has low priority only
/// threads of low priority help. Ends with the error of the first item, in order, that failed.
/// Cost: a lock an item; threads are started with the first call that wants them.
base::Result<void> RunOrdered(size_t items, size_t workers, OrderedWork& work);

/// Starts these threads now: the first caller's may have low priority by then, which they would
/// inherit.
void StartHelpers();

}  // namespace pharos::query::exec
