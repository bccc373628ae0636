#include <algorithm>

#include "events/attribute_columns.h"
#include "events/column.h"
#include "events/granule.h"
#include "events/packed_ints.h"
#include "events/record_codec.h"

namespace pharos::events {
namespace {

using model::Event;
using model::SpanPart;

/// Collects texts that are made here, and gives views once all are there.
class TextColumn {
 public:
  std::string& Open() { return bytes_; }
  void Close() { ends_.push_back(bytes_.size()); }
  void Put(std::string& out) const {
    std::vector<std::string_view> texts;
    size_t start = 0;
    for (const size_t end : ends_) {
      texts.push_back(std::string_view(bytes_).substr(start, end - start));
      start = end;
    }
    PutTexts(out, texts);
  }

 private:
  std::string bytes_;
  std::vector<size_t> ends_;
};

template <class Field>
std::vector<int64_t> Values(std::span<const GranuleRow> rows, Field field) {
  std::vector<int64_t> values;
  values.reserve(rows.size());
  for (const GranuleRow& row : rows) values.push_back(static_cast<int64_t>(field(row)));
  return values;
}

template <class Field>
void PutIntColumn(std::string& out, std::span<const GranuleRow> rows, Field field) {
  PutPackedInts(out, Values(rows, field));
}

template <class Field>
void PutTextColumn(std::string& out, std::span<const GranuleRow> rows, Field field) {
  std::vector<std::string_view> values;
  values.reserve(rows.size());
  for (const GranuleRow& row : rows) values.push_back(field(row));
  PutTexts(out, values);
}

GranuleMeta MakeMeta(std::span<const GranuleRow> rows) {
  GranuleMeta meta;
  meta.rows = static_cast<uint32_t>(rows.size());
  meta.first_stream = rows.front().stream;
  meta.last_stream = rows.back().stream;
  meta.min_time = meta.max_time = rows.front().event.time_ns;
  for (const GranuleRow& row : rows) {
    meta.min_time = std::min(meta.min_time, row.event.time_ns);
    meta.max_time = std::max(meta.max_time, row.event.time_ns);
    if (row.ids.trace == 0) continue;
    meta.min_trace = meta.min_trace == 0 ? row.ids.trace : std::min(meta.min_trace, row.ids.trace);
    meta.max_trace = std::max(meta.max_trace, row.ids.trace);
  }
  return meta;
}

/// Runs of streams, then each time less the one before it in its stream.
void PutKeys(std::string& out, std::span<const GranuleRow> rows, const GranuleMeta& meta) {
  std::vector<std::pair<uint32_t, uint32_t>> runs;
  std::vector<int64_t> steps;
  int64_t previous = 0;
  for (const GranuleRow& row : rows) {
    if (runs.empty() || runs.back().first != row.stream) {
      runs.emplace_back(row.stream, 0);
      previous = meta.min_time;
    }
    ++runs.back().second;
    steps.push_back(WrapSub(row.event.time_ns, previous));
    previous = row.event.time_ns;
  }
  PutVarint(out, runs.size());
  uint32_t stream = meta.first_stream;
  for (const auto& [number, count] : runs) {
    PutVarint(out, number - stream);
    PutVarint(out, count);
    stream = number;
  }
  PutPackedInts(out, steps);
}

/// Not packed: zstd finds more in them as they are.
void PutIds(std::string& out, std::span<const GranuleRow> rows) {
  PutInts(out, Values(rows, [previous = int64_t{0}](const GranuleRow& r) mutable {
            const int64_t step = r.ids.trace - previous;
            previous = r.ids.trace;
            return step;
          }));
  PutInts(out, Values(rows, [](const GranuleRow& r) { return r.ids.span; }));
  PutInts(out, Values(rows, [](const GranuleRow& r) { return r.ids.parent; }));
}

void PutSpanColumns(std::string& out, std::span<const GranuleRow> rows) {
  const auto span = [](const GranuleRow& r) -> const SpanPart& { return *r.event.span; };
  PutIntColumn(out, rows,
               [&](const GranuleRow& r) { return WrapSub(span(r).end_ns, r.event.time_ns); });
  PutTextColumn(out, rows, [&](const GranuleRow& r) { return span(r).name; });
  PutIntColumn(out, rows, [&](const GranuleRow& r) { return span(r).kind; });
  PutIntColumn(out, rows, [&](const GranuleRow& r) { return span(r).status_code; });
  PutTextColumn(out, rows, [&](const GranuleRow& r) { return span(r).status_message; });
  PutTextColumn(out, rows, [&](const GranuleRow& r) { return span(r).trace_state; });
  PutIntColumn(out, rows, [&](const GranuleRow& r) { return span(r).dropped_events; });
  PutIntColumn(out, rows, [&](const GranuleRow& r) { return span(r).dropped_links; });
  TextColumn events, links;
  for (const GranuleRow& row : rows) {
    bool fits = true;
    if (!span(row).events.empty()) {
      fits = PutSpanEvents(events.Open(), span(row).events, row.event.time_ns);
    }
    if (!span(row).links.empty()) fits = fits && PutSpanLinks(links.Open(), span(row).links);
    PHAROS_CHECK(fits, "a span that was stored once is too deep");
    events.Close();
    links.Close();
  }
  events.Put(out);
  links.Put(out);
}

void PutRest(std::string& out, std::span<const GranuleRow> rows) {
  PutByte(out, rows.front().event.kind == model::EventKind::kSpan ? 1 : 0);
  PutIntColumn(out, rows, [](const GranuleRow& r) { return r.origin; });
  PutIntColumn(out, rows, [](const GranuleRow& r) {  // 0 stays 0: most senders do not say it
    return r.event.observed_ns == 0 ? 0 : 1;
  });
  PutIntColumn(out, rows, [](const GranuleRow& r) {
    return r.event.observed_ns == 0 ? 0 : WrapSub(r.event.observed_ns, r.event.time_ns);
  });
  PutIntColumn(out, rows, [](const GranuleRow& r) { return r.event.flags; });
  PutIntColumn(out, rows, [](const GranuleRow& r) { return r.event.dropped_attributes; });
  PutIntColumn(out, rows, [](const GranuleRow& r) { return r.event.severity_number; });
  PutTextColumn(out, rows, [](const GranuleRow& r) { return r.event.severity_text; });
  PutTextColumn(out, rows, [](const GranuleRow& r) { return r.event.event_name; });
  if (rows.front().event.kind == model::EventKind::kSpan) PutSpanColumns(out, rows);
  std::vector<std::span<const model::KeyValue>> attributes;
  attributes.reserve(rows.size());
  for (const GranuleRow& row : rows) attributes.push_back(row.event.attributes);
  PutAttributeColumns(out, attributes);
}

}  // namespace

GranulePages EncodeGranule(std::span<const GranuleRow> rows) {
  GranulePages pages;
  pages.meta = MakeMeta(rows);
  PutKeys(pages.key, rows, pages.meta);
  PutIds(pages.ids, rows);
  PutRest(pages.rest, rows);
  return pages;
}

}  // namespace pharos::events
