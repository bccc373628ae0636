#include "samples/series_table.h"

#include <algorithm>
#include <memory>

#include "samples/limits.h"

namespace pharos::samples {

void Series::SetPairs(std::span<const uint32_t> numbers) {
  labels = std::make_unique_for_overwrite<uint32_t[]>(numbers.size() + 1);
  labels[0] = static_cast<uint32_t>(numbers.size());
  std::copy(numbers.begin(), numbers.end(), labels.get() + 1);
}

Series* SeriesTable::Add(base::Hash128 id) {
  if ((size_ + 1) * 4 > probe_.size() * 3) Grow();
  uint32_t slot;
  if (!free_.empty()) {
    slot = free_.back();
    free_.pop_back();
  } else {
    slot = slots_++;
    if (slot % kSlab == 0) AddSlab();
  }
  Series& series = Slot(slot);
  const uint32_t epoch = series.epoch;
  series = Series();
  series.index = slot << shard_bits_ | shard_;
  series.epoch = epoch;
  series.live = true;
  ++size_;
  Link(TagOf(id), slot);
  return &series;
}

SeriesTable::~SeriesTable() {
  for (Series* slab : slabs_) std::destroy_n(slab, kSlab);
}

void SeriesTable::AddSlab() {
  if (blocks_.empty() || free_slab_ == blocks_.back().data() + blocks_.back().bytes()) {
    // A tenant of few series takes 64 KiB a shard; one of many gains by huge pages.
    const bool many = slabs_.size() >= 8;
    free_slab_ = blocks_.emplace_back(many ? base::kHugePageBytes : kSlabBytes).data();
  }
  auto* slab = reinterpret_cast<Series*>(free_slab_);
  std::uninitialized_value_construct_n(slab, kSlab);
  slabs_.push_back(slab);
  free_slab_ += kSlabBytes;
}

void SeriesTable::Free(Series& series, uint32_t slot) {
  series.live = false;
  series.labels = nullptr;
  series.epoch = (series.epoch + 1) & ((1u << kEpochBits) - 1);
  retired_.push_back(slot);
  --size_;
}

void SeriesTable::Link(uint32_t tag, uint32_t slot) {
  const size_t mask = probe_.size() - 1;
  size_t at = tag & mask;
  while (probe_[at].slot != kEmpty) at = (at + 1) & mask;
  probe_[at] = {slot, tag};
}

void SeriesTable::Rebuild() {
  std::vector<Probe> old(probe_.size());
  old.swap(probe_);
  for (const Probe& probe : old) {
    if (probe.slot != kEmpty && Slot(probe.slot).live) Link(probe.tag, probe.slot);
  }
}

void SeriesTable::Grow() {
  std::vector<Probe> old(probe_.empty() ? 1024 : probe_.size() * 2);
  old.swap(probe_);
  for (const Probe& probe : old) {
    if (probe.slot != kEmpty) Link(probe.tag, probe.slot);
  }
}

}  // namespace pharos::samples
