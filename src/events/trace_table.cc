#include "events/trace_table.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "base/hash.h"
#include "events/coding.h"
#include "events/column.h"
#include "events/limits.h"
#include "events/memtable.h"

namespace pharos::events {
namespace {

size_t HashOf(const model::TraceId& id) {
  return base::HashBytes64({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
}

std::unexpected<base::Error> Corrupt(std::string_view what) {
  return base::Fail(base::ErrorKind::kCorrupt, std::string(what) + " cannot be read");
}

}  // namespace

base::Result<TracePage> TracePage::Decode(std::string_view bytes) {
  Reader in(bytes);
  TracePage page;
  page.ids.resize(in.Count(sizeof(model::TraceId)));
  for (model::TraceId& id : page.ids) id.bytes = in.Fixed<std::array<uint8_t, 16>>();
  std::vector<int64_t> counts;
  GetInts(in, page.ids.size(), &counts);
  page.first_span.push_back(0);
  uint64_t total = 0;
  for (const int64_t count : counts) {
    total += static_cast<uint64_t>(count);
    if (static_cast<uint64_t>(count) > in.left() || total * 8 > in.left()) {
      return Corrupt("a page of trace ids");
    }
    page.first_span.push_back(static_cast<uint32_t>(total));
  }
  page.spans.resize(total);
  for (model::SpanId& id : page.spans) id.bytes = in.Fixed<std::array<uint8_t, 8>>();
  if (!in.ok() || !in.AtEnd()) return Corrupt("a page of trace ids");
  return page;
}

void TraceDirectory::Put(std::string& out) const {
  PutVarint(out, static_cast<uint64_t>(traces));
  PutVarint(out, page_first.size());
  PutInts(out, page_first);
  PutVarint(out, index_first.size());
  for (const uint32_t first : index_first) PutFixed(out, first);
}

TraceDirectory TraceDirectory::Get(Reader& in) {
  TraceDirectory out;
  out.traces = static_cast<int64_t>(in.Varint());
  const uint64_t pages = in.Varint();
  if (pages > kMaxDirectoryPages) in.Fail();
  if (in.ok()) GetInts(in, pages, &out.page_first);
  out.index_first.resize(in.Count(sizeof(uint32_t)));
  for (uint32_t& first : out.index_first) first = in.Fixed<uint32_t>();
  return out;
}

base::Result<std::vector<TraceIndexEntry>> DecodeTraceIndex(std::string_view bytes) {
  Reader in(bytes);
  std::vector<TraceIndexEntry> out(in.Count(2));
  uint32_t fingerprint = 0;
  for (TraceIndexEntry& entry : out) {
    fingerprint += static_cast<uint32_t>(in.Varint());
    entry = {fingerprint, static_cast<int64_t>(in.Varint())};
  }
  if (!in.ok() || !in.AtEnd()) return Corrupt("the index of trace ids");
  return out;
}

void TraceTableBuilder::GrowSlots() {
  const size_t size = std::max<size_t>(1024, slots_.size() * 2);
  slots_.assign(size, 0);
  for (uint32_t i = 0; i < traces_.size(); ++i) *Slot(traces_[i].id) = i + 1;
}

uint32_t* TraceTableBuilder::Slot(const model::TraceId& id) {
  size_t at = HashOf(id) & (slots_.size() - 1);
  while (slots_[at] != 0 && traces_[slots_[at] - 1].id != id) at = (at + 1) & (slots_.size() - 1);
  return &slots_[at];
}

uint32_t TraceTableBuilder::Find(const model::TraceId& id) const {
  return *const_cast<TraceTableBuilder*>(this)->Slot(id);
}

void TraceTableBuilder::Add(const model::TraceId& trace, const model::SpanId& span,
                            const model::SpanId& parent, int64_t time_ns) {
  if (trace.IsZero() && span.IsZero() && parent.IsZero()) return;
  if (traces_.size() * 2 >= slots_.size()) GrowSlots();
  uint32_t* slot = Slot(trace);
  if (*slot == 0) {
    traces_.push_back({trace, time_ns, 0, 0, 0});
    *slot = static_cast<uint32_t>(traces_.size());
  }
  const uint32_t number = *slot - 1;
  Trace& known = traces_[number];
  known.first_time = std::min(known.first_time, time_ns);
  if (!span.IsZero()) {
    spans_.push_back({span, time_ns, number, 0});
    ++known.count;
  }
  if (!parent.IsZero()) {  // a parent that never comes stands behind the spans that did
    spans_.push_back({parent, std::numeric_limits<int64_t>::max(), number, 0});
    ++known.count;
  }
}

void TraceTableBuilder::Build() {
  std::vector<size_t> at(traces_.size());
  size_t total = 0;
  for (size_t i = 0; i < traces_.size(); ++i) {
    at[i] = traces_[i].first = total;
    total += traces_[i].count;
  }
  std::vector<Span> placed(spans_.size());
  for (const Span& span : spans_) placed[at[span.trace]++] = span;
  spans_ = std::move(placed);
  std::vector<uint32_t> order(traces_.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return std::pair(traces_[a].first_time, a) < std::pair(traces_[b].first_time, b);
  });
  int64_t number = 0;
  for (const uint32_t i : order) {
    traces_[i].number = ++number;
    NumberSpans(traces_[i]);
  }
}

void TraceTableBuilder::NumberSpans(Trace& trace) {
  const std::span<Span> slice(spans_.data() + trace.first, trace.count);
  std::sort(slice.begin(), slice.end(), [](const Span& a, const Span& b) {
    return std::pair(a.id, a.time) < std::pair(b.id, b.time);
  });
  const auto end = std::unique(slice.begin(), slice.end(),
                               [](const Span& a, const Span& b) { return a.id == b.id; });
  trace.count = static_cast<uint32_t>(end - slice.begin());
  std::vector<uint32_t> by_time(trace.count);
  for (uint32_t i = 0; i < trace.count; ++i) by_time[i] = i;
  std::sort(by_time.begin(), by_time.end(), [&](uint32_t a, uint32_t b) {
    return std::pair(slice[a].time, a) < std::pair(slice[b].time, b);
  });
  for (uint32_t i = 0; i < trace.count; ++i) slice[by_time[i]].number = i + 1;
}

int64_t TraceTableBuilder::SpanNumber(const Trace& trace, const model::SpanId& id) const {
  if (id.IsZero()) return 0;
  const auto begin = spans_.begin() + static_cast<ptrdiff_t>(trace.first);
  const auto it = std::lower_bound(begin, begin + trace.count, id,
                                   [](const Span& a, const model::SpanId& b) { return a.id < b; });
  PHAROS_CHECK(it != begin + trace.count && it->id == id, "a span id that was not added");
  return it->number;
}

TraceRef TraceTableBuilder::Locate(const model::TraceId& trace, const model::SpanId& span,
                                   const model::SpanId& parent) const {
  if (trace.IsZero() && span.IsZero() && parent.IsZero()) return {};
  const uint32_t found = Find(trace);
  PHAROS_CHECK(found != 0, "a trace id that was not added");
  const Trace& known = traces_[found - 1];
  return {known.number, SpanNumber(known, span), SpanNumber(known, parent)};
}

std::vector<const TraceTableBuilder::Trace*> TraceTableBuilder::InOrder() const {
  std::vector<const Trace*> out(traces_.size());
  for (const Trace& trace : traces_) out[static_cast<size_t>(trace.number - 1)] = &trace;
  return out;
}

base::Result<TraceDirectory> TraceTableBuilder::Write(io::PartWriter& writer) const {
  TraceDirectory directory;
  directory.traces = static_cast<int64_t>(traces_.size());
  const std::vector<const Trace*> order = InOrder();
  for (size_t from = 0; from < order.size();) {
    std::string ids, spans;
    std::vector<int64_t> counts;
    size_t total = 0, to = from;
    for (; to < order.size() && to - from < kTracePageIds && total < kTracePageSpans; ++to) {
      const Trace& trace = *order[to];
      PutFixed(ids, trace.id.bytes);
      counts.push_back(trace.count);
      const size_t start = spans.size();
      spans.resize(start + 8 * size_t{trace.count});
      for (size_t i = trace.first; i < trace.first + trace.count; ++i) {
        std::copy(spans_[i].id.bytes.begin(), spans_[i].id.bytes.end(),
                  spans.begin() + static_cast<ptrdiff_t>(start + 8 * (spans_[i].number - 1)));
      }
      total += trace.count;
    }
    directory.page_first.push_back(static_cast<int64_t>(from + 1));
    std::string page;
    PutVarint(page, to - from);
    page += ids;
    PutInts(page, counts);
    page += spans;
    PHAROS_TRY([[maybe_unused]] const uint32_t number,
               writer.AddPage("traces", page, io::kPageZstd));
    from = to;
  }
  PHAROS_TRY_VOID(WriteIndex(writer, &directory));
  return directory;
}

base::Result<void> TraceTableBuilder::WriteIndex(io::PartWriter& writer,
                                                 TraceDirectory* directory) const {
  std::vector<TraceIndexEntry> entries;
  entries.reserve(traces_.size());
  for (const Trace& trace : traces_) entries.push_back({Fingerprint(trace.id), trace.number});
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::pair(a.fingerprint, a.trace) < std::pair(b.fingerprint, b.trace);
  });
  for (size_t from = 0; from < entries.size(); from += kTraceIndexPage) {
    const size_t to = std::min(entries.size(), from + kTraceIndexPage);
    directory->index_first.push_back(entries[from].fingerprint);
    std::string page;
    PutVarint(page, to - from);
    uint32_t previous = 0;
    for (size_t i = from; i < to; ++i) {
      PutVarint(page, entries[i].fingerprint - previous);
      PutVarint(page, static_cast<uint64_t>(entries[i].trace));
      previous = entries[i].fingerprint;
    }
    PHAROS_TRY([[maybe_unused]] const uint32_t number,
               writer.AddPage("trace_index", page, io::kPageZstd));
  }
  return {};
}

}  // namespace pharos::events
