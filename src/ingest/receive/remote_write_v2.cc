#include "ingest/receive/remote_write_v2.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/metrics.h"
#include "ingest/receive/limits.h"
#include "ingest/receive/refusals_v2.h"
#include "ingest/receive/sample_batch.h"
#include "ingest/receive/target.h"
#include "wire/histogram_check.h"
#include "wire/histogram_reduce.h"
#include "wire/remote_write_v2.h"
#include "wire/utf8.h"

namespace pharos::ingest::receive {
namespace {

using wire::RemoteSeriesV2;
using Phase = RefusalsV2::Phase;

size_t Runes(std::string_view s) {
  return static_cast<size_t>(
      std::count_if(s.begin(), s.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// Series names of a family that is told for "x" when a sample of "x_bucket" comes.
std::string_view FamilyOf(std::string_view metric, model::MetricType type) {
  const bool histogram = type == model::MetricType::kHistogram;
  if (!histogram && type != model::MetricType::kSummary) return metric;
  for (const std::string_view suffix : {"_bucket", "_count", "_sum"}) {
    if (suffix == "_bucket" && !histogram) continue;
    if (metric.size() > suffix.size() && metric.ends_with(suffix)) {
      return metric.substr(0, metric.size() - suffix.size());
    }
  }
  return metric;
}

/// A start after its sample is none.
int64_t StartOf(int64_t own_ms, int64_t series_ms, int64_t time_ms) {
  const int64_t start = own_ms != 0 ? own_ms : series_ms;
  return start <= time_ms ? start : 0;
}

/// One request on its way into an appender.
class RequestV2 {
 public:
  RequestV2(store::SampleAppender* appender, const wire::RemoteWriteV2Reader& reader)
      : appender_(appender), symbols_(reader.symbols()), hashes_(symbols_) {}

  /// An error when a part of the message is malformed.
  base::Result<void> Add(const RemoteSeriesV2& series);
  void Flush();
  void TellMetadata(std::string_view tenant, MetadataMemo& memo);

  const RemoteWritten& written() const { return written_; }
  size_t invalid_samples() const { return invalid_samples_; }
  RefusalsV2& refusals() { return refusals_; }

 private:
  struct Run {  ///< where a series' writes start
    std::string_view message;
    size_t series, sample, histogram;
  };
  struct Said {
    uint32_t name = 0, help = 0, unit = 0;
    model::MetricType type{};
    bool operator==(const Said&) const = default;
  };

  bool Find(const RemoteSeriesV2& series);
  bool Resolve(std::span<const uint32_t> refs, base::Hash128 hash);
  std::optional<std::vector<model::LabelView>> CheckedLabels(std::span<const uint32_t> refs);
  bool RefsAreValid(std::span<const uint32_t> refs) const {
    return refs.size() % 2 == 0 && std::all_of(refs.begin(), refs.end(),
                                               [&](uint32_t ref) { return ref < symbols_.size(); });
  }
  bool Refuse(std::string sentence) {
    refusals_.Add({series_, Phase::kSeries, 0}, std::move(sentence));
    return false;
  }
  void Say(const RemoteSeriesV2& series);
  base::Result<void> AddHistograms(const RemoteSeriesV2& series);
  base::Result<void> AddExemplars(const RemoteSeriesV2& series);
  std::string Text(std::string_view message) const;
  const Run& RunOf(size_t index, size_t Run::* start) const;
  template <class Write, class Append>
  size_t AppendAll(std::vector<Write>& writes, size_t Run::* start, Phase phase, Append append);

  store::SampleAppender* appender_;
  std::span<const std::string_view> symbols_;
  wire::SymbolHashes hashes_;
  base::Hash128 name_hash_ = base::HashBytes128(model::kMetricName);
  size_t series_ = 0;  ///< place in the request of the series at hand
  size_t points_ = 0;  ///< that series' samples and histograms
  store::SeriesHandle handle_;
  std::vector<Run> runs_;
  std::vector<store::SampleWrite> samples_;
  std::vector<int64_t> starts_;
  bool has_starts_ = false;
  std::vector<store::HistogramWrite> histograms_;
  std::vector<store::ExemplarWrite> exemplars_;
  std::vector<Said> said_;
  RemoteWritten written_;
  RefusalsV2 refusals_;
  size_t invalid_samples_ = 0;
};

base::Result<void> RequestV2::Add(const RemoteSeriesV2& series) {
  ++series_;
  points_ = series.samples.size() + series.histograms.size();
  if (!Find(series)) {
    // The message is read all the same: a malformed one is refused as a whole.
    for (const auto raw : series.histograms) PHAROS_TRY_VOID(wire::ReadRemoteHistogramV2(raw));
    for (const auto raw : series.exemplars) PHAROS_TRY_VOID(wire::ReadRemoteExemplarV2(raw));
    return {};
  }
  runs_.push_back({series.message, series_, samples_.size(), histograms_.size()});
  Say(series);
  for (const wire::RemoteSampleV2& sample : series.samples) {
    const int64_t start = StartOf(sample.start_ms, series.created_ms, sample.time_ms);
    has_starts_ |= start != 0;
    samples_.push_back({handle_, sample.time_ms, sample.value});
    starts_.push_back(start);
  }
  if (!series.histograms.empty()) PHAROS_TRY_VOID(AddHistograms(series));
  if (!series.exemplars.empty()) PHAROS_TRY_VOID(AddExemplars(series));
  return {};
}

// The checks and their order are Prometheus's. A series that is known has passed those of its
// labels before.
bool RequestV2::Find(const RemoteSeriesV2& series) {
  if (!RefsAreValid(series.label_refs)) return CheckedLabels(series.label_refs).has_value();
  for (const auto& [ref, what] :
       {std::pair(series.unit_ref, "unit_ref"), std::pair(series.help_ref, "help_ref")}) {
    if (ref < symbols_.size()) continue;
    return Refuse("parsing metadata for series " + RefsText(series.label_refs) + ": metadata " +
                  what + " " + std::to_string(ref) + " outside of symbols table (size " +
                  std::to_string(symbols_.size()) + ")");
  }
  const base::Hash128 hash = hashes_.Of(series.label_refs);
  const bool empty = series.samples.empty() && series.histograms.empty();
  if (const auto known = appender_->Lookup(hash); known && !empty) {
    handle_ = *known;
    return true;
  }
  if (empty) {
    if (!CheckedLabels(series.label_refs)) return false;
    return Refuse("TimeSeries must contain at least one sample or histogram for series " +
                  Text(series.message));
  }
  return Resolve(series.label_refs, hash);
}

/// The labels, sorted, when Prometheus would admit them; else the sentence is noted.
std::optional<std::vector<model::LabelView>> RequestV2::CheckedLabels(
    std::span<const uint32_t> refs) {
  const auto refuse = [&](std::string sentence) {
    invalid_samples_ += points_;
    Refuse(std::move(sentence));
    return std::nullopt;
  };
  auto labels = wire::ResolveLabelRefs(refs, symbols_);
  if (!labels) {
    return refuse("parsing labels for series " + RefsText(refs) + ": " + labels.error().message);
  }
  std::sort(labels->begin(), labels->end());
  bool named = false, valid = true;
  std::optional<std::string_view> twice;
  for (size_t i = 0; i < labels->size(); ++i) {
    const model::LabelView& label = (*labels)[i];
    valid &= !label.name.empty() && wire::IsUtf8(label.name) && wire::IsUtf8(label.value);
    if (label.name == model::kMetricName) {
      named = true;
      valid &= !label.value.empty();
    }
    if (!twice && i > 0 && (*labels)[i - 1].name == label.name) twice = label.name;
  }
  if (!named || !valid) return refuse("invalid metric name or labels, got " + LabelsText(*labels));
  if (twice) {
    return refuse("invalid labels for series, labels " + LabelsText(*labels) +
                  ", duplicated label " + std::string(*twice));
  }
  return std::move(*labels);
}

bool RequestV2::Resolve(std::span<const uint32_t> refs, base::Hash128 hash) {
  auto labels = CheckedLabels(refs);
  if (!labels) return false;
  const std::string text = LabelsText(*labels);
  const auto made = appender_->Resolve(model::Labels::FromPairs(std::move(*labels)));
  if (!made) return Refuse(made.error().message + " for series " + text);
  handle_ = *made;
  appender_->Remember(hash, handle_);
  return true;
}

void RequestV2::Say(const RemoteSeriesV2& series) {
  if (series.type == model::MetricType::kUnknown && series.help_ref == 0 && series.unit_ref == 0) {
    return;
  }
  Said said{0, series.help_ref, series.unit_ref, series.type};
  for (size_t i = 0; i + 1 < series.label_refs.size(); i += 2) {
    if (hashes_[series.label_refs[i]] == name_hash_) said.name = series.label_refs[i + 1];
  }
  if (said_.empty() || said_.back() != said) said_.push_back(said);
}

base::Result<void> RequestV2::AddHistograms(const RemoteSeriesV2& series) {
  for (size_t i = 0; i < series.histograms.size(); ++i) {
    PHAROS_TRY(model::HistogramSample sample, wire::ReadRemoteHistogramV2(series.histograms[i]));
    if (sample.histogram->schema > wire::kMaxSchema) {
      auto reduced = std::make_shared<model::Histogram>(*sample.histogram);
      wire::ReduceToMaxSchema(reduced.get());
      sample.histogram = std::move(reduced);
    }
    if (const auto good = wire::CheckHistogram(*sample.histogram); !good) {
      refusals_.Add({series_, Phase::kHistogram, histograms_.size()},
                    good.error().message + " for series " + Text(series.message));
      continue;
    }
    histograms_.push_back({handle_, sample.time_ms, std::move(sample.histogram),
                           StartOf(sample.start_ms, series.created_ms, sample.time_ms)});
  }
  return {};
}

base::Result<void> RequestV2::AddExemplars(const RemoteSeriesV2& series) {
  for (const std::string_view raw : series.exemplars) {
    PHAROS_TRY(const wire::RemoteExemplarV2 read, wire::ReadRemoteExemplarV2(raw));
    auto labels = wire::ResolveLabelRefs(read.label_refs, symbols_);
    if (!labels) {
      refusals_.Add(
          {series_, Phase::kExemplar, exemplars_.size()},
          "parsing exemplar for series " + Text(series.message) + ": " + labels.error().message);
      continue;
    }
    size_t runes = 0;
    for (const auto& label : *labels) runes += Runes(label.name) + Runes(label.value);
    if (runes > kMaxExemplarRunes) continue;  // Prometheus drops these without a word, too
    int64_t time_ms = read.time_ms;
    if (time_ms == 0 && !series.samples.empty()) time_ms = series.samples.back().time_ms;
    exemplars_.push_back(
        {handle_, {model::Labels::FromPairs(std::move(*labels)), read.value, time_ms}});
  }
  return {};
}

std::string RequestV2::Text(std::string_view message) const {
  auto labels = wire::ResolveLabelRefs(wire::ReadLabelRefsV2(message), symbols_);
  if (!labels) return "{}";
  std::sort(labels->begin(), labels->end());
  return LabelsText(*labels);
}

const RequestV2::Run& RequestV2::RunOf(size_t index, size_t Run::* start) const {
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), index,
                                      [&](size_t i, const Run& run) { return i < run.*start; });
  return *std::prev(after);
}

// A stale handle means that the series was evicted between look-up and append. It is made
// again once; a second time in a row is told as a refusal. Returns how many were taken.
template <class Write, class Append>
size_t RequestV2::AppendAll(std::vector<Write>& writes, size_t Run::* start, Phase phase,
                            Append append) {
  if (writes.empty()) return 0;
  std::vector<store::Refused> refused, again_refused;
  append(writes, &refused);
  std::vector<size_t> again;
  for (const store::Refused& r : refused) {
    if (r.why != store::SampleRefusal::kStaleHandle) continue;
    const Run& run = RunOf(r.index, start);
    const auto refs = wire::ReadLabelRefsV2(run.message);
    series_ = run.series;
    if (!Resolve(refs, hashes_.Of(refs))) continue;
    writes[r.index].series = handle_;
    again.push_back(r.index);
  }
  size_t taken = writes.size() - refused.size();
  std::erase_if(
      refused, [](const store::Refused& r) { return r.why == store::SampleRefusal::kStaleHandle; });
  for (const size_t index : again) {
    again_refused.clear();
    append(std::span(&writes[index], 1), &again_refused);
    taken += again_refused.empty();
    for (const auto& r : again_refused) refused.push_back({index, r.why});
  }
  for (const store::Refused& r : refused) {
    if (!refusals_.Wants()) {
      refusals_.Count();
      continue;
    }
    const Run& run = RunOf(r.index, start);
    refusals_.Add({run.series, phase, r.index},
                  std::string(RefusalText(r.why)) + " for series " + Text(run.message));
  }
  return taken;
}

void RequestV2::Flush() {
  const auto append = [&](std::span<const store::SampleWrite> writes,
                          std::vector<store::Refused>* refused) {
    if (!has_starts_) return appender_->Append(writes, refused);
    const size_t from = static_cast<size_t>(writes.data() - samples_.data());
    appender_->AppendStarted(writes, std::span(starts_).subspan(from, writes.size()), refused);
  };
  written_.samples = AppendAll(samples_, &Run::sample, Phase::kSample, append);
  written_.histograms = AppendAll(
      histograms_, &Run::histogram, Phase::kHistogram,
      [&](std::span<const store::HistogramWrite> writes, std::vector<store::Refused>* refused) {
        appender_->AppendHistograms(writes, refused);
      });
  if (!exemplars_.empty()) appender_->AppendExemplars(exemplars_);
  written_.exemplars = exemplars_.size();
}

void RequestV2::TellMetadata(std::string_view tenant, MetadataMemo& memo) {
  std::vector<MetadataMemo::Told> told;
  told.reserve(said_.size());
  const uint64_t of_tenant = base::HashBytes64(tenant);
  for (const Said& said : said_) {
    const std::string_view metric = symbols_[said.name];
    const std::string_view family = FamilyOf(metric, said.type);
    const uint64_t name =
        family.size() == metric.size() ? hashes_[said.name].low : base::HashBytes128(family).low;
    const uint64_t content =
        hashes_[said.help].low * 3 + hashes_[said.unit].high * 5 + static_cast<uint64_t>(said.type);
    told.push_back({name ^ of_tenant, content});
  }
  memo.Check(told);
  for (size_t i = 0; i < said_.size(); ++i) {
    if (!told[i].news) continue;
    const Said& said = said_[i];
    appender_->SetMetadata(
        FamilyOf(symbols_[said.name], said.type),
        {said.type, std::string(symbols_[said.help]), std::string(symbols_[said.unit])});
  }
}

void CountV2(const RequestV2& request, size_t refused) {
  static base::Counter& taken = base::GetCounter("pharos_receive_samples_total", "Samples taken.",
                                                 R"(protocol="remote_write_v2")");
  static base::Counter& refusals = base::GetCounter(
      "pharos_receive_samples_refused_total", "Samples refused.", R"(protocol="remote_write_v2")");
  static base::Counter& invalid =
      base::GetCounter("prometheus_api_remote_write_invalid_labels_samples_total",
                       "Series of remote write requests that had invalid labels.");
  taken.Add(request.written().samples + request.written().histograms);
  refusals.Add(refused);
  invalid.Add(request.invalid_samples());
}

net::Response WithHeaders(net::Response response, const RemoteWritten& written) {
  const std::pair<const char*, uint64_t> counts[] = {
      {"X-Prometheus-Remote-Write-Samples-Written", written.samples},
      {"X-Prometheus-Remote-Write-Histograms-Written", written.histograms},
      {"X-Prometheus-Remote-Write-Exemplars-Written", written.exemplars}};
  for (const auto& [name, n] : counts) response.headers.Add(name, std::to_string(n));
  return response;
}

}  // namespace

base::Result<RemoteWriteV2Outcome> WriteRemoteV2(store::SampleSink& sink, std::string_view tenant,
                                                 std::string_view body, MetadataMemo& memo) {
  wire::RemoteWriteV2Reader reader(body);
  PHAROS_TRY_VOID(reader.ReadSymbols());
  const auto appender = sink.Begin(tenant);
  RequestV2 request(appender.get(), reader);
  while (true) {
    PHAROS_TRY(const bool more, reader.Next());
    if (!more) break;
    PHAROS_TRY_VOID(request.Add(reader.series()));
  }
  request.Flush();
  request.TellMetadata(tenant, memo);
  CountV2(request, request.refusals().count());
  return RemoteWriteV2Outcome{appender->Commit(), request.written(), request.refusals().Text()};
}

void AnswerRemoteV2(base::Result<RemoteWriteV2Outcome> outcome,
                    const net::ResponderPtr& responder) {
  if (!outcome) {
    return responder->Send(
        WithHeaders(GoError(StatusOf(outcome.error()), outcome.error().message), {}));
  }
  outcome->ack.Then([responder, written = outcome->written,
                     refusal = std::move(outcome->refusal)](const base::Result<void>& result) {
    if (!result) return responder->Send(WithHeaders(GoError(500, result.error().message), {}));
    if (!refusal.empty()) return responder->Send(WithHeaders(GoError(400, refusal), written));
    responder->Send(WithHeaders({.status = 204, .headers = {}, .body = {}}, written));
  });
}

}  // namespace pharos::ingest::receive
