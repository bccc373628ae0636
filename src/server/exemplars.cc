#include "server/exemplars.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/metrics.h"
#include "server/limits.h"
#include "store/reserved_streams.h"
#include "text/go_float.h"

namespace pharos::server {
namespace {

using base::Result;
using model::Exemplar;
using model::KeyValue;
using model::Labels;

constexpr int64_t kMs = 1'000'000;
/// Of an event's flags: its time is that of the scrape.
constexpr uint32_t kNoTimeOfItsOwn = 1;
/// What a look-up table of series takes for one of them, about.
constexpr size_t kNewestBytes = 80;

size_t Runes(std::string_view s) {
  return static_cast<size_t>(
      std::count_if(s.begin(), s.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool TooLong(const Exemplar& exemplar) {
  size_t runes = 0;
  for (const model::LabelView label : exemplar.labels)
    runes += Runes(label.name) + Runes(label.value);
  return runes > kMaxExemplarRunes;
}

constexpr std::string_view kTraceId = "trace_id", kSpanId = "span_id";
/// The other names under which libraries and Grafana know a trace's id.
constexpr std::string_view kTraceNames[] = {"traceID", "traceId", "TraceID"};

std::string_view OtherTraceLabel(const Labels& labels) {
  for (const std::string_view name : kTraceNames) {
    if (const std::string_view value = labels.Get(name); !value.empty()) return value;
  }
  return {};
}

/// Labels but those that the event says already: `left_out`.
template <class LeftOut>
std::span<const KeyValue> AsAttributes(const Labels& labels, base::Arena& arena, LeftOut left_out) {
  std::vector<KeyValue> pairs;
  for (const model::LabelView label : labels) {
    if (left_out(label)) continue;
    pairs.push_back({arena.Copy(label.name), model::Value::String(arena.Copy(label.value))});
  }
  return arena.CopySpan(std::span<const KeyValue>(pairs));
}

model::Event EventOf(const Labels& series, const Exemplar& exemplar, base::Arena& arena) {
  auto* origin = new (arena.Allocate(sizeof(model::Origin))) model::Origin;
  origin->resource = AsAttributes(series, arena, [](const model::LabelView& label) {
    return label.name == model::kMetricName;
  });
  model::Event event;
  event.time_ns = exemplar.time_ms * kMs;
  event.flags = exemplar.has_time ? 0 : kNoTimeOfItsOwn;
  event.body = model::Value::String(arena.Copy(text::GoFloat(exemplar.value)));
  event.origin = origin;
  const std::string_view trace = exemplar.labels.Get(kTraceId);
  const std::string_view other = OtherTraceLabel(exemplar.labels);
  (void)model::ParseTraceId(trace.empty() ? other : trace, &event.trace_id);
  (void)model::ParseSpanId(exemplar.labels.Get(kSpanId), &event.span_id);
  const bool trace_is_said = other.empty() && trace == model::ToHex(event.trace_id);
  const bool span_is_said = exemplar.labels.Get(kSpanId) == model::ToHex(event.span_id);
  event.attributes = AsAttributes(exemplar.labels, arena, [&](const model::LabelView& label) {
    return (trace_is_said && label.name == kTraceId && !event.trace_id.IsZero()) ||
           (span_is_said && label.name == kSpanId && !event.span_id.IsZero());
  });
  return event;
}

Labels LabelsOf(std::span<const KeyValue> pairs, std::string_view metric) {
  std::vector<model::LabelView> views;
  views.reserve(pairs.size() + 1);
  if (!metric.empty()) views.push_back({model::kMetricName, metric});
  for (const KeyValue& pair : pairs) views.push_back({pair.key, pair.value.text});
  return Labels::FromPairs(std::move(views));
}

/// What somebody else wrote into a stream of this name has a value of 0 and no labels, maybe.
Exemplar ExemplarOf(const model::Event& event) {
  Exemplar out{LabelsOf(event.attributes, ""), 0, event.time_ns / kMs};
  (void)text::ParseGoFloat(event.body.text, &out.value);
  out.has_time = (event.flags & kNoTimeOfItsOwn) == 0;
  const bool has_trace = out.labels.Has(kTraceId) || !OtherTraceLabel(out.labels).empty();
  model::LabelsBuilder labels(out.labels);
  const std::string trace = model::ToHex(event.trace_id), span = model::ToHex(event.span_id);
  if (!event.trace_id.IsZero() && !has_trace) labels.Set(kTraceId, trace);
  if (!event.span_id.IsZero() && !out.labels.Has(kSpanId)) labels.Set(kSpanId, span);
  out.labels = labels.Build();
  return out;
}

Labels SeriesOf(const Labels& stream, const model::Event& event) {
  return LabelsOf(event.origin != nullptr ? event.origin->resource : std::span<const KeyValue>(),
                  stream.Get(store::kExemplarLabel));
}

using Found = std::map<Labels, std::vector<Exemplar>>;

std::vector<store::SeriesExemplars> Sorted(Found found) {
  std::vector<store::SeriesExemplars> out;
  for (auto& [labels, exemplars] : found) {
    std::stable_sort(exemplars.begin(), exemplars.end(),
                     [](const Exemplar& a, const Exemplar& b) { return a.time_ms < b.time_ms; });
    out.emplace_back(labels, std::move(exemplars));
  }
  return out;
}

/// [start, end] in milliseconds as a half-open range in nanoseconds, cut where it overflows.
std::pair<int64_t, int64_t> NanosOf(int64_t start_ms, int64_t end_ms) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max() / kMs - 1;
  return {std::clamp(start_ms, -kMost, kMost) * kMs, std::clamp(end_ms, -kMost, kMost) * kMs + kMs};
}

Result<std::vector<model::Matcher>> StreamMatchers(const std::vector<model::Matcher>& matchers) {
  std::vector<model::Matcher> out;
  const std::string label(store::kExemplarLabel);
  for (const model::Matcher& matcher : matchers) {
    if (matcher.name() != model::kMetricName) continue;
    PHAROS_TRY(model::Matcher same, model::Matcher::Make(matcher.op(), label, matcher.value()));
    out.push_back(std::move(same));
  }
  PHAROS_TRY(model::Matcher some, model::Matcher::Make(model::MatchOp::kNotEqual, label, ""));
  out.push_back(std::move(some));
  return out;
}

}  // namespace

/// Prometheus's rules: the newest again is nothing new, and what is older is not taken. Of one
/// time, several that differ are.
bool Exemplars::TakeNewest(std::string_view tenant, const Labels& series,
                           const Exemplar& exemplar) {
  base::Hash128 key = series.Hash();
  key.high ^= base::HashBytes64(tenant);
  const Newest now{exemplar.time_ms, base::HashBytes64(exemplar.labels.bytes()), exemplar.value,
                   exemplar.has_time};
  std::lock_guard lock(mutex_);
  if (newest_.size() >= kMaxExemplarSeries) Forget();
  const auto [known, added] = newest_.try_emplace(key, now);
  if (added) {
    budget_.Reserve(kNewestBytes);
    return true;
  }
  const Newest& last = known->second;
  const bool same_time = now.time_ms == last.time_ms || (!now.has_time && !last.has_time);
  if (same_time && now.labels == last.labels && now.value == last.value) return false;
  if (now.time_ms < last.time_ms || (now.time_ms == last.time_ms && now.value < last.value))
    return false;
  known->second = now;
  return true;
}

void Exemplars::Forget() {
  budget_.Release(newest_.size() * kNewestBytes);
  newest_.clear();
}

base::Ack Exemplars::Append(std::string_view tenant,
                            std::span<const store::SeriesExemplar> exemplars) {
  static base::Counter& refused = base::GetCounter(
      "pharos_exemplars_refused_total",
      "Exemplars that are too long, out of bounds, or for which there was no room.", "");
  LoadOnce(tenant);
  std::map<std::string, std::vector<model::Event>, std::less<>> metrics;
  model::EventBatch batch;
  for (const auto& [series, exemplar] : exemplars) {
    if (TooLong(exemplar)) {
      refused.Add(1);
    } else if (TakeNewest(tenant, series, exemplar)) {
      metrics[std::string(series.Name())].push_back(EventOf(series, exemplar, batch.arena));
    }
  }
  if (metrics.empty()) return base::Ack::Durable();
  for (auto& [metric, events] : metrics) {
    batch.streams.push_back({Labels{{store::kExemplarLabel, metric}}, std::move(events)});
  }
  const auto appended = sink_.Append(tenant, batch);
  if (!appended) {  // no reason to refuse samples
    refused.Add(batch.EventCount());
    return base::Ack::Durable();
  }
  refused.Add(appended->rejected);
  return appended->ack;
}

Result<std::vector<store::SeriesExemplars>> Exemplars::Select(const store::SampleQuery& query) {
  store::EventQuery events;
  events.tenant = query.tenant;
  std::tie(events.start_ns, events.end_ns) = NanosOf(query.start_ms, query.end_ms);
  PHAROS_TRY(events.streams, StreamMatchers(query.matchers));
  PHAROS_TRY(const auto cursor, source_.Select(events));
  Found found;
  size_t left = kMaxExemplars;
  model::EventBatch page;
  while (left > 0) {
    PHAROS_TRY(const bool more, cursor->Next(&page));
    if (!more) break;
    for (const model::StreamEvents& stream : page.streams) {
      for (const model::Event& event : stream.events) {
        Labels series = SeriesOf(stream.stream, event);
        if (left == 0 || !model::MatchesAll(query.matchers, series)) continue;
        --left;
        found[std::move(series)].push_back(ExemplarOf(event));
      }
    }
  }
  for (auto& [series, exemplars] : found) std::reverse(exemplars.begin(), exemplars.end());
  return Sorted(std::move(found));
}

Result<std::vector<store::SeriesExemplars>> Exemplars::OfTrace(std::string_view tenant,
                                                               const model::TraceId& id) {
  PHAROS_TRY(const model::EventBatch batch, source_.TraceById(tenant, id));
  Found found;
  for (const model::StreamEvents& stream : batch.streams) {
    if (!stream.stream.Has(store::kExemplarLabel)) continue;
    for (const model::Event& event : stream.events) {
      found[SeriesOf(stream.stream, event)].push_back(ExemplarOf(event));
    }
  }
  return Sorted(std::move(found));
}

void Exemplars::LoadOnce(std::string_view tenant) {
  const auto loaded = [&] {
    std::lock_guard lock(mutex_);
    return loaded_.contains(tenant);
  };
  if (loaded()) return;
  std::lock_guard loading(loading_);  // others wait: what they bring may be stored already
  if (loaded()) return;
  Load(tenant);
  std::lock_guard lock(mutex_);
  loaded_.emplace(tenant);
}

void Exemplars::Load(std::string_view tenant) {
  store::SampleQuery query;
  query.tenant = tenant;
  query.start_ms = std::numeric_limits<int64_t>::min();
  query.end_ms = std::numeric_limits<int64_t>::max();
  const auto stored = Select(query);
  if (!stored) {
    base::Log(base::LogLevel::kWarn, "stored exemplars cannot be read; some may be stored again",
              {{"error", stored.error().message}});
    return;
  }
  for (const auto& [series, exemplars] : *stored) {
    for (const Exemplar& exemplar : exemplars) TakeNewest(tenant, series, exemplar);
  }
}

}  // namespace pharos::server
