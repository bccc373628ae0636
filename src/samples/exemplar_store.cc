#include "samples/exemplar_store.h"

#include <algorithm>
#include <bit>

#include "samples/limits.h"

namespace pharos::samples {
namespace {

size_t CostOf(const model::Exemplar& exemplar) {
  return sizeof(exemplar) + exemplar.labels.bytes().size() + 64;
}

bool Same(const model::Exemplar& a, const model::Exemplar& b) {
  return a.time_ms == b.time_ms && a.labels == b.labels &&
         std::bit_cast<uint64_t>(a.value) == std::bit_cast<uint64_t>(b.value);
}

}  // namespace

bool ExemplarStore::Add(const model::Labels& series, model::Exemplar exemplar,
                        uint32_t generation) {
  const base::Hash128 id = series.Hash();
  std::lock_guard lock(mutex_);
  SeriesItems& of = series_[id];
  if (of.items.empty()) of.labels = series;
  if (!of.items.empty()) {
    const model::Exemplar& last = of.items.back().exemplar;
    if (exemplar.time_ms < last.time_ms || Same(exemplar, last)) return false;
  }
  const size_t cost = CostOf(exemplar);
  bytes_ += cost;
  budget_.Reserve(cost);
  of.items.push_back({std::move(exemplar), generation});
  arrivals_.push_back(id);
  if (arrivals_.size() > kMaxExemplars) DropOldest();
  return true;
}

void ExemplarStore::DropOldest() {
  const auto found = series_.find(arrivals_.front());
  arrivals_.pop_front();
  const size_t cost = CostOf(found->second.items.front().exemplar);
  bytes_ -= cost;
  budget_.Release(cost);
  found->second.items.pop_front();
  if (found->second.items.empty()) series_.erase(found);
}

template <class Want>
std::vector<ExemplarStore::PerSeries> ExemplarStore::Filter(Want want) const {
  std::vector<PerSeries> out;
  std::lock_guard lock(mutex_);
  for (const auto& [id, of] : series_) {
    std::vector<model::Exemplar> chosen;
    for (const Item& item : of.items) {
      if (want(of.labels, item)) chosen.push_back(item.exemplar);
    }
    if (!chosen.empty()) out.emplace_back(of.labels, std::move(chosen));
  }
  std::sort(out.begin(), out.end(),
            [](const PerSeries& a, const PerSeries& b) { return a.first < b.first; });
  return out;
}

std::vector<ExemplarStore::PerSeries> ExemplarStore::Select(
    const std::vector<model::Matcher>& matchers, int64_t start_ms, int64_t end_ms) const {
  return Filter([&](const model::Labels& labels, const Item& item) {
    return item.exemplar.time_ms >= start_ms && item.exemplar.time_ms <= end_ms &&
           model::MatchesAll(matchers, labels);
  });
}

std::vector<ExemplarStore::PerSeries> ExemplarStore::OfGeneration(uint32_t generation) const {
  return Filter(
      [&](const model::Labels&, const Item& item) { return item.generation == generation; });
}

}  // namespace pharos::samples
