#include "samples/hidden_samples.h"

#include <algorithm>

namespace pharos::samples {

std::shared_ptr<const HiddenSamples> HiddenSamples::Make(const Tombstones& tombstones,
                                                         const PartIndex& index) {
  auto made = std::make_shared<HiddenSamples>();
  for (const TombstonePtr& tombstone : tombstones) {
    Item item{{tombstone->start_ms, tombstone->end_ms}, index.Select(tombstone->matchers)};
    std::erase_if(item.series, [&](uint32_t series) {
      const SeriesPlace& place = index.place(series);
      return place.min_ms > tombstone->end_ms || place.max_ms < tombstone->start_ms;
    });
    item.series.shrink_to_fit();
    if (!item.series.empty()) made->items_.push_back(std::move(item));
  }
  return made;
}

std::vector<HiddenSamples::Interval> HiddenSamples::Of(uint32_t series) const {
  std::vector<Interval> out;
  for (const Item& item : items_) {
    if (std::binary_search(item.series.begin(), item.series.end(), series))
      out.push_back(item.time);
  }
  std::sort(out.begin(), out.end(),
            [](const Interval& a, const Interval& b) { return a.start_ms < b.start_ms; });
  return out;
}

bool HiddenSamples::Touches(uint32_t series, int64_t min_ms, int64_t max_ms) const {
  const std::vector<Interval> all = Of(series);
  return std::any_of(all.begin(), all.end(), [&](const Interval& one) {
    return one.start_ms <= max_ms && one.end_ms >= min_ms;
  });
}

bool HiddenSamples::Covers(uint32_t series, int64_t min_ms, int64_t max_ms) const {
  int64_t open_ms = min_ms;  // the first time not known to be hidden
  for (const Interval& one : Of(series)) {
    if (one.start_ms > open_ms) return false;
    if (one.end_ms >= max_ms) return true;
    open_ms = std::max(open_ms, one.end_ms + 1);
  }
  return false;
}

void HiddenSamples::Filter(uint32_t series, size_t floats_from, size_t histograms_from,
                           store::SeriesColumns* columns) const {
  const std::vector<Interval> all = Of(series);
  if (all.empty()) return;
  RemoveSamples(columns, floats_from, histograms_from, [&](int64_t time_ms) {
    return std::any_of(all.begin(), all.end(), [&](const Interval& one) {
      return time_ms >= one.start_ms && time_ms <= one.end_ms;
    });
  });
}

size_t HiddenSamples::bytes() const {
  size_t total = sizeof *this;
  for (const Item& item : items_) total += sizeof item + item.series.capacity() * sizeof(uint32_t);
  return total;
}

}  // namespace pharos::samples
