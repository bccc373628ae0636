// Range aggregations: samples out of log lines, then one value a series and step.
//
// Counts and bytes need no samples: each line falls into a run of steps, and two entries in
// a difference array say so; memory is steps, not lines, and the sums are whole numbers, so
// nothing is rounded. Everything else keeps its samples and slides a window over them.
#include <algorithm>
#include <optional>
#include <unordered_map>

#include "match/quantity.h"
#include "query/logql/lexer.h"
#include "query/logql/pipeline.h"
#include "query/logql/range_functions.h"
#include "query/logql/run_context.h"

namespace pharos::query::logql {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

/// The steps whose window holds one time: [first, last).
struct StepRange {
  size_t first = 0;
  size_t last = 0;
};

struct Collected {
  model::Labels labels;
  std::vector<RangeSample> samples;
  std::vector<int64_t> counts;  ///< differences, one more than there are steps
  std::vector<int64_t> bytes;
};

class RangeRun final : public store::ScanSink {
 public:
  /// `outer`: the grouping of a sum around the call, null where there is none.
  RangeRun(const RangeAggregation& call, const Grouping* outer, Pipeline pipeline,
           RunContext& context)
      : call_(call),
        grouping_(call.grouping ? &*call.grouping : outer),
        pipeline_(std::move(pipeline)),
        context_(context),
        steps_(context.Steps()) {
    by_bytes_ = call.function.starts_with("bytes_");
    absent_ = call.function == "absent_over_time";
    counting_ = !call.unwrap && (by_bytes_ || absent_ || call.function == "count_over_time" ||
                                 call.function == "rate");
  }

  Result<void> AddUnwrapFilters() {
    for (const LabelFilter& filter : call_.unwrap->filters) {
      PHAROS_TRY(PipelineStagePtr stage, CompileLabelFilter(filter));
      after_unwrap_.push_back(std::move(stage));
    }
    return {};
  }

  Result<StepVector> Run() {
    store::EventQuery query;
    query.tenant = context_.params.tenant;
    query.streams = call_.log.matchers;
    query.predicate = pipeline_.pushdown();
    query.direction = store::Direction::kForward;
    query.start_ns = context_.StepTime(0) - call_.offset_ns - call_.range_ns + 1;
    query.end_ns = context_.StepTime(steps_ - 1) - call_.offset_ns + 1;
    query.fields = pipeline_.fields();
    query.cancelled = context_.params.cancelled;
    if (Reduce(&query)) {
      PHAROS_TRY(const bool scanned, context_.events.Scan(query, *this));
      if (scanned) return Values();
      query.fields = pipeline_.fields();
    }
    PHAROS_TRY(auto cursor, context_.events.Select(query));
    model::EventBatch page;
    while (true) {
      PHAROS_TRY(const bool more, cursor->Next(&page));
      if (!more) break;
      for (const model::StreamEvents& run : page.streams) {
        const std::vector<model::LabelView> stream = run.stream.ToVector();
        of_run_.reset();
        for (const model::Event& event : run.events) {
          PHAROS_TRY_VOID(context_.Tick());
          PHAROS_TRY_VOID(One(event, stream));
        }
      }
    }
    return Values();
  }

  Result<void> Rows(const model::Labels& stream, std::span<const int64_t> times,
                    const std::vector<std::vector<std::string_view>>& fields) override {
    const std::vector<model::LabelView> labels = stream.ToVector();
    context_.stats.lines += times.size();
    if (fields.empty() && counting_) return CountRows(labels, times);
    const bool direct = FindGroupValues(labels);
    seen_values_.clear();
    for (size_t i = 0; i < times.size(); ++i) {
      PHAROS_TRY_VOID(context_.Tick());
      const StepRange steps = StepsOf(times[i]);
      if (steps.first >= steps.last) continue;
      if (direct) {
        PHAROS_TRY(const bool done, TakeDirectly(times[i], steps, fields, i));
        if (done) continue;
      }
      entry_.time_ns = times[i];
      entry_.labels.Reset(labels);
      for (size_t f = 0; f < fields.size(); ++f) {
        if (fields[f][i].data() == nullptr) continue;
        entry_.labels.Extract(names_[f], fields[f][i]);
      }
      if (!pipeline_.ProcessFrom(pipeline_.first_label_stage(), &entry_)) continue;
      PHAROS_TRY_VOID(Take(times[i], steps, false));
    }
    return {};
  }

