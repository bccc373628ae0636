// Scans: rows as columns of times and fields, for counts, rates and quantiles. Within a part no
// event is twice. Times at which it may be elsewhere, too, go through a cursor, which knows
// duplicates.
#include <algorithm>
#include <thread>

#include "events/engine.h"
#include "events/field_values.h"
#include "events/in_order.h"
#include "events/limits.h"

namespace pharos::events {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

struct Interval {
  int64_t min = 0;  ///< inclusive
  int64_t max = 0;  ///< inclusive
};

constexpr size_t kMaxIntervals = 16;

/// The times that may hold an event twice: at which some stream is in two parts, and all of
/// memory, where what was sent twice stands twice. Few intervals, maybe wider than need be.
Result<std::vector<Interval>> Overlaps(const std::vector<Source>& sources, CommonTimes& common,
                                       const store::EventQuery& query) {
  std::vector<Interval> out;
  for (const Source& source : sources) {
    if (source.part) continue;
    for (size_t i = 0; i < source.streams.size(); ++i) {
      if (!source.streams[i]) continue;
      const MemStream& stream = source.memory.table->stream(i);
      const Interval times{stream.min_time.load(std::memory_order_relaxed),
                           stream.max_time.load(std::memory_order_relaxed)};
      if (times.min <= times.max) out.push_back(times);
    }
  }
  for (size_t i = 0; i < sources.size(); ++i) {
    for (size_t j = 0; j < i && sources[i].part; ++j) {
      if (!sources[j].part) continue;
      PHAROS_TRY(const auto times, common.Of(*sources[j].part, *sources[i].part));
      for (const int64_t time : *times) {
        if (time >= query.start_ns && time < query.end_ns) out.push_back({time, time});
      }
    }
  }
  std::sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.min < b.min; });
  std::vector<Interval> merged;
  for (const Interval& interval : out) {
    const bool joins =
        !merged.empty() && (interval.min <= merged.back().max || merged.size() >= kMaxIntervals);
    if (joins) {
      merged.back().max = std::max(merged.back().max, interval.max);
    } else {
      merged.push_back(interval);
    }
  }
  return merged;
}

/// True when an event of the part may have a label of its own with one of the names.
bool MayHaveLabels(const Part& part, const std::vector<std::string>& names) {
  if (names.empty()) return false;
  if (part.meta().many_keys || !part.meta().origin_first.empty()) return true;
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return MayHaveLabel(part.meta().attribute_keys, name);
  });
}

/// Reads granules, several at once, and gives what they have to the sink, one after the other.
class ScanRun {
 public:
  ScanRun(const store::EventQuery& query, const CompiledPredicate& predicate, store::ScanSink& sink)
      : query_(query), predicate_(predicate), sink_(sink) {}

  void Add(const Source& source, int64_t start_ns, int64_t end_ns) {
    if (start_ns >= end_ns) return;
    const std::vector<GranuleMeta>& granules = source.part->granules();
    const bool whole = MayHaveLabels(*source.part, query_.fields.names);
    for (uint32_t i = 0; i < granules.size(); ++i) {
      if (granules[i].max_time < start_ns || granules[i].min_time >= end_ns ||
          !HasStream(source, granules[i]) || !MayHold(source, predicate_, i)) {
        continue;
      }
      tasks_.push_back({&source, i, start_ns, end_ns, whole});
    }
  }

  Result<void> Run() {
    const size_t cores = std::min<size_t>(std::thread::hardware_concurrency(), kMaxScanThreads);
    const size_t helpers = tasks_.size() < kFewGranules ? 0 : std::max<size_t>(cores, 1) - 1;
    return InOrder<Found>(
        tasks_.size(), helpers, kScanLead, [&](size_t i) { return Find(tasks_[i]); },
        [&](size_t i, Found& found) -> Result<void> {
          if (query_.cancelled && query_.cancelled()) {
            return Fail(ErrorKind::kCancelled, "the query was cancelled");
          }
          PHAROS_TRY_VOID(found.status);
          if (found.whole) PHAROS_TRY_VOID(GiveWhole(*found.whole));
          if (!found.rows || found.rows->selected.empty()) return {};
          return GiveRows(*tasks_[i].source->part, *found.rows, found.values);
        });
  }

