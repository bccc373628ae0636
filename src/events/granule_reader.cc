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

std::unexpected<base::Error> Corrupt(std::string_view what) {
  return base::Fail(base::ErrorKind::kCorrupt, std::string(what) + " of a granule cannot be read");
}

/// Reads column after column of the selected rows.
class RestReader {
 public:
  RestReader(Reader& in, size_t rows, std::span<const uint32_t> selected)
      : in_(in), rows_(rows), selected_(selected) {}

  template <class Set>
  void Ints(Set set) {
    if (!ints_.Parse(in_, rows_)) return;
    for (size_t i = 0; i < selected_.size(); ++i) set(i, ints_.At(selected_[i]));
  }
  template <class Set>
  void Texts(Set set) {
    if (!texts_.Parse(in_, rows_)) return;
    for (size_t i = 0; i < selected_.size(); ++i) set(i, texts_.At(selected_[i]));
  }

 private:
  Reader& in_;
  size_t rows_;
  std::span<const uint32_t> selected_;
  PackedInts ints_;
  PackedTexts texts_;
};

/// A number of the part from the one that the granule has.
int64_t OfPart(int64_t number, int64_t first) {
  return number == 0 ? 0 : WrapAdd(number, first - 1);
}

void ReadSpans(Reader& in, RestReader& columns, base::Arena& arena, std::span<Event> events) {
  auto* spans =
      static_cast<SpanPart*>(arena.Allocate(events.size() * sizeof(SpanPart), alignof(SpanPart)));
  for (size_t i = 0; i < events.size(); ++i) {
    new (spans + i) SpanPart();
    if (events[i].span != nullptr) spans[i].parent_id = events[i].span->parent_id;
    events[i].span = spans + i;
  }
  columns.Ints([&](size_t i, int64_t v) { spans[i].end_ns = WrapAdd(events[i].time_ns, v); });
  columns.Texts([&](size_t i, std::string_view v) { spans[i].name = v; });
  columns.Ints([&](size_t i, int64_t v) { spans[i].kind = static_cast<uint8_t>(v); });
  columns.Ints([&](size_t i, int64_t v) { spans[i].status_code = static_cast<uint8_t>(v); });
  columns.Texts([&](size_t i, std::string_view v) { spans[i].status_message = v; });
  columns.Texts([&](size_t i, std::string_view v) { spans[i].trace_state = v; });
  columns.Ints([&](size_t i, int64_t v) { spans[i].dropped_events = static_cast<uint32_t>(v); });
  columns.Ints([&](size_t i, int64_t v) { spans[i].dropped_links = static_cast<uint32_t>(v); });
  bool good = true;
  columns.Texts([&](size_t i, std::string_view v) {
    if (v.empty()) return;
    Reader text(v);
    spans[i].events = GetSpanEvents(text, arena, events[i].time_ns);
    good = good && text.ok();
  });
  columns.Texts([&](size_t i, std::string_view v) {
    if (v.empty()) return;
    Reader text(v);
    spans[i].links = GetSpanLinks(text, arena);
    good = good && text.ok();
  });
  if (!good) in.Fail();
}

}  // namespace

base::Result<GranuleKeys> GranuleKeys::Decode(std::string_view page, const GranuleMeta& meta) {
  Reader in(page);
  GranuleKeys keys;
  keys.streams.reserve(meta.rows);
  std::vector<size_t> starts;
  uint32_t stream = meta.first_stream;
  for (uint64_t runs = in.Count(2); runs > 0; --runs) {
    stream += static_cast<uint32_t>(in.Varint());
    const uint64_t count = in.Varint();
    if (count > meta.rows - keys.streams.size() || stream > meta.last_stream) {
      return Corrupt("streams");
    }
    starts.push_back(keys.streams.size());
    keys.streams.insert(keys.streams.end(), count, stream);
  }
  if (keys.streams.size() != meta.rows) return Corrupt("streams");
  PackedInts steps;
  if (steps.Parse(in, meta.rows)) steps.Decode(&keys.times);
  if (!in.ok() || !in.AtEnd()) return Corrupt("times");
  size_t run = 0;
  int64_t previous = 0;
  for (size_t i = 0; i < keys.times.size(); ++i) {
    while (run < starts.size() && starts[run] == i) {
      previous = meta.min_time;
      ++run;
    }
    keys.times[i] = previous = WrapAdd(previous, keys.times[i]);
  }
  return keys;
}

base::Result<std::string> RenumberKeys(std::string_view page, const GranuleMeta& meta,
                                       const std::vector<uint32_t>& streams) {
  Reader in(page);
  std::string out;
  const uint64_t runs = in.Count(2);
  PutVarint(out, runs);
  uint64_t stream = meta.first_stream;
  uint32_t previous = streams[meta.first_stream];
  for (uint64_t i = 0; i < runs; ++i) {
    stream += in.Varint();
    if (stream > meta.last_stream) return Corrupt("streams");
    PutVarint(out, streams[stream] - previous);
    previous = streams[stream];
    PutVarint(out, in.Varint());
  }
  if (!in.ok()) return Corrupt("streams");
  out.append(in.at(), in.left());
  return out;
}

base::Result<GranuleIds> GranuleIds::Decode(std::string_view page, const GranuleMeta& meta) {
  Reader in(page);
  GranuleIds out;
  for (auto* column : {&out.traces, &out.spans, &out.parents}) GetInts(in, meta.rows, column);
  if (!in.ok() || !in.AtEnd()) return Corrupt("ids");
  int64_t number = 0;  // in the granule
  for (int64_t& trace : out.traces) {
    number = WrapAdd(number, trace);
    trace = OfPart(number, meta.min_trace);
  }
  return out;
}

base::Result<void> DecodeGranuleRest(std::string_view page, const GranuleMeta& meta,
                                     std::span<const uint32_t> selected, base::Arena& arena,
                                     std::span<Event> events, std::span<int64_t> origins) {
  Reader in(page);
  const bool is_span = in.Byte() != 0;
  if (!events.empty() && is_span != (events[0].kind == model::EventKind::kSpan)) {
    return Corrupt("kind");
  }
  RestReader columns(in, meta.rows, selected);
  columns.Ints([&](size_t i, int64_t v) { origins[i] = OfPart(v, meta.first_origin); });
  columns.Ints([&](size_t i, int64_t v) { events[i].observed_ns = v; });
  columns.Ints([&](size_t i, int64_t v) {
    if (events[i].observed_ns != 0) events[i].observed_ns = WrapAdd(events[i].time_ns, v);
  });
  columns.Ints([&](size_t i, int64_t v) { events[i].flags = static_cast<uint32_t>(v); });
  columns.Ints(
      [&](size_t i, int64_t v) { events[i].dropped_attributes = static_cast<uint32_t>(v); });
  columns.Ints([&](size_t i, int64_t v) { events[i].severity_number = static_cast<int32_t>(v); });
  columns.Texts([&](size_t i, std::string_view v) { events[i].severity_text = v; });
  columns.Texts([&](size_t i, std::string_view v) { events[i].event_name = v; });
  if (is_span) ReadSpans(in, columns, arena, events);
  std::vector<std::span<const model::KeyValue>> attributes(selected.size());
  GetAttributeColumns(in, meta.rows, selected, arena, attributes);
  if (!in.ok()) return Corrupt("fields");
  for (size_t i = 0; i < events.size(); ++i) events[i].attributes = attributes[i];
  return {};
}

}  // namespace pharos::events
