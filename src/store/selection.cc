// Selections and estimates for sources that offer no better ones.
#include <algorithm>
#include <unordered_map>

#include "store/samples.h"

namespace pharos::store {
namespace {

/// All samples of a cursor, in memory.
class KeptSelection final : public Selection {
 public:
  explicit KeptSelection(std::vector<SeriesColumns> series) : series_(std::move(series)) {}

  size_t size() const override { return series_.size(); }
  model::Labels LabelsOf(size_t series) const override { return series_[series].labels; }
  std::unique_ptr<SelectionReader> NewReader() const override {
    return std::make_unique<Reader>(series_);
  }

 private:
  class Reader final : public SelectionReader {
   public:
    explicit Reader(const std::vector<SeriesColumns>& series) : series_(series) {}
    base::Result<SeriesSpan> Read(size_t series) override {
      const SeriesColumns& of = series_[series];
      return SeriesSpan{of.times_ms, of.values, of.starts_ms, of.histograms};
    }

   private:
    const std::vector<SeriesColumns>& series_;
  };

  std::vector<SeriesColumns> series_;
};

}  // namespace

SeriesGroups Selection::GroupBy(const std::vector<std::string>& names, bool without) const {
  SeriesGroups groups;
  std::unordered_map<model::Labels, uint32_t, model::LabelsHasher> known;
  groups.group_of.reserve(size());
  for (size_t i = 0; i < size(); ++i) {
    const model::Labels labels = LabelsOf(i);
    std::vector<model::LabelView> kept;
    for (const model::LabelView label : labels) {
      const bool listed = std::find(names.begin(), names.end(), label.name) != names.end();
      if (without ? !listed && label.name != model::kMetricName : listed) kept.push_back(label);
    }
    const auto [found, fresh] = known.try_emplace(model::Labels::FromPairs(std::move(kept)),
                                                  static_cast<uint32_t>(groups.labels.size()));
    if (fresh) groups.labels.push_back(found->first);
    groups.group_of.push_back(found->second);
  }
  return groups;
}

base::Result<std::unique_ptr<Selection>> SampleSource::Choose(const SampleQuery& query) {
  PHAROS_TRY(const auto cursor, Select(query));
  std::vector<SeriesColumns> series;
  for (;;) {
    SeriesColumns columns;
    PHAROS_TRY(const bool more, cursor->Next(&columns));
    if (!more) break;
    series.push_back(std::move(columns));
  }
  return std::make_unique<KeptSelection>(std::move(series));
}

base::Result<SelectCost> SampleSource::Estimate(const SampleQuery& query) {
  PHAROS_TRY(const auto series, Series(query));
  return SelectCost{.series = series.size()};
}

}  // namespace pharos::store
