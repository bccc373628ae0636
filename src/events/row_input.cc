#include "events/row_input.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "events/limits.h"
#include "events/loaded_rows.h"
#include "events/nearly_sorted.h"
#include "events/record_codec.h"

namespace pharos::events {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using model::Event;
using model::Labels;

class MemtableInput final : public RowInput {
 public:
  MemtableInput(std::shared_ptr<const Memtable> table, int64_t start_ns, int64_t end_ns)
      : table_(std::move(table)), start_ns_(start_ns), end_ns_(end_ns) {
    std::vector<std::vector<MemRun>> runs(table_->sizes().streams);
    for (const MemRun& run : table_->runs()) {
      if (run.max_time >= start_ns && run.min_time < end_ns) runs[run.stream].push_back(run);
    }
    std::vector<uint32_t> numbers;
    for (uint32_t i = 0; i < runs.size(); ++i) {
      if (!runs[i].empty()) numbers.push_back(i);
    }
    std::sort(numbers.begin(), numbers.end(), [&](uint32_t a, uint32_t b) {
      return table_->stream(a).labels < table_->stream(b).labels;
    });
    for (const uint32_t number : numbers) {
      std::vector<Range> ranges = RangesOf(runs[number]);
      if (ranges.empty()) continue;
      streams_.push_back(table_->stream(number).labels);
      ranges_.push_back(std::move(ranges));
    }
  }

  const std::vector<Labels>& streams() const override { return streams_; }

  /// In the order of their arrival: in it they lie in memory, and the spans of a trace together.
  Result<void> VisitIds(const IdVisitor& visit) override {
    if (!table_->has_ids()) return {};
    const size_t rows = table_->sizes().rows;
    for (size_t i = 0; i < rows; ++i) {
      const MemRow& row = table_->row(i);
      if (row.time_ns < start_ns_ || row.time_ns >= end_ns_) {
        visit({}, {}, {}, 0);
        continue;
      }
      Reader in({row.record, row.length});
      const RecordHead head = GetRecordHead(in);
      visit(head.trace_id, head.span_id, head.parent_id, head.time_ns);
    }
    return {};
  }

  Result<size_t> Next(std::span<InputRow> out) override {
    while (stream_ < ranges_.size() && range_ == ranges_[stream_].size()) {
      ++stream_;
      range_ = 0;
    }
    if (stream_ == ranges_.size()) return 0;
    const std::vector<Range>& ranges = ranges_[stream_];
    const Range range = ranges[range_];
    if (at_ == 0) PrefetchRows(ranges);
    const size_t most = std::min<size_t>(out.size(), range.rows - at_);
    uint32_t number = range.first + at_;
    size_t count = 0;
    for (const MemRow* row; count < most && (row = &table_->row(number))->is_plain; ++count) {
      if (at_ + count + kRowsAhead < range.rows) __builtin_prefetch(row + kRowsAhead);
      FillPlain(*row, number++, out[count]);
    }
    if (count == 0) {
      PHAROS_TRY_VOID(FillAny(table_->row(number), number, out[count++]));
      if (at_ + kRecordsAhead < range.rows) PrefetchRecord(table_->row(number + kRecordsAhead));
    }
    at_ += static_cast<uint32_t>(count);
    if (at_ == range.rows) {
      ++range_;
      at_ = 0;
    }
    return count;
  }

  void Release() override { arena_.Clear(); }

 private:
  /// Rows that lie one behind the other.
  struct Range {
    uint32_t first = 0;
    uint32_t rows = 0;
  };
  static constexpr size_t kRangesAhead = 8;  // they lie far apart in memory
  static constexpr uint32_t kRecordsAhead = 6, kRowsAhead = 32;

  // Both inline by order: GCC takes a function that only prefetches for one without effect, and
  // drops its calls.
  [[gnu::always_inline]] static void PrefetchRecord(const MemRow& row) {
    for (uint32_t at = 0; at < std::min<uint32_t>(row.length, 384); at += 64) {
      __builtin_prefetch(row.record + at);
    }
  }
  [[gnu::always_inline]] void PrefetchRows(const std::vector<Range>& ranges) const {
    if (range_ + kRangesAhead < ranges.size()) {
      __builtin_prefetch(&table_->row(ranges[range_ + kRangesAhead].first));
    }
    if (range_ + 1 == ranges.size()) return;
    const Range next = ranges[range_ + 1];
    const MemRow& first = table_->row(next.first);
    if (!first.is_plain) return PrefetchRecord(first);
    for (uint32_t row = 0; row < std::min(next.rows, kRowsAhead); ++row) {
      __builtin_prefetch(&table_->row(next.first + row));
    }
  }

