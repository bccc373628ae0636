#include "events/cursor.h"

#include <algorithm>
#include <optional>

#include "events/duplicates.h"
#include "events/limits.h"
#include "events/scan_workers.h"
#include "events/unit_queue.h"

namespace pharos::events {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using store::EventQuery;

/// Rows of an opened unit that were not given out yet: [begin, end).
struct Opened {
  std::shared_ptr<LoadedRows> rows;
  Unit unit;
  size_t begin = 0;
  size_t end = 0;
  size_t bytes = 0;
};

class MergeCursor final : public store::EventCursor {
 public:
  MergeCursor(const EventQuery& query, CompiledPredicate predicate, std::vector<Source> sources)
      : query_(query),
        backward_(query.direction == store::Direction::kBackward),
        predicate_(std::move(predicate)),
        sources_(std::move(sources)),
        units_(backward_) {}

  void Start(size_t most_rows) {
    most_rows_ = most_rows;
    row_cap_ = query_.limit == 0 ? most_rows : std::min(most_rows, 4 * query_.limit + kCursorPage);
    for (size_t i = 0; i < sources_.size(); ++i) {
      const Part* part = sources_[i].part.get();
      if (part == nullptr) {
        AddUnits(i);
      } else {
        AddUnit({i, Unit::kWholePart, part->entry().min_time, part->entry().max_time});
      }
    }
  }

  const store::Predicate& Residual() const override { return residual_; }

  Result<bool> Next(model::EventBatch* out) override {
    *out = model::EventBatch();
    auto keep = std::make_shared<std::vector<std::shared_ptr<const LoadedRows>>>();
    size_t taken = 0;
    while (taken < page_rows_ && (query_.limit == 0 || given_ < query_.limit)) {
      PHAROS_TRY_VOID(OpenDue());
      if (opened_.empty()) break;
      taken += TakeRun(page_rows_ - taken, out, *keep);
    }
    page_rows_ = std::min(2 * page_rows_, kCursorPage);
    duplicates_.Settle();
    out->keep_alive = std::move(keep);
    return taken > 0;
  }

 private:
  struct LaterOpened {
    const MergeCursor* cursor;
    bool operator()(const Opened& a, const Opened& b) const {
      const LoadedRow& x = cursor->Head(a);
      const LoadedRow& y = cursor->Head(b);
      return cursor->backward_ ? Before(x, y) : Before(y, x);
    }
  };

  const LoadedRow& Head(const Opened& opened) const {
    return backward_ ? opened.rows->rows[opened.end - 1] : opened.rows->rows[opened.begin];
  }

  void AddUnit(Unit unit) {
    if (unit.min_ns > unit.max_ns || unit.max_ns < query_.start_ns ||
        unit.min_ns >= query_.end_ns) {
      return;
    }
    unit.min_ns = std::max(unit.min_ns, query_.start_ns);
    unit.max_ns = std::min(unit.max_ns, query_.end_ns - 1);
    units_.Push(std::move(unit));
  }

  /// The granules of a part, or blocks of a memtable, that may hold rows of the answer.
  void AddUnits(size_t number) {
    const Source& source = sources_[number];
    const auto add = [&](uint32_t unit, int64_t min, int64_t max) {
      AddUnit({number, unit, min, max});
      ++units_added_;
    };
    if (!source.part) {
      for (uint32_t i = 0; i < source.memory.blocks(); ++i) {
        const MemBlock& block = source.memory.table->block(i);
        add(i, block.min_time.load(std::memory_order_relaxed),
            block.max_time.load(std::memory_order_relaxed));
      }
      return;
    }
    std::vector<uint32_t> matching(source.streams.size() + 1);  // how many before each stream
    for (size_t i = 0; i < source.streams.size(); ++i) {
      matching[i + 1] = matching[i] + (source.streams[i] ? 1 : 0);
    }
    const std::vector<GranuleMeta>& granules = source.part->granules();
    for (uint32_t i = 0; i < granules.size(); ++i) {
      if (matching[granules[i].last_stream + 1] == matching[granules[i].first_stream]) continue;
      if (!MayHold(source, predicate_, i)) continue;
      add(i, granules[i].min_time, granules[i].max_time);
    }
  }

