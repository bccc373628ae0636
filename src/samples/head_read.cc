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
  // What was sealed long ago need not be looked for here.
  int64_t min_ms = 0, max_ms = 0;
  if (!TimeBounds(&min_ms, &max_ms) || min_ms > end_ms || max_ms < start_ms) return;
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
        const bool any = mem->min_ms < INT64_MAX;  // all of it may be deleted
        if (any && mem->min_ms <= end_ms && series->last_ms >= start_ms) chain.push_back(mem);
        generation = mem->older_generation;
        mem = mem->older;
      }
      if (!chain.empty()) on_series(*series, shard.active->generation(), chain);
    }
  }
}

HeadSnapshot Head::Collect(const std::vector<model::Matcher>& matchers, int64_t start_ms,
                           int64_t end_ms) const {
  HeadSnapshot out;
  Visit(matchers, start_ms, end_ms, &out.pins,
        [&](const Series& series, uint32_t active, const std::vector<const MemSeries*>& chain) {
          HeadSeries& made = out.series.emplace_back();
          made.label_begin = out.label_bytes.size();
          index_.AppendLabels(series.pairs(), &out.label_bytes);
          made.label_size = static_cast<uint32_t>(out.label_bytes.size() - made.label_begin);
          made.first_view = static_cast<uint32_t>(out.views.size());
          made.view_count = static_cast<uint32_t>(chain.size());
          for (size_t i = chain.size(); i-- > 0;) {
            const MemSeries& mem = *chain[i];
            MemView& view = out.views.emplace_back();
            view.series = &mem;
            if (&mem == series.mem && series.mem_generation == active) view.tail = series.tail;
            view.late_begin = static_cast<uint32_t>(out.late.size());
            view.start_begin = static_cast<uint32_t>(out.starts.size());
            view.histogram_begin = static_cast<uint32_t>(out.histograms.size());
            if (mem.extra != nullptr) {
              const MemExtra& extra = *mem.extra;
              out.late.insert(out.late.end(), extra.late.begin(), extra.late.end());
              out.starts.insert(out.starts.end(), extra.starts.begin(), extra.starts.end());
              out.histograms.insert(out.histograms.end(), extra.histograms.begin(),
                                    extra.histograms.end());
            }
            view.late_count = static_cast<uint32_t>(out.late.size()) - view.late_begin;
            view.start_count = static_cast<uint32_t>(out.starts.size()) - view.start_begin;
            view.histogram_count =
                static_cast<uint32_t>(out.histograms.size()) - view.histogram_begin;
          }
        });
  return out;
}

std::vector<model::Labels> Head::SeriesIn(const std::vector<model::Matcher>& matchers,
                                          int64_t start_ms, int64_t end_ms) const {
  std::vector<model::Labels> out;
  Visit(matchers, start_ms, end_ms, nullptr,
        [&](const Series& series, uint32_t, const std::vector<const MemSeries*>&) {
          out.push_back(LabelsOf(series));
        });
  return out;
}

void HeadSnapshot::Decode(const HeadSeries& of, int64_t start_ms, int64_t end_ms,
                          store::SeriesColumns* out) const {
  for (uint32_t v = of.first_view; v < of.first_view + of.view_count; ++v) {
    const MemView& view = views[v];
    const size_t from = out->times_ms.size();
    MemStreamReader reader(*view.series, view.tail);
    for (size_t at = from; reader.Next(start_ms, end_ms, &out->times_ms, &out->values);
         at = out->times_ms.size()) {
      TrimFloats(out, at, start_ms, end_ms);
    }
    FillStarts({starts.data() + view.start_begin, view.start_count}, from, out);
    for (uint32_t i = view.late_begin; i < view.late_begin + view.late_count; ++i) {
      if (late[i].time_ms >= start_ms && late[i].time_ms <= end_ms) PutLate(late[i], out);
    }
    for (uint32_t i = view.histogram_begin; i < view.histogram_begin + view.histogram_count; ++i) {
      if (histograms[i].time_ms < start_ms || histograms[i].time_ms > end_ms) continue;
      out->histograms.push_back(histograms[i]);
    }
  }
}

}  // namespace pharos::samples
