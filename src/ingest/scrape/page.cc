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
constexpr uint32_t kForgetAfter = 2;

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
  samples_.clear();
  places_.clear();
  exemplars_.clear();
  changed_metadata_.clear();
  shown_ = 0;
  expected_ = 0;
  surprised_ = false;
  if (auto read = ReadPage(page, format, time_ms, appender, report); !read) {
    series_.ForEach([&](ScrapedSeries& series) {  // as if nothing of the page had been read
      if (series.seen_in == scrape_) series.seen_in = series.was_live ? scrape_ - 1 : 0;
    });
    --scrape_;
    MarkAllStale(time_ms, appender);
    return read;
  }
  if (!surprised_) lines_.resize(expected_);
  old_lines_.clear();
  if (shown_ < series_.size()) AddStale(time_ms);
  Append(page, format, appender);
  for (const std::string& family : changed_metadata_)
    appender.SetMetadata(family, metadata_[family]);
  if (shown_ < series_.size()) Forget();
  return {};
}

void PageWriter::MarkAllStale(int64_t time_ms, store::SampleAppender& appender) {
  ++scrape_;
  samples_.clear();
  places_.clear();
  exemplars_.clear();
  lines_.clear();
  old_lines_.clear();
  AddStale(time_ms);
  Append({}, wire::ExpositionFormat::kPrometheusText, appender);
  Forget();
}

base::Result<void> PageWriter::ReadPage(std::string_view page, wire::ExpositionFormat format,
                                        int64_t time_ms, store::SampleAppender& appender,
                                        ScrapeReport* report) {
  wire::ExpositionParser parser(page, format);
  while (true) {
    if (TakeExpected(parser, time_ms, report)) continue;
    PHAROS_TRY(const bool more, ReadLine(parser, time_ms, appender, report));
    if (more) continue;
    if (job_.sample_limit > 0 && report->kept > static_cast<uint64_t>(job_.sample_limit)) {
      return Bad("sample limit exceeded");
    }
    return {};
  }
}

/// Takes the next line if it is the one that followed on the last page.
bool PageWriter::TakeExpected(wire::ExpositionParser& parser, int64_t time_ms,
                              ScrapeReport* report) {
  const std::vector<Line>& lines = surprised_ ? old_lines_ : lines_;
  if (expected_ >= lines.size()) return false;
  const Line line = lines[expected_];
  const bool series = line.series != KnownSeries::kNone;
  if (series ? !parser.TakeSeries(line.key) : !parser.TakeComment(line.key, line.type)) {
    return false;
  }
  ++expected_;
  if (surprised_) lines_.push_back(line);
  if (!series) return true;
  if (surprised_) series_[line.series].line = static_cast<uint32_t>(lines_.size() - 1);
  AddSample(line.series, parser, time_ms, report);
  return true;
}

/// The page differs from here on: its lines are noted anew, the old ones stay to compare with.
void PageWriter::Surprise(const Line& line) {
  if (!surprised_) {
    old_lines_.swap(lines_);
    lines_.assign(old_lines_.begin(), old_lines_.begin() + static_cast<ptrdiff_t>(expected_));
    surprised_ = true;
  }
  lines_.push_back(line);
}