  /// True when no unit can hold a row that comes before, or beside, the best one opened.
  bool HeadIsFirst() const {
    if (units_.empty()) return true;
    if (opened_.empty()) return false;
    const int64_t head = Head(opened_.front()).event.time_ns;
    return backward_ ? head > units_.nearest().max_ns : head < units_.nearest().min_ns;
  }

  /// Where many units overlap, fewer rows of each are decoded at a time. Counted again when there
  /// are twice as many units as at the last count, since parts come one by one.
  void ChoosePieceRows() {
    if (units_added_ < 2 * units_counted_) return;
    units_counted_ = units_added_;
    piece_rows_ = std::clamp(most_rows_ / 2 / std::max<size_t>(1, units_.Depth()),
                             kCursorLeastPiece, kCursorPieceRows);
  }

  Result<void> OpenDue() {
    while (true) {
      if (query_.cancelled && query_.cancelled()) {
        return Fail(ErrorKind::kCancelled, "the query was cancelled");
      }
      if (HeadIsFirst()) return {};
      PHAROS_TRY_VOID(OpenSome());
      if (pending_rows_ > row_cap_ || pending_bytes_ > byte_cap_) PHAROS_TRY_VOID(DropFarHalf());
    }
  }

  /// What became of a unit: rows, and what is left of it.
  struct Piece {
    Unit unit;
    Result<std::shared_ptr<LoadedRows>> rows = nullptr;
    std::optional<Unit> left{};
  };

  /// Reads the next units, several at a time as long as they hold next to nothing.
  Result<void> OpenSome() {
    std::vector<Piece> pieces;
    while (pieces.size() < read_ahead_ && !HeadIsFirst() && !units_.empty()) {
      Unit unit = units_.Pop();
      if (unit.number == Unit::kWholePart) {  // only now: a limit may be reached before
        PHAROS_TRY(const bool possible, PrepareSource(query_, predicate_, &sources_[unit.source]));
        if (!possible) continue;
        AddUnits(unit.source);
        if (query_.limit == 0) ChoosePieceRows();
        continue;
      }
      pieces.push_back({std::move(unit)});
    }
    const Keep keep = units_read_ < kKeptGranules ? Keep::kAll : Keep::kSmall;
    ScanWorkers::Process().Run(pieces.size(), [&](size_t i) { Read(keep, pieces[i]); });
    units_read_ += pieces.size();
    size_t rows = 0;
    for (Piece& piece : pieces) {
      if (!piece.rows) return std::unexpected(std::move(piece.rows).error());
      rows += (*piece.rows)->rows.size();
      Take(piece);
    }
    ChooseReadAhead(pieces.size(), rows);
    return {};
  }

  /// After `pieces` gave `rows`: how many to read at once next.
  void ChooseReadAhead(size_t pieces, size_t rows) {
    const bool sparse = predicate_.TestsLine() || !query_.fields.filters.empty();
    if (sparse && rows == 0) {
      read_ahead_ = std::min(2 * read_ahead_, kReadAhead);
    } else if (query_.limit == 0) {
      if (rows > pieces) read_ahead_ = 2;
    } else {  // as many as it will take, by what these held
      const size_t missing = query_.limit - std::min(query_.limit, given_ + pending_rows_);
      read_ahead_ = std::clamp<size_t>(missing * pieces / std::max<size_t>(1, rows), 1,
                                       std::min(2 * read_ahead_, kReadAhead));
    }
  }

  RowFilter FilterOf(const Unit& unit) const {
    const Source& source = sources_[unit.source];
    RowFilter filter;
    filter.start_ns = unit.min_ns;
    filter.end_ns = unit.max_ns + 1;  // max_ns < query_.end_ns
    filter.streams = &source.streams;
    filter.predicate = &predicate_;
    filter.needles = &source.needles;
    filter.clauses = &source.clauses;
    filter.fields = source.fields.get();
    filter.hidden = source.hidden.get();
    return filter;
  }

  /// Several at a time, in several threads.
  void Read(Keep keep, Piece& piece) const {
    const Source& source = sources_[piece.unit.source];
    RowFilter filter = FilterOf(piece.unit);
    filter.keep = keep;
    piece.rows = source.part
                     ? ReadPiece(source, filter, piece)
                     : LoadBlock(source.memory, piece.unit.number, piece.unit.source, filter);
  }

