// What a cursor has not read yet, in the order of time.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "events/open_granule.h"

namespace pharos::events {

/// A granule or block that may still hold rows of the answer, or a part that was not looked at yet.
struct Unit {
  static constexpr uint32_t kWholePart = UINT32_MAX;
  size_t source = 0;
  uint32_t number = 0;
  int64_t min_ns = 0;                      ///< inclusive, clipped to what is still wanted of it
  int64_t max_ns = 0;                      ///< inclusive
  uint32_t opened = 0;                     ///< how many pieces of it were read
  std::shared_ptr<OpenGranule> granule{};  ///< what is left of one that was read in part
};

/// Owns: the units, and granules that were read in part. Threads: one. Cost: logarithmic.
class UnitQueue {
 public:
  explicit UnitQueue(bool backward) : backward_(backward) {}

  bool empty() const { return units_.empty(); }
  /// The one that holds the next row of all, perhaps. There must be one.
  const Unit& nearest() const { return units_.front(); }
  /// One whose times are out is left out.
  void Push(Unit unit);
  /// The nearest. There must be one.
  Unit Pop();
  /// How many units cover one moment, at most. Cost: n log n.
  size_t Depth() const;
  /// Of the granules that are held open.
  size_t open_bytes() const { return open_bytes_; }

 private:
  struct Later {
    bool backward;
    bool operator()(const Unit& a, const Unit& b) const {
      return backward ? a.max_ns < b.max_ns : a.min_ns > b.min_ns;
    }
  };
  const bool backward_;
  std::vector<Unit> units_;  // a heap, the nearest first
  size_t open_bytes_ = 0;
};

}  // namespace pharos::events
