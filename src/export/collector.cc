#include "export/collector.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/log.h"
#include "export/collector_metrics.h"
#include "export/debug_exporter.h"
#include "export/limits.h"
#include "export/loki_exporter.h"
#include "export/otlp_exporter.h"
#include "export/prometheus_exporter.h"
#include "export/sending_queue.h"
#include "ingest/process/limits.h"
#include "ingest/process/pipeline.h"
#include "ingest/process/rewrite.h"
#include "ingest/receive/otlp_http.h"
#include "ingest/receive/otlp_store.h"
#include "text/url.h"

namespace pharos::exporting {

using ingest::process::Exporter;
using ingest::process::ItemsName;
using ingest::process::SinkPtr;
using ingest::process::Telemetry;
using ingest::receive::OtlpDone;
using ingest::receive::OtlpRequest;
using ingest::receive::OtlpTaken;

namespace {

/// Counts what an exporter in this process took; those over the network count in their queue.
class Counted final : public ingest::receive::OtlpSink {
 public:
  Counted(std::string id, std::shared_ptr<Telemetry> telemetry, SinkPtr sink)
      : id_(std::move(id)), telemetry_(std::move(telemetry)), sink_(std::move(sink)) {}

  void Take(OtlpRequest request, OtlpDone done) override {
    const auto items = ingest::process::CountItems(request.signal, *request.body);
    if (!items) return done(std::unexpected(items.error()));
    const std::string labels = "exporter=\"" + id_ + "\"";
    const std::string name(ItemsName(request.signal));
    base::Counter& sent = telemetry_->GetCounter("otelcol_exporter_sent_" + name, labels);
    base::Counter& failed = telemetry_->GetCounter("otelcol_exporter_send_failed_" + name, labels);
    sink_->Take(std::move(request), [&sent, &failed, items = *items, telemetry = telemetry_,
                                     done = std::move(done)](const base::Result<OtlpTaken>& taken) {
      const uint64_t rejected = taken ? std::min<uint64_t>(taken->rejected, items) : items;
      sent.Add(items - rejected);
      failed.Add(rejected);
      done(taken);
    });
  }

 private:
  const std::string id_;
  const std::shared_ptr<Telemetry> telemetry_;
  const SinkPtr sink_;
};

/// Gives every request to one tenant.
class TenantSink final : public ingest::receive::OtlpSink {
 public:
  TenantSink(std::string tenant, SinkPtr sink)
      : tenant_(std::move(tenant)), sink_(std::move(sink)) {}
  void Take(OtlpRequest request, OtlpDone done) override {
    request.sender.tenant = tenant_;
    sink_->Take(std::move(request), std::move(done));
  }

 private:
  const std::string tenant_;
  const SinkPtr sink_;
};

}  // namespace

std::string HostAndPortOf(std::string_view endpoint) {
  if (endpoint.find("://") == endpoint.npos) return std::string(endpoint);
  const auto url = text::ParseUrl(endpoint);
  if (!url) return std::string(endpoint);
  return url->host + ":" + std::to_string(text::EffectivePort(*url));
}

struct Collector::Parts {
  CollectorDeps deps;
  conf::OtelcolConfig config;
  std::shared_ptr<Telemetry> telemetry = std::make_shared<Telemetry>();
  CollectorIdentity identity;
  std::map<std::string, std::shared_ptr<PrometheusExporter>> pages;
  std::vector<std::shared_ptr<SendingQueue>> queues;
  std::shared_ptr<ingest::process::Pipelines> pipelines;
  std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;  // mutex
  std::thread ticker;

  bool IsSelf(std::string_view endpoint) const {
    return deps.is_self && deps.is_self(HostAndPortOf(endpoint));
  }

  /// An exporter to Pharos itself names its tenant in a header, as one to another would.
  SinkPtr AsTenant(const conf::OtelcolClient& client, SinkPtr sink) const {
    if (!deps.target.multi_tenant) return sink;
    net::Headers headers;
    for (const auto& [name, value] : client.headers) headers.Set(name, value);
    const std::string tenant(headers.Get("X-Scope-OrgID"));
    if (tenant.empty()) return sink;
    return std::make_shared<TenantSink>(tenant, std::move(sink));
  }
  Exporter Here(const conf::OtelcolExporter& exporter, SinkPtr sink) {
    return {std::make_shared<Counted>(exporter.id.text, telemetry, std::move(sink)), true};
  }
  Exporter Network(const conf::OtelcolExporter& exporter, const conf::OtelcolClient& client,
                   Deliver deliver) {
    queues.push_back(std::make_shared<SendingQueue>(client.queue, client.retry, exporter.id.text,
                                                    telemetry, std::move(deliver)));
    return {queues.back(), false};
  }

