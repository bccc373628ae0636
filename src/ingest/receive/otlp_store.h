// OTLP straight into the engines: what happens to a request where no Collector file says
// otherwise, and what a Collector exporter does whose address is Pharos's own.
#pragma once

#include <memory>

#include "ingest/receive/otlp_sink.h"

namespace pharos::ingest::receive {

class OtlpMetricsWriter;

/// Owns: what metrics need to be converted (delta sums, series cache). Threads: any. Errors:
/// as OtlpSink. Cost: decodes on the caller's thread; answers when the data is on disk.
class OtlpStore final : public OtlpSink {
 public:
  explicit OtlpStore(const Target& target);
  ~OtlpStore() override;
  void Take(OtlpRequest request, OtlpDone done) override;

 private:
  struct Written;
  base::Result<Written> Store(const OtlpRequest& request);
  base::Result<Written> StoreEvents(const OtlpRequest& request);

  Target target_;
  std::unique_ptr<OtlpMetricsWriter> metrics_;
};

}  // namespace pharos::ingest::receive