  void FillPlain(const MemRow& row, uint32_t number, InputRow& out) {
    static constexpr Event kPlain{};
    out.stream = stream_;
    out.visit = number;
    out.time_ns = row.time_ns;
    out.attributes = table_->attribute_set(row.attributes).attributes;
    out.body.type = model::Value::Type::kString;  // field by field: a copy would wait for them
    out.body.children = 0;
    out.body.integer = 0;
    out.body.text = row.text();
    out.event = &kPlain;
  }

  Result<void> FillAny(const MemRow& row, uint32_t number, InputRow& out) {
    auto* event = static_cast<Event*>(arena_.Allocate(sizeof(Event), alignof(Event)));
    if (!GetRecord(table_->View(row), table_->origin(row.origin), arena_, event)) {
      return Fail(ErrorKind::kCorrupt, "an event in memory cannot be read");
    }
    out.stream = stream_;
    out.visit = number;
    out.time_ns = row.time_ns;
    out.attributes = event->attributes;
    out.body = event->body;
    out.event = event;
    return {};
  }

  /// The rows of a stream in the order of their times. Most runs are sorted, and lie apart in time:
  /// then they are put in order as a whole.
  std::vector<Range> RangesOf(std::vector<MemRun>& runs) const {
    std::stable_sort(runs.begin(), runs.end(),
                     [](const MemRun& a, const MemRun& b) { return a.min_time < b.min_time; });
    std::vector<Range> out;
    out.reserve(runs.size());
    for (size_t i = 0; i < runs.size(); ++i) {
      const MemRun& run = runs[i];
      bool whole = run.sorted && run.min_time >= start_ns_ && run.max_time < end_ns_;
      if (whole && i > 0) {
        const MemRun& before = runs[i - 1];
        whole = run.min_time > before.max_time ||
                (run.min_time == before.max_time && run.first > before.first);
      }
      if (!whole) return SortedRows(runs);
      out.push_back({run.first, run.rows});
    }
    return out;
  }

  /// The rows one by one. Arrival order is kept among equal times.
  std::vector<Range> SortedRows(std::vector<MemRun>& runs) const {
    std::sort(runs.begin(), runs.end(),
              [](const MemRun& a, const MemRun& b) { return a.first < b.first; });
    std::vector<std::pair<int64_t, uint32_t>> keys;
    for (const MemRun& run : runs) {
      for (uint32_t row = run.first; row < run.first + run.rows; ++row) {
        const int64_t time_ns = table_->row(row).time_ns;
        if (time_ns >= start_ns_ && time_ns < end_ns_) keys.emplace_back(time_ns, row);
      }
    }
    SortNearlySorted(keys, std::less<>());
    std::vector<Range> out;
    out.reserve(keys.size());
    for (const auto& [time_ns, row] : keys) {
      if (!out.empty() && row == out.back().first + out.back().rows) {
        ++out.back().rows;
      } else {
        out.push_back({row, 1});
      }
    }
    return out;
  }

  std::shared_ptr<const Memtable> table_;
  const int64_t start_ns_;
  const int64_t end_ns_;
  std::vector<Labels> streams_;
  std::vector<std::vector<Range>> ranges_;  // by stream
  uint32_t stream_ = 0;
  size_t range_ = 0;
  uint32_t at_ = 0;  // within the range
  base::Arena arena_{256 << 10};
};

/// Walks one run of a part in its own order, one granule in memory at a time.
class PartWalk {
 public:
  /// Granules [granule, end); `first` is the number of rows in front of them.
  PartWalk(std::shared_ptr<const Part> part, uint32_t source, uint32_t granule, uint32_t end,
           uint64_t first)
      : source(source), part_(std::move(part)), next_(first), granule_(granule), end_(end) {}

  const uint32_t source;  ///< number of the part

  std::vector<uint32_t> stream_numbers;  ///< of the part's streams in the merged part
  const KeptRows* kept = nullptr;        ///< of the part; null: all

  /// A granule that is walked, its bodies apart.
  struct Open {
    std::shared_ptr<LoadedRows> rows;
    std::vector<LoadedRow*> order;
    std::vector<int64_t> times;
    std::unique_ptr<GranuleBodies> bodies;
  };