  Result<void> Whole(const model::Labels& stream, const model::Event& event) override {
    PHAROS_TRY_VOID(context_.Tick());
    if (whole_labels_ != stream) {
      whole_labels_ = stream;
      whole_views_ = whole_labels_.ToVector();
      of_run_.reset();
    }
    return One(event, whole_views_);
  }

 private:
  /// True where the answer depends on nothing but times, stream labels and a few fields of lines;
  /// the query then asks for these.
  bool Reduce(store::EventQuery* query) {
    if (by_bytes_ || !pipeline_.reducible()) return false;
    if (!absent_ && (grouping_ == nullptr || grouping_->without)) return false;
    std::vector<std::string>& names = query->fields.names;
    const auto need = [&](std::string_view name) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
    };
    if (!absent_) {
      for (const std::string& label : grouping_->labels) need(label);
    }
    if (call_.unwrap) {
      if (!call_.unwrap->filters.empty()) return false;
      need(call_.unwrap->label);
    }
    const auto special = [](const std::string& name) {
      return name.ends_with(kExtractedSuffix) || name.starts_with("__");
    };
    if (std::any_of(names.begin(), names.end(), special)) return false;
    names_ = names;
    return true;
  }

  /// Where a label of the grouping comes from: the stream, or a field (its index).
  struct GroupValue {
    std::string_view of_stream{};
    std::optional<size_t> field{};
  };

  /// A value of the grouping, by where it stands, and the series it leads to.
  struct SeenValue {
    const char* data = nullptr;
    size_t size = 0;
    size_t series = 0;
  };
  static constexpr size_t kSeenValues = 8;

  /// Makes ready for TakeDirectly; false where rows of this stream need all their labels.
  bool FindGroupValues(const std::vector<model::LabelView>& stream) {
    if (absent_ || !pipeline_.fields().json || !pipeline_.filters_are_all()) return false;
    const auto of_stream = [&](std::string_view name) {
      return std::find_if(stream.begin(), stream.end(),
                          [&](const model::LabelView& label) { return label.name == name; });
    };
    group_values_.clear();
    for (const std::string& name : grouping_->labels) {
      const auto label = of_stream(name);
      if (label != stream.end()) {
        group_values_.push_back({label->value, std::nullopt});
      } else {
        group_values_.push_back({{}, NumberOf(name)});
      }
    }
    for (const store::FieldFilter& filter : pipeline_.fields().filters) {
      if (of_stream(names_[filter.field]) != stream.end()) return false;
    }
    return !call_.unwrap || of_stream(call_.unwrap->label) == stream.end();
  }

  size_t NumberOf(std::string_view name) const {
    return static_cast<size_t>(std::find(names_.begin(), names_.end(), name) - names_.begin());
  }

  /// A row without building its labels. False where something cannot be read: the entry must
  /// then say so in full.
  Result<bool> TakeDirectly(int64_t time_ns, const StepRange& steps,
                            const std::vector<std::vector<std::string_view>>& fields, size_t row) {
    for (const store::FieldFilter& filter : pipeline_.fields().filters) {
      const std::string_view text = fields[filter.field][row];
      if (filter.text) {
        if (!filter.text(text)) return true;
        continue;
      }
      if (text.data() == nullptr) return true;
      const auto number = match::ParseNumber(text);
      if (!number) return false;
      if (!filter.number(*number)) return true;
    }
    double value = 0;
    if (call_.unwrap) {
      const size_t number = NumberOf(call_.unwrap->label);
      const std::string_view text = fields[number][row];
      if (text.data() == nullptr) return true;
      const auto converted = Convert(text);
      if (!converted) return false;
      // unwrap takes its label away, also from the grouping
      for (const GroupValue& group : group_values_) {
        if (group.field == number) return false;
      }
      value = *converted;
    }
    const std::optional<size_t> series = SeriesOfRow(fields, row);
    if (!series) return false;  // the first of its series
    ++context_.stats.post_filter_lines;
    PHAROS_TRY_VOID(AddTo(series_[*series], time_ns, steps, value));
    return true;
  }

