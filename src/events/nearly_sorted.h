// A stable sort for what is in order but for a few places: rows as their senders gave them, a
// trace's spans.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace pharos::events {

/// Sorts by `less`; equal items stay in their order. Cost: one comparison an item where they are
/// sorted, n log n at worst.
template <class T, class Less>
void SortNearlySorted(std::vector<T>& items, Less less) {
  constexpr size_t kRun = 32;
  const size_t n = items.size();
  for (size_t from = 0; from < n; from += kRun) {
    const size_t to = std::min(n, from + kRun);
    for (size_t i = from + 1; i < to; ++i) {
      if (!less(items[i], items[i - 1])) continue;
      T item = std::move(items[i]);
      size_t at = i;
      do {
        items[at] = std::move(items[at - 1]);
      } while (--at > from && less(item, items[at - 1]));
      items[at] = std::move(item);
    }
  }
  for (size_t run = kRun; run < n; run *= 2) {
    for (size_t from = 0; from + run < n; from += 2 * run) {
      const auto first = items.begin() + static_cast<ptrdiff_t>(from);
      const auto middle = first + static_cast<ptrdiff_t>(run);
      const auto last = items.begin() + static_cast<ptrdiff_t>(std::min(n, from + 2 * run));
      if (!less(*middle, *(middle - 1))) continue;
      // Only what overlaps is moved.
      std::inplace_merge(std::upper_bound(first, middle, *middle, less), middle,
                         std::lower_bound(middle, last, *(middle - 1), less), less);
    }
  }
}

}  // namespace pharos::events
