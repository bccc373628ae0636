#include "samples/merge_plan.h"

#include <algorithm>
#include <map>
#include <span>

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

/// How many of these neighbours of one level are worth a merge, 0 for none: kMergeWidth, and of
/// parts with few samples a series so many that its blocks become full, since what is not full is
/// encoded anew in the next merge.
size_t WorthMerging(std::span<const std::shared_ptr<Part>> neighbours) {
  uint64_t samples = 0, series = 1;
  for (size_t i = 0; i < neighbours.size(); ++i) {
    samples += neighbours[i]->info().samples;
    series = std::max(series, neighbours[i]->info().series);
    const bool full = samples >= series * kFullBlock;
    if (i + 1 >= (full ? kMergeWidth : kMergeMostWidth)) return i + 1;
  }
  return 0;
}

/// Neighbours of one level.
PartList SameLevel(const PartList& run) {
  for (size_t begin = 0; begin < run.size();) {
    size_t end = begin;
    while (end < run.size() && run[end]->info().level == run[begin]->info().level) ++end;
    const std::span neighbours(run.data() + begin, end - begin);
    const size_t count = WorthMerging(neighbours);
    if (count > 0 && run[begin]->info().level < kDayLevel)
      return {neighbours.begin(), neighbours.begin() + static_cast<long>(count)};
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
