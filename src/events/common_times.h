// Times at which an event may be in two parts: a stream has events there in both. Found once a
// pair of parts, which never change.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/result.h"
#include "events/part.h"

namespace pharos::events {

/// The same at once; rising. `keep` pages for other readers.
base::Result<std::vector<int64_t>> FindCommonTimes(const Part& a, const Part& b, Keep keep);

/// Owns: the times of the pairs that were asked for. Threads: any. Errors: kCorrupt names the part.
/// Cost: the first time for a pair the times of the granules that overlap, then a look-up.
class CommonTimes {
 public:
  using Times = std::shared_ptr<const std::vector<int64_t>>;  // rising
  base::Result<Times> Of(const Part& a, const Part& b);
  /// Some parts are gone.
  void Forget();

 private:
  std::mutex mutex_;  // guards the one below
  std::map<std::pair<uint64_t, uint64_t>, Times> known_;
};

}  // namespace pharos::events
