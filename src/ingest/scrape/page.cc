#include "ingest/scrape/page.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/metrics.h"
#include "wire/utf8.h"

namespace pharos::ingest::scrape {
namespace {

using Entry = wire::ExpositionParser::Entry;

constexpr const char* kReportNames[] = {"up", "scrape_duration_seconds", "scrape_samples_scraped",
                                        "scrape_samples_post_metric_relabeling",
                                        "scrape_series_added"};
/// Scrapes after which a series that is no longer shown is forgotten.
constexpr uint64_t kForgetAfter = 2;

std::unexpected<base::Error> Bad(std::string what) {
  return base::Fail(base::ErrorKind::kBadInput, std::move(what));
}

}  // namespace

PageWriter::PageWriter(conf::ScrapeJob job, model::Labels target_labels)
    : job_(std::move(job)), target_labels_(std::move(target_labels)) {
  auto rules = conf::Relabeller::Make(job_.metric_relabel);
  PHAROS_CHECK(rules.has_value(), "metric relabel rules were checked with their file");
  relabel_ = *std::move(rules);
}

base::Result<void> PageWriter::Write(std::string_view page, wire::ExpositionFormat format,
                                     int64_t time_ms, store::SampleAppender& appender,
                                     ScrapeReport* report) {
  ++scrape_;
  pending_.clear();
  exemplars_.clear();
  changed_metadata_.clear();
  shown_.clear();
  if (auto read = ReadPage(page, format, time_ms, appender, report); !read) {
    --scrape_;
    MarkAllStale(time_ms, appender);
    return read;
  }
  for (Series* series : shown_) series->seen_in = scrape_;
  AddStale(time_ms, scrape_ - 1);
  Append(appender);
  for (const std::string& family : changed_metadata_)
    appender.SetMetadata(family, metadata_[family]);
  Forget();
  return {};
}

void PageWriter::MarkAllStale(int64_t time_ms, store::SampleAppender& appender) {
  ++scrape_;
  pending_.clear();
  exemplars_.clear();
  AddStale(time_ms, scrape_ - 1);
  Append(appender);
  Forget();
}

base::Result<void> PageWriter::ReadPage(std::string_view page, wire::ExpositionFormat format,
                                        int64_t time_ms, store::SampleAppender& appender,
                                        ScrapeReport* report) {
  wire::ExpositionParser parser(page, format);
  while (true) {
    PHAROS_TRY(const Entry entry, parser.Next());
    switch (entry) {
      case Entry::kEnd:
        if (job_.sample_limit > 0 && report->kept > static_cast<uint64_t>(job_.sample_limit)) {
          return Bad("sample limit exceeded");
        }
        return {};
      case Entry::kSeries: PHAROS_TRY_VOID(ReadSeries(parser, time_ms, appender, report)); break;
      case Entry::kComment: break;
      default: TakeMetadata(parser, entry); break;
    }
  }
}

void PageWriter::TakeMetadata(const wire::ExpositionParser& parser, Entry entry) {
  const std::string family = parser.family();
  model::Metadata& known = metadata_[family];
  const model::Metadata before = known;
  if (entry == Entry::kType) known.type = parser.type();
  if (entry == Entry::kHelp) known.help = parser.text();
  if (entry == Entry::kUnit) known.unit = parser.text();
  if (known == before && scrape_ > 1) return;
  if (std::find(changed_metadata_.begin(), changed_metadata_.end(), family) ==
      changed_metadata_.end()) {
    changed_metadata_.push_back(family);
  }
}

base::Result<void> PageWriter::ReadSeries(const wire::ExpositionParser& parser, int64_t time_ms,
                                          store::SampleAppender& appender, ScrapeReport* report) {
  ++report->scraped;
  const base::Hash128 key = base::HashBytes128(parser.raw_series());
  auto found = series_.find(key);
  if (found == series_.end()) {
    PHAROS_TRY(Series made, MakeSeries(parser));
    if (!made.labels.empty()) {
      PHAROS_TRY(made.handle, appender.Resolve(made.labels));
      ++report->series_added;
    }
    found = series_.emplace(key, std::move(made)).first;
  }
  Series& series = found->second;
  const bool own_time = parser.has_time() && job_.honor_timestamps;
  shown_.push_back(&series);
  if (series.labels.empty()) return {};
  if (series.seen_in != 0 && series.seen_in + 1 < scrape_) ++report->series_added;  // is back
  series.track_stale = !own_time;
  ++report->kept;
  pending_.push_back({&series, own_time ? parser.time_ms() : time_ms, parser.value()});
  if (parser.has_exemplar()) {
    model::Exemplar exemplar = parser.Exemplar();
    if (exemplar.time_ms == 0) exemplar.time_ms = pending_.back().time_ms;
    exemplars_.emplace_back(&series, std::move(exemplar));
  }
  return {};
}

base::Result<model::Labels> PageWriter::SeriesLabels(const wire::ExpositionParser& parser) const {
  std::map<std::string, std::string> labels;
  for (auto& [name, value] : parser.Labels()) {
    if (!wire::IsUtf8(name) || name.empty())
      return Bad("invalid metric name or label names: " + name);
    if (!labels.emplace(name, std::move(value)).second) {
      return Bad("label name \"" + name + "\" is not unique: invalid sample");
    }
  }
  std::erase_if(labels, [](const auto& label) { return label.second.empty(); });
  for (const model::LabelView target : target_labels_) {
    const std::string name(target.name);
    const auto exposed = labels.find(name);
    if (exposed == labels.end()) {
      labels[name] = target.value;
    } else if (!job_.honor_labels) {
      std::string renamed = "exported_" + name;
      while (labels.contains(renamed) || target_labels_.Has(renamed))
        renamed.insert(0, "exported_");
      labels[renamed] = exposed->second;
      labels[name] = target.value;
    }
  }
  std::vector<model::LabelView> views;
  for (const auto& [name, value] : labels) views.push_back({name, value});
  return model::Labels::FromPairs(std::move(views));
}

base::Result<PageWriter::Series> PageWriter::MakeSeries(
    const wire::ExpositionParser& parser) const {
  PHAROS_TRY(model::Labels labels, SeriesLabels(parser));
  Series series;
  if (!relabel_.empty()) {
    auto kept = relabel_.Apply(labels);
    if (!kept) return series;
    labels = *std::move(kept);
  }
  if (labels.empty()) return series;
  if (labels.Name().empty()) return Bad("missing metric name (__name__ label)");
  PHAROS_TRY_VOID(CheckLimits(labels));
  series.labels = std::move(labels);
  return series;
}

base::Result<void> PageWriter::CheckLimits(const model::Labels& labels) const {
  const std::string metric(labels.Name().substr(0, 50));
  const size_t count = labels.size();
  if (job_.label_limit > 0 && count > static_cast<size_t>(job_.label_limit)) {
    return Bad("label_limit exceeded (metric: " + metric + ", number of labels: " +
               std::to_string(count) + ", limit: " + std::to_string(job_.label_limit) + ")");
  }
  for (const model::LabelView label : labels) {
    if (job_.label_name_length_limit > 0 &&
        label.name.size() > static_cast<size_t>(job_.label_name_length_limit)) {
      return Bad("label_name_length_limit exceeded (metric: " + metric +
                 ", label name: " + std::string(label.name.substr(0, 50)) +
                 ", length: " + std::to_string(label.name.size()) +
                 ", limit: " + std::to_string(job_.label_name_length_limit) + ")");
    }
    if (job_.label_value_length_limit > 0 &&
        label.value.size() > static_cast<size_t>(job_.label_value_length_limit)) {
      return Bad("label_value_length_limit exceeded (metric: " + metric +
                 ", label name: " + std::string(label.name.substr(0, 50)) + ", value: \"" +
                 std::string(label.value.substr(0, 50)) +
                 "\", length: " + std::to_string(label.value.size()) +
                 ", limit: " + std::to_string(job_.label_value_length_limit) + ")");
    }
  }
  return {};
}

void PageWriter::AddStale(int64_t time_ms, uint64_t last_seen) {
  if (last_seen == 0) return;
  for (auto& [hash, series] : series_) {
    if (series.seen_in == last_seen && series.track_stale && !series.labels.empty()) {
      pending_.push_back({&series, time_ms, model::StaleNan()});
    }
  }
}

void PageWriter::Forget() {
  std::erase_if(series_,
                [&](const auto& item) { return item.second.seen_in + kForgetAfter <= scrape_; });
}

void PageWriter::Append(store::SampleAppender& appender) {
  static base::Counter& taken =
      base::GetCounter("pharos_receive_samples_total", "Samples taken.", R"(protocol="scrape")");
  static base::Counter& refused_total = base::GetCounter(
      "pharos_receive_samples_refused_total", "Samples refused.", R"(protocol="scrape")");
  std::vector<store::SampleWrite> writes;
  writes.reserve(pending_.size());
  for (const Pending& p : pending_) writes.push_back({p.series->handle, p.time_ms, p.value});
  std::vector<store::Refused> refused;
  appender.Append(writes, &refused);
  std::vector<store::SampleWrite> again;
  for (const store::Refused& r : refused) {
    if (r.why != store::SampleRefusal::kStaleHandle) continue;
    Series& series = *pending_[r.index].series;
    if (const auto handle = appender.Resolve(series.labels)) {
      series.handle = *handle;
      again.push_back({*handle, writes[r.index].time_ms, writes[r.index].value});
    }
  }
  std::vector<store::Refused> refused_again;
  if (!again.empty()) appender.Append(again, &refused_again);
  taken.Add(writes.size() - refused.size() + again.size() - refused_again.size());
  refused_total.Add(refused.size() - again.size() + refused_again.size());
  if (exemplars_.empty()) return;
  std::vector<store::ExemplarWrite> exemplars;
  for (auto& [series, exemplar] : exemplars_) {
    exemplars.push_back({series->handle, std::move(exemplar)});
  }
  appender.AppendExemplars(exemplars);
}

void PageWriter::WriteOne(std::string_view name, double value, int64_t time_ms,
                          store::SampleAppender& appender) {
  const model::Labels labels =
      model::LabelsBuilder(target_labels_).Set(model::kMetricName, name).Build();
  const auto handle = appender.Resolve(labels);
  if (!handle) return;
  const store::SampleWrite write{*handle, time_ms, value};
  std::vector<store::Refused> refused;
  appender.Append({&write, 1}, &refused);
}

void PageWriter::WriteReport(const ScrapeReport& report, int64_t time_ms,
                             store::SampleAppender& appender) {
  const double values[] = {report.up ? 1.0 : 0.0, report.duration_seconds,
                           static_cast<double>(report.scraped), static_cast<double>(report.kept),
                           static_cast<double>(report.series_added)};
  for (size_t i = 0; i < std::size(kReportNames); ++i) {
    WriteOne(kReportNames[i], values[i], time_ms, appender);
  }
}

void PageWriter::MarkReportStale(int64_t time_ms, store::SampleAppender& appender) {
  for (const char* name : kReportNames) WriteOne(name, model::StaleNan(), time_ms, appender);
}

}  // namespace pharos::ingest::scrape
