// What the Collector counts about itself, by its own names: kept here while pipelines run, shown
// on its page (port 8888) by export/collector_metrics.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "ingest/receive/otlp_sink.h"

namespace pharos::ingest::process {

/// "spans", "log_records", "metric_points": how the Collector's names end.
std::string_view ItemsName(receive::OtlpSignal signal);

/// Counts in the buckets that the Collector has for batch sizes.
class SizeHistogram {
 public:
  static const std::vector<uint64_t>& Bounds();
  void Observe(uint64_t size);
  struct Reading {
    std::vector<uint64_t> cumulative;  ///< by bound, then all
    uint64_t sum = 0;
  };
  Reading Read() const;

 private:
  mutable std::mutex mutex_;
  std::vector<uint64_t> counts_ = std::vector<uint64_t>(Bounds().size() + 1);
  uint64_t sum_ = 0;
};

/// Owns: counters, gauges, histograms by name and labels; references live as long as it.
/// Threads: any. Errors: none. Cost: a lock and a look-up to get one; keep the reference.
class Telemetry {
 public:
  /// `labels`: `receiver="otlp",transport="grpc"`, already escaped.
  base::Counter& GetCounter(std::string_view name, std::string labels);
  SizeHistogram& GetSizes(std::string_view name, std::string labels);
  /// Read when the page is asked for.
  void SetGauge(std::string_view name, std::string labels, std::function<double()> read);

  struct Row {
    std::string labels;
    double value = 0;
    std::unique_ptr<SizeHistogram::Reading> sizes;
  };
  struct Family {
    enum class Kind : uint8_t { kCounter, kGauge, kHistogram } kind = Kind::kCounter;
    std::vector<Row> rows;
  };
  std::map<std::string, Family> Read() const;

 private:
  using Key = std::pair<std::string, std::string>;
  mutable std::mutex mutex_;
  std::map<Key, std::unique_ptr<base::Counter>> counters_;
  std::map<Key, std::unique_ptr<SizeHistogram>> sizes_;
  std::map<Key, std::function<double()>> gauges_;
};

/// Bytes that the pipelines hold, from a request's arrival until its last copy is gone.
///
/// Owns: a counter, shared with the bodies. Threads: any. Cost: an atomic add a body.
class HeldBytes {
 public:
  /// The same bytes, counted for as long as any copy of the returned pointer lives.
  std::shared_ptr<const std::string> Hold(std::shared_ptr<const std::string> body) const;
  std::shared_ptr<const std::string> Hold(std::string body) const {
    return Hold(std::make_shared<const std::string>(std::move(body)));
  }
  int64_t bytes() const { return bytes_->load(); }

 private:
  std::shared_ptr<std::atomic<int64_t>> bytes_ = std::make_shared<std::atomic<int64_t>>(0);
};

}  // namespace pharos::ingest::process
