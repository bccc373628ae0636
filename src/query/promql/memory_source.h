// A SampleSource in plain maps: for script tests and unit tests, where no engine is needed.
#pragma once

#include <algorithm>
#include <map>
#include <set>

#include "query/promql/histogram_math.h"
#include "store/samples.h"

namespace pharos::query::promql {

/// Owns: all samples. Threads: one. Errors: none. Cost: every call walks all series.
class MemorySource final : public store::SampleSource {
 public:
  void Add(const model::Labels& labels, int64_t time_ms, double value, int64_t start_ms = 0) {
    auto& series = series_[labels];
    const auto at =
        std::lower_bound(series.times.begin(), series.times.end(), time_ms) - series.times.begin();
    if (at < static_cast<std::ptrdiff_t>(series.times.size()) &&
        series.times[static_cast<size_t>(at)] == time_ms) {
      series.values[static_cast<size_t>(at)] = value;  // the later word counts
      series.starts[static_cast<size_t>(at)] = start_ms;
      return;
    }
    series.times.insert(series.times.begin() + at, time_ms);
    series.values.insert(series.values.begin() + at, value);
    series.starts.insert(series.starts.begin() + at, start_ms);
  }
  void AddHistogram(const model::Labels& labels, int64_t time_ms, model::Histogram histogram,
                    int64_t start_ms = 0) {
    auto& series = series_[labels];
    auto at = std::lower_bound(series.histograms.begin(), series.histograms.end(), time_ms,
                               [](const auto& s, int64_t t) { return s.time_ms < t; });
    if (at != series.histograms.end() && at->time_ms == time_ms) return;
    if (histogram.reset != model::Histogram::Reset::kGauge) {
      histogram.reset = at == series.histograms.begin()
                            ? FirstHint(histogram)
                            : NextHint(*std::prev(at)->histogram, histogram);
    }
    series.histograms.insert(
        at, {time_ms, std::make_shared<model::Histogram>(std::move(histogram)), start_ms});
  }
  void Clear() { series_.clear(); }

  base::Result<std::unique_ptr<store::SeriesCursor>> Select(
      const store::SampleQuery& query) override {
    std::vector<store::SeriesColumns> out;
    for (const auto& [labels, series] : series_) {
      if (!model::MatchesAll(query.matchers, labels)) continue;
      store::SeriesColumns columns;
      columns.labels = labels;
      for (size_t i = 0; i < series.times.size(); ++i) {
        if (series.times[i] < query.start_ms || series.times[i] > query.end_ms) continue;
        columns.times_ms.push_back(series.times[i]);
        columns.values.push_back(series.values[i]);
        columns.starts_ms.push_back(series.starts[i]);
      }
      if (std::ranges::all_of(columns.starts_ms, [](int64_t start) { return start == 0; }))
        columns.starts_ms.clear();
      for (const auto& h : series.histograms) {
        if (h.time_ms >= query.start_ms && h.time_ms <= query.end_ms)
          columns.histograms.push_back(h);
      }
      if (!columns.times_ms.empty() || !columns.histograms.empty())
        out.push_back(std::move(columns));
    }
    return std::make_unique<Cursor>(std::move(out));
  }
  base::Result<std::vector<model::Labels>> Series(const store::SampleQuery& query) override {
    std::vector<model::Labels> out;
    for (const auto& [labels, series] : series_) {
      if (model::MatchesAll(query.matchers, labels)) out.push_back(labels);
    }
    return out;
  }
  base::Result<std::vector<std::string>> LabelNames(const store::SampleQuery& query) override {
    std::set<std::string> names;
    for (const auto& [labels, series] : series_) {
      if (!model::MatchesAll(query.matchers, labels)) continue;
      for (const auto label : labels) names.emplace(label.name);
    }
    return std::vector<std::string>(names.begin(), names.end());
  }
  base::Result<std::vector<std::string>> LabelValues(const store::SampleQuery& query,
                                                     std::string_view name) override {
    std::set<std::string> values;
    for (const auto& [labels, series] : series_) {
      if (model::MatchesAll(query.matchers, labels) && labels.Has(name))
        values.emplace(labels.Get(name));
    }
    return std::vector<std::string>(values.begin(), values.end());
  }
  std::vector<std::pair<std::string, model::Metadata>> MetadataOf(
      std::string_view /*tenant*/, std::string_view metric) override {
    std::vector<std::pair<std::string, model::Metadata>> out;
    for (const auto& [family, metadata] : metadata_) {
      if (metric.empty() || metric == family) out.emplace_back(family, metadata);
    }
    return out;
  }
  void SetMetadata(const std::string& family, model::Metadata metadata) {
    metadata_[family] = std::move(metadata);
  }
  base::Result<std::vector<std::pair<model::Labels, std::vector<model::Exemplar>>>> Exemplars(
      const store::SampleQuery& /*query*/) override {
    return std::vector<std::pair<model::Labels, std::vector<model::Exemplar>>>();
  }
  store::SampleStats Stats(std::string_view /*tenant*/) override {
    store::SampleStats stats;
    stats.series = series_.size();
    return stats;
  }

 private:
  // As Prometheus's store: a run of samples without a reset says so, its first sample does
  // not know.
  static model::Histogram::Reset FirstHint(const model::Histogram& h) {
    return h.reset == model::Histogram::Reset::kYes ? h.reset : model::Histogram::Reset::kUnknown;
  }
  static model::Histogram::Reset NextHint(const model::Histogram& previous, model::Histogram h) {
    using Reset = model::Histogram::Reset;
    if (h.reset == Reset::kYes) return Reset::kYes;
    if (previous.reset == Reset::kGauge || model::IsStaleNan(previous.sum)) return Reset::kUnknown;
    if (model::IsStaleNan(h.sum)) return Reset::kNo;
    h.reset = Reset::kUnknown;
    if (h.schema != previous.schema || h.zero_threshold != previous.zero_threshold ||
        h.custom_bounds != previous.custom_bounds) {
      return Reset::kUnknown;
    }
    return DetectReset(h, previous) ? Reset::kUnknown : Reset::kNo;
  }

  struct Stored {
    std::vector<int64_t> times;
    std::vector<double> values;
    std::vector<int64_t> starts;
    std::vector<model::HistogramSample> histograms;
  };
  class Cursor final : public store::SeriesCursor {
   public:
    explicit Cursor(std::vector<store::SeriesColumns> series) : series_(std::move(series)) {}
    base::Result<bool> Next(store::SeriesColumns* out) override {
      if (next_ == series_.size()) return false;
      *out = std::move(series_[next_++]);
      return true;
    }

   private:
    std::vector<store::SeriesColumns> series_;
    size_t next_ = 0;
  };

  std::map<std::string, model::Metadata> metadata_;
  std::map<model::Labels, Stored> series_;
};

}  // namespace pharos::query::promql
