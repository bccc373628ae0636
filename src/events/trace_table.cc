#include "events/trace_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/hash.h"
#include "events/coding.h"
#include "events/column.h"
#include "events/limits.h"
#include "events/memtable.h"
#include "events/nearly_sorted.h"
#include "events/trace_filter.h"

namespace pharos::events {
namespace {

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

/// The span ids of one trace, each with its number.
class SpanNumbers {
 public:
  struct Entry {
    int64_t time = 0;
    uint64_t id = 0;
    uint32_t row = 0;
  };
  std::vector<Entry> entries;  ///< of the rows that have an id of their own
  std::vector<Entry> strays;   ///< parents that are none of them

  void Clear() {
    entries.clear();
    strays.clear();
    ids_.clear();
    slots_.clear();
  }
  /// Numbered from 1, in the order of the first calls.
  uint32_t NumberOf(uint64_t id) {
    const uint32_t number = Find(id);
    if (number != 0) return number;
    ids_.push_back(id);
    if (ids_.size() > kFew) Hash();
    return static_cast<uint32_t>(ids_.size());
  }
  /// 0 for an id that has none.
  uint32_t Find(uint64_t id) const {
    if (slots_.empty()) {
      for (size_t i = 0; i < ids_.size(); ++i) {
        if (ids_[i] == id) return static_cast<uint32_t>(i + 1);
      }
      return 0;
    }
    return slots_[SlotOf(id)];
  }
  const std::vector<uint64_t>& ids() const { return ids_; }

 private:
  static constexpr size_t kFew = 32;  // that are looked through faster than hashed

  size_t SlotOf(uint64_t id) const {
    size_t at = (id * 0x9E3779B97F4A7C15u) >> shift_;
    while (slots_[at] != 0 && ids_[slots_[at] - 1] != id) at = (at + 1) & (slots_.size() - 1);
    return at;
  }
  /// The last of ids_ gets its place.
  void Hash() {
    if (ids_.size() * 2 <= slots_.size()) {
      slots_[SlotOf(ids_.back())] = static_cast<uint32_t>(ids_.size());
      return;
    }
    const size_t size = std::bit_ceil(ids_.size() * 4);
    slots_.assign(size, 0);
    shift_ = 64 - std::countr_zero(size);
    for (uint32_t i = 0; i < ids_.size(); ++i) slots_[SlotOf(ids_[i])] = i + 1;
  }

  std::vector<uint64_t> ids_;
  std::vector<uint32_t> slots_;  // open addressing: numbers
  int shift_ = 0;
};

void TraceTableBuilder::GrowSlots() {
  const size_t size = std::max<size_t>(1024, slots_.size() * 2);
  slots_.assign(size, 0);
  for (uint32_t i = 0; i < traces_.size(); ++i) {
    *Slot(traces_[i].id, traces_[i].fingerprint) = i + 1;
  }
}

uint32_t* TraceTableBuilder::Slot(const model::TraceId& id, uint32_t fingerprint) {
  size_t at = fingerprint & (slots_.size() - 1);
  while (slots_[at] != 0 && !Same(traces_[slots_[at] - 1].id, id)) {
    at = (at + 1) & (slots_.size() - 1);
  }
  return &slots_[at];
}

void TraceTableBuilder::Add(const model::TraceId& trace, const model::SpanId& span,
                            const model::SpanId& parent, int64_t time_ns) {
  constexpr size_t kUsualRows = 1 << 16;  // of a sealed part
  if (rows_.empty()) rows_.reserve(kUsualRows);
  const uint32_t before = rows_.empty() ? 0 : rows_.back().trace;
  Row& row = rows_.emplace_back(NumberOf(span), NumberOf(parent), time_ns, 0);
  if (before != 0 && Same(traces_[before - 1].id, trace)) {
    row.trace = before;
  } else {
    if (row.span == 0 && row.parent == 0 && Same(trace, {})) return;
    if (traces_.size() * 2 >= slots_.size()) GrowSlots();
    const uint32_t fingerprint = Fingerprint(trace);
    uint32_t* slot = Slot(trace, fingerprint);
    if (*slot == 0) {
      traces_.push_back({.id = trace, .first_time = time_ns, .fingerprint = fingerprint});
      *slot = static_cast<uint32_t>(traces_.size());
    }
    row.trace = *slot;
  }
  Trace& known = traces_[row.trace - 1];
  known.first_time = std::min(known.first_time, time_ns);
  ++known.rows;
}

void TraceTableBuilder::Build() {
  std::vector<size_t> ends(traces_.size());  // of each trace's rows in `by_trace`
  size_t total = 0;
  for (size_t i = 0; i < traces_.size(); ++i) {
    ends[i] = total;
    total += traces_[i].rows;
  }
  std::vector<uint32_t> by_trace(total);
  for (uint32_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i].trace != 0) by_trace[ends[rows_[i].trace - 1]++] = i;
  }
  order_.resize(traces_.size());
  for (uint32_t i = 0; i < order_.size(); ++i) order_[i] = i;
  SortNearlySorted(order_, [&](uint32_t a, uint32_t b) {
    return traces_[a].first_time < traces_[b].first_time;
  });
  distinct_.reserve(total);
  uint32_t number = 0;
  SpanNumbers numbers;
  for (const uint32_t i : order_) {
    Trace& trace = traces_[i];
    trace.number = ++number;
    NumberSpans(trace, std::span(by_trace).subspan(ends[i] - trace.rows, trace.rows), numbers);
  }
}

