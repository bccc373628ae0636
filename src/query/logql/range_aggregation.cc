// Range aggregations: what is asked of the source, and what of its lines is a
// sample of which series (range_series.h).
#include <algorithm>
#include <cmath>
#include <optional>

#include "match/quantity.h"
#include "query/logql/lexer.h"
#include "query/logql/pipeline.h"
#include "query/logql/range_series.h"
#include "query/logql/run_context.h"
#include "query/logql/step_ranges.h"
#include "text/go_float.h"

namespace pharos::query::logql {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

class RangeRun final : public store::ScanSink {
 public:
  /// `outer`: the grouping of a sum around the call, null where there is none.
  RangeRun(const RangeAggregation& call, const Grouping* outer, Pipeline pipeline,
           RunContext& context)
      : call_(call),
        grouping_(call.grouping ? &*call.grouping : outer),
        pipeline_(std::move(pipeline)),
        context_(context),
        ranges_(context, call.range_ns, call.offset_ns),
        series_(call, grouping_, ranges_, context) {}

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
    query.end_ns = context_.StepTime(context_.Steps() - 1) - call_.offset_ns + 1;
    query.fields = pipeline_.fields();
    query.cancelled = context_.params.cancelled;
    if (Reduce(&query)) {
      PHAROS_TRY(const bool scanned, context_.events.Scan(query, *this));
      if (scanned) return series_.Values();
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
    return series_.Values();
  }

