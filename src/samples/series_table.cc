#include "samples/series_table.h"

#include <cstring>

namespace pharos::samples {

Series* SeriesTable::At(uint32_t index) {
  const uint32_t slot = index >> shard_bits_;
  if (slot >= slots_) return nullptr;
  Series& series = Slot(slot);
  return series.live && series.index == index ? &series : nullptr;
}

Series* SeriesTable::Find(base::Hash128 id, std::string_view labels) {
  if (probe_.empty()) return nullptr;
  const size_t mask = probe_.size() - 1;
  for (size_t at = (id.low >> 8) & mask; probe_[at] != kEmpty; at = (at + 1) & mask) {
    Series& series = Slot(probe_[at]);
    if (series.id == id && series.labels() == labels) return &series;
  }
  return nullptr;
}

Series* SeriesTable::Add(base::Hash128 id, std::string_view labels) {
  if ((size_ + 1) * 4 > probe_.size() * 3) Rebuild(probe_.empty() ? 1024 : probe_.size() * 2);
  uint32_t slot;
  if (!free_.empty()) {
    slot = free_.back();
    free_.pop_back();
  } else {
    slot = slots_++;
    if (slot % kSlab == 0) slabs_.push_back(std::make_unique<Series[]>(kSlab));
  }
  Series& series = Slot(slot);
  const uint32_t epoch = series.epoch;
  series = Series();
  series.label_bytes = std::make_unique_for_overwrite<char[]>(labels.size());
  std::memcpy(series.label_bytes.get(), labels.data(), labels.size());
  series.label_size = static_cast<uint32_t>(labels.size());
  series.index = slot << shard_bits_ | shard_;
  series.epoch = epoch;
  series.id = id;
  series.live = true;
  ++size_;
  Link(series, slot);
  return &series;
}

void SeriesTable::Free(Series& series, uint32_t slot) {
  series.live = false;
  series.label_bytes = nullptr;
  ++series.epoch;
  retired_.push_back(slot);
  --size_;
}

void SeriesTable::Link(const Series& series, uint32_t slot) {
  const size_t mask = probe_.size() - 1;
  size_t at = (series.id.low >> 8) & mask;
  while (probe_[at] != kEmpty) at = (at + 1) & mask;
  probe_[at] = slot;
}

void SeriesTable::Rebuild(size_t capacity) {
  probe_.assign(capacity, kEmpty);
  for (uint32_t slot = 0; slot < slots_; ++slot) {
    if (Slot(slot).live) Link(Slot(slot), slot);
  }
}

}  // namespace pharos::samples