  base::Result<Exporter> Make(const conf::OtelcolExporter& exporter) {
    if (const auto* otlp = std::get_if<conf::OtelcolOtlpExporter>(&exporter.settings)) {
      if (IsSelf(otlp->client.endpoint)) return Here(exporter, AsTenant(otlp->client, deps.store));
      auto deliver = OtlpGrpcDeliver(*otlp);
      if (!deliver) {
        return base::Wrap(std::move(deliver).error(), "exporter \"" + exporter.id.text + "\"");
      }
      return Network(exporter, otlp->client, *std::move(deliver));
    }
    if (const auto* http = std::get_if<conf::OtelcolOtlpHttpExporter>(&exporter.settings)) {
      const auto& urls = {http->traces_url, http->metrics_url, http->logs_url};
      bool self = true;
      for (const std::string& url : urls) self &= url.empty() || IsSelf(url);
      if (self) return Here(exporter, AsTenant(http->client, deps.store));
      return Network(exporter, http->client, OtlpHttpDeliver(*http));
    }
    if (const auto* loki = std::get_if<conf::OtelcolLokiExporter>(&exporter.settings)) {
      if (IsSelf(loki->client.endpoint)) {
        return Here(exporter, AsTenant(loki->client, MakeLokiStoreExporter(*loki, deps.target)));
      }
      return Network(exporter, loki->client, LokiDeliver(*loki, deps.target.clock));
    }
    if (const auto* page = std::get_if<conf::OtelcolPrometheusExporter>(&exporter.settings)) {
      auto made = std::make_shared<PrometheusExporter>(*page, deps.target.clock);
      pages[exporter.id.text] = made;
      return Here(exporter, made);
    }
    const auto& debug = std::get<conf::OtelcolDebugExporter>(exporter.settings);
    // Its lines are of level info: service.telemetry.logs.level may silence them.
    const bool silent = config.log_level != "info" && config.log_level != "debug";
    DebugLine line = silent ? [](const std::string&) {} : DebugLine();
    return Here(exporter,
                MakeDebugExporter(debug, exporter.id.text, deps.target.clock, std::move(line)));
  }

