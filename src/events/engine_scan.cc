// Scans: rows as columns of times and fields, for counts, rates and quantiles. Within a part no
// event is twice. Times at which it may be elsewhere, too, go through a cursor, which knows
// duplicates.
#include <algorithm>

#include "events/engine.h"
#include "events/limits.h"
#include "events/scan_workers.h"

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
/// Granules that are read while the sink takes those before.
constexpr size_t kScanPieces = 16;

/// The times that may hold an event twice: at which some stream is in two parts, and all of
/// memory, where what was sent twice stands twice. Few intervals, maybe wider than need be.
std::vector<Interval> Overlaps(const std::vector<Source>& sources) {
  std::unordered_map<std::string_view, std::vector<Interval>, base::StringHasher> seen;
  std::vector<Interval> out;
  for (const Source& source : sources) {
    for (size_t i = 0; i < source.streams.size(); ++i) {
      if (!source.streams[i]) continue;
      if (!source.part) {
        const MemStream& stream = source.memory.table->stream(i);
        const Interval times{stream.min_time.load(std::memory_order_relaxed),
                             stream.max_time.load(std::memory_order_relaxed)};
        if (times.min <= times.max) out.push_back(times);
        continue;
      }
      const PartStream& stream = source.part->streams()[i];
      if (stream.rows == 0) continue;
      std::vector<Interval>& others = seen[stream.labels.bytes()];
      for (const Interval& other : others) {
        const Interval both{std::max(stream.min_time, other.min),
                            std::min(stream.max_time, other.max)};
        if (both.min <= both.max) out.push_back(both);
      }
      others.push_back({stream.min_time, stream.max_time});
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

/// A granule, and the times of it, that are to be read.
struct ScanTask {
  const Source* source = nullptr;
  uint32_t granule = 0;
  int64_t start_ns = 0;
  int64_t end_ns = 0;
};

/// What was found there. Owns: the memory behind the values.
struct ScanPiece {
  std::unique_ptr<GranuleRows> rows;
  base::Arena arena;
  std::vector<std::vector<std::string_view>> values;
  std::shared_ptr<LoadedRows> whole;  ///< rows that columns do not tell
};

/// Reads granules, several at a time; the sink is given what was found while the next ones are
/// read.
class ScanRun {
 public:
  ScanRun(const store::EventQuery& query, const CompiledPredicate& predicate, store::ScanSink& sink)
      : query_(query), predicate_(predicate), sink_(sink) {}

  void Add(const Source& source, int64_t start_ns, int64_t end_ns) {
    if (start_ns >= end_ns) return;
    const std::vector<GranuleMeta>& granules = source.part->granules();
    for (uint32_t i = 0; i < granules.size(); ++i) {
      if (granules[i].max_time < start_ns || granules[i].min_time >= end_ns ||
          !HasStream(source, granules[i]) || !MayHold(source, predicate_, i)) {
        continue;
      }
      tasks_.push_back({&source, i, start_ns, end_ns});
    }
  }

  Result<void> Run() {
    std::vector<Result<ScanPiece>> read;
    size_t given = 0;  // tasks before it were read and given out, but for those in `read`
    for (size_t at = 0; at < tasks_.size() || !read.empty();) {
      if (query_.cancelled && query_.cancelled()) {
        return Fail(ErrorKind::kCancelled, "the query was cancelled");
      }
      const size_t count = std::min(kScanPieces, tasks_.size() - at);
      std::vector<Result<ScanPiece>> next(count);
      Result<void> sunk;
      // The sink first, so that somebody reads beside it; it is called by one thread at a time.
      ScanWorkers::Process().Run(count + 1, [&](size_t i) {
        if (i == 0) {
          sunk = Give(given, read);
        } else {
          next[i - 1] = Read(tasks_[at + i - 1]);
        }
      });
      PHAROS_TRY_VOID(std::move(sunk));
      given = at;
      at += count;
      read = std::move(next);
    }
    return {};
  }

 private:
  static bool HasStream(const Source& source, const GranuleMeta& granule) {
    for (uint32_t i = granule.first_stream; i <= granule.last_stream; ++i) {
      if (source.streams[i]) return true;
    }
    return false;
  }

  Result<ScanPiece> Read(const ScanTask& task) const {
    RowFilter filter;
    filter.start_ns = task.start_ns;
    filter.end_ns = task.end_ns;
    filter.streams = &task.source->streams;
    filter.predicate = &predicate_;
    filter.needles = &task.source->needles;
    filter.clauses = &task.source->clauses;
    filter.fields = task.source->fields.get();
    filter.keep_pages = tasks_.size() <= kKeptGranules * 4;
    ScanPiece piece;
    if (MayHaveLabels(*task.source->part, query_.fields.names)) {
      PHAROS_TRY(piece.whole, LoadGranule(task.source->part, task.granule, 0, filter));
      return piece;
    }
    const bool fields = query_.fields.json;
    PHAROS_TRY(piece.rows, SelectRows(task.source->part, task.granule, filter, fields));
    if (!fields || piece.rows->selected.empty()) return piece;
    PHAROS_TRY_VOID(TakeOutUnknown(task, filter, piece));
    piece.values.resize(query_.fields.names.size());
    GranuleRows& rows = *piece.rows;
    for (size_t name = 0; name < piece.values.size(); ++name) {
      auto read = ReadField(*rows.bodies, *task.source->fields, name, rows.times, rows.selected,
                            piece.arena, &piece.values[name]);
      if (!read) {
        return base::Wrap(std::move(read).error(), "part " + task.source->part->entry().path);
      }
    }
    return piece;
  }

  /// Rows whose fields columns do not tell are given whole.
  Result<void> TakeOutUnknown(const ScanTask& task, const RowFilter& filter,
                              ScanPiece& piece) const {
    GranuleRows& rows = *piece.rows;
    std::vector<uint32_t> unknown;
    std::erase_if(rows.selected, [&](uint32_t row) {
      const bool known = !rows.bodies->shapes_here().empty() && rows.bodies->IsLine(row) &&
                         task.source->fields->of(rows.bodies->ShapeOf(row)).known;
      if (!known) unknown.push_back(row);
      return !known;
    });
    if (unknown.empty()) return {};
    PHAROS_TRY(piece.whole,
               LoadRows(task.source->part, task.granule, 0, filter, std::move(unknown)));
    return {};
  }

  /// What tasks_[first…] gave.
  Result<void> Give(size_t first, std::vector<Result<ScanPiece>>& pieces) {
    for (size_t i = 0; i < pieces.size(); ++i) {
      if (!pieces[i]) return std::unexpected(std::move(pieces[i]).error());
      ScanPiece piece = *std::move(pieces[i]);
      if (piece.whole) {
        for (const LoadedRow& row : piece.whole->rows) {
          PHAROS_TRY_VOID(sink_.Whole(*row.stream, row.event));
        }
      }
      if (piece.rows) {
        PHAROS_TRY_VOID(GiveRows(*tasks_[first + i].source->part, *piece.rows, piece.values));
      }
    }
    return {};
  }

  /// Cut into runs of one stream.
  Result<void> GiveRows(const Part& part, const GranuleRows& rows,
                        std::vector<std::vector<std::string_view>>& values) {
    size_t begin = 0;
    const std::vector<uint32_t>& selected = rows.selected;
    while (begin < selected.size()) {
      const uint32_t stream = rows.streams[selected[begin]];
      size_t end = begin;
      times_.clear();
      while (end < selected.size() && rows.streams[selected[end]] == stream) {
        times_.push_back(rows.times[selected[end++]]);
      }
      const model::Labels& labels = part.streams()[stream].labels;
      if (begin == 0 && end == selected.size()) return sink_.Rows(labels, times_, values);
      std::vector<std::vector<std::string_view>> of_run;
      for (const auto& column : values) {
        of_run.emplace_back(column.begin() + static_cast<ptrdiff_t>(begin),
                            column.begin() + static_cast<ptrdiff_t>(end));
      }
      PHAROS_TRY_VOID(sink_.Rows(labels, times_, of_run));
      begin = end;
    }
    return {};
  }

  const store::EventQuery& query_;
  const CompiledPredicate& predicate_;
  store::ScanSink& sink_;
  std::vector<ScanTask> tasks_;
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
  const std::vector<Interval> overlaps = Overlaps(sources);
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
