#include "samples/merge_plan.h"

#include <map>

#include "samples/limits.h"
#include "samples/part_publisher.h"

namespace pharos::samples {
namespace {

/// Neighbours that no broken part separates.
std::vector<PartList> Runs(const PartList& of_day) {
  std::vector<PartList> runs(1);
  for (const auto& part : of_day) {
    if (part->broken()) {
      runs.emplace_back();
    } else {
      runs.back().push_back(part);
    }
  }
  std::erase_if(runs, [](const PartList& run) { return run.size() < 2; });
  return runs;
}

/// kMergeWidth neighbours of one level.
PartList SameLevel(const PartList& run) {
  for (size_t begin = 0; begin < run.size();) {
    size_t end = begin;
    while (end < run.size() && run[end]->info().level == run[begin]->info().level) ++end;
    if (end - begin >= kMergeWidth && run[begin]->info().level < kDayLevel) {
      return {run.begin() + static_cast<long>(begin),
              run.begin() + static_cast<long>(begin + kMergeWidth)};
    }
    begin = end;
  }
  return {};
}

/// All of a day that is over, unless what would be added is a trickle.
PartList WholeDay(const PartList& run) {
  uint64_t largest = 0, total = 0;
  for (const auto& part : run) {
    largest = std::max(largest, part->entry().bytes);
    total += part->entry().bytes;
  }
  return run.size() > kMergeWidth || (total - largest) * 4 >= largest ? run : PartList();
}

}  // namespace

PartList PickMerge(const PartList& parts, int64_t today, MergeMode mode) {
  std::map<int64_t, PartList> days;
  for (const auto& part : parts) days[DayOf(part->entry().min_time)].push_back(part);
  for (const auto& [day, of_day] : days) {
    for (const PartList& run : Runs(of_day)) {
      const bool over = day < today || mode == MergeMode::kQuiet;
      PartList chosen = mode == MergeMode::kFinal ? run : over ? WholeDay(run) : SameLevel(run);
      if (!chosen.empty()) return chosen;
    }
  }
  return {};
}

}  // namespace pharos::samples
