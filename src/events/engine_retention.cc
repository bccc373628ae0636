// What leaves the disk: parts that are too old or too many, streams that are kept shorter than
// others, events that were deleted.
//
// A deletion hides its events from every read at once and goes into a file. When it cannot be taken
// back any more, memory is sealed, each part with such events is written anew without them, and
// only then is the deletion done; a crash on the way begins it again. Events that come later with
// a time that it covers are kept: it was about what there was.
#include <algorithm>

#include "base/log.h"
#include "events/dates.h"
#include "events/engine.h"
#include "events/kept_rows.h"
#include "events/part_builder.h"
#include "store/reserved_streams.h"

namespace pharos::events {

using base::ErrorKind;
using base::Result;
using model::EventKind;

int64_t Engine::RetentionOf(EventKind kind, const model::Labels& stream) const {
  const StreamRetention* best = nullptr;
  for (const StreamRetention& rule : options_.stream_retention) {
    if (rule.kind != kind || (best != nullptr && rule.priority <= best->priority)) continue;
    if (store::MatchesStream(rule.streams, stream)) best = &rule;
  }
  if (best != nullptr) return best->retention_ns;
  return kind == EventKind::kSpan ? options_.span_retention_ns : options_.log_retention_ns;
}

int64_t Engine::LongestRetention(EventKind kind) const {
  int64_t longest =
      kind == EventKind::kSpan ? options_.span_retention_ns : options_.log_retention_ns;
  for (const StreamRetention& rule : options_.stream_retention) {
    if (rule.kind == kind) longest = std::max(longest, rule.retention_ns);
  }
  return longest;
}

std::vector<std::pair<Engine::Key, Engine::Slot>> Engine::AllParts() const {
  std::vector<std::pair<Key, Slot>> out;
  std::lock_guard lock(state_mutex_);
  for (const auto& [key, slots] : parts_) {
    for (const Slot& slot : slots) out.emplace_back(key, slot);
  }
  return out;
}

Result<void> Engine::DropExpired() {
  const int64_t now = clock_.NowNs();
  std::vector<Slot> gone;
  std::map<EventKind, std::vector<Slot>> left;
  for (auto& [key, slot] : AllParts()) {
    const bool old = slot.entry.max_time < now - LongestRetention(key.second);
    (old ? gone : left[key.second]).push_back(std::move(slot));
  }
  for (auto& [kind, slots] : left) {
    const uint64_t most =
        kind == EventKind::kSpan ? options_.span_retention_bytes : options_.log_retention_bytes;
    if (most == 0) continue;
    std::sort(slots.begin(), slots.end(), [](const Slot& a, const Slot& b) {
      return a.entry.max_time > b.entry.max_time;  // the newest first
    });
    uint64_t bytes = 0;
    for (Slot& slot : slots) {
      bytes += slot.entry.bytes;
      if (bytes > most) gone.push_back(std::move(slot));
    }
  }
  return DropParts(gone);
}

Result<void> Engine::DropParts(const std::vector<Slot>& gone) {
  if (gone.empty()) return {};
  io::ManifestEdit edit;
  for (const Slot& slot : gone) edit.drop.push_back(slot.entry.id);
  PHAROS_TRY_VOID(manifest_.Apply(edit));
  {
    std::lock_guard lock(state_mutex_);
    for (auto& [key, slots] : parts_) {
      std::erase_if(slots, [&](const Slot& slot) {
        return std::find(edit.drop.begin(), edit.drop.end(), slot.entry.id) != edit.drop.end();
      });
    }
  }
  common_times_.Forget();
  for (const Slot& slot : gone) RemoveDirectory(slot.entry);
  return {};
}

/// Streams with a retention of their own leave a part when the day of the part is over for them:
/// a part is not written anew for each stream.
Result<void> Engine::DropStreams() {
  if (options_.stream_retention.empty()) return {};
  const int64_t now = clock_.NowNs();
  for (const auto& [key, slot] : AllParts()) {
    if (!slot.part || damaged_.contains(slot.entry.id)) continue;
    std::vector<bool> stay;
    bool any = false;
    const int64_t end = DayEnd(DayOf(slot.entry.max_time));
    for (const PartStream& stream : slot.part->streams()) {
      stay.push_back(end > now - RetentionOf(key.second, stream.labels));
      any = any || !stay.back();
    }
    if (!any) continue;
    RowFilter filter;
    filter.streams = &stay;
    filter.keep = Keep::kNone;
    PHAROS_TRY([[maybe_unused]] const bool rewritten, Rewrite(key, slot, filter));
  }
  return {};
}

/// True when rows of the part did not pass the filter and are gone now.
Result<bool> Engine::Rewrite(const Key& key, const Slot& slot, const RowFilter& filter) {
  auto kept = KeptRows::Of(slot.part, filter);
  if (!kept && kept.error().kind == ErrorKind::kCorrupt) {
    NoteDamaged({slot});
    return false;
  }
  if (!kept) return std::unexpected(std::move(kept).error());
  if (kept->rows == slot.part->meta().rows) return false;
  if (kept->rows == 0) {
    PHAROS_TRY_VOID(DropParts({slot}));
    return true;
  }
  const PartPlan plan{key.first, key.second, DayOf(slot.entry.min_time),
                      slot.part->meta().min_sequence, options_.zstd_level};
  io::ManifestEdit edit;
  edit.drop.push_back(slot.entry.id);
  const auto input = ReadPart(slot.part, *std::move(kept));
  BodyWriter bodies;
  auto written = WritePart(manifest_, plan, *input, edit, pages_, bodies);
  if (!written) return base::Wrap(std::move(written).error(), "deleting events");
  std::shared_ptr<const Part> part = *std::move(written);
  PHAROS_CHECK(part != nullptr, "a part with rows that stay has none");
  const io::PartEntry entry = part->entry();
  ReplaceSlots(key, edit.drop, {entry, std::move(part), {}});
  RemoveDirectory(slot.entry);
  return true;
}

Result<void> Engine::CarryOutDeletions() {
  const DeletionList due = deletions_.Due(clock_.NowNs() - options_.delete_cancel_ns);
  if (due.empty() || clock_.MonotonicNs() < delete_retry_ns_) return {};
  {  // what memory holds must not come into a part later
    std::lock_guard seal(seal_mutex_);
    Rotate();
    PHAROS_TRY_VOID(SealAll());
  }
  DeletionList done = due;
  const auto stays_behind = [&](const Key& key, const Slot& slot) {
    std::erase_if(done, [&](const auto& one) {
      return one->tenant() == key.first && one->request().kind == key.second &&
             one->Overlaps(slot.entry.min_time, slot.entry.max_time);
    });
  };
  for (const auto& [key, slot] : AllParts()) {
    if (!slot.part) {  // not shown as long as it cannot be read
      stays_behind(key, slot);
      continue;
    }
    DeletionList of_key;
    for (const auto& one : due) {
      if (one->tenant() == key.first && one->request().kind == key.second) of_key.push_back(one);
    }
    const auto hidden = HiddenRows::Of(of_key, *slot.part);
    if (!hidden) continue;
    RowFilter filter;
    filter.hidden = hidden.get();
    filter.keep = Keep::kNone;
    PHAROS_TRY([[maybe_unused]] const bool rewritten, Rewrite(key, slot, filter));
    if (damaged_.contains(slot.entry.id)) stays_behind(key, slot);
  }
  if (done.size() < due.size()) delete_retry_ns_ = clock_.MonotonicNs() + kDeleteRetryNs;
  return done.empty() ? Result<void>() : deletions_.Finish(done);
}

Result<std::string> Engine::AddDeletion(std::string_view tenant, store::EventDeletion deletion) {
  return deletions_.Add(tenant, std::move(deletion), clock_.NowNs());
}

std::vector<store::EventDeletion> Engine::Deletions(std::string_view tenant) {
  return deletions_.OfTenant(tenant);
}

Result<void> Engine::CancelDeletion(std::string_view tenant, std::string_view id) {
  return deletions_.Cancel(tenant, id, clock_.NowNs() - options_.delete_cancel_ns);
}

}  // namespace pharos::events
