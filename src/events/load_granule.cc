// A granule of a part, for a reader: streams and times, then ids or lines, then the rest of
// the rows that are left.
#include <algorithm>

#include "events/loaded_rows.h"

namespace pharos::events {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

class GranuleLoader {
 public:
  GranuleLoader(const std::shared_ptr<const Part>& part, uint32_t granule, uint64_t rank,
                const RowFilter& filter)
      : part_(part),
        granule_(granule),
        rank_(rank),
        filter_(filter),
        meta_(part->granules()[granule]),
        out_(std::make_shared<LoadedRows>()) {}

  Result<std::shared_ptr<LoadedRows>> Load() {
    PHAROS_TRY_VOID(SelectByKey());
    if (!selected_.empty()) PHAROS_TRY_VOID(SelectByTrace());
    if (!selected_.empty() && TestsLine()) PHAROS_TRY_VOID(SelectByLine());
    if (!selected_.empty() && filter_.fields != nullptr) PHAROS_TRY_VOID(SelectByFields());
    if (!selected_.empty()) KeepNearest();
    return Finish();
  }

  /// All but the events.
  Result<std::unique_ptr<GranuleRows>> Select(bool needs_bodies) {
    PHAROS_TRY_VOID(SelectByKey());
    if (!selected_.empty() && TestsLine()) PHAROS_TRY_VOID(SelectByLine());
    if (!selected_.empty() && filter_.fields != nullptr) PHAROS_TRY_VOID(SelectByFields());
    if (!selected_.empty() && needs_bodies) PHAROS_TRY_VOID(ReadBodies());
    auto out = std::make_unique<GranuleRows>();
    if (bodies_) bodies_->SetTimes(&out->times);
    out->times = std::move(keys_.times);
    out->streams = std::move(keys_.streams);
    out->selected = std::move(selected_);
    out->bodies = std::move(bodies_);
    return out;
  }

  Result<std::shared_ptr<LoadedRows>> LoadThese(std::vector<uint32_t> rows) {
    PHAROS_TRY_VOID(ReadKeys());
    selected_ = std::move(rows);
    return Finish();
  }

 private:
  Result<std::shared_ptr<LoadedRows>> Finish() {
    if (!selected_.empty()) PHAROS_TRY_VOID(Materialise());
    if (out_->rows.size() * 4 < meta_.rows) Compact();
    if (!out_->rows.empty()) out_->keep.push_back(part_);
    std::sort(out_->rows.begin(), out_->rows.end(), Before);
    return out_;
  }

  bool TestsLine() const { return filter_.predicate != nullptr && filter_.predicate->TestsLine(); }

  /// The page's bytes, kept with the rows. Views into it stay valid while `out_` lives.
  Result<std::string_view> Page(std::string_view section) {
    PHAROS_TRY(PageBytes bytes, part_->SharedPage(section, granule_, filter_.keep_pages));
    out_->pages.push_back(std::move(bytes));
    return std::string_view(*out_->pages.back());
  }

  std::unexpected<base::Error> Named(base::Error error) const {
    return base::Wrap(std::move(error), "part " + part_->entry().path);
  }

  Result<void> ReadKeys() {
    PHAROS_TRY(const PageBytes page, part_->SharedPage("key", granule_, filter_.keep_pages));
    auto keys = GranuleKeys::Decode(*page, meta_);
    if (!keys) return Named(std::move(keys).error());
    keys_ = *std::move(keys);
    return {};
  }

  Result<void> SelectByFields() {
    PHAROS_TRY_VOID(ReadBodies());
    auto kept = KeepPassing(*bodies_, *filter_.fields, keys_.times, &selected_);
    if (!kept) return Named(std::move(kept).error());
    return {};
  }

  Result<void> SelectByKey() {
    PHAROS_TRY_VOID(ReadKeys());
    for (uint32_t i = 0; i < meta_.rows; ++i) {
      if (keys_.times[i] < filter_.start_ns || keys_.times[i] >= filter_.end_ns) continue;
      if (filter_.streams != nullptr && !(*filter_.streams)[keys_.streams[i]]) continue;
      selected_.push_back(i);
    }
    return {};
  }

  Result<void> SelectByTrace() {
    if (filter_.trace_id == nullptr) return {};
    if (meta_.max_trace == 0) {
      selected_.clear();
      return {};
    }
    PHAROS_TRY_VOID(ReadIds());
    std::erase_if(selected_, [&](uint32_t i) { return ids_[i].trace != filter_.trace_number; });
    return {};
  }

  Result<void> ReadIds() {
    if (!ids_.empty()) return {};
    if (meta_.max_trace == 0) return {};
    PHAROS_TRY(const PageBytes page, part_->SharedPage("ids", granule_, filter_.keep_pages));
    auto ids = DecodeGranuleIds(*page, meta_.rows);
    if (!ids) return Named(std::move(ids).error());
    ids_ = *std::move(ids);
    return {};
  }