  /// The current row, null at the end. `old` takes granules that were left.
  Result<LoadedRow*> Peek(std::vector<std::unique_ptr<Open>>& old) {
    while (true) {
      if (open_ && kept) {
        while (at_ < open_->order.size() && !kept->granules[granule_ - 1][at_]) ++at_;
      }
      if (open_ && at_ < open_->order.size()) return open_->order[at_];
      if (open_) old.push_back(std::move(open_));
      if (granule_ == end_) return nullptr;
      first_ = next_;
      next_ += part_->granules()[granule_].rows;
      PHAROS_TRY_VOID(OpenGranule(granule_++));
      at_ = 0;
    }
  }
  void Advance() { ++at_; }
  /// How many rows there are in front of the granule of the current row.
  uint64_t FirstOfGranule() const { return first_; }
  GranuleBodies* bodies() const { return open_->bodies.get(); }
  uint32_t StreamOf(const LoadedRow& row) const { return stream_numbers[row.stream_number]; }
  static uint32_t PlaceOf(const LoadedRow& row) { return row.order % kGranuleRows; }

 private:
  Result<void> OpenGranule(uint32_t granule) {
    auto open = std::make_unique<Open>();
    RowFilter all;
    all.keep = Keep::kNone;
    all.bodies = false;
    PHAROS_TRY(open->rows, LoadGranule(part_, granule, source, all));
    const size_t rows = open->rows->rows.size();
    open->order.resize(rows);
    open->times.resize(rows);
    for (LoadedRow& row : open->rows->rows) {
      open->order[PlaceOf(row)] = &row;
      open->times[PlaceOf(row)] = row.event.time_ns;
    }
    PHAROS_TRY(open->bodies, GranuleBodies::Open(*part_, granule, rows, &open->times));
    PHAROS_TRY_VOID(open->bodies->OpenAll());
    open_ = std::move(open);
    return {};
  }

  std::shared_ptr<const Part> part_;
  uint64_t next_;
  uint64_t first_ = 0;
  uint32_t granule_;
  uint32_t end_;
  std::unique_ptr<Open> open_;
  size_t at_ = 0;
};

class PartsInput final : public RowInput {
 public:
  explicit PartsInput(std::vector<std::shared_ptr<const Part>> parts,
                      std::optional<KeptRows> kept = std::nullopt)
      : kept_(std::move(kept)) {
    for (const auto& part : parts) {
      for (size_t i = 0; i < part->streams().size(); ++i) {
        if (!kept_ || kept_->streams[i]) streams_.push_back(part->streams()[i].labels);
      }
    }
    std::sort(streams_.begin(), streams_.end());
    streams_.erase(std::unique(streams_.begin(), streams_.end()), streams_.end());
    uint64_t rows = 0;
    for (uint32_t i = 0; i < parts.size(); ++i) {
      const Part& part = *parts[i];
      std::vector<uint32_t> numbers;
      for (const PartStream& stream : part.streams()) {
        const auto it = std::lower_bound(streams_.begin(), streams_.end(), stream.labels);
        numbers.push_back(static_cast<uint32_t>(it - streams_.begin()));
      }
      const std::vector<uint32_t>& firsts = part.meta().run_first;
      for (size_t run = 0; run < firsts.size(); ++run) {
        const auto all = static_cast<uint32_t>(part.granules().size());
        const uint32_t end = run + 1 < firsts.size() ? firsts[run + 1] : all;
        PartWalk& walk = walks_.emplace_back(parts[i], i, firsts[run], end, rows);
        walk.stream_numbers = numbers;
        walk.kept = kept_ ? &*kept_ : nullptr;
        for (uint32_t g = firsts[run]; g < end; ++g) rows += part.granules()[g].rows;
      }
    }
    parts_ = std::move(parts);
  }

  const std::vector<Labels>& streams() const override { return streams_; }

  Result<void> VisitIds(const IdVisitor& visit) override {
    bool any = false;
    for (const auto& part : parts_) any = any || part->meta().traces.traces > 0;
    if (!any) return {};
    for (const auto& part : parts_) {
      for (uint32_t g = 0; g < part->granules().size(); ++g) {
        const GranuleMeta& meta = part->granules()[g];
        const std::vector<bool>* kept = kept_ ? &kept_->granules[g] : nullptr;
        if (meta.max_trace == 0) {
          for (uint32_t i = 0; i < meta.rows; ++i) visit({}, {}, {}, 0);
        } else {
          PHAROS_TRY_VOID(VisitGranule(*part, g, meta, kept, visit));
        }
      }
    }
    return {};
  }