 private:
  static constexpr size_t kFewGranules = 8;  // not worth a thread
  static constexpr size_t kKeptScanGranules = 4 * kKeptGranules;

  struct Task {
    const Source* source;
    uint32_t granule;
    int64_t start_ns;
    int64_t end_ns;
    bool whole;
  };
  struct Found {
    Result<void> status;
    std::shared_ptr<LoadedRows> whole;
    std::unique_ptr<GranuleRows> rows;
    base::Arena arena;
    std::vector<FieldValues> values;  // by name; views into rows and arena
  };

  static bool HasStream(const Source& source, const GranuleMeta& granule) {
    for (uint32_t i = granule.first_stream; i <= granule.last_stream; ++i) {
      if (source.streams[i]) return true;
    }
    return false;
  }

  Result<void> GiveWhole(const LoadedRows& rows) {
    for (const LoadedRow& row : rows.rows) PHAROS_TRY_VOID(sink_.Whole(*row.stream, row.event));
    return {};
  }

  Found Find(const Task& task) const {
    RowFilter filter;
    filter.start_ns = task.start_ns;
    filter.end_ns = task.end_ns;
    filter.streams = &task.source->streams;
    filter.predicate = &predicate_;
    filter.needles = &task.source->needles;
    filter.clauses = &task.source->clauses;
    filter.keep = tasks_.size() <= kKeptScanGranules ? Keep::kAll : Keep::kSmall;
    filter.fields = task.source->fields.get();
    filter.hidden = task.source->hidden.get();
    Found found;
    found.status = task.whole ? FindWhole(task, filter, found) : FindRows(task, filter, found);
    return found;
  }

  Result<void> FindWhole(const Task& task, const RowFilter& filter, Found& found) const {
    PHAROS_TRY(found.whole, LoadGranule(task.source->part, task.granule, 0, filter));
    return {};
  }

  Result<void> FindRows(const Task& task, const RowFilter& filter, Found& found) const {
    const Source& source = *task.source;
    const bool fields = query_.fields.json;
    PHAROS_TRY(found.rows, SelectRows(source.part, task.granule, filter, fields));
    if (!fields || found.rows->selected.empty()) return {};
    PHAROS_TRY_VOID(TakeOutUnknown(source, task.granule, filter, found));
    found.values.resize(query_.fields.names.size());
    for (size_t name = 0; name < found.values.size(); ++name) {
      if (!Needs(source, task.granule, name, found.rows->filtered)) continue;
      auto read = ReadField(*found.rows->bodies, *source.fields, name, found.rows->times,
                            found.rows->selected, found.arena);
      if (!read) return base::Wrap(std::move(read).error(), "part " + source.part->entry().path);
      found.values[name] = *std::move(read);
    }
    return {};
  }

  /// False for a field that its filters alone needed, and where each stream has a label of its
  /// name.
  bool Needs(const Source& source, uint32_t granule, size_t name, bool filtered) const {
    if (filtered && query_.fields.use(name) == store::FieldUse::kFilter) return false;
    const GranuleMeta& meta = source.part->granules()[granule];
    for (uint32_t i = meta.first_stream; i <= meta.last_stream; ++i) {
      if (!source.streams[i]) continue;
      if (!source.part->streams()[i].labels.Has(query_.fields.names[name])) return true;
    }
    return false;
  }

  /// Rows whose fields columns do not tell are given whole.
  Result<void> TakeOutUnknown(const Source& source, uint32_t granule, const RowFilter& filter,
                              Found& found) const {
    GranuleRows& rows = *found.rows;
    if (AllKnown(*rows.bodies, *source.fields)) return {};
    std::vector<uint32_t> unknown;
    std::erase_if(rows.selected, [&](uint32_t row) {
      const bool known = !rows.bodies->shapes_here().empty() && rows.bodies->IsLine(row) &&
                         source.fields->of(rows.bodies->ShapeOf(row)).known;
      if (!known) unknown.push_back(row);
      return !known;
    });
    if (unknown.empty()) return {};
    PHAROS_TRY(found.whole, LoadRows(source.part, granule, 0, filter, std::move(unknown)));
    return {};
  }

