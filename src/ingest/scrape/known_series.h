// The series of one scrape target, found by the hash of their bytes on the page.
#pragma once

#include <cstdint>
#include <vector>

#include "base/hash.h"
#include "store/samples.h"

namespace pharos::ingest::scrape {

struct ScrapedSeries {
  base::Hash128 key;
  store::SeriesHandle handle;
  uint32_t line = 0;         ///< its last line on the last page
  uint32_t seen_in = 0;      ///< number of the last scrape that showed it; 0: none
  bool kept = false;         ///< false: dropped by relabelling
  bool track_stale = false;  ///< written without a time of its own
  bool histogram = false;    ///< what was written last
  bool was_live = false;     ///< the scrape before seen_in showed it, too
};

/// Owns: the series, in a table whose places stay until EraseIf frees them. Threads: one.
/// Errors: none. Cost: 48 bytes and 8 to 16 of a slot a series; a look-up is one probe.
class KnownSeries {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  uint32_t Find(const base::Hash128& key) const {
    if (slots_.empty()) return kNone;
    for (size_t at = key.low & mask_;; at = (at + 1) & mask_) {
      const uint32_t place = slots_[at];
      if (place == kNone || series_[place].key == key) return place;
    }
  }
  /// `series.key` must not be there yet.
  uint32_t Add(const ScrapedSeries& series) {
    uint32_t place;
    if (free_.empty()) {
      place = static_cast<uint32_t>(series_.size());
      series_.push_back(series);
      used_.push_back(true);
    } else {
      place = free_.back();
      free_.pop_back();
      series_[place] = series;
      used_[place] = true;
    }
    if (2 * (++size_) > slots_.size()) {
      Index();
    } else {
      Link(place);
    }
    return place;
  }
  ScrapedSeries& operator[](uint32_t place) { return series_[place]; }
  size_t size() const { return size_; }

  template <class F>
  void ForEach(F each) {
    for (uint32_t i = 0; i < series_.size(); ++i) {
      if (used_[i]) each(series_[i]);
    }
  }
  template <class F>
  void EraseIf(F gone) {
    const size_t before = size_;
    for (uint32_t i = 0; i < series_.size(); ++i) {
      if (!used_[i] || !gone(series_[i])) continue;
      used_[i] = false;
      free_.push_back(i);
      --size_;
    }
    if (size_ != before) Index();
  }

 private:
  void Link(uint32_t place) {
    size_t at = series_[place].key.low & mask_;
    while (slots_[at] != kNone) at = (at + 1) & mask_;
    slots_[at] = place;
  }
  void Index() {
    size_t slots = 16;
    while (slots < 2 * size_ + 2) slots *= 2;
    slots_.assign(slots, kNone);
    mask_ = slots - 1;
    for (uint32_t i = 0; i < series_.size(); ++i) {
      if (used_[i]) Link(i);
    }
  }

  std::vector<ScrapedSeries> series_;
  std::vector<bool> used_;
  std::vector<uint32_t> free_, slots_;
  size_t mask_ = 0, size_ = 0;
};

}  // namespace pharos::ingest::scrape
