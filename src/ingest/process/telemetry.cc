#include "ingest/process/telemetry.h"

#include <algorithm>

namespace pharos::ingest::process {

std::string_view ItemsName(receive::OtlpSignal signal) {
  switch (signal) {
    case receive::OtlpSignal::kTraces: return "spans";
    case receive::OtlpSignal::kLogs: return "log_records";
    case receive::OtlpSignal::kMetrics: return "metric_points";
  }
  return "";
}

const std::vector<uint64_t>& SizeHistogram::Bounds() {
  static const std::vector<uint64_t> kBounds = {10,   25,    50,    75,    100,   250,   500,  750,
                                                1000, 2000,  3000,  4000,  5000,  6000,  7000, 8000,
                                                9000, 10000, 20000, 30000, 50000, 100000};
  return kBounds;
}

void SizeHistogram::Observe(uint64_t size) {
  const auto bucket = std::ranges::lower_bound(Bounds(), size) - Bounds().begin();
  const std::lock_guard lock(mutex_);
  ++counts_[static_cast<size_t>(bucket)];
  sum_ += size;
}

SizeHistogram::Reading SizeHistogram::Read() const {
  const std::lock_guard lock(mutex_);
  Reading out{counts_, sum_};
  for (size_t i = 1; i < out.cumulative.size(); ++i) out.cumulative[i] += out.cumulative[i - 1];
  return out;
}

base::Counter& Telemetry::GetCounter(std::string_view name, std::string labels) {
  const std::lock_guard lock(mutex_);
  auto& counter = counters_[{std::string(name), std::move(labels)}];
  if (counter == nullptr) counter = std::make_unique<base::Counter>();
  return *counter;
}

SizeHistogram& Telemetry::GetSizes(std::string_view name, std::string labels) {
  const std::lock_guard lock(mutex_);
  auto& sizes = sizes_[{std::string(name), std::move(labels)}];
  if (sizes == nullptr) sizes = std::make_unique<SizeHistogram>();
  return *sizes;
}

void Telemetry::SetGauge(std::string_view name, std::string labels, std::function<double()> read) {
  const std::lock_guard lock(mutex_);
  gauges_[{std::string(name), std::move(labels)}] = std::move(read);
}

std::map<std::string, Telemetry::Family> Telemetry::Read() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, Family> out;
  for (const auto& [key, counter] : counters_) {
    out[key.first].rows.push_back({key.second, static_cast<double>(counter->Value()), nullptr});
  }
  for (const auto& [key, read] : gauges_) {
    Family& family = out[key.first];
    family.kind = Family::Kind::kGauge;
    family.rows.push_back({key.second, read(), nullptr});
  }
  for (const auto& [key, sizes] : sizes_) {
    Family& family = out[key.first];
    family.kind = Family::Kind::kHistogram;
    family.rows.push_back({key.second, 0, std::make_unique<SizeHistogram::Reading>(sizes->Read())});
  }
  return out;
}

std::shared_ptr<const std::string> HeldBytes::Hold(std::shared_ptr<const std::string> body) const {
  const std::string* bytes = body.get();
  const auto size = static_cast<int64_t>(bytes->size());
  bytes_->fetch_add(size);
  return {bytes, [held = bytes_, size, body = std::move(body)](const std::string*) mutable {
            body.reset();
            held->fetch_sub(size);
          }};
}

}  // namespace pharos::ingest::process