/// A line in full. False at the end of the page.
base::Result<bool> PageWriter::ReadLine(wire::ExpositionParser& parser, int64_t time_ms,
                                        store::SampleAppender& appender, ScrapeReport* report) {
  PHAROS_TRY(const Entry entry, parser.Next());
  if (entry == Entry::kEnd) return false;
  Line line{.key = parser.line_key(), .type = parser.type()};
  const auto old = [&]() -> const std::vector<Line>& { return surprised_ ? old_lines_ : lines_; };
  if (entry != Entry::kSeries) {
    if (entry != Entry::kComment) TakeMetadata(parser, entry);
    // Most often the text of a comment changed, and what follows is as before.
    const bool replaced = expected_ < old().size() && old()[expected_].series == KnownSeries::kNone;
    Surprise(line);
    expected_ += replaced;
    return true;
  }
  PHAROS_TRY(line.series, FindOrMake(parser, line.key.hash, appender, report));
  // A line that was expected, with something behind its value, is no surprise.
  if (!surprised_ && expected_ < lines_.size() && lines_[expected_].series == line.series) {
    ++expected_;
  } else {
    ScrapedSeries& series = series_[line.series];
    const bool shown_before = series.seen_in != 0 && series.line < old().size() &&
                              old()[series.line].series == line.series;
    const size_t next = shown_before ? series.line + 1 : expected_;
    Surprise(line);
    expected_ = next;
    series.line = static_cast<uint32_t>(lines_.size() - 1);
  }
  AddSample(line.series, parser, time_ms, report);
  if (parser.has_exemplar() && series_[line.series].kept) {
    model::Exemplar exemplar = parser.Exemplar();
    if (exemplar.time_ms == 0) exemplar.time_ms = samples_.back().time_ms;
    exemplars_.emplace_back(line.series, std::move(exemplar));
  }
  return true;
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

base::Result<uint32_t> PageWriter::FindOrMake(const wire::ExpositionParser& parser,
                                              const base::Hash128& key,
                                              store::SampleAppender& appender,
                                              ScrapeReport* report) {
  const uint32_t place = series_.Find(key);
  if (place != KnownSeries::kNone) return place;
  PHAROS_TRY(const model::Labels labels, MakeLabels(parser));
  ScrapedSeries made{.key = key};
  if (!labels.empty()) {
    PHAROS_TRY(made.handle, appender.Resolve(labels));
    made.kept = true;
    ++report->series_added;
  }
  return series_.Add(made);
}

void PageWriter::AddSample(uint32_t place, const wire::ExpositionParser& parser, int64_t time_ms,
                           ScrapeReport* report) {
  ++report->scraped;
  ScrapedSeries& series = series_[place];
  if (series.seen_in != scrape_) {
    ++shown_;
    series.was_live = series.seen_in + 1 == scrape_;
    if (series.kept && series.seen_in != 0 && !series.was_live) ++report->series_added;  // is back
    series.seen_in = scrape_;
  }
  if (!series.kept) return;
  const bool own_time = parser.has_time() && job_.honor_timestamps;
  series.track_stale = !own_time;
  ++report->kept;
  samples_.push_back({series.handle, own_time ? parser.time_ms() : time_ms, parser.value()});
  places_.push_back(place);
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

/// Empty for a series that relabelling drops.
base::Result<model::Labels> PageWriter::MakeLabels(const wire::ExpositionParser& parser) const {
  PHAROS_TRY(model::Labels labels, SeriesLabels(parser));
  if (!relabel_.empty()) {
    auto kept = relabel_.Apply(labels);
    if (!kept) return model::Labels();
    labels = *std::move(kept);
  }
  if (labels.empty()) return labels;
  if (labels.Name().empty()) return Bad("missing metric name (__name__ label)");
  PHAROS_TRY_VOID(CheckLimits(labels));
  return labels;
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

/// Markers for what the scrape before showed and this one does not.
void PageWriter::AddStale(int64_t time_ms) {
  if (scrape_ == 1) return;
  series_.ForEach([&](const ScrapedSeries& series) {
    if (series.seen_in + 1 != scrape_ || !series.track_stale || !series.kept) return;
    samples_.push_back({series.handle, time_ms, model::StaleNan()});
    places_.push_back(KnownSeries::kNone);
  });
}

void PageWriter::Forget() {
  series_.EraseIf(
      [&](const ScrapedSeries& series) { return series.seen_in + kForgetAfter <= scrape_; });
}

/// Series that the engine evicted since are made again from their lines on the page.
void PageWriter::ResolveAgain(std::string_view page, wire::ExpositionFormat format,
                              store::SampleAppender& appender) {
  wire::ExpositionParser parser(page, format);
  while (true) {
    const auto entry = parser.Next();
    if (!entry || *entry == Entry::kEnd) return;
    if (*entry != Entry::kSeries) continue;
    const uint32_t place = series_.Find(parser.line_key().hash);
    if (place == KnownSeries::kNone || !series_[place].kept) continue;
    const auto labels = MakeLabels(parser);
    if (!labels || labels->empty()) continue;
    if (const auto handle = appender.Resolve(*labels)) series_[place].handle = *handle;
  }
}

void PageWriter::Append(std::string_view page, wire::ExpositionFormat format,
                        store::SampleAppender& appender) {
  static base::Counter& taken =
      base::GetCounter("pharos_receive_samples_total", "Samples taken.", R"(protocol="scrape")");
  static base::Counter& refused_total = base::GetCounter(
      "pharos_receive_samples_refused_total", "Samples refused.", R"(protocol="scrape")");
  std::vector<store::Refused> refused, refused_again;
  appender.Append(samples_, &refused);
  const bool stale = std::any_of(refused.begin(), refused.end(), [](const store::Refused& r) {
    return r.why == store::SampleRefusal::kStaleHandle;
  });
  std::vector<store::SampleWrite> again;
  if (stale) {
    ResolveAgain(page, format, appender);
    for (const store::Refused& r : refused) {
      const uint32_t place = places_[r.index];
      // A marker for a series that is gone from memory has nothing to mark.
      if (r.why != store::SampleRefusal::kStaleHandle || place == KnownSeries::kNone) continue;
      again.push_back(samples_[r.index]);
      again.back().series = series_[place].handle;
    }
    if (!again.empty()) appender.Append(again, &refused_again);
  }
  taken.Add(samples_.size() - refused.size() + again.size() - refused_again.size());
  refused_total.Add(refused.size() - again.size() + refused_again.size());
  if (exemplars_.empty()) return;
  std::vector<store::ExemplarWrite> exemplars;
  for (auto& [place, exemplar] : exemplars_) {
    exemplars.push_back({series_[place].handle, std::move(exemplar)});
  }
  appender.AppendExemplars(exemplars);
}

void PageWriter::WriteOne(size_t report, double value, int64_t time_ms,
                          store::SampleAppender& appender) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!has_report_handle_[report]) {
      const auto handle = appender.Resolve(model::LabelsBuilder(target_labels_)
                                               .Set(model::kMetricName, kReportNames[report])
                                               .Build());
      if (!handle) return;
      report_handles_[report] = *handle;
      has_report_handle_[report] = true;
    }
    const store::SampleWrite write{report_handles_[report], time_ms, value};
    std::vector<store::Refused> refused;
    appender.Append({&write, 1}, &refused);
    if (refused.empty() || refused[0].why != store::SampleRefusal::kStaleHandle) return;
    has_report_handle_[report] = false;  // evicted: once more
  }
}

void PageWriter::WriteReport(const ScrapeReport& report, int64_t time_ms,
                             store::SampleAppender& appender) {
  const double values[] = {report.up ? 1.0 : 0.0, report.duration_seconds,
                           static_cast<double>(report.scraped), static_cast<double>(report.kept),
                           static_cast<double>(report.series_added)};
  for (size_t i = 0; i < std::size(kReportNames); ++i) WriteOne(i, values[i], time_ms, appender);
}

void PageWriter::MarkReportStale(int64_t time_ms, store::SampleAppender& appender) {
  for (size_t i = 0; i < std::size(kReportNames); ++i) {
    WriteOne(i, model::StaleNan(), time_ms, appender);
  }
}

}  // namespace pharos::ingest::scrape
