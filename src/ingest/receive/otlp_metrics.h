// OTLP metrics → Prometheus series, by the published rules (docs/compat/otlp.md).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/ack.h"
#include "base/result.h"
#include "ingest/receive/target.h"

namespace pharos::ingest::receive {

class DeltaTotals;
class MetadataMemo;

struct OtlpMetricsOutcome {
  base::Ack ack;
  uint64_t rejected = 0;  ///< data points
  std::string reason;     ///< of the first
};

/// Owns: the totals of delta series, and what metadata were told last. Threads: any; requests with
/// delta points are converted one at a time. Errors: kBadInput, kTooLarge for the request as a
/// whole. Cost: a hash and a look-up a series; attributes become labels for new series only.
class OtlpMetricsWriter {
 public:
  explicit OtlpMetricsWriter(const Target& target);
  ~OtlpMetricsWriter();
  base::Result<OtlpMetricsOutcome> Write(std::string_view tenant, std::string_view body);

 private:
  Target target_;
  std::unique_ptr<DeltaTotals> totals_;
  std::shared_ptr<MetadataMemo> memo_;
};

}  // namespace pharos::ingest::receive