  static bool AllKnown(const GranuleBodies& bodies, const PartFields& fields) {
    const std::vector<uint32_t>& shapes = bodies.shapes_here();
    return bodies.AllLines() && !shapes.empty() &&
           std::all_of(shapes.begin(), shapes.end(),
                       [&](uint32_t shape) { return fields.of(shape).known; });
  }

  /// Cut into runs of one stream.
  Result<void> GiveRows(const Part& part, const GranuleRows& rows,
                        const std::vector<FieldValues>& values) {
    const std::vector<uint32_t>& selected = rows.selected;
    const bool all = selected.size() == rows.times.size();
    times_.clear();
    for (size_t i = 0; i < selected.size() && !all; ++i) times_.push_back(rows.times[selected[i]]);
    const std::vector<int64_t>& times = all ? rows.times : times_;
    const auto later = [&](uint32_t stream, uint32_t row) { return stream < rows.streams[row]; };
    const auto cut = [](const auto& column, size_t begin, size_t size) {
      return column.empty() ? std::span(column) : std::span(column).subspan(begin, size);
    };
    for (size_t begin = 0, end = 0; begin < selected.size(); begin = end) {
      const uint32_t stream = rows.streams[selected[begin]];
      const auto from = selected.begin() + static_cast<ptrdiff_t>(begin);
      end = static_cast<size_t>(std::upper_bound(from, selected.end(), stream, later) -
                                selected.begin());
      store::ScanRows run;
      run.times = cut(times, begin, end - begin);
      run.filtered = rows.filtered;
      for (const FieldValues& column : values) {
        run.fields.push_back(
            {cut(column.numbers, begin, end - begin), cut(column.texts, begin, end - begin)});
      }
      PHAROS_TRY_VOID(sink_.Rows(part.streams()[stream].labels, run));
    }
    return {};
  }

  const store::EventQuery& query_;
  const CompiledPredicate& predicate_;
  store::ScanSink& sink_;
  std::vector<Task> tasks_;
  std::vector<int64_t> times_;
};

}  // namespace

Result<bool> Engine::Scan(const store::EventQuery& query, store::ScanSink& sink) {
  if (query.kind != model::EventKind::kLog) return false;
  PHAROS_TRY(const CompiledPredicate predicate, CompiledPredicate::Make(query.predicate));
  if (predicate.TestsEvent()) return false;
  std::vector<Source> sources;
  if (query.start_ns < query.end_ns) {
    PHAROS_TRY(sources, Sources(Key(query.tenant, query.kind), query.start_ns, query.end_ns));
  }
  std::erase_if(sources, [&](Source& source) { return !MatchStreams(query.streams, &source); });
  PHAROS_TRY(const std::vector<Interval> overlaps, Overlaps(sources, common_times_, query));
  PHAROS_TRY_VOID(PrepareSources(query, predicate, &sources));
  ScanRun run(query, predicate, sink);
  for (const Source& source : sources) {
    if (!source.part) continue;
    int64_t start = query.start_ns;
    for (const Interval& overlap : overlaps) {
      run.Add(source, start, std::min(overlap.min, query.end_ns));
      if (overlap.max >= query.end_ns - 1) {
        start = query.end_ns;
        break;
      }
      start = std::max(start, overlap.max + 1);
    }
    run.Add(source, start, query.end_ns);
  }
  PHAROS_TRY_VOID(run.Run());
  store::EventQuery rest = query;
  rest.direction = store::Direction::kForward;
  rest.limit = 0;
  for (const Interval& overlap : overlaps) {
    rest.start_ns = std::max(query.start_ns, overlap.min);
    rest.end_ns = overlap.max >= query.end_ns - 1 ? query.end_ns : overlap.max + 1;
    if (rest.start_ns >= rest.end_ns) continue;
    PHAROS_TRY(const auto cursor, Select(rest));
    model::EventBatch page;
    while (true) {
      PHAROS_TRY(const bool more, cursor->Next(&page));
      if (!more) break;
      for (const model::StreamEvents& stream : page.streams) {
        for (const model::Event& event : stream.events) {
          PHAROS_TRY_VOID(sink.Whole(stream.stream, event));
        }
      }
    }
  }
  return true;
}

}  // namespace pharos::events
