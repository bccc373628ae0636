#include <algorithm>

#include "events/attribute_columns.h"
#include "events/column.h"
#include "events/granule.h"
#include "events/limits.h"
#include "events/packed_ints.h"
#include "events/record_codec.h"
#include "events/trace_gap.h"

namespace pharos::events {
namespace {

using model::Event;
using model::SpanPart;

bool Same(int64_t a, int64_t b) { return a == b; }
bool Same(std::string_view a, std::string_view b) { return SameView(a, b); }
void PutValues(std::string& out, std::span<const int64_t> values) { PutPackedInts(out, values); }
void PutValues(std::string& out, std::span<const std::string_view> values) {
  PutTexts(out, values);
}

/// A column of numbers, or of texts that live elsewhere. Most are constant, and then take no
/// memory and hardly any time.
template <class T>
class Column {
 public:
  /// The value of `times` rows from `row` on, which are the next ones, of `rows`.
  [[gnu::always_inline]] void Add(size_t row, size_t rows, T value, size_t times = 1) {
    if (values_.empty()) {
      if (row == 0) first_ = value;
      if (Same(value, first_)) [[likely]] {
        return;
      }
      Vary(row, rows);
    }
    for (; times > 0; --times) values_.push_back(value);
  }
  void Put(std::string& out) const {
    PutValues(out, values_.empty() ? std::span<const T>(&first_, 1) : std::span<const T>(values_));
  }

 private:
  [[gnu::noinline]] void Vary(size_t row, size_t rows) {
    values_.reserve(rows);
    values_.assign(row, first_);
  }

  T first_{};
  std::vector<T> values_;  // empty while all are the first
};
using IntColumn = Column<int64_t>;
using TextColumn = Column<std::string_view>;

/// Texts that are made here.
class MadeTexts {
 public:
  std::string& Open() { return bytes_; }
  /// The text of that row is done; rows come one after the other.
  void Close(size_t row) {
    if (bytes_.empty()) return;  // as those before
    if (ends_.empty()) ends_.assign(row, 0);
    ends_.push_back(bytes_.size());
  }
  void Put(std::string& out) const {
    if (bytes_.empty()) return PutTexts(out, std::span(&kNone, 1));
    std::vector<std::string_view> texts;
    texts.reserve(ends_.size());
    size_t start = 0;
    for (const size_t end : ends_) {
      texts.push_back(std::string_view(bytes_).substr(start, end - start));
      start = end;
    }
    PutTexts(out, texts);
  }

 private:
  static constexpr std::string_view kNone{};
  std::string bytes_;
  std::vector<size_t> ends_;
};

GranuleMeta MakeMeta(std::span<const GranuleRow> rows) {
  GranuleMeta meta;
  meta.rows = static_cast<uint32_t>(rows.size());
  meta.first_stream = rows.front().stream;
  meta.last_stream = rows.back().stream;
  meta.min_time = meta.max_time = rows.front().time_ns;
  for (const GranuleRow& row : rows) {
    meta.min_time = std::min(meta.min_time, row.time_ns);
    meta.max_time = std::max(meta.max_time, row.time_ns);
    if (row.origin != 0 && (meta.first_origin == 0 || row.origin < meta.first_origin)) {
      meta.first_origin = row.origin;
    }
    if (row.ids.trace == 0) continue;
    meta.min_trace = meta.min_trace == 0 ? row.ids.trace : std::min(meta.min_trace, row.ids.trace);
    meta.max_trace = std::max(meta.max_trace, row.ids.trace);
  }
  FindTraceGap(rows, &meta);
  return meta;
}

/// Runs of streams, then each time less the one before it in its stream.
void PutKeys(std::string& out, std::span<const GranuleRow> rows, const GranuleMeta& meta) {
  std::vector<std::pair<uint32_t, uint32_t>> runs;
  std::vector<int64_t> steps;
  steps.reserve(rows.size());
  int64_t previous = 0;
  for (const GranuleRow& row : rows) {
    if (runs.empty() || runs.back().first != row.stream) {
      runs.emplace_back(row.stream, 0);
      previous = meta.min_time;
    }
    ++runs.back().second;
    steps.push_back(WrapSub(row.time_ns, previous));
    previous = row.time_ns;
  }
  PutVarint(out, runs.size());
  uint32_t stream = meta.first_stream;
  for (const auto& [number, count] : runs) {
    PutVarint(out, number - stream);
    PutVarint(out, count);
    stream = number;
  }
  PutPackedInts(out, steps, kManyDistinct);  // clocks have few distances
}

/// A number of the part as the granule has it: 0 none, else from 1.
int64_t Within(int64_t number, int64_t first) { return number == 0 ? 0 : number - first + 1; }

/// Not packed: zstd finds more in them as they are.
void PutIds(std::string& out, std::span<const GranuleRow> rows, const GranuleMeta& meta) {
  constexpr int64_t kNone[] = {0};
  if (meta.max_trace == 0) {
    for (int i = 0; i < 3; ++i) PutInts(out, kNone);
    return;
  }
  std::vector<int64_t> traces, spans, parents;
  for (std::vector<int64_t>* column : {&traces, &spans, &parents}) column->reserve(rows.size());
  int64_t previous = 0;
  for (const GranuleRow& row : rows) {
    const int64_t trace = Within(row.ids.trace, meta.min_trace);
    traces.push_back(trace - previous);
    previous = trace;
    spans.push_back(row.ids.span);
    parents.push_back(row.ids.parent);
  }
  PutInts(out, traces);
  PutInts(out, spans);
  PutInts(out, parents);
}

/// What only spans have.
struct SpanColumns {
  IntColumn duration, kind, status, dropped_events, dropped_links;
  TextColumn name, message, trace_state;
  MadeTexts events, links;

