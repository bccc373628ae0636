#include "server/self_scrape.h"

#include "base/metrics.h"
#include "server/alerting.h"
#include "server/program_metrics.h"
#include "server/receivers.h"

namespace pharos::server {
namespace {

using exporting::CollectorListener;

/// "" when there is none.
std::string PageOf(const std::string& face, const std::string& address, const Receivers& receivers,
                   const Alerting& alerting) {
  if (face == "otelcol-metrics")
    return receivers.collector() != nullptr ? receivers.collector()->MetricsPage() : "";
  if (face == "otelcol-exporter") {
    const CollectorListener* page = receivers.FirstOf(CollectorListener::Kind::kExporterPage);
    return page != nullptr ? receivers.collector()->ExporterPage(page->id) : "";
  }
  if (address.starts_with("grafana:")) return ProgramMetrics("grafana");
  if (face == "prometheus") return ProgramMetrics(face) + alerting.PrometheusMetrics();
  return face == "main" ? base::ExposeMetrics() : ProgramMetrics(face);
}

}  // namespace

std::optional<net::Response> SelfScrape(const SelfNames& names, const Receivers& receivers,
                                        const Alerting& alerting, const std::string& address,
                                        const std::string& path) {
  if (path != "/metrics") return std::nullopt;
  const auto face = names.FaceOf(address);
  if (!face) return std::nullopt;
  std::string page = PageOf(*face, address, receivers, alerting);
  // The exporter's page is empty until something was exported; it is up all the same.
  if (page.empty() && *face != "otelcol-exporter") return std::nullopt;
  if (*face == "otelcol-exporter" && receivers.collector() == nullptr) return std::nullopt;
  net::Response response = net::Response::Text(200, std::move(page));
  response.headers.Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  return response;
}

}  // namespace pharos::server
