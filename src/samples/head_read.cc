// How queries see the head: a picture of the chosen series, taken shard by shard.
#include <algorithm>
#include <mutex>

#include "base/result.h"
#include "samples/columns.h"
#include "samples/head.h"

namespace pharos::samples {

template <class OnSeries>
void Head::Visit(const std::vector<model::Matcher>& matchers, int64_t start_ms, int64_t end_ms,
                 std::vector<std::shared_ptr<const Memtable>>* pins, OnSeries on_series) const {
  std::shared_lock removal(removal_mutex_);
  const std::vector<uint32_t> chosen = index_.Select(matchers);
  std::vector<const MemSeries*> chain;
  for (uint32_t s = 0; s < shards_.size() && !chosen.empty(); ++s) {
    Shard& shard = *shards_[s];
    std::lock_guard lock(shard.mutex);
    uint32_t oldest = shard.active->generation();
    if (pins != nullptr) pins->push_back(shard.active);
    for (const auto& frozen : shard.frozen) {
      oldest = std::min(oldest, frozen->generation());
      if (pins != nullptr) pins->push_back(frozen);
    }
    for (const uint32_t index : chosen) {
      if (ShardOf(index) != s) continue;
      const Series* series = shard.table.At(index);
      if (series == nullptr) continue;
      chain.clear();
      const MemSeries* mem = series->mem;
      uint32_t generation = series->mem_generation;
      while (mem != nullptr && generation >= oldest) {
        const bool any = mem->samples > 0;  // all of it may be deleted
        if (any && mem->min_ms <= end_ms && mem->max_ms >= start_ms) chain.push_back(mem);
        generation = mem->older_generation;
        mem = mem->older;
      }
      if (!chain.empty()) on_series(*series, chain);
    }
  }
}

HeadSnapshot Head::Collect(const std::vector<model::Matcher>& matchers, int64_t start_ms,
                           int64_t end_ms) const {
  HeadSnapshot out;
  Visit(matchers, start_ms, end_ms, &out.pins,
        [&](const Series& series, const std::vector<const MemSeries*>& chain) {
          HeadSeries& made = out.series.emplace_back();
          made.labels = model::Labels::Decode(series.labels()).value();
          made.first_view = static_cast<uint32_t>(out.views.size());
          made.view_count = static_cast<uint32_t>(chain.size());
          for (size_t i = chain.size(); i-- > 0;) {
            const MemSeries& mem = *chain[i];
            MemView& view = out.views.emplace_back();
            view.first = mem.first;
            view.last = mem.last;
            view.loose_begin = static_cast<uint32_t>(out.loose_times.size());
            for (size_t k = 0; k < mem.open; ++k) {
              out.loose_times.push_back(mem.base_ms + mem.offsets_ms[k]);
              out.loose_values.push_back(mem.values[k]);
            }
            view.histogram_begin = static_cast<uint32_t>(out.histograms.size());
            if (mem.extra != nullptr) {
              for (const model::Sample& late : mem.extra->late) {
                out.loose_times.push_back(late.time_ms);
                out.loose_values.push_back(late.value);
              }
              out.histograms.insert(out.histograms.end(), mem.extra->histograms.begin(),
                                    mem.extra->histograms.end());
            }
            view.loose_count = static_cast<uint32_t>(out.loose_times.size()) - view.loose_begin;
            view.histogram_count =
                static_cast<uint32_t>(out.histograms.size()) - view.histogram_begin;
          }
        });
  std::sort(out.series.begin(), out.series.end(),
            [](const HeadSeries& a, const HeadSeries& b) { return a.labels < b.labels; });
  return out;
}

std::vector<model::Labels> Head::SeriesIn(const std::vector<model::Matcher>& matchers,
                                          int64_t start_ms, int64_t end_ms) const {
  std::vector<model::Labels> out;
  Visit(matchers, start_ms, end_ms, nullptr,
        [&](const Series& series, const std::vector<const MemSeries*>&) {
          out.push_back(model::Labels::Decode(series.labels()).value());
        });
  return out;
}

void HeadSnapshot::Decode(const HeadSeries& of, int64_t start_ms, int64_t end_ms,
                          store::SeriesColumns* out) const {
  for (uint32_t v = of.first_view; v < of.first_view + of.view_count; ++v) {
    const MemView& view = views[v];
    for (const MemChunk* chunk = view.first; chunk != nullptr; chunk = chunk->next) {
      const size_t at = out->times_ms.size();
      DecodeChunk(*chunk, &out->times_ms, &out->values);
      TrimFloats(out, at, start_ms, end_ms);
      if (chunk == view.last) break;
    }
    for (uint32_t i = view.loose_begin; i < view.loose_begin + view.loose_count; ++i) {
      if (loose_times[i] < start_ms || loose_times[i] > end_ms) continue;
      out->times_ms.push_back(loose_times[i]);
      out->values.push_back(loose_values[i]);
    }
    for (uint32_t i = view.histogram_begin; i < view.histogram_begin + view.histogram_count; ++i) {
      if (histograms[i].time_ms < start_ms || histograms[i].time_ms > end_ms) continue;
      out->histograms.push_back(histograms[i]);
    }
  }
}

}  // namespace pharos::samples
