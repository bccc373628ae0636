#include "ingest/scrape/page.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/metrics.h"
#include "wire/utf8.h"

namespace pharos::ingest::scrape {
namespace {

using Entry = wire::ExpositionParser::Entry;

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
  ClearWrites();
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

void PageWriter::ClearWrites() {
  samples_.clear();
  starts_.clear();
  places_.clear();
  histograms_.clear();
  histogram_places_.clear();
  exemplars_.clear();
}

void PageWriter::MarkAllStale(int64_t time_ms, store::SampleAppender& appender) {
  ++scrape_;
  ClearWrites();
  lines_.clear();
  old_lines_.clear();
  AddStale(time_ms);
  Append({}, wire::ExpositionFormat::kPrometheusText, appender);
  Forget();
}

base::Result<void> PageWriter::ReadPage(std::string_view page, wire::ExpositionFormat format,
                                        int64_t time_ms, store::SampleAppender& appender,
                                        ScrapeReport* report) {
  if (format == wire::ExpositionFormat::kProtobuf) {
    PHAROS_TRY_VOID(ReadProtobuf(page, time_ms, appender, report));
  } else {
    wire::ExpositionParser parser(page, format);
    bool more = true;
    while (more) {
      if (TakeExpected(parser, time_ms, report)) continue;
      PHAROS_TRY(more, ReadLine(parser, time_ms, appender, report));
    }
  }
  if (job_.sample_limit > 0 && report->kept > static_cast<uint64_t>(job_.sample_limit)) {
    return Bad("sample limit exceeded");
  }
  return {};
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
  AddSample(line.series, ReadingOf(parser), time_ms, report);
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
  PHAROS_TRY(line.series,
             FindOrMake(line.key.hash, [&] { return parser.Labels(); }, appender, report));
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
  AddSample(line.series, ReadingOf(parser), time_ms, report);
  if (parser.has_exemplar() && series_[line.series].kept) {
    model::Exemplar exemplar = parser.Exemplar();
    if (!exemplar.has_time) exemplar.time_ms = samples_.back().time_ms;
    exemplars_.emplace_back(line.series, std::move(exemplar));
  }
  return true;
}

PageWriter::Reading PageWriter::ReadingOf(const wire::ExpositionParser& parser) {
  return {.has_time = parser.has_time(), .time_ms = parser.time_ms(), .value = parser.value()};
}

void PageWriter::TakeMetadata(const wire::ExpositionParser& parser, Entry entry) {
  const std::string family = parser.family();
  const auto found = metadata_.find(family);
  model::Metadata now = found != metadata_.end() ? found->second : model::Metadata();
  if (entry == Entry::kType) now.type = parser.type();
  if (entry == Entry::kHelp) now.help = parser.text();
  if (entry == Entry::kUnit) now.unit = parser.text();
  NoteMetadata(family, std::move(now));
}

void PageWriter::NoteMetadata(const std::string& family, model::Metadata metadata) {
  model::Metadata& known = metadata_[family];
  if (known == metadata && scrape_ > 1) return;
  known = std::move(metadata);
  if (std::find(changed_metadata_.begin(), changed_metadata_.end(), family) ==
      changed_metadata_.end()) {
    changed_metadata_.push_back(family);
  }
}

base::Result<uint32_t> PageWriter::FindOrMake(const base::Hash128& key, const ReadPairs& read,
                                              store::SampleAppender& appender,
                                              ScrapeReport* report) {
  const uint32_t place = series_.Find(key);
  if (place != KnownSeries::kNone) return place;
  PHAROS_TRY(Pairs pairs, read());
  PHAROS_TRY(const model::Labels labels, MakeLabels(std::move(pairs)));
  ScrapedSeries made{.key = key};
  if (!labels.empty()) {
    PHAROS_TRY(made.handle, appender.Resolve(labels));
    made.kept = true;
    ++report->series_added;
  }
  return series_.Add(made);
}

void PageWriter::AddSample(uint32_t place, const Reading& reading, int64_t time_ms,
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
  const bool own_time = reading.has_time && job_.honor_timestamps;
  series.track_stale = !own_time || job_.track_timestamps_staleness;
  series.histogram = reading.histogram != nullptr;
  ++report->kept;
  const int64_t at_ms = own_time ? reading.time_ms : time_ms;
  if (series.histogram) {
    histograms_.push_back({series.handle, at_ms, reading.histogram, reading.start_ms});
    histogram_places_.push_back(place);
    return;
  }
  if (reading.start_ms != 0 && starts_.empty()) starts_.resize(samples_.size(), 0);
  if (reading.start_ms != 0 || !starts_.empty()) starts_.push_back(reading.start_ms);
  samples_.push_back({series.handle, at_ms, reading.value});
  places_.push_back(place);
}

base::Result<model::Labels> PageWriter::SeriesLabels(Pairs pairs) const {
  std::map<std::string, std::string> labels;
  for (auto& [name, value] : pairs) {
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
base::Result<model::Labels> PageWriter::MakeLabels(Pairs pairs) const {
  PHAROS_TRY(model::Labels labels, SeriesLabels(std::move(pairs)));
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
  static const auto kStale =
      std::make_shared<const model::Histogram>(model::Histogram{.sum = model::StaleNan()});
  std::vector<ScrapedSeries> gone;
  series_.ForEach([&](const ScrapedSeries& series) {
    if (series.seen_in + 1 == scrape_ && series.track_stale && series.kept) gone.push_back(series);
  });
  if (gone.empty()) return;
  const std::set<Handle> shown = ShownOtherwise(gone);
  for (const ScrapedSeries& series : gone) {
    if (shown.contains({series.handle.index, series.handle.epoch})) continue;
    if (series.histogram) {
      histograms_.push_back({series.handle, time_ms, kStale});
      histogram_places_.push_back(KnownSeries::kNone);
      continue;
    }
    samples_.push_back({series.handle, time_ms, model::StaleNan()});
    if (!starts_.empty()) starts_.push_back(0);
    places_.push_back(KnownSeries::kNone);
  }
}

/// Those of the series whose lines are gone that have a sample all the same: the page writes
/// their labels in another way, or has another format.
std::set<PageWriter::Handle> PageWriter::ShownOtherwise(
    const std::vector<ScrapedSeries>& gone) const {
  std::set<Handle> candidates, shown;
  for (const ScrapedSeries& series : gone)
    candidates.emplace(series.handle.index, series.handle.epoch);
  const auto look = [&](const store::SeriesHandle& handle) {
    const Handle key(handle.index, handle.epoch);
    if (candidates.contains(key)) shown.insert(key);
  };
  for (const store::SampleWrite& write : samples_) look(write.series);
  for (const store::HistogramWrite& write : histograms_) look(write.series);
  return shown;
}

void PageWriter::Forget() {
  series_.EraseIf(
      [&](const ScrapedSeries& series) { return series.seen_in + kForgetAfter <= scrape_; });
}

/// Series that the engine evicted since are made again from their lines on the page.
void PageWriter::ResolveAgain(std::string_view page, wire::ExpositionFormat format,
                              store::SampleAppender& appender) {
  const auto again = [&](const base::Hash128& key, const ReadPairs& read) {
    const uint32_t place = series_.Find(key);
    if (place == KnownSeries::kNone || !series_[place].kept) return;
    auto pairs = read();
    if (!pairs) return;
    const auto labels = MakeLabels(*std::move(pairs));
    if (!labels || labels->empty()) return;
    if (const auto handle = appender.Resolve(*labels)) series_[place].handle = *handle;
  };
  if (format == wire::ExpositionFormat::kProtobuf) return EachOfProtobuf(page, again);
  wire::ExpositionParser parser(page, format);
  while (true) {
    const auto entry = parser.Next();
    if (!entry || *entry == Entry::kEnd) return;
    if (*entry == Entry::kSeries) again(parser.line_key().hash, [&] { return parser.Labels(); });
  }
}

/// Appends, and once more what met an evicted series; how many were taken.
template <class One, class AppendAll>
size_t PageWriter::AppendTwice(std::vector<One>& writes, const std::vector<uint32_t>& places,
                               const std::function<void()>& resolve_again, AppendAll append) {
  if (writes.empty()) return 0;
  std::vector<store::Refused> refused, refused_again;
  append(writes, starts_, &refused);
  const bool stale = std::any_of(refused.begin(), refused.end(), [](const store::Refused& r) {
    return r.why == store::SampleRefusal::kStaleHandle;
  });
  if (!stale) return writes.size() - refused.size();
  resolve_again();
  std::vector<One> again;
  std::vector<int64_t> starts;
  for (const store::Refused& r : refused) {
    const uint32_t place = places[r.index];
    // A marker for a series that is gone from memory has nothing to mark.
    if (r.why != store::SampleRefusal::kStaleHandle || place == KnownSeries::kNone) continue;
    again.push_back(writes[r.index]);
    again.back().series = series_[place].handle;
    if (!starts_.empty()) starts.push_back(starts_[r.index]);
  }
  if (!again.empty()) append(again, starts, &refused_again);
  return writes.size() - refused.size() + again.size() - refused_again.size();
}

void PageWriter::Append(std::string_view page, wire::ExpositionFormat format,
                        store::SampleAppender& appender) {
  static base::Counter& taken =
      base::GetCounter("pharos_receive_samples_total", "Samples taken.", R"(protocol="scrape")");
  static base::Counter& refused_total = base::GetCounter(
      "pharos_receive_samples_refused_total", "Samples refused.", R"(protocol="scrape")");
  using Refused = std::vector<store::Refused>;
  using Starts = std::vector<int64_t>;
  const std::function<void()> resolve_again = [&] { ResolveAgain(page, format, appender); };
  size_t good = AppendTwice(
      samples_, places_, resolve_again,
      [&](const std::vector<store::SampleWrite>& writes, const Starts& starts, Refused* refused) {
        if (starts.empty()) return appender.Append(writes, refused);
        appender.AppendStarted(writes, starts, refused);
      });
  starts_.clear();
  good += AppendTwice(histograms_, histogram_places_, resolve_again,
                      [&](const std::vector<store::HistogramWrite>& writes, const Starts&,
                          Refused* refused) { appender.AppendHistograms(writes, refused); });
  taken.Add(good);
  refused_total.Add(samples_.size() + histograms_.size() - good);
  if (exemplars_.empty()) return;
  std::vector<store::ExemplarWrite> exemplars;
  for (auto& [place, exemplar] : exemplars_) {
    exemplars.push_back({series_[place].handle, std::move(exemplar)});
  }
  appender.AppendExemplars(exemplars);
}

}  // namespace pharos::ingest::scrape