  void Tick() {
    std::unique_lock lock(mutex);
    int64_t expired_ns = deps.target.clock->MonotonicNs();
    while (!wake.wait_for(lock, std::chrono::nanoseconds(ingest::process::kTickNs),
                          [&] { return stopping; })) {
      lock.unlock();
      pipelines->Tick();
      if (deps.target.clock->MonotonicNs() - expired_ns >= kExpireNs) {
        expired_ns = deps.target.clock->MonotonicNs();
        for (const auto& [id, page] : pages) page->Expire();
      }
      lock.lock();
    }
  }
};

namespace {

std::shared_ptr<const net::Router> PageRouter(
    const std::string& path, std::function<net::Response(const net::Request&)> page) {
  auto router = std::make_shared<net::Router>();
  router->Add("GET", path, std::move(page));
  return router;
}

net::Response PageResponse(std::string_view type, std::string body) {
  net::Response response;
  response.headers.Set("Content-Type", type);
  response.body = std::move(body);
  return response;
}

void AddReceiver(const conf::OtelcolReceiver& receiver, const CollectorDeps& deps, SinkPtr sink,
                 std::vector<CollectorListener>* out) {
  const auto service = std::make_shared<ingest::receive::OtlpService>(std::move(sink));
  if (receiver.grpc) {
    out->push_back(
        {.kind = CollectorListener::Kind::kOtlpGrpc,
         .id = receiver.id.text,
         .endpoint = receiver.grpc->endpoint,
         .service = service,
         .router = nullptr,
         .cors_origins = {},
         .max_message_bytes = static_cast<size_t>(receiver.grpc->max_message_bytes),
         .max_concurrent_streams = static_cast<int>(receiver.grpc->max_concurrent_streams)});
  }
  if (!receiver.http) return;
  auto router = std::make_shared<net::Router>();
  ingest::receive::RegisterOtlpHttp(
      *router, service, deps.target,
      {.traces = receiver.http->traces_path,
       .logs = receiver.http->logs_path,
       .metrics = receiver.http->metrics_path,
       .max_body_bytes = static_cast<size_t>(receiver.http->max_body_bytes)});
  out->push_back({.kind = CollectorListener::Kind::kOtlpHttp,
                  .id = receiver.id.text,
                  .endpoint = receiver.http->endpoint,
                  .service = service,
                  .router = router,
                  .cors_origins = receiver.http->cors_origins});
}

}  // namespace

Collector::Collector(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}

base::Result<std::unique_ptr<Collector>> Collector::Make(const conf::OtelcolConfig& config,
                                                         CollectorDeps deps) {
  auto parts = std::make_shared<Parts>();
  parts->deps = std::move(deps);
  parts->config = config;
  if (parts->deps.store == nullptr) {
    parts->deps.store = std::make_shared<ingest::receive::OtlpStore>(parts->deps.target);
  }
  parts->identity = {.instance_id = NewInstanceId(), .start_ns = parts->deps.target.clock->NowNs()};
  auto pipelines = ingest::process::Pipelines::Make(
      config, {.telemetry = parts->telemetry,
               .held = {},
               .clock = parts->deps.target.clock,
               .exporters = [raw = parts.get()](const conf::OtelcolExporter& exporter) {
                 return raw->Make(exporter);
               }});
  if (!pipelines) return std::unexpected(std::move(pipelines).error());
  parts->pipelines = *std::move(pipelines);

  std::unique_ptr<Collector> out(new Collector(parts));
  std::vector<bool> used(config.receivers.size());
  for (const auto& pipeline : config.pipelines) {
    for (const size_t index : pipeline.receivers) used[index] = true;
  }
  for (size_t i = 0; i < config.receivers.size(); ++i) {
    if (!used[i]) continue;  // a receiver that no pipeline has does not listen
    const auto& receiver = config.receivers[i];
    AddReceiver(receiver, parts->deps, parts->pipelines->SinkOf(receiver.id.text),
                &out->listeners_);
  }
  for (const auto& exporter : config.exporters) {
    const auto page = parts->pages.find(exporter.id.text);
    if (page == parts->pages.end()) continue;
    const auto& settings = std::get<conf::OtelcolPrometheusExporter>(exporter.settings);
    out->listeners_.push_back(
        {.kind = CollectorListener::Kind::kExporterPage,
         .id = exporter.id.text,
         .endpoint = settings.endpoint,
         .service = nullptr,
         .router = PageRouter("/metrics", [page = page->second](const net::Request& request) {
           const PageFormat format = FormatFor(request.headers.Get("Accept"), page->open_metrics());
           return PageResponse(ContentTypeOf(format), page->Page(format));
         })});
  }
  if (config.metrics_enabled) {
    out->listeners_.push_back({.kind = CollectorListener::Kind::kMetricsPage,
                               .id = "",
                               .endpoint = config.metrics_address,
                               .service = nullptr,
                               .router = PageRouter("/metrics", [parts](const net::Request&) {
                                 return PageResponse(
                                     ContentTypeOf(PageFormat::kText),
                                     CollectorMetricsPage(*parts->telemetry, parts->identity,
                                                          parts->deps.target.clock->NowNs()));
                               })});
  }
  if (!config.health_check_endpoint.empty()) {
    out->listeners_.push_back({.kind = CollectorListener::Kind::kHealth,
                               .id = "health_check",
                               .endpoint = config.health_check_endpoint,
                               .service = nullptr,
                               .router = PageRouter("/", [](const net::Request&) {
                                 return net::Response::Json(200,
                                                            R"({"status":"Server available"})");
                               })});
  }
  parts->ticker = std::thread([raw = parts.get()] { raw->Tick(); });
  return out;
}

Collector::~Collector() { Stop(std::chrono::milliseconds(0)); }

std::string Collector::MetricsPage() const {
  return CollectorMetricsPage(*parts_->telemetry, parts_->identity,
                              parts_->deps.target.clock->NowNs());
}

std::string Collector::ExporterPage(const std::string& id) const {
  const auto found = parts_->pages.find(id);
  return found == parts_->pages.end() ? "" : found->second->Page(PageFormat::kText);
}

void Collector::Stop(std::chrono::milliseconds grace) {
  {
    const std::lock_guard lock(parts_->mutex);
    parts_->stopping = true;
  }
  parts_->wake.notify_all();
  if (parts_->ticker.joinable()) parts_->ticker.join();
  parts_->pipelines->Flush();
  const auto end = std::chrono::steady_clock::now() + grace;
  for (const auto& queue : parts_->queues) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    queue->Stop(std::max(left, std::chrono::milliseconds(0)));
  }
}

}  // namespace pharos::exporting
