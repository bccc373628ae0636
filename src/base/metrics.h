// What Pharos counts about itself, shown on /metrics in Prometheus text format.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace pharos::base {

/// Only goes up. Threads: any. Cost: one relaxed add.
class Counter {
 public:
  void Add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t Value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

/// A latency histogram in seconds with fixed bounds (1 ms … 10 s).
/// Threads: any. Cost: two relaxed adds.
class Latency {
 public:
  static constexpr std::array<double, 13> kBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                     0.25,  0.5,    1,     2.5,  5,     10};
  void ObserveNs(int64_t ns);
  void AppendTo(std::string& out, std::string_view name, std::string_view labels) const;

 private:
  std::array<std::atomic<uint64_t>, kBounds.size() + 1> counts_{};
  std::atomic<int64_t> sum_ns_{0};
};

/// The process-wide registry. Metrics are made on first use and live for ever, so a
/// reference may be kept in a static. `labels` is the inside of the braces, already
/// escaped (`route="/x",code="200"`), "" for none. Threads: any; making one takes a lock.
Counter& GetCounter(std::string_view name, std::string_view help, std::string_view labels = "");
Latency& GetLatency(std::string_view name, std::string_view help, std::string_view labels = "");
/// A gauge is read when /metrics is asked for. A second registration replaces the first;
/// an empty function takes it away.
void SetGauge(std::string_view name, std::string_view help, std::function<double()> read,
              std::string_view labels = "");

/// Everything registered whose name begins with `prefix`, in Prometheus text format 0.0.4,
/// sorted by name, with the process's own process_* figures at the end.
std::string ExposeMetrics(std::string_view prefix = "");

}  // namespace pharos::base
