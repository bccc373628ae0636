#include "samples/activity.h"

#include "samples/limits.h"

namespace pharos::samples {

void Activity::Note(int64_t now_ns, uint64_t taken) {
  now_ = {now_ns, taken};
  if (marks_.empty() || now_ns - marks_.back().at_ns >= kQuietNs / 16) marks_.push_back(now_);
  while (marks_.size() > 1 && now_ns - marks_[1].at_ns >= kQuietNs) marks_.pop_front();
}

bool Activity::Quiet(uint64_t samples) const {
  if (marks_.empty() || now_.at_ns - marks_.front().at_ns < kQuietNs) return false;
  return (now_.taken - marks_.front().taken) * 100 <= samples;
}

}  // namespace pharos::samples