/// Equal ids of a trace are one, which is as old as the oldest of them. Parents that never came
/// stand behind the spans that did.
void TraceTableBuilder::NumberSpans(Trace& trace, std::span<const uint32_t> rows,
                                    SpanNumbers& numbers) {
  numbers.Clear();
  numbers.entries.resize(rows.size());
  auto entry_at = numbers.entries.begin();
  for (const uint32_t i : rows) {
    if (rows_[i].span != 0) *entry_at++ = {rows_[i].time, rows_[i].span, i};
  }
  numbers.entries.erase(entry_at, numbers.entries.end());
  SortNearlySorted(numbers.entries, [](const SpanNumbers::Entry& a, const SpanNumbers::Entry& b) {
    return a.time != b.time ? a.time < b.time : a.id < b.id;
  });
  for (const SpanNumbers::Entry& entry : numbers.entries) {
    rows_[entry.row].span = numbers.NumberOf(entry.id);
  }
  for (const uint32_t i : rows) {
    rows_[i].trace = trace.number;
    const uint64_t parent = rows_[i].parent;
    if (parent == 0) continue;
    rows_[i].parent = numbers.Find(parent);
    if (rows_[i].parent == 0) numbers.strays.push_back({0, parent, i});
  }
  std::sort(numbers.strays.begin(), numbers.strays.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  for (const SpanNumbers::Entry& stray : numbers.strays) {
    rows_[stray.row].parent = numbers.NumberOf(stray.id);
  }
  trace.first = distinct_.size();
  trace.count = static_cast<uint32_t>(numbers.ids().size());
  distinct_.insert(distinct_.end(), numbers.ids().begin(), numbers.ids().end());
}

TraceRef TraceTableBuilder::Of(size_t row) const {
  if (rows_.empty()) return {};
  PHAROS_CHECK(row < rows_.size(), "ids that were not added");
  const Row& r = rows_[row];
  return {r.trace, static_cast<int64_t>(r.span), static_cast<int64_t>(r.parent)};
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
    PHAROS_TRY([[maybe_unused]] const uint32_t number, writer.AddPage("traces", page));
    from = to;
  }
  std::vector<TraceIndexEntry> entries;
  entries.reserve(traces_.size());
  for (const Trace& trace : traces_) entries.push_back({trace.fingerprint, trace.number});
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
  if (entries.empty()) return {};
  PHAROS_TRY([[maybe_unused]] const uint32_t number,
             writer.AddPage("trace_filter", MakeTraceFilter(entries)));
  return {};
}

}  // namespace pharos::events
