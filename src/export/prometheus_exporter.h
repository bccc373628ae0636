// The Collector's prometheus exporter: metrics as a page that Prometheus scrapes (8889).
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "conf/otelcol_config.h"
#include "export/prometheus_accumulator.h"
#include "export/text_page.h"
#include "ingest/receive/otlp_sink.h"
#include "net/router.h"

namespace pharos::exporting {

/// Owns: the last values. Threads: any. Errors: kBadInput for malformed requests; what the page
/// cannot show is a partial success. Cost: see PrometheusAccumulator; a page copies its series.
class PrometheusExporter final : public ingest::receive::OtlpSink {
 public:
  PrometheusExporter(const conf::OtelcolPrometheusExporter& settings, const base::Clock* clock);

  /// Answers at once: what is accepted is on the page.
  void Take(ingest::receive::OtlpRequest request, ingest::receive::OtlpDone done) override;

  std::string Page(PageFormat format);
  /// Frees what the page would no longer show; for pages that nobody scrapes.
  void Expire() { accumulator_.Expire(clock_->NowNs()); }
  bool open_metrics() const { return settings_.open_metrics; }

 private:
  const conf::OtelcolPrometheusExporter settings_;
  const base::Clock* clock_;
  PrometheusAccumulator accumulator_;
  PageOptions options_;
};

}  // namespace pharos::exporting
