// What grows in a long life of an engine: a point an hour of simulated time, and a verdict at the
// end. For soak tests of both engines.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace pharos::io {

struct SoakPoint {
  double hours = 0;
  uint64_t rss_bytes = 0;     ///< of the whole process
  uint64_t budget_bytes = 0;  ///< taken from the memory budget
  uint64_t files = 0, file_bytes = 0;
  uint64_t table = 0;  ///< series or streams in memory
};

/// Threads: one.
class SoakMeter {
 public:
  explicit SoakMeter(std::string directory) : directory_(std::move(directory)) {}

  void Measure(double hours, uint64_t budget_bytes, uint64_t table) {
    SoakPoint point{.hours = hours, .budget_bytes = budget_bytes, .table = table};
    uint64_t pages = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> pages >> resident;
    point.rss_bytes = resident * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_)) {
      if (!entry.is_regular_file()) continue;
      ++point.files;
      point.file_bytes += entry.file_size();
    }
    points_.push_back(point);
  }

  /// What is higher in the last third than in the second by more than a quarter, or "".
  std::string Growth() const {
    std::string out;
    const auto look = [&](const char* name, auto SoakPoint::* what, uint64_t slack) {
      const uint64_t before = Highest(what, 1), after = Highest(what, 2);
      if (after <= before + before / 4 + slack) return;
      out += std::string(name) + " grew from " + std::to_string(before) + " to " +
             std::to_string(after) + "; ";
    };
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    look("RSS", &SoakPoint::rss_bytes, 8u << 20);
#endif
    look("the memory budget", &SoakPoint::budget_bytes, 1u << 20);
    look("the number of files", &SoakPoint::files, 8);
    look("bytes on disk", &SoakPoint::file_bytes, 1u << 20);
    look("the table", &SoakPoint::table, 100);
    return out;
  }

  void Print() const {
    std::printf("%6s %9s %9s %6s %9s %8s\n", "hour", "RSS MB", "budget MB", "files", "disk MB",
                "table");
    for (const SoakPoint& p : points_) {
      std::printf("%6.1f %9.1f %9.1f %6llu %9.1f %8llu\n", p.hours, Mb(p.rss_bytes),
                  Mb(p.budget_bytes), static_cast<unsigned long long>(p.files), Mb(p.file_bytes),
                  static_cast<unsigned long long>(p.table));
    }
  }

 private:
  static double Mb(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }
  uint64_t Highest(uint64_t SoakPoint::* what, size_t third) const {
    uint64_t out = 0;
    const size_t from = points_.size() * third / 3, to = points_.size() * (third + 1) / 3;
    for (size_t i = from; i < to; ++i) out = std::max(out, points_[i].*what);
    return out;
  }

  const std::string directory_;
  std::vector<SoakPoint> points_;
};

}  // namespace pharos::io
