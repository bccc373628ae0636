// Exponential histograms of OTLP on their way to Prometheus's native ones.
#pragma once

#include <cstdint>
#include <map>

#include "base/result.h"
#include "model/sample.h"
#include "wire/otlp_metrics.h"

namespace pharos::ingest::receive {

/// A sparse histogram at one schema that others can be added to.
///
/// Owns: its buckets. Threads: one. Errors: Read. Cost: a map node a populated bucket.
class Exponential {
 public:
  /// kUnprocessable when the scale is below Prometheus's least (-4). Scales above 8 are
  /// brought down to 8 exactly, by merging buckets.
  static base::Result<Exponential> Read(const wire::OtlpPoint& point);

  /// Adds counts and sums; the coarser of both scales wins.
  void Add(const Exponential& other);
  model::Histogram ToNative() const;

 private:
  using Buckets = std::map<int32_t, uint64_t>;
  void Coarsen(int32_t schema);
  static void Fill(const wire::OtlpBuckets& from, int32_t scale_down, Buckets& to);
  static void Layout(const Buckets& from, std::vector<model::BucketSpan>& spans,
                     std::vector<double>& counts);

  int32_t schema_ = 0;
  uint64_t count_ = 0, zero_count_ = 0;
  double sum_ = 0, zero_threshold_ = 0;
  Buckets positive_, negative_;  ///< by Prometheus's index: upper bound base^index
};

}  // namespace pharos::ingest::receive
