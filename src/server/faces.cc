#include "server/faces.h"

#include "api/alertmanager/alertmanager_api.h"
#include "api/grafana/grafana_api.h"
#include "api/jaeger/jaeger_api.h"
#include "api/loki/loki_api.h"
#include "api/pharos/cardinality_handlers.h"
#include "api/pharos/exemplar_handlers.h"
#include "api/pharos/slo_handlers.h"
#include "api/prometheus/prometheus_api.h"
#include "api/tempo/tempo_api.h"
#include "ingest/receive/loki_push.h"
#include "ingest/receive/otlp_http.h"
#include "ingest/receive/remote_write.h"
#include "ingest/scrape/scraper.h"
#include "server/admin.h"
#include "server/alerting.h"
#include "server/assets.h"
#include "server/options.h"
#include "server/program_metrics.h"
#include "server/receivers.h"
#include "server/storage.h"
#include "text/duration.h"

namespace pharos::server {
namespace {

using net::Request;
using net::Response;
using net::Router;

/// Registers the APIs below whatever prefix a listener gives them.
class Builder {
 public:
  explicit Builder(const FaceDeps& deps)
      : deps_(deps),
        target_{.samples = &deps.storage->sample_sink(), .events = &deps.storage->event_sink()} {}

  std::shared_ptr<Router> Main() {
    auto router = std::make_shared<Router>();
    RegisterHealth(*router, deps_);
    RegisterAdmin(*router, deps_);
    Prometheus(*router);
    api::loki::RegisterLokiApi(*router, "", LokiDeps());
    ingest::receive::RegisterLokiPush(*router, target_, deps_.receivers->loki_limits());
    api::tempo::RegisterTempoApi(*router, "/tempo", SpanDeps());
    api::jaeger::RegisterJaegerApi(*router, "/jaeger", SpanDeps());
    ingest::receive::RegisterOtlpHttp(*router, deps_.receivers->otlp(), target_);
    ingest::receive::RegisterOtlpHttp(*router, deps_.receivers->direct(), target_,
                                      {.standard = false, .prometheus = true, .loki = true});
    api::alertmanager::RegisterAlertmanagerApi(*router, "/alertmanager", AlertmanagerDeps());
    api::grafana::RegisterGrafanaApi(*router, {.store = deps_.dashboards});
    api::pharos::RegisterSloApi(*router, "/pharos/api/v1",
                                {.slos = [alerting = deps_.alerting] { return alerting->Slos(); }});
    api::pharos::RegisterCardinalityApi(
        *router, "/pharos/api/v1", {.source = &deps_.storage->cardinality(), .tenant = Tenants()});
    api::pharos::RegisterExemplarApi(*router, "/pharos/api/v1",
                                     {.exemplars = &deps_.storage->exemplars()});
    api::loki::RegisterDeletes(*router, "/pharos/api/v1/spans/delete", model::EventKind::kSpan,
                               {.deletes = &deps_.storage->event_deletes()});
    router->SetFallback(ServeAsset);
    return router;
  }

  std::shared_ptr<Router> PrometheusPort() {
    auto router = std::make_shared<Router>();
    RegisterHealth(*router, deps_);
    Prometheus(*router);
    ingest::receive::RegisterOtlpHttp(*router, deps_.receivers->direct(), target_,
                                      {.standard = false, .prometheus = true});
    router->SetFallback(ToPages());
    return router;
  }

  std::shared_ptr<Router> LokiPort() {
    auto router = std::make_shared<Router>();
    Metrics(*router);
    api::loki::RegisterLokiApi(*router, "", LokiDeps(), /*own_port=*/true);
    ingest::receive::RegisterLokiPush(*router, target_, deps_.receivers->loki_limits());
    ingest::receive::RegisterOtlpHttp(*router, deps_.receivers->direct(), target_,
                                      {.standard = false, .loki = true});
    return router;
  }

  std::shared_ptr<Router> TempoPort() {
    auto router = std::make_shared<Router>();
    Metrics(*router);
    api::tempo::RegisterTempoApi(*router, "", SpanDeps(), /*own_port=*/true);
    return router;
  }

  std::shared_ptr<Router> JaegerPort() {
    auto router = std::make_shared<Router>();
    Metrics(*router);
    api::jaeger::RegisterJaegerApi(*router, "", SpanDeps());
    router->SetFallback(ToPages());
    return router;
  }

  std::shared_ptr<Router> AlertmanagerPort() {
    auto router = std::make_shared<Router>();
    Metrics(*router);
    api::alertmanager::RegisterAlertmanagerApi(*router, "", AlertmanagerDeps(), /*own_port=*/true);
    router->SetFallback(ToPages());
    return router;
  }

  std::shared_ptr<Router> OtlpPort() {
    auto router = std::make_shared<Router>();
    ingest::receive::RegisterOtlpHttp(*router, deps_.receivers->otlp(), target_);
    return router;
  }

 private:
  static void Metrics(Router& router) {
    router.Add("GET", "/metrics", [](const Request&) { return MetricsPage(); });
  }