  Result<std::shared_ptr<LoadedRows>> ReadPiece(const Source& source, const RowFilter& filter,
                                                Piece& piece) const {
    Unit& unit = piece.unit;
    if (!unit.granule) {
      PHAROS_TRY(unit.granule, OpenGranule::Open(source.part, unit.number, unit.source, filter));
    }
    OpenGranule& granule = *unit.granule;
    if (granule.AtEnd()) {
      unit.granule.reset();
      return std::make_shared<LoadedRows>();
    }
    PHAROS_TRY(auto rows, granule.Next(Nearest(unit), backward_));
    if (!granule.AtEnd()) {
      piece.left = unit;
      ++piece.left->opened;
      const int64_t next = granule.next_time(backward_);
      (backward_ ? piece.left->max_ns : piece.left->min_ns) = next;
      if (backward_) {
        unit.min_ns = next + 1;
      } else {
        unit.max_ns = next - 1;
      }
    }
    unit.granule.reset();
    return rows;
  }

  void Take(Piece& piece) {
    if (piece.left) {
      const size_t bytes = piece.left->granule->Bytes();
      // A query with a limit seldom comes back to a granule, and then for a few rows more.
      const bool again = query_.limit == 0 || piece.left->opened > 1;
      if (!again || units_.open_bytes() + bytes > kOpenGranuleBytes) piece.left->granule.reset();
      units_.Push(*std::move(piece.left));
    }
    std::shared_ptr<LoadedRows>& rows = *piece.rows;
    if (rows->rows.empty()) return;
    const size_t count = rows->rows.size();
    const size_t bytes = rows->Bytes();
    pending_rows_ += count;
    pending_bytes_ += bytes;
    opened_.push_back({std::move(rows), std::move(piece.unit), 0, count, bytes});
    std::push_heap(opened_.begin(), opened_.end(), LaterOpened{this});
  }

  /// How many rows to take of a unit at a time: where many units overlap, few of each are
  /// needed; one that is asked again gives more.
  size_t Nearest(const Unit& unit) const {
    if (predicate_.TestsEvent()) return kGranuleRows;  // the rest page is all that is read
    if (query_.limit == 0) return piece_rows_;
    const size_t wanted = query_.limit - given_;
    const size_t share = wanted / std::max<size_t>(1, units_added_);
    return std::min(wanted + 16, (share + 8) << std::min<uint32_t>(unit.opened, 16));
  }

