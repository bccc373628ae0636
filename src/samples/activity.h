// Whether samples still come, or the load has ended: then what is in memory is worth a seal
// although nothing forces one, and parts are worth their final form.
#pragma once

#include <cstdint>
#include <deque>

namespace pharos::samples {

/// Owns: a few marks. Threads: one at a time. Errors: none. Cost: none to speak of.
class Activity {
 public:
  /// About once a second: how many samples were ever taken.
  void Note(int64_t now_ns, uint64_t taken);
  /// True when the last kQuietNs brought at most a hundredth of `samples`. Steady load is never
  /// quiet for a memtable of more than three hours, which seals by age long before.
  bool Quiet(uint64_t samples) const;

 private:
  struct Mark {
    int64_t at_ns;
    uint64_t taken;
  };
  std::deque<Mark> marks_;  // oldest first; the first is at least kQuietNs old, if one is
  Mark now_{};
};

}  // namespace pharos::samples