  Result<size_t> Next(std::span<InputRow> out) override {
    size_t best = walks_.size();
    LoadedRow* best_row = nullptr;
    uint32_t best_stream = 0;
    for (size_t i = 0; i < walks_.size(); ++i) {  // ties go to the one that came first
      PHAROS_TRY(LoadedRow * row, walks_[i].Peek(old_));
      if (row == nullptr) continue;
      const uint32_t number = walks_[i].StreamOf(*row);
      if (best_row == nullptr ||
          std::pair(number, row->event.time_ns) < std::pair(best_stream, best_row->event.time_ns)) {
        best = i;
        best_row = row;
        best_stream = number;
      }
    }
    if (best_row == nullptr) return 0;
    PartWalk& walk = walks_[best];
    const uint32_t place = PartWalk::PlaceOf(*best_row);
    const Event& event = best_row->event;
    out[0] = {.time_ns = event.time_ns,
              .attributes = event.attributes,
              .body = {},
              .event = &event,
              .stream = best_stream,
              .visit = walk.FirstOfGranule() + place,
              .bodies = walk.bodies(),
              .row = place,
              .source = walk.source};
    walk.Advance();
    return 1;
  }

  void Release() override { old_.clear(); }

 private:
  static Result<void> VisitGranule(const Part& part, uint32_t granule, const GranuleMeta& meta,
                                   const std::vector<bool>* kept, const IdVisitor& visit) {
    PHAROS_TRY(const std::string key_page, part.ReadPage("key", granule));
    PHAROS_TRY(const GranuleKeys keys, GranuleKeys::Decode(key_page, meta));
    PHAROS_TRY(const std::string id_page, part.ReadPage("ids", granule));
    PHAROS_TRY(const GranuleIds ids, GranuleIds::Decode(id_page, meta));
    for (size_t i = 0; i < meta.rows; ++i) {
      const TraceRef row = ids.Of(i);
      if (row.trace == 0 || (kept != nullptr && !(*kept)[i])) {
        visit({}, {}, {}, 0);
        continue;
      }
      int64_t first = 0;
      PHAROS_TRY(const auto page, part.Traces(row.trace, &first));
      const auto at = static_cast<size_t>(row.trace - first);
      if (at >= page->ids.size()) return BadIds(part);
      const uint32_t from = page->first_span[at], to = page->first_span[at + 1];
      const auto span = [&](int64_t number) {
        return number == 0 ? model::SpanId{} : page->spans[from + static_cast<size_t>(number) - 1];
      };
      const uint64_t most = to - from;
      if (static_cast<uint64_t>(row.span) > most || static_cast<uint64_t>(row.parent) > most) {
        return BadIds(part);
      }
      visit(page->ids[at], span(row.span), span(row.parent), keys.times[i]);
    }
    return {};
  }

  static std::unexpected<base::Error> BadIds(const Part& part) {
    return Fail(ErrorKind::kCorrupt,
                "part " + part.entry().path + ": a row names an id that is not there");
  }

  const std::optional<KeptRows> kept_;  // of the only part; else all
  std::vector<Labels> streams_;
  std::vector<std::shared_ptr<const Part>> parts_;
  std::vector<PartWalk> walks_;  // in the order of arrival
  std::vector<std::unique_ptr<PartWalk::Open>> old_;
};

}  // namespace

Result<const Event*> WholeEvent(const InputRow& row, base::Arena& arena) {
  auto* event = new (arena.Allocate(sizeof(Event), alignof(Event))) Event(*row.event);
  event->time_ns = row.time_ns;
  event->attributes = row.attributes;
  event->body = row.body;
  if (row.bodies != nullptr && !row.bodies->Get(row.row, arena, &event->body)) {
    return Fail(ErrorKind::kCorrupt, "a body is damaged");
  }
  return event;
}

std::unique_ptr<RowInput> ReadMemtable(std::shared_ptr<const Memtable> table, int64_t start_ns,
                                       int64_t end_ns) {
  return std::make_unique<MemtableInput>(std::move(table), start_ns, end_ns);
}

std::unique_ptr<RowInput> ReadPart(std::shared_ptr<const Part> part, KeptRows kept) {
  std::vector<std::shared_ptr<const Part>> parts{std::move(part)};
  return std::make_unique<PartsInput>(std::move(parts), std::move(kept));
}

std::unique_ptr<RowInput> ReadParts(std::vector<std::shared_ptr<const Part>> parts) {
  return std::make_unique<PartsInput>(std::move(parts));
}

}  // namespace pharos::events
