#include "samples/columns.h"

#include <algorithm>
#include <numeric>

namespace pharos::samples {
namespace {

bool Rising(const std::vector<int64_t>& times) {
  for (size_t i = 1; i < times.size(); ++i) {
    if (times[i] <= times[i - 1]) return false;
  }
  return true;
}

void SortFloats(store::SeriesColumns* columns) {
  std::vector<int64_t>& times = columns->times_ms;
  if (!columns->starts_ms.empty()) columns->starts_ms.resize(times.size());
  if (Rising(times)) return;
  std::vector<uint32_t> order(times.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return times[a] < times[b]; });
  std::vector<int64_t> sorted_times, sorted_starts;
  std::vector<double> sorted_values;
  sorted_times.reserve(order.size());
  sorted_values.reserve(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    if (i + 1 < order.size() && times[order[i]] == times[order[i + 1]]) continue;
    sorted_times.push_back(times[order[i]]);
    sorted_values.push_back(columns->values[order[i]]);
    if (!columns->starts_ms.empty()) sorted_starts.push_back(columns->starts_ms[order[i]]);
  }
  times = std::move(sorted_times);
  columns->values = std::move(sorted_values);
  columns->starts_ms = std::move(sorted_starts);
}

void SortHistograms(std::vector<model::HistogramSample>& all) {
  const auto earlier = [](const model::HistogramSample& a, const model::HistogramSample& b) {
    return a.time_ms < b.time_ms;
  };
  if (!std::is_sorted(all.begin(), all.end(), earlier))
    std::stable_sort(all.begin(), all.end(), earlier);
  size_t kept = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    if (i + 1 < all.size() && all[i].time_ms == all[i + 1].time_ms) continue;
    if (kept != i) all[kept] = std::move(all[i]);
    ++kept;
  }
  all.resize(kept);
}

}  // namespace

void AppendStarts(std::span<const int64_t> starts_ms, size_t count, store::SeriesColumns* columns) {
  std::vector<int64_t>& starts = columns->starts_ms;
  if (starts_ms.empty() && starts.empty()) return;
  starts.resize(columns->times_ms.size());
  starts.insert(starts.end(), starts_ms.begin(), starts_ms.end());
  starts.resize(columns->times_ms.size() + count);
}

void SortLaterWins(store::SeriesColumns* columns) {
  SortFloats(columns);
  SortHistograms(columns->histograms);
}

void TrimFloats(store::SeriesColumns* columns, size_t from, int64_t start_ms, int64_t end_ms) {
  std::vector<int64_t>& times = columns->times_ms;
  if (from == times.size() || (times[from] >= start_ms && times.back() <= end_ms)) return;
  const auto begin = times.begin() + static_cast<long>(from);
  const auto last = std::upper_bound(begin, times.end(), end_ms);
  const auto first = std::lower_bound(begin, last, start_ms);
  const long skip_from = static_cast<long>(from), skip_to = first - times.begin();
  const auto trim = [&, end = static_cast<size_t>(last - times.begin())](auto& column) {
    column.resize(end);
    column.erase(column.begin() + skip_from, column.begin() + skip_to);
  };
  if (!columns->starts_ms.empty()) trim(columns->starts_ms);
  trim(columns->values);
  trim(times);
}

}  // namespace pharos::samples