  Result<void> ReadBodies() {
    if (bodies_) return {};
    auto bodies =
        GranuleBodies::Open(*part_, granule_, meta_.rows, &keys_.times, filter_.keep_pages);
    if (!bodies) return Named(std::move(bodies).error());
    bodies_ = *std::move(bodies);
    return {};
  }

  /// Lines against substrings by what shapes and columns say, then, where the predicate has
  /// more to it, each line that is left.
  Result<void> SelectByLine() {
    PHAROS_TRY_VOID(ReadBodies());
    const CompiledPredicate& predicate = *filter_.predicate;
    if (!bodies_->AllLines()) return SelectEachLine();
    const auto& substrings = predicate.substrings();
    for (size_t i = 0; i < substrings.size() && !selected_.empty(); ++i) {
      PHAROS_TRY(const auto needle, NeedleOf(i));
      auto kept = KeepMatching(*bodies_, *needle, substrings[i].negated, keys_.times, &selected_);
      if (!kept) return Named(std::move(kept).error());
    }
    if (predicate.substrings_are_all() || selected_.empty()) return {};
    return SelectEachLine();
  }

  Result<std::shared_ptr<const Needle>> NeedleOf(size_t i) {
    if (filter_.needles != nullptr) return (*filter_.needles)[i];
    return Needle::Make(*part_, filter_.predicate->substrings()[i].text);
  }

  Result<void> SelectEachLine() {
    auto opened = bodies_->OpenFor(selected_);
    if (!opened) return Named(std::move(opened).error());
    bool readable = true;
    std::string line;
    std::erase_if(selected_, [&](uint32_t i) {
      line.clear();
      if (bodies_->IsLine(i)) {
        bodies_->Append(i, line);
        return !filter_.predicate->TestLine(line);
      }
      base::Arena arena;
      model::Value body;
      readable = bodies_->Get(i, arena, &body) && readable;
      return !filter_.predicate->TestLine(model::ValueToString(body));
    });
    if (!readable) {
      return Fail(ErrorKind::kCorrupt, "part " + part_->entry().path + ": a body is damaged");
    }
    return {};
  }

  /// Leaves out rows that a query with a limit will not reach, whole nanoseconds at a time.
  /// Not where tests are still to come: the rest would be decoded again and again.
  void KeepNearest() {
    if (filter_.nearest == 0 || selected_.size() <= filter_.nearest) return;
    if (filter_.predicate != nullptr && filter_.predicate->TestsEvent()) return;
    std::vector<int64_t> times;
    for (const uint32_t i : selected_) times.push_back(keys_.times[i]);
    const auto nth = times.begin() + static_cast<ptrdiff_t>(filter_.nearest - 1);
    if (filter_.backward) {
      std::nth_element(times.begin(), nth, times.end(), std::greater<>());
      out_->cut_ns = *nth;
      std::erase_if(selected_, [&](uint32_t i) { return keys_.times[i] < out_->cut_ns; });
    } else {
      std::nth_element(times.begin(), nth, times.end());
      out_->cut_ns = *nth + 1;  // below end_ns, so this cannot overflow
      std::erase_if(selected_, [&](uint32_t i) { return keys_.times[i] >= out_->cut_ns; });
    }
    out_->cut = selected_.size() < times.size();
  }

  Result<void> Materialise() {
    if (filter_.bodies) {
      PHAROS_TRY_VOID(ReadBodies());
      if (auto opened = bodies_->OpenFor(selected_); !opened) {
        return Named(std::move(opened).error());
      }
    }
    PHAROS_TRY_VOID(ReadIds());
    PHAROS_TRY(const std::string_view rest, Page("rest"));
    std::vector<model::Event> events(selected_.size());
    std::vector<int64_t> origins(selected_.size());
    for (size_t i = 0; i < selected_.size(); ++i) {
      events[i].kind = part_->meta().kind;
      events[i].time_ns = keys_.times[selected_[i]];
    }
    auto decoded = DecodeGranuleRest(rest, meta_.rows, selected_, out_->arena, events, origins);
    if (!decoded) return Named(std::move(decoded).error());
    for (size_t i = 0; i < selected_.size(); ++i) {
      const uint32_t row = selected_[i];
      if (filter_.bodies && !bodies_->Get(row, out_->arena, &events[i].body)) {
        return Fail(ErrorKind::kCorrupt, "part " + part_->entry().path + ": a body is damaged");
      }
      if (meta_.max_trace != 0) PHAROS_TRY_VOID(FillIds(ids_[row], &events[i]));
      PHAROS_TRY_VOID(FillOrigin(origins[i], &events[i]));
      if (filter_.predicate != nullptr && !filter_.predicate->TestEvent(events[i])) continue;
      const uint32_t stream = keys_.streams[row];
      out_->rows.push_back(
          {events[i], &part_->streams()[stream].labels, stream, rank_ << 32 | OrderOf(row)});
    }
    return {};
  }