  Result<void> Rows(const model::Labels& stream, const store::ScanRows& rows) override {
    const std::vector<model::LabelView> labels = stream.ToVector();
    const std::span<const int64_t> times = rows.times;
    context_.stats.lines += times.size();
    const bool direct = FindGroupValues(labels);
    const bool filtered = rows.filtered && pipeline_.filters_are_all();
    const bool same = rows.fields.empty() || (direct && filtered && GroupedByStream());
    if (series_.counting() && same) return CountRows(labels, times, filtered);
    seen_values_.clear();
    of_fields_ = static_cast<size_t>(
        std::count_if(group_values_.begin(), group_values_.end(),
                      [](const GroupValue& group) { return group.field.has_value(); }));
    for (size_t at = 0, end = 0; at < times.size(); at = end) {
      const StepRange steps = ranges_.Of(times[at]);
      end = ranges_.EndOfSame(times, at, steps);
      for (size_t i = at; i < end && !steps.empty(); ++i) {
        PHAROS_TRY_VOID(context_.Tick());
        if (direct) {
          PHAROS_TRY(const bool done, TakeDirectly(steps, rows, i));
          if (done) continue;
        }
        MakeEntry(labels, rows, i);
        if (!filtered && !pipeline_.ProcessFrom(pipeline_.first_label_stage(), &entry_)) continue;
        PHAROS_TRY_VOID(Take(times[i], steps, false));
      }
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
    if (series_.by_bytes() || !pipeline_.reducible()) return false;
    if (!series_.absent() && (grouping_ == nullptr || grouping_->without)) return false;
    using store::FieldUse;
    std::vector<std::string>& names = query->fields.names;
    std::vector<FieldUse>& uses = query->fields.uses;
    uses.assign(names.size(), pipeline_.filters_are_all() ? FieldUse::kFilter : FieldUse::kText);
    const auto need = [&](std::string_view name, FieldUse use) {
      const auto at = std::find(names.begin(), names.end(), name) - names.begin();
      if (at == std::ssize(names)) {
        names.emplace_back(name);
        uses.push_back(use);
      }
      const auto number = static_cast<size_t>(at);
      uses[number] = std::max(uses[number], use);
    };
    if (!series_.absent()) {
      for (const std::string& label : grouping_->labels) need(label, FieldUse::kText);
    }
    if (call_.unwrap) {
      if (!call_.unwrap->filters.empty()) return false;
      bool number = call_.unwrap->conversion.empty();
      for (const store::FieldFilter& filter : query->fields.filters) {
        number = number && !(filter.text && names[filter.field] == call_.unwrap->label);
      }
      need(call_.unwrap->label, number ? FieldUse::kNumber : FieldUse::kText);
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
    if (!pipeline_.fields().json || !pipeline_.filters_are_all()) return false;
    const auto of_stream = [&](std::string_view name) {
      return std::find_if(stream.begin(), stream.end(),
                          [&](const model::LabelView& label) { return label.name == name; });
    };
    group_values_.clear();
    static const std::vector<std::string> kNone;
    for (const std::string& name : series_.absent() ? kNone : grouping_->labels) {
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
    if (!call_.unwrap) return true;
    unwrapped_ = NumberOf(call_.unwrap->label);
    for (const GroupValue& group : group_values_) {  // unwrap takes its label away, also from these
      if (group.field == unwrapped_) return false;
    }
    return of_stream(call_.unwrap->label) == stream.end();
  }

  size_t NumberOf(std::string_view name) const {
    return static_cast<size_t>(std::find(names_.begin(), names_.end(), name) - names_.begin());
  }

  bool GroupedByStream() const {
    return std::none_of(group_values_.begin(), group_values_.end(),
                        [](const GroupValue& group) { return group.field.has_value(); });
  }

  /// A row's labels: those of its stream, and the fields that were read.
  void MakeEntry(const std::vector<model::LabelView>& stream, const store::ScanRows& rows,
                 size_t row) {
    entry_.time_ns = rows.times[row];
    entry_.labels.Reset(stream);
    for (size_t f = 0; f < rows.fields.size(); ++f) {
      const store::ScanField& field = rows.fields[f];
      if (!field.numbers.empty() && !std::isnan(field.numbers[row])) {
        entry_.labels.Extract(names_[f], text::GoFloat(field.numbers[row]));
      } else if (!field.texts.empty() && field.texts[row].data() != nullptr) {
        entry_.labels.Extract(names_[f], field.texts[row]);
      }
    }
  }

  /// False where a filter cannot read a value. `passes` says whether the row passes them all.
  bool TestRow(const store::ScanRows& rows, size_t row, bool* passes) const {
    *passes = true;
    for (const store::FieldFilter& filter : pipeline_.fields().filters) {
      const store::ScanField& field = rows.fields[filter.field];
      const double number = field.numbers.empty() ? std::nan("") : field.numbers[row];
      const std::string_view text = field.texts.empty() ? std::string_view() : field.texts[row];
      if (filter.text) {
        *passes = filter.text(text);
      } else if (std::isnan(number)) {
        if (text.data() == nullptr) {
          *passes = false;
          return true;
        }
        const auto read = match::ParseNumber(text);
        if (!read) return false;
        *passes = filter.number(*read);
      } else {
        *passes = filter.number(number);
      }
      if (!*passes) return true;
    }
    return true;
  }

  /// A row without building its labels. False where something cannot be read: the entry must
  /// then say so in full.
  Result<bool> TakeDirectly(const StepRange& steps, const store::ScanRows& rows, size_t row) {
    if (!rows.filtered) {
      bool passes = false;
      if (!TestRow(rows, row, &passes)) return false;
      if (!passes) return true;
    }
    double value = 0;
    if (call_.unwrap) {
      const store::ScanField& field = rows.fields[unwrapped_];
      if (!field.numbers.empty()) value = field.numbers[row];
      if (field.numbers.empty() || std::isnan(value)) {
        const std::string_view text = field.texts[row];
        if (text.data() == nullptr) return true;
        const auto converted = Convert(text);
        if (!converted) return false;
        value = *converted;
      }
    }
    const std::optional<size_t> series = SeriesOfRow(rows, row);
    if (!series) return false;  // the first of its series
    ++context_.stats.post_filter_lines;
    PHAROS_TRY_VOID(series_.Add(*series, rows.times[row], steps, value, 0));
    return true;
  }

  /// The series of a row by its grouping; nothing where there is none yet. Values that stand at
  /// the same place are the same while the rows are at hand.
  std::optional<size_t> SeriesOfRow(const store::ScanRows& rows, size_t row) {
    std::string_view only;
    for (const GroupValue& group : group_values_) {
      if (group.field) only = rows.fields[*group.field].texts[row];
    }
    if (of_fields_ <= 1) {
      for (const SeenValue& seen : seen_values_) {
        if (seen.data == only.data() && seen.size == only.size()) return seen.series;
      }
    }
    values_.clear();
    for (const GroupValue& group : group_values_) {
      values_.push_back(group.field ? rows.fields[*group.field].texts[row] : group.of_stream);
    }
    const std::optional<size_t> found = series_.Find(values_);
    if (found && of_fields_ <= 1 && seen_values_.size() < kSeenValues) {
      seen_values_.push_back({only.data(), only.size(), *found});
    }
    return found;
  }

  /// Rows that differ in nothing but their times: counted between the borders of steps.
  Result<void> CountRows(const std::vector<model::LabelView>& stream,
                         std::span<const int64_t> times, bool filtered) {
    size_t at = 0;
    std::optional<size_t> series;
    while (at < times.size()) {
      const StepRange steps = ranges_.Of(times[at]);
      const size_t end = ranges_.EndOfSame(times, at, steps);
      if (!steps.empty()) {
        if (!series) {
          entry_.labels.Reset(stream);
          if (!filtered && !pipeline_.ProcessFrom(pipeline_.first_label_stage(), &entry_)) {
            return {};
          }
          PHAROS_TRY(series, series_.Of(entry_.labels));
        }
        context_.stats.post_filter_lines += end - at;
        series_.Count(*series, steps, static_cast<int64_t>(end - at), 0);
      }
      at = end;
    }
    return context_.Check();
  }

  Result<void> One(const model::Event& event, const std::vector<model::LabelView>& stream) {
    const StepRange steps = ranges_.Of(event.time_ns);
    if (steps.empty()) return {};
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
      PHAROS_TRY(const size_t index, series_.Of(entry_.labels));
      of_run_ = plain ? std::optional(index) : std::nullopt;
      at_ = index;
    } else {
      at_ = *of_run_;
    }
    return series_.Add(at_, time_ns, steps, value, entry_.line.size());
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

  const RangeAggregation& call_;
  const Grouping* grouping_;
  Pipeline pipeline_;
  std::vector<PipelineStagePtr> after_unwrap_;
  RunContext& context_;
  const StepRanges ranges_;
  RangeSeries series_;
  size_t at_ = 0;
  std::optional<size_t> of_run_;  ///< the series of the stream at hand, once it is known
  Entry entry_;
  std::string line_;
  std::vector<std::string> names_;  ///< of the fields that rows bring
  model::Labels whole_labels_;
  std::vector<model::LabelView> whole_views_;
  std::vector<GroupValue> group_values_;
  size_t unwrapped_ = 0;  ///< number of the field
  size_t of_fields_ = 0;  ///< how many of them are
  std::vector<SeenValue> seen_values_;
  std::vector<std::string_view> values_;
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