  /// The series of a row by its grouping; nothing where there is none yet. Values that stand at
  /// the same place are the same while the rows are at hand.
  std::optional<size_t> SeriesOfRow(const std::vector<std::vector<std::string_view>>& fields,
                                    size_t row) {
    std::string_view only;
    size_t of_fields = 0;
    for (const GroupValue& group : group_values_) {
      if (!group.field) continue;  // the same for the whole stream
      only = fields[*group.field][row];
      ++of_fields;
    }
    if (of_fields <= 1) {
      for (const SeenValue& seen : seen_values_) {
        if (seen.data == only.data() && seen.size == only.size()) return seen.series;
      }
    }
    key_.clear();
    for (const GroupValue& group : group_values_) {
      AddToKey(group.field ? fields[*group.field][row] : group.of_stream);
    }
    const auto found = by_values_.find(key_);
    if (found == by_values_.end()) return std::nullopt;
    if (of_fields <= 1 && seen_values_.size() < kSeenValues) {
      seen_values_.push_back({only.data(), only.size(), found->second});
    }
    return found->second;
  }

  void AddToKey(std::string_view value) {
    const auto size = static_cast<uint32_t>(value.size());
    key_.append(reinterpret_cast<const char*>(&size), sizeof size).append(value);
  }

  /// Rows that differ in nothing but their times: counted between the borders of steps.
  Result<void> CountRows(const std::vector<model::LabelView>& stream,
                         std::span<const int64_t> times) {
    size_t at = 0;
    std::optional<size_t> series;
    while (at < times.size()) {
      const StepRange steps = StepsOf(times[at]);
      const size_t end = EndOfSame(times, at, steps);
      if (steps.first < steps.last) {
        if (!series) {
          entry_.labels.Reset(stream);
          if (!pipeline_.ProcessFrom(pipeline_.first_label_stage(), &entry_)) return {};
          PHAROS_TRY(series, SeriesOf());
        }
        const auto count = static_cast<int64_t>(end - at);
        context_.stats.post_filter_lines += end - at;
        series_[*series].counts[steps.first] += count;
        series_[*series].counts[steps.last] -= count;
      }
      at = end;
    }
    return context_.Check();
  }

  /// Behind the last of the sorted times that fall into the same steps as times[at].
  size_t EndOfSame(std::span<const int64_t> times, size_t at, const StepRange& steps) const {
    const auto same = [&](int64_t time) {
      const StepRange other = StepsOf(time);
      return other.first == steps.first && other.last == steps.last;
    };
    size_t width = 1;
    while (at + width < times.size() && same(times[at + width])) width *= 2;
    size_t low = at + width / 2, high = std::min(at + width, times.size());
    while (low + 1 < high) {  // times[low] is the same, times[high] is not
      const size_t middle = (low + high) / 2;
      (same(times[middle]) ? low : high) = middle;
    }
    return high;
  }

  StepRange StepsOf(int64_t time_ns) const {
    // Step k holds the times (t_k − offset − range, t_k − offset].
    const int64_t shifted = time_ns + call_.offset_ns - context_.params.start_ns;
    if (context_.params.instant) {
      return shifted <= 0 && shifted > -call_.range_ns ? StepRange{0, 1} : StepRange{};
    }
    const int64_t step = context_.params.step_ns;
    const int64_t first = shifted <= 0 ? 0 : (shifted + step - 1) / step;
    const int64_t behind = shifted + call_.range_ns;  // exclusive
    const int64_t last = behind <= 0 ? 0 : (behind + step - 1) / step;
    const auto steps = static_cast<int64_t>(steps_);
    return {static_cast<size_t>(std::min(first, steps)),
            static_cast<size_t>(std::min(last, steps))};
  }

  Result<void> One(const model::Event& event, const std::vector<model::LabelView>& stream) {
    const StepRange steps = StepsOf(event.time_ns);
    if (steps.first >= steps.last) return {};
    FillEntry(event, stream, &line_, &entry_);
    ++context_.stats.lines;
    context_.stats.bytes += entry_.line.size();
    if (!pipeline_.Process(&entry_)) return {};
    // Lines that bring no labels of their own share the series of their stream.
    const bool plain =
        pipeline_.keeps_labels() && !call_.unwrap && entry_.labels.all().size() == stream.size();
    return Take(event.time_ns, steps, plain);
  }

