// The newest exemplars of one tenant, in memory; the WAL and the parts hold the same.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/budget.h"
#include "base/hash.h"
#include "model/matcher.h"
#include "model/sample.h"

namespace pharos::samples {

/// Owns: at most kMaxExemplars exemplars; the oldest arrival goes first. Threads: any.
/// Errors: none; an exemplar older than its series' newest, or the same again, is not kept
/// (as Prometheus does). Cost: one lock and one hash look-up an exemplar.
class ExemplarStore {
 public:
  explicit ExemplarStore(base::MemoryBudget& budget) : budget_(budget) {}
  ~ExemplarStore() { budget_.Release(bytes_); }

  /// True when it was kept. `generation` is the memtable's at arrival.
  bool Add(const model::Labels& series, model::Exemplar exemplar, uint32_t generation);

  using PerSeries = std::pair<model::Labels, std::vector<model::Exemplar>>;
  /// Sorted by labels, then time; the range is inclusive.
  std::vector<PerSeries> Select(const std::vector<model::Matcher>& matchers, int64_t start_ms,
                                int64_t end_ms) const;
  /// What arrived in `generation`.
  std::vector<PerSeries> OfGeneration(uint32_t generation) const;

 private:
  struct Item {
    model::Exemplar exemplar;
    uint32_t generation = 0;
  };
  struct SeriesItems {
    model::Labels labels;
    std::deque<Item> items;
  };
  template <class Want>
  std::vector<PerSeries> Filter(Want want) const;
  void DropOldest();

  base::MemoryBudget& budget_;
  mutable std::mutex mutex_;
  std::unordered_map<base::Hash128, SeriesItems, base::Hash128Hasher> series_;  // mutex_
  std::deque<base::Hash128> arrivals_;                                          // mutex_
  size_t bytes_ = 0;                                                            // mutex_
};

}  // namespace pharos::samples
