#include "events/trace_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
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

/// Two words compared are cheaper than a call for 16 bytes.
bool Same(const model::TraceId& a, const model::TraceId& b) {
  uint64_t x[2], y[2];
  std::memcpy(x, a.bytes.data(), sizeof x);
  std::memcpy(y, b.bytes.data(), sizeof y);
  return x[0] == y[0] && x[1] == y[1];
}

/// A number that is less where the bytes are; 0 for no id.
uint64_t NumberOf(const model::SpanId& id) {
  uint64_t number;
  std::memcpy(&number, id.bytes.data(), sizeof number);
  return __builtin_bswap64(number);
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

base::Result<std::vector<int64_t>> FindInTraceIndex(std::string_view page, uint32_t fingerprint) {
  Reader in(page);
  std::vector<int64_t> out;
  uint32_t at = 0;
  for (uint64_t left = in.Count(2); left > 0 && in.ok(); --left) {
    at += static_cast<uint32_t>(in.Varint());
    if (at > fingerprint) return out;
    const auto trace = static_cast<int64_t>(in.Varint());
    if (at == fingerprint) out.push_back(trace);
  }
  if (!in.ok() || !in.AtEnd()) return Corrupt("the index of trace ids");
  return out;
}

base::Result<void> ReadTraceIndex(std::string_view page, int64_t more,
                                  std::vector<TraceIndexEntry>* out) {
  Reader in(page);
  uint32_t fingerprint = 0;
  for (uint64_t left = in.Count(2); left > 0 && in.ok(); --left) {
    fingerprint += static_cast<uint32_t>(in.Varint());
    out->push_back({fingerprint, static_cast<int64_t>(in.Varint()) + more});
  }
  if (!in.ok() || !in.AtEnd()) return Corrupt("the index of trace ids");
  return {};
}

void TraceTableBuilder::GrowSlots() {
  const size_t size = std::max<size_t>(1024, slots_.size() * 2);
  slots_.assign(size, 0);
  for (uint32_t i = 0; i < traces_.size(); ++i) *Slot(traces_[i].id) = i + 1;
}

uint32_t* TraceTableBuilder::Slot(const model::TraceId& id) {
  size_t at = HashOf(id) & (slots_.size() - 1);
  while (slots_[at] != 0 && !Same(traces_[slots_[at] - 1].id, id)) {
    at = (at + 1) & (slots_.size() - 1);
  }
  return &slots_[at];
}

uint32_t TraceTableBuilder::AddSpan(uint32_t trace, const model::SpanId& id, int64_t time_ns) {
  const uint64_t number = NumberOf(id);
  if (number == 0) return 0;
  spans_.push_back({number, time_ns, trace, 0});
  ++traces_[trace].count;
  return static_cast<uint32_t>(spans_.size());
}

void TraceTableBuilder::Add(const model::TraceId& trace, const model::SpanId& span,
                            const model::SpanId& parent, int64_t time_ns) {
  Row& row = rows_.emplace_back();
  if (NumberOf(span) == 0 && NumberOf(parent) == 0 && Same(trace, {})) return;
  if (traces_.size() * 2 >= slots_.size()) GrowSlots();
  uint32_t* slot = Slot(trace);
  if (*slot == 0) {
    traces_.push_back({trace, time_ns, 0, 0, 0});
    *slot = static_cast<uint32_t>(traces_.size());
  }
  row.trace = *slot;
  Trace& known = traces_[row.trace - 1];
  known.first_time = std::min(known.first_time, time_ns);
  row.span = AddSpan(row.trace - 1, span, time_ns);
  // A parent that never comes stands behind the spans that did.
  row.parent = AddSpan(row.trace - 1, parent, std::numeric_limits<int64_t>::max());
}

void TraceTableBuilder::Build() {
  std::vector<size_t> at(traces_.size());
  size_t total = 0;
  for (size_t i = 0; i < traces_.size(); ++i) {
    at[i] = traces_[i].first = total;
    total += traces_[i].count;
  }
  std::vector<Entry> entries(total);
  for (uint32_t i = 0; i < spans_.size(); ++i) {
    entries[at[spans_[i].trace]++] = {spans_[i].id, spans_[i].time, i};
  }
  order_.resize(traces_.size());
  for (uint32_t i = 0; i < order_.size(); ++i) order_[i] = i;
  std::sort(order_.begin(), order_.end(), [&](uint32_t a, uint32_t b) {
    return std::pair(traces_[a].first_time, a) < std::pair(traces_[b].first_time, b);
  });
  distinct_.resize(total);
  uint32_t number = 0;
  std::vector<uint32_t> scratch;
  for (const uint32_t i : order_) {
    traces_[i].number = ++number;
    NumberSpans(traces_[i], entries, scratch);
  }
}

/// Equal ids of a trace become one, which is as old as the oldest of them.
void TraceTableBuilder::NumberSpans(Trace& trace, std::vector<Entry>& entries,
                                    std::vector<uint32_t>& scratch) {
  const std::span<Entry> slice(entries.data() + trace.first, trace.count);
  std::sort(slice.begin(), slice.end(), [](const Entry& a, const Entry& b) {
    return a.id != b.id ? a.id < b.id : a.time < b.time;
  });
  scratch.clear();  // the first of each id
  for (uint32_t i = 0; i < slice.size(); ++i) {
    if (i == 0 || slice[i].id != slice[i - 1].id) scratch.push_back(i);
  }
  std::sort(scratch.begin(), scratch.end(), [&](uint32_t a, uint32_t b) {
    return slice[a].time != slice[b].time ? slice[a].time < slice[b].time : a < b;
  });
  for (uint32_t n = 0; n < scratch.size(); ++n) {
    const uint64_t id = slice[scratch[n]].id;
    distinct_[trace.first + n] = id;
    for (size_t i = scratch[n]; i < slice.size() && slice[i].id == id; ++i) {
      spans_[slice[i].span].number = n + 1;
    }
  }
  trace.count = static_cast<uint32_t>(scratch.size());
}

TraceRef TraceTableBuilder::Of(size_t row) const {
  if (rows_.empty()) return {};
  PHAROS_CHECK(row < rows_.size(), "ids that were not added");
  const Row& r = rows_[row];
  if (r.trace == 0) return {};
  return {traces_[r.trace - 1].number, r.span == 0 ? 0 : spans_[r.span - 1].number,
          r.parent == 0 ? 0 : spans_[r.parent - 1].number};
}

base::Result<TraceDirectory> TraceTableBuilder::Write(io::PartWriter& writer) const {
  TraceDirectory directory;
  directory.traces = static_cast<int64_t>(traces_.size());
  for (size_t from = 0; from < order_.size();) {
    std::string ids, spans;
    std::vector<int64_t> counts;
    size_t total = 0, to = from;
    for (; to < order_.size() && to - from < kTracePageIds && total < kTracePageSpans; ++to) {
      const Trace& trace = traces_[order_[to]];
      PutFixed(ids, trace.id.bytes);
      counts.push_back(trace.count);
      for (size_t i = 0; i < trace.count; ++i) {
        PutFixed(spans, __builtin_bswap64(distinct_[trace.first + i]));
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
  std::vector<TraceIndexEntry> entries;
  entries.reserve(traces_.size());
  for (const Trace& trace : traces_) entries.push_back({Fingerprint(trace.id), trace.number});
  PHAROS_TRY_VOID(WriteTraceIndex(std::move(entries), writer, &directory));
  return directory;
}

base::Result<void> WriteTraceIndex(std::vector<TraceIndexEntry> entries, io::PartWriter& writer,
                                   TraceDirectory* directory) {
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
