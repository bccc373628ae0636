// Delta temporality → cumulative, series by series. Nothing is lost: a point that comes late
// is in the next total; one that is sent twice counts once; after a restart the totals start
// again, which Prometheus's functions see as a counter reset.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "ingest/receive/exponential.h"
#include "wire/otlp_metrics.h"

namespace pharos::ingest::receive {

/// What became of a delta point.
enum class DeltaResult : uint8_t {
  kEmit,       ///< `point` holds the total now: write it
  kCounted,    ///< late: in the total, shown with the next point
  kDuplicate,  ///< the same interval came before
  kFull,       ///< too many series: not taken
};

/// Owns: the running totals. Threads: Lock for the time of one request, then one at a time.
/// Errors: kFull. Cost: a hash look-up a point.
class DeltaTotals {
 public:
  [[nodiscard]] std::unique_lock<std::mutex> Lock() { return std::unique_lock(mutex_); }

  struct Step {
    DeltaResult result = DeltaResult::kEmit;
    bool first = false;  ///< the series is new here: it was zero at the point's start time
  };
  /// Adds a sum point; its value becomes the total.
  Step AddSum(base::Hash128 series, int64_t now_ns, wire::OtlpPoint* point);
  /// Adds an explicit histogram; counts and sum become totals that live in `arena`. Other
  /// bounds than before start the totals again.
  Step AddHistogram(base::Hash128 series, int64_t now_ns, wire::OtlpPoint* point,
                    base::Arena& arena);
  /// Adds an exponential histogram; `histogram` becomes the total.
  Step AddExponential(base::Hash128 series, int64_t now_ns, const wire::OtlpPoint& point,
                      Exponential* histogram);

 private:
  struct Total {
    std::array<std::pair<int64_t, int64_t>, 4> intervals{};  ///< (start, end) seen last
    uint8_t next_interval = 0;
    int64_t emitted_ms = INT64_MIN;
    int64_t touched_ns = 0;
    double value = 0;
    uint64_t count = 0;
    std::vector<uint64_t> buckets;
    std::vector<double> bounds;
    std::unique_ptr<Exponential> exponential;
  };
  Step Find(base::Hash128 series, int64_t now_ns, const wire::OtlpPoint& point, Total** total);
  static Step Emit(const wire::OtlpPoint& point, Step step, Total* total);
  bool MakeRoom(int64_t now_ns);

  std::mutex mutex_;
  std::unordered_map<base::Hash128, Total, base::Hash128Hasher> totals_;  // mutex_
};

}  // namespace pharos::ingest::receive
