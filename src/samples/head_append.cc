// How samples get into the head: which are taken, which refused, and why.
#include <algorithm>
#include <array>
#include <bit>

#include "samples/head.h"

namespace pharos::samples {
namespace {

using store::SampleRefusal;

enum class Verdict : uint8_t { kInOrder, kLate, kSame, kRefused };

/// What to do with a sample of a living series. `why` is set for kRefused.
Verdict Judge(const Series& series, const AppendRules& rules, int64_t time_ms, bool same_as_last,
              SampleRefusal* why) {
  if (!rules.replay) {
    *why = time_ms < rules.min_ms ? SampleRefusal::kTooOld : SampleRefusal::kTooFarInFuture;
    if (time_ms < rules.min_ms || time_ms > rules.max_ms) return Verdict::kRefused;
  }
  if (time_ms > series.last_ms) return Verdict::kInOrder;
  if (time_ms == series.last_ms && same_as_last) return Verdict::kSame;
  if (rules.replay) return Verdict::kLate;
  if (time_ms == series.last_ms) {
    *why = SampleRefusal::kDuplicateTimestamp;
    return rules.later_write_wins && rules.window_ms > 0 ? Verdict::kLate : Verdict::kRefused;
  }
  *why = SampleRefusal::kOutOfOrder;
  const uint64_t late_ms = static_cast<uint64_t>(series.last_ms) - static_cast<uint64_t>(time_ms);
  return late_ms <= static_cast<uint64_t>(rules.window_ms) ? Verdict::kLate : Verdict::kRefused;
}

void NoteUndeclared(Series& series, AppendOutcome& outcome) {
  if (outcome.record != nullptr && series.declared != outcome.wal_generation) {
    outcome.undeclared->push_back({series.index, series.epoch});
  }
}

void Refuse(AppendOutcome& outcome, size_t index, SampleRefusal why) {
  if (outcome.refused != nullptr) outcome.refused->push_back({index, why});
}

}  // namespace

template <class Write, class OnWrite>
void Head::ByShard(std::span<const Write> writes, AppendOutcome& outcome, OnWrite on_write) {
  std::vector<uint32_t>* const order = outcome.order;
  // So many writes ahead the series is fetched, then the end of its stream: most of an append
  // is waiting for these two.
  constexpr uint32_t kSeriesAhead = 16, kTailAhead = 8;
  const auto count = static_cast<uint32_t>(shards_.size());
  std::array<uint32_t, 65> begin{};
  for (const Write& write : writes) ++begin[ShardOf(write.series.index) + 1];
  for (uint32_t s = 0; s < count; ++s) begin[s + 1] += begin[s];
  std::array<uint32_t, 65> next = begin;
  order->resize(writes.size());
  for (uint32_t i = 0; i < writes.size(); ++i)
    (*order)[next[ShardOf(writes[i].series.index)]++] = i;
  for (uint32_t s = 0; s < count; ++s) {
    if (begin[s] == begin[s + 1]) continue;
    Shard& shard = *shards_[s];
    std::lock_guard lock(shard.mutex);
    const auto place = [&](uint32_t at) {
      return shard.table.Place(writes[(*order)[std::min(at, begin[s + 1] - 1)]].series.index);
    };
    for (uint32_t ahead = 0; ahead < kSeriesAhead; ++ahead)
      __builtin_prefetch(place(begin[s] + ahead), 1);
    for (uint32_t at = begin[s]; at < begin[s + 1]; ++at) {
      __builtin_prefetch(place(at + kSeriesAhead), 1);
      if (const Series* soon = place(at + kTailAhead)) __builtin_prefetch(soon->tail, 1);
      const uint32_t i = (*order)[at];
      Series* series = shard.table.Get(writes[i].series);
      on_write(shard, series, i);
    }
    if (shard.active->Account()) outcome.grew = true;
  }
}

void Head::Append(std::span<const store::SampleWrite> samples, std::span<const int64_t> starts_ms,
                  const AppendRules& rules, AppendOutcome& outcome) {
  const size_t refused_before = outcome.refused != nullptr ? outcome.refused->size() : 0;
  if (outcome.record != nullptr) outcome.record->Reserve(samples.size());
  ByShard(samples, outcome, [&](Shard& shard, Series* series, size_t i) {
    if (series == nullptr) return Refuse(outcome, i, SampleRefusal::kStaleHandle);
    const auto& [handle, time_ms, value] = samples[i];
    const auto bits = std::bit_cast<uint64_t>(value);
    SampleRefusal why{};
    const bool same = series->last_bits == bits && !series->last_is_histogram;
    const Verdict verdict = Judge(*series, rules, time_ms, same, &why);
    if (verdict == Verdict::kRefused) return Refuse(outcome, i, why);
    const int64_t start_ms = starts_ms.empty() ? 0 : starts_ms[i];
    if (verdict != Verdict::kSame) {
      if (series->mem_generation != shard.active->generation()) shard.active->AddSeries(*series);
      shard.min_ms = std::min(shard.min_ms, time_ms);
      shard.max_ms = std::max(shard.max_ms, time_ms);
      if (verdict == Verdict::kLate) {
        shard.active->AddLate(*series, {time_ms, value, start_ms});
      } else if (start_ms != 0 || series->has_starts) {
        shard.active->AddStarted(*series, time_ms, value, start_ms);
      } else {
        shard.active->Add(*series, time_ms, value);
      }
    }
    NoteUndeclared(*series, outcome);
    if (outcome.record != nullptr)
      outcome.record->AddSample(handle.index, time_ms, value, start_ms);
  });
  if (outcome.refused != nullptr && outcome.refused->size() > refused_before) {
    std::sort(outcome.refused->begin() + static_cast<long>(refused_before), outcome.refused->end(),
              [](const store::Refused& a, const store::Refused& b) { return a.index < b.index; });
  }
}

void Head::AppendHistograms(std::span<const store::HistogramWrite> samples,
                            const AppendRules& rules, AppendOutcome& outcome) {
  ByShard(samples, outcome, [&](Shard& shard, Series* series, size_t i) {
    if (series == nullptr) return Refuse(outcome, i, SampleRefusal::kStaleHandle);
    const auto& [handle, time_ms, histogram, start_ms] = samples[i];
    SampleRefusal why{};
    bool same = false;
    if (series->last_is_histogram && time_ms == series->last_ms && series->mem != nullptr &&
        series->mem_generation == shard.active->generation() && series->mem->extra != nullptr &&
        !series->mem->extra->histograms.empty()) {
      const model::HistogramSample& last = series->mem->extra->histograms.back();
      same = last.time_ms == time_ms && *last.histogram == *histogram;
    }
    const Verdict verdict = Judge(*series, rules, time_ms, same, &why);
    if (verdict == Verdict::kRefused) return Refuse(outcome, i, why);
    if (verdict != Verdict::kSame) {
      if (series->mem_generation != shard.active->generation()) shard.active->AddSeries(*series);
      shard.active->AddHistogram(*series, {time_ms, histogram, start_ms});
      shard.min_ms = std::min(shard.min_ms, time_ms);
      shard.max_ms = std::max(shard.max_ms, time_ms);
    }
    NoteUndeclared(*series, outcome);
    if (outcome.record != nullptr)
      outcome.record->AddHistogram(handle.index, time_ms, start_ms, *histogram);
  });
}

}  // namespace pharos::samples
