#include "export/prometheus_exporter.h"

#include "export/prometheus_names.h"
#include "wire/otlp_metrics.h"

namespace pharos::exporting {

PrometheusExporter::PrometheusExporter(const conf::OtelcolPrometheusExporter& settings,
                                       const base::Clock* clock)
    : settings_(settings), clock_(clock), accumulator_(settings) {
  options_.timestamps = settings.send_timestamps;
  const std::string name_space = CleanNamespace(settings.name_space);
  if (!name_space.empty()) options_.target_info_name = name_space + "_target_info";
}

void PrometheusExporter::Take(ingest::receive::OtlpRequest request,
                              ingest::receive::OtlpDone done) {
  auto metrics = wire::DecodeOtlpMetrics(*request.body);
  if (!metrics) return done(std::unexpected(std::move(metrics).error()));
  auto outcome = accumulator_.Add(*metrics, clock_->NowNs());
  done(ingest::receive::OtlpTaken{outcome.rejected, std::move(outcome.reason)});
}

std::string PrometheusExporter::Page(PageFormat format) {
  PageOptions options = options_;
  options.format = format;
  return RenderPage(accumulator_.Collect(clock_->NowNs()), options);
}

}  // namespace pharos::exporting
