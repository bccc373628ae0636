#include "query/logql/range_series.h"

#include <algorithm>

#include "query/logql/range_windows.h"

namespace pharos::query::logql {

using base::ErrorKind;
using base::Fail;
using base::Result;

RangeSeries::RangeSeries(const RangeAggregation& call, const Grouping* grouping,
                         const StepRanges& ranges, RunContext& context)
    : call_(call),
      grouping_(grouping),
      ranges_(ranges),
      context_(context),
      steps_(context.Steps()) {
  by_bytes_ = call.function.starts_with("bytes_");
  absent_ = call.function == "absent_over_time";
  counting_ = !call.unwrap && (by_bytes_ || absent_ || call.function == "count_over_time" ||
                               call.function == "rate");
}

void RangeSeries::AddToKey(std::string_view value) {
  const auto size = static_cast<uint32_t>(value.size());
  key_.append(reinterpret_cast<const char*>(&size), sizeof size).append(value);
}

std::optional<size_t> RangeSeries::Find(std::span<const std::string_view> values) {
  key_.clear();
  for (const std::string_view value : values) AddToKey(value);
  const auto found = by_values_.find(key_);
  return found == by_values_.end() ? std::nullopt : std::optional(found->second);
}

Result<size_t> RangeSeries::Of(const EntryLabels& labels) {
  const bool by = absent_ || (grouping_ != nullptr && !grouping_->without && !labels.HasError());
  if (!by) return Make(labels);
  // The values alone tell the series, without building its labels.
  key_.clear();
  if (!absent_) {
    for (const std::string& name : grouping_->labels) AddToKey(labels.Get(name));
  }
  if (const auto found = by_values_.find(key_); found != by_values_.end()) return found->second;
  PHAROS_TRY(const size_t index, Make(labels));
  by_values_.emplace(key_, index);
  return index;
}

Result<size_t> RangeSeries::Make(const EntryLabels& entry) {
  model::Labels labels = absent_ ? model::Labels() : entry.Merged();
  if (grouping_ != nullptr) labels = GroupLabels(labels, *grouping_);
  const auto [found, fresh] = index_.try_emplace(labels.bytes(), series_.size());
  if (!fresh) return found->second;
  if (series_.size() >= kMaxInnerSeries) {
    return Fail(ErrorKind::kLimit,
                "the query makes more than " + std::to_string(kMaxInnerSeries) + " series");
  }
  if ((series_.size() + 1) * steps_ > kMaxPoints) {
    return Fail(ErrorKind::kLimit, "the query makes more than " + std::to_string(series_.size()) +
                                       " series of " + std::to_string(steps_) +
                                       " steps; that is more than " + std::to_string(kMaxPoints) +
                                       " points");
  }
  series_.push_back({std::move(labels), {}, {}, {}});
  if (counting_) series_.back().counts.resize(steps_ + 1);
  if (by_bytes_) series_.back().bytes.resize(steps_ + 1);
  return found->second;
}

Result<void> RangeSeries::TooManySamples() {
  return Fail(ErrorKind::kLimit, "the query reads more than " + std::to_string(kMaxHeldSamples) +
                                     " unwrapped values; narrow its time range or its selector");
}

void RangeSeries::Count(size_t number, const StepRange& steps, int64_t lines, int64_t bytes) {
  Collected& series = series_[number];
  series.counts[steps.first] += lines;
  series.counts[steps.last] -= lines;
  if (!by_bytes_) return;
  series.bytes[steps.first] += bytes;
  series.bytes[steps.last] -= bytes;
}

Result<StepVector> RangeSeries::Values() {
  StepVector out;
  if (absent_) return Absent();
  for (Collected& collected : series_) {
    PHAROS_TRY_VOID(context_.Check());
    StepSeries series = MakeSeries(std::move(collected.labels), steps_);
    if (counting_) {
      CountValues(collected, &series);
    } else {
      PHAROS_TRY_VOID(WindowValues(call_, &collected.samples, context_, &series));
    }
    out.series.push_back(std::move(series));
  }
  return out;
}

void RangeSeries::CountValues(const Collected& collected, StepSeries* series) const {
  const bool rate = call_.function == "rate" || call_.function == "bytes_rate";
  const double seconds = static_cast<double>(call_.range_ns) / 1e9;
  int64_t count = 0;
  int64_t sum = 0;
  for (size_t i = 0; i < steps_; ++i) {
    count += collected.counts[i];
    if (by_bytes_) sum += collected.bytes[i];
    if (count == 0) continue;
    const auto value = static_cast<double>(by_bytes_ ? sum : count);
    series->present[i] = 1;
    series->values[i] = rate ? value / seconds : value;
  }
}

/// One series, named by the selector's equalities, where there was nothing.
StepVector RangeSeries::Absent() const {
  std::vector<model::LabelView> names;
  for (const model::Matcher& m : call_.log.matchers) {
    const auto same = std::count_if(call_.log.matchers.begin(), call_.log.matchers.end(),
                                    [&](const model::Matcher& o) { return o.name() == m.name(); });
    if (m.op() == model::MatchOp::kEqual && same == 1) names.push_back({m.name(), m.value()});
  }
  StepSeries series = MakeSeries(model::Labels::FromPairs(std::move(names)), steps_);
  std::vector<int64_t> there(steps_ + 1);
  for (const Collected& collected : series_) {
    for (size_t i = 0; i < collected.counts.size(); ++i) there[i] += collected.counts[i];
    for (const RangeSample& sample : collected.samples) {
      const StepRange steps = ranges_.Of(sample.time_ns);
      ++there[steps.first];
      --there[steps.last];
    }
  }
  int64_t count = 0;
  for (size_t i = 0; i < steps_; ++i) {
    count += there[i];
    series.present[i] = count == 0 ? 1 : 0;
    series.values[i] = 1;
  }
  StepVector out;
  out.series.push_back(std::move(series));
  return out;
}

}  // namespace pharos::query::logql