  /// The entry, which has passed all filters, as a sample. `plain`: it has the labels of its
  /// stream and no others.
  Result<void> Take(int64_t time_ns, const StepRange& steps, bool plain) {
    ++context_.stats.post_filter_lines;
    double value = 0;
    if (call_.unwrap && !TakeValue(&value)) return {};
    PHAROS_TRY_VOID(CheckError());
    if (!plain || !of_run_) {
      PHAROS_TRY(const size_t index, SeriesOf());
      of_run_ = plain ? std::optional(index) : std::nullopt;
      at_ = index;
    } else {
      at_ = *of_run_;
    }
    return AddTo(series_[at_], time_ns, steps, value);
  }

  Result<void> AddTo(Collected& to, int64_t time_ns, const StepRange& steps, double value) {
    Collected* series = &to;
    if (!counting_) {
      if (++held_ > kMaxHeldSamples) {
        return Fail(ErrorKind::kLimit,
                    "the query reads more than " + std::to_string(kMaxHeldSamples) +
                        " unwrapped values; narrow its time range or its selector");
      }
      series->samples.push_back({time_ns, value});
      return {};
    }
    ++series->counts[steps.first];
    --series->counts[steps.last];
    if (by_bytes_) {
      series->bytes[steps.first] += static_cast<int64_t>(entry_.line.size());
      series->bytes[steps.last] -= static_cast<int64_t>(entry_.line.size());
    }
    return {};
  }

  /// False when the entry has no value: no label, or a filter behind unwrap drops it.
  bool TakeValue(double* value) {
    EntryLabels& labels = entry_.labels;
    const std::string_view* text = labels.Find(call_.unwrap->label);
    if (text == nullptr) return false;
    auto parsed = Convert(*text);
    if (parsed) {
      *value = *parsed;
    } else {
      labels.SetError("SampleExtractionErr", parsed.error().message);
    }
    for (const PipelineStagePtr& stage : after_unwrap_) {
      if (!stage->Process(&entry_)) return false;
    }
    labels.Delete(call_.unwrap->label);
    return true;
  }

  Result<double> Convert(std::string_view text) const {
    if (call_.unwrap->conversion.empty()) return match::ParseNumber(text);
    if (call_.unwrap->conversion == "bytes") {
      PHAROS_TRY(const uint64_t bytes, match::ParseHumanBytes(text));
      return static_cast<double>(bytes);
    }
    PHAROS_TRY(const int64_t ns, match::ParseGoDuration(text));
    return static_cast<double>(ns) / 1e9;
  }

  Result<void> CheckError() const {
    const EntryLabels& labels = entry_.labels;
    if (!labels.HasError() || labels.Find("__preserve_error__") != nullptr) return {};
    const std::string error(labels.error());
    return Fail(
        ErrorKind::kBadInput,
        "pipeline error: '" + error + "' for series: '" + model::ToString(labels.Merged()) +
            "'.\nUse a label filter to intentionally skip this error. (e.g | __error__!=\"" +
            error +
            "\").\nTo skip all potential errors you can match empty errors.(e.g "
            "__error__=\"\")\nThe label "
            "filter can also be specified after unwrap. (e.g | unwrap latency | __error__=\"\" "
            ")\n");
  }

  /// Where in `series_` the entry's labels stand.
  Result<size_t> SeriesOf() {
    const bool by = grouping_ != nullptr && !grouping_->without && !entry_.labels.HasError();
    if (by && !absent_) {  // the values alone tell the series, without building its labels
      key_.clear();
      for (const std::string& name : grouping_->labels) {
        AddToKey(entry_.labels.Get(name));
      }
      if (const auto found = by_values_.find(key_); found != by_values_.end()) {
        return found->second;
      }
    }
    PHAROS_TRY(const size_t index, MakeSeriesOf());
    if (by && !absent_) by_values_.emplace(key_, index);
    return index;
  }

  Result<size_t> MakeSeriesOf() {
    model::Labels labels = absent_ ? model::Labels() : entry_.labels.Merged();
    if (grouping_ != nullptr) labels = GroupLabels(labels, *grouping_);
    const auto [found, fresh] = index_.try_emplace(labels.bytes(), series_.size());
    if (fresh) {
      if (series_.size() >= kMaxInnerSeries) {
        return Fail(ErrorKind::kLimit,
                    "the query makes more than " + std::to_string(kMaxInnerSeries) + " series");
      }
      if ((series_.size() + 1) * steps_ > kMaxPoints) {
        return Fail(ErrorKind::kLimit, "the query makes more than " +
                                           std::to_string(series_.size()) + " series of " +
                                           std::to_string(steps_) + " steps; that is more than " +
                                           std::to_string(kMaxPoints) + " points");
      }
      series_.push_back({std::move(labels), {}, {}, {}});
      if (counting_) series_.back().counts.resize(steps_ + 1);
      if (by_bytes_) series_.back().bytes.resize(steps_ + 1);
    }
    return found->second;
  }