  /// Too much is held at once: gives the rows of the farther half back to their units, which
  /// are opened again when their time comes.
  Result<void> DropFarHalf() {
    std::vector<int64_t> times;
    for (const Opened& opened : opened_) {
      for (size_t i = opened.begin; i < opened.end; ++i) {
        times.push_back(opened.rows->rows[i].event.time_ns);
      }
    }
    const auto half = times.begin() + static_cast<ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), half, times.end());
    const int64_t first = backward_ ? *std::max_element(times.begin(), times.end())
                                    : *std::min_element(times.begin(), times.end());
    int64_t last_kept = *half;
    if (last_kept != first) last_kept += backward_ ? 1 : -1;
    for (Opened& opened : opened_) CutBeyond(last_kept, opened);
    std::erase_if(opened_, [&](const Opened& o) {
      if (o.begin < o.end) return false;
      pending_bytes_ -= o.bytes;
      return true;
    });
    std::make_heap(opened_.begin(), opened_.end(), LaterOpened{this});
    if (pending_rows_ > kMaxEventsAtOneTime || pending_bytes_ > 8 * kCursorBytes) {
      return Fail(ErrorKind::kLimit,
                  "the query holds too many events of the same time in memory; select fewer "
                  "streams or a narrower filter");
    }
    // What could not be given back must not be tried again at once.
    row_cap_ = std::max(row_cap_, 2 * pending_rows_);
    byte_cap_ = std::max(byte_cap_, 2 * pending_bytes_);
    return {};
  }

  void CutBeyond(int64_t last_kept, Opened& opened) {
    const auto& rows = opened.rows->rows;
    const size_t before = opened.end - opened.begin;
    if (backward_) {
      while (opened.begin < opened.end && rows[opened.begin].event.time_ns < last_kept) {
        ++opened.begin;
      }
    } else {
      while (opened.begin < opened.end && rows[opened.end - 1].event.time_ns > last_kept) {
        --opened.end;
      }
    }
    const size_t dropped = before - (opened.end - opened.begin);
    if (dropped == 0) return;
    pending_rows_ -= dropped;
    Unit left = opened.unit;
    if (backward_) {
      left.max_ns = last_kept - 1;
      opened.unit.min_ns = last_kept;
    } else {
      left.min_ns = last_kept + 1;
      opened.unit.max_ns = last_kept;
    }
    units_.Push(std::move(left));
  }

  /// Gives out the first row and those after it of the same unit that come before every other.
  size_t TakeRun(size_t most, model::EventBatch* out,
                 std::vector<std::shared_ptr<const LoadedRows>>& keep) {
    std::pop_heap(opened_.begin(), opened_.end(), LaterOpened{this});
    Opened opened = std::move(opened_.back());
    opened_.pop_back();
    if (keep.empty() || keep.back() != opened.rows) keep.push_back(opened.rows);
    size_t taken = 0;
    while (opened.begin < opened.end && taken < most) {
      const LoadedRow& row = Head(opened);
      if (!IsNext(row)) break;
      backward_ ? --opened.end : ++opened.begin;
      --pending_rows_;
      if (query_.limit != 0 && given_ == query_.limit) break;
      if (Give(row, out)) ++taken;
    }
    if (opened.begin < opened.end) {
      opened_.push_back(std::move(opened));
      std::push_heap(opened_.begin(), opened_.end(), LaterOpened{this});
    } else {
      pending_bytes_ -= opened.bytes;
    }
    return taken;
  }

  bool IsNext(const LoadedRow& row) const {
    if (!units_.empty()) {
      const int64_t time = row.event.time_ns;
      if (backward_ ? time <= units_.nearest().max_ns : time >= units_.nearest().min_ns)
        return false;
    }
    if (opened_.empty()) return true;
    const LoadedRow& other = Head(opened_.front());
    return backward_ ? !Before(row, other) : !Before(other, row);
  }

  bool Give(const LoadedRow& row, model::EventBatch* out) {
    const bool same_stream = any_ && (row.stream == last_stream_ || *row.stream == last_labels_);
    if (!same_stream) last_labels_ = *row.stream;
    last_stream_ = row.stream;
    any_ = true;
    if (duplicates_.Seen(row.event, same_stream)) return false;
    if (!same_stream || out->streams.empty()) out->streams.push_back({*row.stream, {}});
    out->streams.back().events.push_back(row.event);
    ++given_;
    return true;
  }

  const EventQuery query_;
  const bool backward_;
  const CompiledPredicate predicate_;
  std::vector<Source> sources_;
  const store::Predicate residual_;
  UnitQueue units_;
  std::vector<Opened> opened_;  // a heap, nearest first
  size_t page_rows_ = kCursorFirstPage;
  size_t units_added_ = 0;
  size_t units_counted_ = 0;
  size_t most_rows_ = 0;
  size_t units_read_ = 0;
  size_t read_ahead_ = 1;
  size_t piece_rows_ = kCursorPieceRows;
  size_t pending_rows_ = 0;
  size_t pending_bytes_ = 0;
  size_t row_cap_ = 0;
  size_t byte_cap_ = kCursorBytes;
  size_t given_ = 0;
  DuplicateFilter duplicates_;
  bool any_ = false;
  const model::Labels* last_stream_ = nullptr;  // lives in one of sources_
  model::Labels last_labels_;
};

}  // namespace

Result<std::unique_ptr<store::EventCursor>> MakeCursor(const EventQuery& query,
                                                       std::vector<Source> sources,
                                                       size_t most_rows) {
  PHAROS_TRY(CompiledPredicate predicate, CompiledPredicate::Make(query.predicate));
  std::stable_sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) {
    return a.min_sequence < b.min_sequence;
  });
  auto cursor = std::make_unique<MergeCursor>(query, std::move(predicate), std::move(sources));
  cursor->Start(most_rows);
  return cursor;
}

}  // namespace pharos::events
