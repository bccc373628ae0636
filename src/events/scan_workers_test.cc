#include "events/scan_workers.h"

#include <gtest/gtest.h>

#include <atomic>

namespace pharos::events {
namespace {

TEST(ScanWorkers, EachPieceOnceAlsoForCallersAtTheSameTime) {
  ScanWorkers workers(2);
  std::vector<std::thread> callers;
  std::atomic<size_t> wrong{0};
  for (size_t c = 0; c < 3; ++c) {
    callers.emplace_back([&] {
      for (size_t n = 0; n < 200; ++n) {
        std::vector<std::atomic<int>> calls(n);
        workers.Run(n, [&](size_t i) { ++calls[i]; }, std::chrono::microseconds(n % 3));
        for (const auto& count : calls) {
          if (count != 1) ++wrong;
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0u);
}

TEST(ScanWorkers, NobodyIsWokenForWhatTheCallerDoesAlone) {
  ScanWorkers workers(2);
  std::vector<std::thread::id> callers(100);
  workers.Run(
      callers.size(), [&](size_t i) { callers[i] = std::this_thread::get_id(); },
      std::chrono::hours(1));
  EXPECT_EQ(callers, std::vector<std::thread::id>(100, std::this_thread::get_id()));
}

}  // namespace
}  // namespace pharos::events