  void Add(size_t row, size_t rows, const SpanPart& span, int64_t time_ns) {
    duration.Add(row, rows, WrapSub(span.end_ns, time_ns));
    name.Add(row, rows, span.name);
    kind.Add(row, rows, span.kind);
    status.Add(row, rows, span.status_code);
    message.Add(row, rows, span.status_message);
    trace_state.Add(row, rows, span.trace_state);
    dropped_events.Add(row, rows, span.dropped_events);
    dropped_links.Add(row, rows, span.dropped_links);
    bool fits = span.events.empty() || PutSpanEvents(events.Open(), span.events, time_ns);
    fits = (span.links.empty() || PutSpanLinks(links.Open(), span.links)) && fits;
    PHAROS_CHECK(fits, "a span that was stored once is too deep");
    events.Close(row);
    links.Close(row);
  }
  void Put(std::string& out) const {
    duration.Put(out);
    name.Put(out);
    kind.Put(out);
    status.Put(out);
    message.Put(out);
    trace_state.Put(out);
    dropped_events.Put(out);
    dropped_links.Put(out);
    events.Put(out);
    links.Put(out);
  }
};

/// What all events have.
struct EventColumns {
  IntColumn origin, is_observed, observed, flags, dropped, severity;
  TextColumn severity_text, event_name;

  /// Of `times` rows from `row` on, of `rows`.
  void Add(size_t row, size_t rows, const Event& event, int64_t of_origin, size_t times) {
    const bool said = event.observed_ns != 0;  // 0 stays 0: most senders do not say it
    origin.Add(row, rows, of_origin, times);
    is_observed.Add(row, rows, said ? 1 : 0, times);
    observed.Add(row, rows, said ? WrapSub(event.observed_ns, event.time_ns) : 0, times);
    flags.Add(row, rows, event.flags, times);
    dropped.Add(row, rows, event.dropped_attributes, times);
    severity.Add(row, rows, event.severity_number, times);
    severity_text.Add(row, rows, event.severity_text, times);
    event_name.Add(row, rows, event.event_name, times);
  }
  void Put(std::string& out) const {
    origin.Put(out);
    is_observed.Put(out);
    observed.Put(out);
    flags.Put(out);
    dropped.Put(out);
    severity.Put(out);
    severity_text.Put(out);
    event_name.Put(out);
  }
};

void PutRest(std::string& out, std::span<const GranuleRow> rows, const GranuleMeta& meta) {
  const bool spans = rows.front().event->kind == model::EventKind::kSpan;
  PutByte(out, spans ? 1 : 0);
  EventColumns all;
  SpanColumns of_spans;
  std::vector<std::span<const model::KeyValue>> attributes;
  attributes.reserve(rows.size());
  for (size_t i = 0, end; i < rows.size(); i = end) {  // once: events are large
    const GranuleRow& row = rows[i];
    for (end = i; end < rows.size(); ++end) {
      if (rows[end].event != row.event || rows[end].origin != row.origin) break;
      attributes.push_back(rows[end].attributes);
    }
    all.Add(i, rows.size(), *row.event, Within(row.origin, meta.first_origin), end - i);
    for (size_t at = i; spans && at < end; ++at) {
      of_spans.Add(at, rows.size(), *row.event->span, row.event->time_ns);
    }
  }
  all.Put(out);
  if (spans) of_spans.Put(out);
  PutAttributeColumns(out, attributes);
}

}  // namespace

GranulePages EncodeGranule(std::span<const GranuleRow> rows) {
  GranulePages pages;
  pages.meta = MakeMeta(rows);
  PutKeys(pages.key, rows, pages.meta);
  PutIds(pages.ids, rows, pages.meta);
  PutRest(pages.rest, rows, pages.meta);
  return pages;
}

}  // namespace pharos::events