  Result<StepVector> Values() {
    if (absent_) return Absent();
    StepVector out;
    for (Collected& collected : series_) {
      PHAROS_TRY_VOID(context_.Check());
      StepSeries series = MakeSeries(std::move(collected.labels), steps_);
      if (counting_) {
        CountValues(collected, &series);
      } else {
        PHAROS_TRY_VOID(WindowValues(collected, &series));
      }
      out.series.push_back(std::move(series));
    }
    return out;
  }

  void CountValues(const Collected& collected, StepSeries* series) const {
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

  Result<void> WindowValues(Collected& collected, StepSeries* series) {
    const RangeFunction function = FindRangeFunction(call_.function);
    if (function == nullptr)
      return Fail(ErrorKind::kUnsupported, "unknown function " + call_.function);
    auto& samples = collected.samples;
    const auto sooner = [](const RangeSample& a, const RangeSample& b) {
      return a.time_ns < b.time_ns;
    };
    if (!std::is_sorted(samples.begin(), samples.end(), sooner)) {
      std::stable_sort(samples.begin(), samples.end(), sooner);
    }
    size_t from = 0;
    size_t to = 0;
    for (size_t i = 0; i < steps_; ++i) {
      PHAROS_TRY_VOID(context_.Tick());
      const int64_t end = context_.StepTime(i) - call_.offset_ns;
      while (to < samples.size() && samples[to].time_ns <= end) ++to;
      while (from < to && samples[from].time_ns <= end - call_.range_ns) ++from;
      if (from == to) continue;
      const Window window{std::span(samples).subspan(from, to - from), end, call_.range_ns,
                          call_.parameter.value_or(0)};
      series->present[i] = 1;
      series->values[i] = function(window);
    }
    return {};
  }

  /// One series, named by the selector's equalities, where there was nothing.
  Result<StepVector> Absent() {
    std::vector<model::LabelView> names;
    for (const model::Matcher& m : call_.log.matchers) {
      const auto same =
          std::count_if(call_.log.matchers.begin(), call_.log.matchers.end(),
                        [&](const model::Matcher& o) { return o.name() == m.name(); });
      if (m.op() == model::MatchOp::kEqual && same == 1) names.push_back({m.name(), m.value()});
    }
    StepSeries series = MakeSeries(model::Labels::FromPairs(std::move(names)), steps_);
    std::vector<int64_t> there(steps_ + 1);
    for (const Collected& collected : series_) {
      for (size_t i = 0; i < collected.counts.size(); ++i) there[i] += collected.counts[i];
      for (const RangeSample& sample : collected.samples) {
        const StepRange steps = StepsOf(sample.time_ns);
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

  const RangeAggregation& call_;
  const Grouping* grouping_;
  Pipeline pipeline_;
  std::vector<PipelineStagePtr> after_unwrap_;
  RunContext& context_;
  const size_t steps_;
  bool by_bytes_ = false;
  bool absent_ = false;
  bool counting_ = false;
  size_t held_ = 0;
  size_t at_ = 0;
  std::optional<size_t> of_run_;  ///< the series of the stream at hand, once it is known
  Entry entry_;
  std::string line_;
  std::vector<std::string> names_;  ///< of the fields that rows bring
  model::Labels whole_labels_;
  std::vector<model::LabelView> whole_views_;
  std::string key_;
  std::vector<GroupValue> group_values_;
  std::vector<SeenValue> seen_values_;
  std::unordered_map<std::string, size_t> by_values_;
  std::vector<Collected> series_;
  std::unordered_map<std::string, size_t> index_;
};

}  // namespace

Result<StepVector> EvaluateRange(const RangeAggregation& call, const Grouping* outer,
                                 RunContext& context) {
  PHAROS_TRY(Pipeline pipeline, Pipeline::Compile(call.log.stages));
  RangeRun run(call, outer, std::move(pipeline), context);
  if (call.unwrap) PHAROS_TRY_VOID(run.AddUnwrapFilters());
  return run.Run();
}

}  // namespace pharos::query::logql
