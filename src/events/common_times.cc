#include "events/common_times.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "events/granule.h"

namespace pharos::events {
namespace {

using base::Result;

/// Reads the times of one stream of a part after the other, streams rising.
class StreamTimes {
 public:
  StreamTimes(const Part& part, Keep keep) : part_(part), keep_(keep) {
    const std::vector<uint32_t>& firsts = part.meta().run_first;
    for (size_t i = 0; i < firsts.size(); ++i) {
      const size_t end = i + 1 < firsts.size() ? firsts[i + 1] : part.granules().size();
      runs_.push_back({firsts[i], static_cast<uint32_t>(end), {}, {}});
    }
  }

  /// Those in [min, max], rising.
  Result<void> Read(uint32_t stream, int64_t min, int64_t max, std::vector<int64_t>* out) {
    out->clear();
    for (Run& run : runs_) PHAROS_TRY_VOID(ReadRun(run, stream, min, max, out));
    if (runs_.size() > 1) std::sort(out->begin(), out->end());
    return {};
  }

 private:
  /// Granules of rising streams.
  struct Run {
    uint32_t first = 0;  // the ones before have streams that were read
    uint32_t end = 0;
    std::optional<uint32_t> open;
    GranuleKeys keys;
  };

  Result<void> ReadRun(Run& run, uint32_t stream, int64_t min, int64_t max,
                       std::vector<int64_t>* out) {
    const std::vector<GranuleMeta>& granules = part_.granules();
    while (run.first < run.end && granules[run.first].last_stream < stream) ++run.first;
    for (uint32_t i = run.first; i < run.end && granules[i].first_stream <= stream; ++i) {
      if (granules[i].max_time < min || granules[i].min_time > max) continue;
      PHAROS_TRY_VOID(Open(run, i));
      const std::vector<uint32_t>& streams = run.keys.streams;
      const auto [begin, end] = std::equal_range(streams.begin(), streams.end(), stream);
      for (auto at = begin; at != end; ++at) {
        const int64_t time = run.keys.times[static_cast<size_t>(at - streams.begin())];
        if (time >= min && time <= max) out->push_back(time);
      }
    }
    return {};
  }

  Result<void> Open(Run& run, uint32_t granule) {
    if (run.open == granule) return {};
    PHAROS_TRY(const PageBytes page, part_.SharedPage("key", granule, keep_));
    auto keys = GranuleKeys::Decode(*page, part_.granules()[granule]);
    if (!keys) return base::Wrap(std::move(keys).error(), "part " + part_.entry().path);
    run.keys = *std::move(keys);
    run.open = granule;
    return {};
  }

  const Part& part_;
  const Keep keep_;
  std::vector<Run> runs_;
};

}  // namespace

Result<std::vector<int64_t>> FindCommonTimes(const Part& a, const Part& b, Keep keep) {
  std::vector<int64_t> out, of_a, of_b;
  if (a.entry().max_time < b.entry().min_time || b.entry().max_time < a.entry().min_time) {
    return out;
  }
  StreamTimes read_a(a, keep), read_b(b, keep);
  for (size_t i = 0, j = 0; i < a.streams().size() && j < b.streams().size();) {
    const PartStream &x = a.streams()[i], &y = b.streams()[j];
    if (x.labels != y.labels) {
      x.labels < y.labels ? ++i : ++j;
      continue;
    }
    const int64_t min = std::max(x.min_time, y.min_time), max = std::min(x.max_time, y.max_time);
    if (x.rows > 0 && y.rows > 0 && min <= max) {
      PHAROS_TRY_VOID(read_a.Read(static_cast<uint32_t>(i), min, max, &of_a));
      PHAROS_TRY_VOID(read_b.Read(static_cast<uint32_t>(j), min, max, &of_b));
      std::set_intersection(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(),
                            std::back_inserter(out));
    }
    ++i;
    ++j;
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Result<CommonTimes::Times> CommonTimes::Of(const Part& a, const Part& b) {
  static const Times none = std::make_shared<const std::vector<int64_t>>();
  if (a.entry().max_time < b.entry().min_time || b.entry().max_time < a.entry().min_time) {
    return none;
  }
  const std::pair key = std::minmax({a.number(), b.number()});
  {
    std::lock_guard lock(mutex_);
    if (const auto it = known_.find(key); it != known_.end()) return it->second;
  }
  PHAROS_TRY(std::vector<int64_t> times, FindCommonTimes(a, b, Keep::kAll));
  auto found =
      times.empty() ? none : std::make_shared<const std::vector<int64_t>>(std::move(times));
  std::lock_guard lock(mutex_);
  known_.emplace(key, found);
  return found;
}

void CommonTimes::Forget() {
  std::lock_guard lock(mutex_);
  known_.clear();
}

}  // namespace pharos::events
