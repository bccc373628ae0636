#include "base/clock.h"

namespace pharos::base {
namespace {

class SystemClock final : public Clock {
 public:
  int64_t NowNs() const override {
    return std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
  }
  int64_t MonotonicNs() const override {
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
  }
};

}  // namespace

Clock& Clock::System() {
  static SystemClock clock;
  return clock;
}

}  // namespace pharos::base
