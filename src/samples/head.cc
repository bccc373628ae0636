#include "samples/head.h"

#include <algorithm>
#include <bit>

namespace pharos::samples {
namespace {

size_t CostOf(size_t labels) { return kSeriesOverheadBytes + labels * kSeriesLabelBytes; }

}  // namespace

Head::Head(uint32_t shards, const SeriesLimits& limits, uint32_t generation,
           base::MemoryBudget& budget)
    : budget_(budget), limits_(limits), raw_cache_(budget) {
  PHAROS_CHECK(std::has_single_bit(shards) && shards <= 64, "shards must be a power of two");
  const auto bits = static_cast<uint32_t>(std::countr_zero(shards));
  for (uint32_t i = 0; i < shards; ++i) {
    shards_.push_back(std::make_unique<Shard>(i, bits));
    shards_.back()->active = std::make_shared<Memtable>(generation, budget_);
  }
}

Head::~Head() {
  for (const auto& shard : shards_) {
    shard->table.RemoveIf([&](const Series& series) {
      budget_.Release(CostOf(series.pairs().size()));
      return false;
    });
  }
  budget_.Release(label_bytes_);
}

base::Result<store::SeriesHandle> Head::Resolve(const model::Labels& labels, Priority priority,
                                                bool* made_it) {
  *made_it = false;
  const base::Hash128 id = labels.Hash();
  Shard& shard = *shards_[id.low & (shards_.size() - 1)];
  std::lock_guard lock(shard.mutex);
  const Series* found = shard.table.Find(
      id, [&](const Series& series) { return index_.Same(series.pairs(), labels.bytes()); });
  if (found != nullptr) return store::SeriesHandle{found->index, found->epoch};
  if (labels.bytes().size() > kMaxLabelBytes) {
    return base::Fail(base::ErrorKind::kLimit,
                      "a label set of " + std::to_string(labels.bytes().size()) +
                          " bytes is over the limit of " + std::to_string(kMaxLabelBytes));
  }
  if (priority != Priority::kForced) {
    PHAROS_TRY_VOID(CheckNewSeries(limits_, index_, series_count_, labels.bytes(), priority,
                                   budget_, CostOf(labels.size()) + labels.bytes().size()));
  }
  Series* made = shard.table.Add(id);
  std::vector<uint32_t> pairs;
  pairs.reserve(labels.size());
  const size_t label_bytes = index_.Add(made->index, labels.bytes(), &pairs);
  made->SetPairs(pairs);
  budget_.Reserve(CostOf(pairs.size()) + label_bytes);
  label_bytes_ += label_bytes;
  ++series_count_;
  *made_it = true;
  return store::SeriesHandle{made->index, made->epoch};
}

void Head::Seed(store::SeriesHandle handle, int64_t last_ms, uint64_t last_bits, bool histogram) {
  Shard& shard = *shards_[ShardOf(handle.index)];
  std::lock_guard lock(shard.mutex);
  Series* series = shard.table.Get(handle);
  if (series == nullptr || series->last_ms >= last_ms) return;
  series->last_ms = last_ms;
  series->last_bits = last_bits;
  series->last_is_histogram = histogram;
  series->stream_open = false;
}

model::Labels Head::LabelsOf(store::SeriesHandle handle) {
  Shard& shard = *shards_[ShardOf(handle.index)];
  std::lock_guard lock(shard.mutex);
  const Series* series = shard.table.Get(handle);
  return series != nullptr ? LabelsOf(*series) : model::Labels();
}

model::Labels Head::LabelsOf(const Series& series) const {
  std::string bytes;
  index_.AppendLabels(series.pairs(), &bytes);
  return model::Labels::Decode(bytes).value();
}

void Head::Declare(uint32_t ref, uint32_t wal_generation, RecordWriter& record) {
  Shard& shard = *shards_[ShardOf(ref)];
  std::lock_guard lock(shard.mutex);
  Series* series = shard.table.At(ref);
  if (series == nullptr || series->declared == wal_generation) return;
  std::string labels;
  index_.AppendLabels(series->pairs(), &labels);
  record.DeclareSeries(ref, labels);
  series->declared = wal_generation;
}

void Head::Rotate(uint32_t next) {
  for (const auto& shard : shards_) {
    std::lock_guard lock(shard->mutex);
    PHAROS_CHECK(shard->frozen.empty(), "rotated before the last generation was sealed");
    shard->frozen.push_back(
        std::exchange(shard->active, std::make_shared<Memtable>(next, budget_)));
  }
}

std::vector<std::shared_ptr<const Memtable>> Head::Frozen() const {
  std::vector<std::shared_ptr<const Memtable>> out;
  for (const auto& shard : shards_) {
    std::lock_guard lock(shard->mutex);
    out.insert(out.end(), shard->frozen.begin(), shard->frozen.end());
  }
  return out;
}

size_t Head::DropFrozen() {
  std::unique_lock removal(removal_mutex_);
  std::vector<uint32_t> gone, touched;
  for (const auto& shard : shards_) {
    std::lock_guard lock(shard->mutex);
    if (shard->frozen.empty()) continue;
    const uint32_t sealed = shard->frozen.back()->generation();
    shard->frozen.clear();
    shard->min_ms = INT64_MAX;
    shard->max_ms = INT64_MIN;
    const SeriesList& active = shard->active->series();
    for (size_t i = 0; i < active.size(); ++i) {
      const MemSeries* mem = active[i];
      shard->min_ms = std::min(shard->min_ms, mem->min_ms);
      shard->max_ms = std::max(shard->max_ms, mem->series->last_ms);
    }
    const auto removed = shard->table.RemoveIf([&](const Series& series) {
      if (series.mem_generation >= sealed) return false;
      const auto pairs = series.pairs();
      touched.insert(touched.end(), pairs.begin(), pairs.end());
      budget_.Release(CostOf(pairs.size()));
      return true;
    });
    gone.insert(gone.end(), removed.begin(), removed.end());
  }
  if (gone.empty()) return 0;
  std::sort(gone.begin(), gone.end());
  // A series made again by now has another index.
  const size_t label_bytes = index_.Remove(gone, std::move(touched));
  budget_.Release(label_bytes);
  label_bytes_ -= label_bytes;
  raw_cache_.Clear();
  series_count_ -= gone.size();
  return gone.size();
}

uint64_t Head::MemorySamples() const {
  uint64_t total = 0;
  for (const auto& shard : shards_) {
    std::lock_guard lock(shard->mutex);
    total += shard->active->samples();
    for (const auto& frozen : shard->frozen) total += frozen->samples();
  }
  return total;
}

size_t Head::MemoryBytes() const {
  size_t total = 0;
  for (const auto& shard : shards_) {
    std::lock_guard lock(shard->mutex);
    total += shard->active->bytes();
    for (const auto& frozen : shard->frozen) total += frozen->bytes();
  }
  return total;
}

bool Head::TimeBounds(int64_t* min_ms, int64_t* max_ms) const {
  *min_ms = INT64_MAX;
  *max_ms = INT64_MIN;
  for (const auto& shard : shards_) {
    std::lock_guard lock(shard->mutex);
    *min_ms = std::min(*min_ms, shard->min_ms);
    *max_ms = std::max(*max_ms, shard->max_ms);
  }
  return *min_ms <= *max_ms;
}

}  // namespace pharos::samples
