// Deletion from memory: what a series holds within the range is taken out, and the rest encoded
// anew. Chunks are never changed, so pictures that queries hold stay whole.
#include <algorithm>
#include <bit>
#include <mutex>

#include "samples/head.h"
#include "samples/hidden_samples.h"
#include "samples/mem_columns.h"

namespace pharos::samples {
namespace {

/// The newest sample of one generation, if it is newer than what `series` knows.
void NoteNewest(const store::SeriesColumns& columns, Series& series) {
  if (!columns.times_ms.empty() && columns.times_ms.back() > series.last_ms) {
    series.last_ms = columns.times_ms.back();
    series.last_bits = std::bit_cast<uint64_t>(columns.values.back());
    series.last_is_histogram = false;
  }
  if (!columns.histograms.empty() && columns.histograms.back().time_ms > series.last_ms) {
    series.last_ms = columns.histograms.back().time_ms;
    series.last_is_histogram = true;
  }
}

}  // namespace

std::vector<Head::Rewound> Head::Delete(const std::vector<model::Matcher>& matchers,
                                        int64_t start_ms, int64_t end_ms) {
  std::vector<Rewound> rewound;
  std::shared_lock removal(removal_mutex_);
  const std::vector<uint32_t> chosen = index_.Select(matchers);
  for (uint32_t s = 0; s < shards_.size() && !chosen.empty(); ++s) {
    Shard& shard = *shards_[s];
    std::lock_guard lock(shard.mutex);
    std::vector<Memtable*> tables = {shard.active.get()};
    for (const auto& frozen : shard.frozen) tables.push_back(frozen.get());
    for (const uint32_t index : chosen) {
      Series* series = ShardOf(index) == s ? shard.table.At(index) : nullptr;
      if (series == nullptr || series->last_ms < start_ms) continue;
      const bool rewind = DeleteFrom(*series, tables, start_ms, end_ms);
      if (!rewind || rewound.size() >= kMaxRewound) continue;
      rewound.push_back({{series->index, series->epoch}, LabelsOf(*series)});
    }
    for (Memtable* table : tables) table->Account();
  }
  return rewound;
}

bool Head::DeleteFrom(Series& series, const std::vector<Memtable*>& tables, int64_t start_ms,
                      int64_t end_ms) {
  const auto deleted = [&](int64_t time_ms) { return time_ms >= start_ms && time_ms <= end_ms; };
  const bool rewind = deleted(series.last_ms);
  if (rewind) {
    series.last_ms = INT64_MIN;
    series.stream_open = false;
  }
  store::SeriesColumns columns;
  MemSeries* mem = series.mem;
  uint32_t generation = series.mem_generation;
  while (mem != nullptr) {
    const auto table = std::find_if(tables.begin(), tables.end(), [&](const Memtable* one) {
      return one->generation() == generation;
    });
    if (table == tables.end()) break;  // in parts already
    generation = mem->older_generation;
    MemSeries* const older = mem->older;
    if (rewind || mem->min_ms <= end_ms) {
      const bool open = mem == series.mem && *table == tables.front();
      DecodeAll(*mem, open ? series.tail : nullptr, &columns);
      const size_t before = columns.times_ms.size() + columns.histograms.size();
      RemoveSamples(&columns, 0, 0, deleted);
      const size_t removed = before - columns.times_ms.size() - columns.histograms.size();
      if (removed > 0) (*table)->Replace(series, *mem, columns, removed);
      if (rewind) NoteNewest(columns, series);
    }
    mem = older;
  }
  return rewind;
}

}  // namespace pharos::samples
