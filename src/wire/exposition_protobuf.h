// The pages that scrape targets show in protobuf: io.prometheus.client.MetricFamily, one behind the
// other with their lengths. The only form that has native histograms.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "model/sample.h"
#include "wire/protobuf.h"

namespace pharos::wire {

/// What is made of histograms that have both kinds of buckets.
struct ProtobufHistograms {
  bool native = true;    ///< false: their classic buckets, as if there were no others
  bool classic = false;  ///< also their classic buckets
};

/// Owns: one metric's samples; borrows the page. Threads: one. Errors: kBadInput, in Prometheus's
/// words where it has some; the page ends there. Cost: one pass; a hash a metric and one a series;
/// labels are read where Labels asks for them.
class ProtobufExposition {
 public:
  enum class Entry : uint8_t { kFamily, kSample, kHistogram, kEnd };

  ProtobufExposition(std::string_view page, ProtobufHistograms histograms)
      : rest_(page), histograms_(histograms) {}
  ProtobufExposition(const ProtobufExposition&) = delete;
  ProtobufExposition& operator=(const ProtobufExposition&) = delete;

  base::Result<Entry> Next();

  // After kFamily, and of what follows it:
  std::string_view family() const { return name_; }
  std::string_view help() const { return help_; }
  std::string_view unit() const { return unit_; }
  model::MetricType type() const { return type_; }

  // After kSample and kHistogram:
  /// By which the series is found again: equal for equal labels that are written the same way.
  base::Hash128 key() const;
  double value() const { return item_->value; }
  const std::shared_ptr<const model::Histogram>& histogram() const { return histogram_; }
  bool has_time() const { return time_ms_ != 0; }  // as Prometheus: 0 is none
  int64_t time_ms() const { return time_ms_; }
  int64_t start_ms() const { return start_ms_; }  ///< when the count began; 0: not said
  /// With the metric's name as __name__, in written order.
  base::Result<std::vector<std::pair<std::string, std::string>>> Labels() const;
  bool has_exemplars() const { return !item_->exemplars.empty(); }
  /// Without has_time where none is given; in the order in which they are stored.
  base::Result<std::vector<model::Exemplar>> Exemplars() const;

 private:
  enum class Role : uint32_t { kItself, kSum, kCount, kBucket, kQuantile, kNative };
  struct Item {
    Role role = Role::kItself;
    double bound = 0;  ///< of a bucket or quantile
    double value = 0;
    std::vector<std::string_view> exemplars;  ///< messages
  };
  struct Counts;  ///< a histogram message, read

  bool NextFamily(std::string_view* message);
  base::Result<void> ReadFamily(std::string_view message);
  base::Result<void> CheckFamily(uint64_t type);
  base::Result<void> ReadMetric(std::string_view message);
  base::Result<void> ReadValue(std::string_view message);
  base::Result<void> ReadSummary(std::string_view message);
  base::Result<void> ReadHistogram(std::string_view message);
  base::Result<void> AddNative(Counts& counts);
  void AddClassic(const Counts& counts);
  static base::Result<void> ReadBucket(std::string_view message, Counts* counts);
  static base::Result<void> ReadSpan(std::string_view message,
                                     std::vector<model::BucketSpan>* spans);
  base::Result<void> ReadStart(std::string_view message);

  std::string_view rest_;  ///< of the page
  const ProtobufHistograms histograms_;
  PbReader metrics_;  ///< the family's fields from here on
  bool in_family_ = false;
  std::string_view name_, help_, unit_;
  uint32_t type_number_ = 0;
  model::MetricType type_{};

  std::vector<std::string_view> labels_;  ///< LabelPair messages of the metric
  base::Hash128 labels_hash_, family_hash_;
  std::string scratch_;
  int64_t time_ms_ = 0, start_ms_ = 0;
  std::vector<Item> items_;  ///< of the metric
  size_t next_item_ = 0;
  const Item* item_ = nullptr;
  std::shared_ptr<const model::Histogram> histogram_;
};

}  // namespace pharos::wire
