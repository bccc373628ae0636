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
  explicit StreamTimes(const Part& part) : part_(part) {}

  /// Those in [min, max], rising.
  Result<void> Read(uint32_t stream, int64_t min, int64_t max, std::vector<int64_t>* out) {
    out->clear();
    const std::vector<GranuleMeta>& granules = part_.granules();
    while (first_ < granules.size() && granules[first_].last_stream < stream) ++first_;
    for (uint32_t i = first_; i < granules.size() && granules[i].first_stream <= stream; ++i) {
      if (granules[i].max_time < min || granules[i].min_time > max) continue;
      PHAROS_TRY_VOID(Open(i));
      const auto [begin, end] =
          std::equal_range(keys_.streams.begin(), keys_.streams.end(), stream);
      for (auto at = begin; at != end; ++at) {
        const int64_t time = keys_.times[static_cast<size_t>(at - keys_.streams.begin())];
        if (time >= min && time <= max) out->push_back(time);
      }
    }
    return {};
  }

 private:
  Result<void> Open(uint32_t granule) {
    if (open_ == granule) return {};
    PHAROS_TRY(const PageBytes page, part_.SharedPage("key", granule, true));
    auto keys = GranuleKeys::Decode(*page, part_.granules()[granule]);
    if (!keys) return base::Wrap(std::move(keys).error(), "part " + part_.entry().path);
    keys_ = *std::move(keys);
    open_ = granule;
    return {};
  }

  const Part& part_;
  uint32_t first_ = 0;
  std::optional<uint32_t> open_;
  GranuleKeys keys_;
};

Result<std::vector<int64_t>> Find(const Part& a, const Part& b) {
  std::vector<int64_t> out, of_a, of_b;
  StreamTimes read_a(a), read_b(b);
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

}  // namespace

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
  PHAROS_TRY(std::vector<int64_t> times, Find(a, b));
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