  void Prometheus(Router& router) {
    api::prometheus::PrometheusApiDeps prometheus;
    prometheus.source = &deps_.storage->sample_source();
    prometheus.cardinality = &deps_.storage->cardinality();
    prometheus.admin = &deps_.storage->sample_admin();
    prometheus.enable_admin = deps_.options->enable_admin;
    prometheus.limits = deps_.storage->QueryLimits();
    prometheus.tenant = Tenants();
    prometheus.engine = deps_.storage->QueryEngine();
    prometheus.per_step_stats = deps_.options->features.per_step_stats;
    prometheus.scrapes = [scrapes = deps_.scrapes] { return scrapes->Status(); };
    prometheus.scrape_jobs = [config = deps_.prometheus] { return config().jobs; };
    prometheus.external_labels = [config = deps_.prometheus] { return config().external_labels; };
    prometheus.last_reload = deps_.last_reload;
    prometheus.notifications = deps_.notifications;
    prometheus.rule_groups = [alerting = deps_.alerting] { return alerting->Groups(); };
    prometheus.alertmanagers = [alerting = deps_.alerting] { return alerting->Alertmanagers(); };
    prometheus.config_text = deps_.config_text;
    prometheus.flags = {
        {"storage.tsdb.path", deps_.options->data_dir},
        {"web.listen-address", deps_.options->main.address},
        {"web.enable-admin-api", deps_.options->enable_admin ? "true" : "false"},
        {"enable-feature", JoinedFeatures()},
        {"query.max-samples", std::to_string(deps_.options->query_samples)},
        {"web.enable-lifecycle", deps_.options->enable_lifecycle ? "true" : "false"}};
    prometheus.storage_retention = deps_.storage->SampleRetention();
    api::prometheus::RegisterPrometheusApi(router, "", std::move(prometheus));
    ingest::receive::RegisterRemoteWrite(router, "", target_);
  }

  /// Whose data a request sees: where its writes go.
  std::function<std::string(const Request&)> Tenants() const {
    return [target = target_](const Request& request) {
      return ingest::receive::TenantOf(target, request);
    };
  }

  std::string JoinedFeatures() const {
    std::string out;
    for (const std::string& names : deps_.options->feature_names)
      out += (out.empty() ? "" : ",") + names;
    return out;
  }

  api::loki::Deps LokiDeps() const {
    api::loki::Deps loki;
    loki.events = &deps_.storage->event_source();
    if (deps_.storage->lines_may_be_deleted()) loki.deletes = &deps_.storage->event_deletes();
    loki.not_ready = [ready = deps_.ready] {
      return ready() ? std::string() : std::string("starting");
    };
    return loki;
  }
  api::alertmanager::Deps AlertmanagerDeps() const {
    api::alertmanager::Deps deps{.alertmanager = &deps_.alerting->routing()};
    if (!deps_.options->enable_lifecycle) return deps;
    deps.reload = [reload = deps_.reload]() -> base::Result<void> {
      if (std::string wrong = reload(); !wrong.empty())
        return base::Fail(base::ErrorKind::kBadInput, std::move(wrong));
      return {};
    };
    return deps;
  }
  api::spans::Deps SpanDeps() const {
    api::spans::Deps spans;
    spans.events = &deps_.storage->event_source();
    return spans;
  }

  /// A classic port's pages are the same paths on the main port, which understands them.
  net::SyncHandler ToPages() const {
    return [main_port = deps_.main_port](const Request& request) {
      if ((request.method != "GET" && request.method != "HEAD") ||
          request.path.starts_with("/api/")) {
        return Response::Text(404, "404 page not found\n");
      }
      const std::string_view host = request.headers.Get("Host");
      const size_t colon = host.rfind(':');
      const std::string_view name =
          colon == std::string_view::npos || host.ends_with(']') ? host : host.substr(0, colon);
      Response response = Response::Text(302, "");
      response.headers.Set("Location", "http://" + std::string(name) + ":" + main_port() +
                                           request.raw_path +
                                           (request.query.empty() ? "" : "?" + request.query));
      return response;
    };
  }

  const FaceDeps& deps_;
  const ingest::receive::Target target_;
};

}  // namespace

std::map<std::string, std::shared_ptr<const net::Router>> MakeFaces(const FaceDeps& deps) {
  Builder build(deps);
  std::map<std::string, std::shared_ptr<const net::Router>> faces = {
      {"main", build.Main()},         {"prometheus", build.PrometheusPort()},
      {"loki", build.LokiPort()},     {"tempo", build.TempoPort()},
      {"jaeger", build.JaegerPort()}, {"alertmanager", build.AlertmanagerPort()},
      {"otlp-http", build.OtlpPort()}};
  using Kind = exporting::CollectorListener::Kind;
  for (const auto& [name, kind] : {std::pair{"otelcol-metrics", Kind::kMetricsPage},
                                   std::pair{"otelcol-exporter", Kind::kExporterPage},
                                   std::pair{"otlp-http", Kind::kOtlpHttp}}) {
    if (const auto* listener = deps.receivers->FirstOf(kind)) faces[name] = listener->router;
  }
  return faces;
}

}  // namespace pharos::server
