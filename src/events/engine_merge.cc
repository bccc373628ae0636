// Merge of small parts, and the watch over the disk.
#include <algorithm>

#include "base/log.h"
#include "events/dates.h"
#include "events/engine.h"
#include "events/part_builder.h"
#include "events/splice.h"

namespace pharos::events {

using base::ErrorKind;
using base::Result;

namespace {

constexpr size_t kMaxMergeParts = 32;  // open granules at once

}  // namespace

std::pair<size_t, size_t> PickMerge(const std::vector<uint64_t>& rows, uint64_t max_rows,
                                    size_t fan_in, bool final) {
  std::pair<size_t, size_t> best{0, 0};
  for (size_t first = 0; first < rows.size(); ++first) {
    uint64_t sum = 0, largest = 0;
    for (size_t last = first; last < rows.size() && last - first < kMaxMergeParts; ++last) {
      sum += rows[last];
      largest = std::max(largest, rows[last]);
      if (sum > max_rows) break;
      const size_t count = last - first + 1;
      const bool worth = final ? count >= 2 : count >= fan_in && largest * 2 <= sum;
      if (worth && count > best.second - best.first) best = {first, last + 1};
    }
  }
  return best;
}

Result<bool> Engine::MergeOnce(bool final) {
  std::map<std::pair<Key, int64_t>, std::vector<Slot>> days;
  {
    std::lock_guard lock(state_mutex_);
    for (const auto& [key, slots] : parts_) {
      for (const Slot& slot : slots) {
        if (!slot.part || damaged_.contains(slot.entry.id)) continue;
        days[{key, DayOf(slot.entry.min_time)}].push_back(slot);
      }
    }
  }
  bool any = false;
  for (const auto& [day, slots] : days) {
    std::vector<uint64_t> rows;
    for (const Slot& slot : slots) rows.push_back(slot.entry.items);
    // What is final is no smaller than final_part_rows; rewriting more would gain little.
    const uint64_t most = final ? std::min(options_.max_part_rows, 2 * options_.final_part_rows)
                                : options_.max_part_rows;
    const auto [first, last] = PickMerge(rows, most, options_.merge_fan_in, final);
    if (first == last) continue;
    const std::vector<Slot> run(slots.begin() + static_cast<ptrdiff_t>(first),
                                slots.begin() + static_cast<ptrdiff_t>(last));
    const Result<void> merged = Merge(day.first, run);
    if (!merged && merged.error().kind != ErrorKind::kCorrupt)
      return std::unexpected(merged.error());
    if (!merged) NoteDamaged(run);
    any = true;
    if (!final) return true;
  }
  return any;
}

Result<void> Engine::Merge(const Key& key, const std::vector<Slot>& run) {
  PartPlan plan{key.first, key.second, DayOf(run.front().entry.min_time),
                run.front().part->meta().min_sequence, options_.zstd_level};
  io::ManifestEdit edit;
  std::vector<std::shared_ptr<const Part>> parts;
  for (const Slot& slot : run) {
    parts.push_back(slot.part);
    plan.min_sequence = std::min(plan.min_sequence, slot.part->meta().min_sequence);
    edit.drop.push_back(slot.entry.id);
  }
  auto written = Join(plan, std::move(parts), edit);
  if (!written) return base::Wrap(std::move(written).error(), "merging events");
  std::shared_ptr<const Part> part = *std::move(written);
  PHAROS_CHECK(part != nullptr, "a merge of parts with rows has none");
  const io::PartEntry entry = part->entry();
  ReplaceSlots(key, edit.drop, {entry, std::move(part), {}});
  for (const Slot& slot : run) RemoveDirectory(slot.entry);
  return {};
}

Result<std::shared_ptr<Part>> Engine::Join(const PartPlan& plan,
                                           std::vector<std::shared_ptr<const Part>> parts,
                                           const io::ManifestEdit& edit) {
  if (AreFull(parts, options_.splice_percent)) {
    PHAROS_TRY(auto spliced, SpliceParts(manifest_, plan, parts, edit, pages_));
    if (spliced) return spliced;
  }
  const auto input = ReadParts(std::move(parts));
  BodyWriter bodies;
  return WritePart(manifest_, plan, *input, edit, pages_, bodies);
}

void Engine::NoteDamaged(const std::vector<Slot>& run) {
  bool found = false;
  for (const Slot& slot : run) {
    const Result<void> verified = slot.part->VerifyContents();
    if (verified) continue;
    found = true;
    damaged_.insert(slot.entry.id);
    base::Log(base::LogLevel::kError, "a part is damaged and is not merged",
              {{"part", slot.entry.path}, {"error", verified.error().message}});
  }
  if (found) return;
  for (const Slot& slot : run) damaged_.insert(slot.entry.id);  // sound pages, wrong contents
}

/// What is not listed any more is removed at the next start at the latest.
void Engine::RemoveDirectory(const io::PartEntry& entry) {
  io::Fs& fs = manifest_.fs();
  const std::string path = manifest_.data_dir() + "/" + entry.path;
  if (auto removed = fs.RemoveAll(path); !removed) {
    base::Log(base::LogLevel::kWarn, "cannot remove a part that is not needed any more",
              {{"part", entry.path}, {"error", removed.error().message}});
    return;
  }
  const std::string day = path.substr(0, path.rfind('/'));
  const auto left = fs.List(day);
  if (left && left->empty()) (void)fs.RemoveAll(day);
}

void Engine::WatchDisk() {
  const auto free = manifest_.fs().FreeBytes(manifest_.data_dir());
  if (!free) return;  // some file systems do not say
  const bool full = *free < options_.min_free_bytes;
  if (full != disk_full_.exchange(full)) {
    base::Log(full ? base::LogLevel::kError : base::LogLevel::kInfo,
              full ? "the disk is nearly full: events are refused" : "events are taken again",
              {{"free_bytes", std::to_string(*free)}});
  }
}

}  // namespace pharos::events