  uint64_t OrderOf(uint32_t row) const { return uint64_t{granule_} * kGranuleRows + row; }

  Result<void> FillIds(const TraceRef& ref, model::Event* event) {
    if (ref.trace == 0) return {};
    if (!traces_ || ref.trace < traces_first_ ||
        ref.trace >= traces_first_ + static_cast<int64_t>(traces_->ids.size())) {
      PHAROS_TRY(traces_, part_->Traces(ref.trace, &traces_first_));
    }
    const auto at = static_cast<size_t>(ref.trace - traces_first_);
    if (at >= traces_->ids.size()) return BadIds();
    event->trace_id = traces_->ids[at];
    PHAROS_TRY(event->span_id, SpanIdOf(at, ref.span));
    if (event->span != nullptr) {
      // The reader of the rest page made this span in our own arena.
      auto* span = const_cast<model::SpanPart*>(event->span);
      PHAROS_TRY(span->parent_id, SpanIdOf(at, ref.parent));
    }
    return {};
  }

  Result<model::SpanId> SpanIdOf(size_t trace, int64_t number) const {
    if (number == 0) return model::SpanId{};
    const uint32_t first = traces_->first_span[trace];
    if (number < 0 || static_cast<uint64_t>(number) > traces_->first_span[trace + 1] - first) {
      return BadIds();
    }
    return traces_->spans[first + static_cast<size_t>(number) - 1];
  }

  std::unexpected<base::Error> BadIds() const {
    return Fail(ErrorKind::kCorrupt,
                "part " + part_->entry().path + ": a row names an id that is not there");
  }

  Result<void> FillOrigin(int64_t number, model::Event* event) {
    if (number == 0) return {};
    if (!origins_ || number < origins_first_ ||
        number >= origins_first_ + static_cast<int64_t>(origins_->origins.size())) {
      PHAROS_TRY(origins_, part_->Origins(number, &origins_first_));
      out_->keep.push_back(origins_);
    }
    const auto at = static_cast<size_t>(number - origins_first_);
    if (at >= origins_->origins.size()) {
      return Fail(ErrorKind::kCorrupt,
                  "part " + part_->entry().path + ": a row names an origin that is not there");
    }
    event->origin = origins_->origins[at];
    return {};
  }

  /// A few rows are copied, so that they do not hold the pages of all.
  void Compact() {
    base::Arena arena(1024);
    for (LoadedRow& row : out_->rows) {
      const model::Origin* origin = row.event.origin;
      row.event.origin = nullptr;  // its page is kept as it is
      row.event = model::CopyEvent(row.event, arena);
      row.event.origin = origin;
    }
    if (out_->rows.empty()) out_->keep.clear();
    out_->arena = std::move(arena);
    out_->pages.clear();
  }

  const std::shared_ptr<const Part>& part_;
  const uint32_t granule_;
  const uint64_t rank_;
  const RowFilter& filter_;
  const GranuleMeta& meta_;
  std::shared_ptr<LoadedRows> out_;
  GranuleKeys keys_;
  std::vector<uint32_t> selected_;  // rows that passed so far
  std::vector<TraceRef> ids_;
  std::unique_ptr<GranuleBodies> bodies_;
  std::shared_ptr<const TracePage> traces_;
  int64_t traces_first_ = 0;
  std::shared_ptr<const OriginPage> origins_;
  int64_t origins_first_ = 0;
};

}  // namespace

Result<std::shared_ptr<LoadedRows>> LoadGranule(const std::shared_ptr<const Part>& part,
                                                uint32_t granule, uint64_t rank,
                                                const RowFilter& filter) {
  return GranuleLoader(part, granule, rank, filter).Load();
}

Result<std::unique_ptr<GranuleRows>> SelectRows(const std::shared_ptr<const Part>& part,
                                                uint32_t granule, const RowFilter& filter,
                                                bool needs_bodies) {
  return GranuleLoader(part, granule, 0, filter).Select(needs_bodies);
}

Result<std::shared_ptr<LoadedRows>> LoadRows(const std::shared_ptr<const Part>& part,
                                             uint32_t granule, uint64_t rank,
                                             const RowFilter& filter, std::vector<uint32_t> rows) {
  return GranuleLoader(part, granule, rank, filter).LoadThese(std::move(rows));
}

}  // namespace pharos::events
