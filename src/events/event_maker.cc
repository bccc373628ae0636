#include "events/event_maker.h"

#include <string>

namespace pharos::events {

using base::ErrorKind;
using base::Fail;
using base::Result;

std::unexpected<base::Error> EventMaker::Corrupt(const char* what) const {
  return Fail(ErrorKind::kCorrupt, "part " + part_.entry().path + ": " + what);
}

Result<void> EventMaker::Make(const Pages& pages, const RowFilter& filter,
                              const std::vector<uint32_t>& rows, LoadedRows& out) {
  const GranuleMeta& meta = part_.granules()[granule_];
  out.pages.push_back(pages.rest);
  std::vector<model::Event> events(rows.size());
  std::vector<int64_t> origins(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    events[i].kind = part_.meta().kind;
    events[i].time_ns = pages.keys.times[rows[i]];
  }
  auto decoded = DecodeGranuleRest(*pages.rest, meta, rows, out.arena, events, origins);
  if (!decoded) return base::Wrap(std::move(decoded).error(), "part " + part_.entry().path);
  out.rows.reserve(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const uint32_t row = rows[i];
    if (filter.bodies && !pages.bodies->Get(row, out.arena, &events[i].body)) {
      return Corrupt("a body is damaged");
    }
    if (meta.max_trace != 0) PHAROS_TRY_VOID(FillIds(pages.ids.Of(row), &events[i]));
    PHAROS_TRY_VOID(FillOrigin(origins[i], out, &events[i]));
    if (filter.predicate != nullptr && !filter.predicate->TestEvent(events[i])) continue;
    const uint32_t stream = pages.keys.streams[row];
    const uint64_t order = uint64_t{granule_} * kGranuleRows + row;
    out.rows.push_back({events[i], &part_.streams()[stream].labels, stream, rank_ << 32 | order});
  }
  return {};
}

Result<void> EventMaker::FillIds(const TraceRef& ref, model::Event* event) {
  if (ref.trace == 0) return {};
  if (!traces_ || ref.trace < traces_first_ ||
      ref.trace >= traces_first_ + static_cast<int64_t>(traces_->ids.size())) {
    PHAROS_TRY(traces_, part_.Traces(ref.trace, &traces_first_));
  }
  const auto at = static_cast<size_t>(ref.trace - traces_first_);
  if (at >= traces_->ids.size()) return Corrupt("a row names an id that is not there");
  event->trace_id = traces_->ids[at];
  PHAROS_TRY(event->span_id, SpanIdOf(at, ref.span));
  if (event->span != nullptr) {
    // The reader of the rest page made this span in our own arena.
    auto* span = const_cast<model::SpanPart*>(event->span);
    PHAROS_TRY(span->parent_id, SpanIdOf(at, ref.parent));
  }
  return {};
}

Result<model::SpanId> EventMaker::SpanIdOf(size_t trace, int64_t number) const {
  if (number == 0) return model::SpanId{};
  const uint32_t first = traces_->first_span[trace];
  if (number < 0 || static_cast<uint64_t>(number) > traces_->first_span[trace + 1] - first) {
    return Corrupt("a row names an id that is not there");
  }
  return traces_->spans[first + static_cast<size_t>(number) - 1];
}

Result<void> EventMaker::FillOrigin(int64_t number, LoadedRows& out, model::Event* event) {
  if (number == 0) return {};
  if (!origins_ || number < origins_first_ ||
      number >= origins_first_ + static_cast<int64_t>(origins_->origins.size())) {
    PHAROS_TRY(origins_, part_.Origins(number, &origins_first_));
  }
  if (out.keep.empty() || out.keep.back() != origins_) out.keep.push_back(origins_);
  const auto at = static_cast<size_t>(number - origins_first_);
  if (at >= origins_->origins.size()) return Corrupt("a row names an origin that is not there");
  event->origin = origins_->origins[at];
  return {};
}

void EventMaker::Compact(LoadedRows& out) {
  base::Arena arena(1024);
  for (LoadedRow& row : out.rows) {
    const model::Origin* origin = row.event.origin;
    row.event.origin = nullptr;  // its page is kept as it is
    row.event = model::CopyEvent(row.event, arena);
    row.event.origin = origin;
  }
  if (out.rows.empty()) out.keep.clear();
  out.arena = std::move(arena);
  out.pages.clear();
}

}  // namespace pharos::events
