#include "export/collector.h"

#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "export/collector_parts.h"
#include "ingest/receive/otlp_http.h"
#include "ingest/receive/otlp_store.h"

namespace pharos::exporting {

using ingest::process::SinkPtr;
using Kind = CollectorListener::Kind;

/// What is in force; listeners ask it with every request, so that a reload replaces it below them.
struct Collector::Current {
  std::mutex mutex;
  std::shared_ptr<CollectorParts> parts;     // mutex
  std::map<std::string, SinkPtr> receivers;  // mutex: of parts, by id

  std::shared_ptr<CollectorParts> Parts() {
    const std::lock_guard lock(mutex);
    return parts;
  }
  SinkPtr Receiver(const std::string& id) {
    const std::lock_guard lock(mutex);
    return receivers.at(id);
  }
};

/// A receiver's service hands its requests to whatever file is in force.
class Collector::ReceiverSink final : public ingest::receive::OtlpSink {
 public:
  ReceiverSink(std::shared_ptr<Current> current, std::string id)
      : current_(std::move(current)), id_(std::move(id)) {}
  void Take(ingest::receive::OtlpRequest request, ingest::receive::OtlpDone done) override {
    current_->Receiver(id_)->Take(std::move(request), std::move(done));
  }

 private:
  const std::shared_ptr<Current> current_;
  const std::string id_;
};

namespace {

std::shared_ptr<const net::Router> PageRouter(const std::string& path, net::SyncHandler page) {
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

/// Receivers that a pipeline has; others do not listen.
std::vector<const conf::OtelcolReceiver*> UsedReceivers(const conf::OtelcolConfig& config) {
  std::set<size_t> used;
  for (const auto& pipeline : config.pipelines) {
    used.insert(pipeline.receivers.begin(), pipeline.receivers.end());
  }
  std::vector<const conf::OtelcolReceiver*> out;
  for (const size_t index : used) out.push_back(&config.receivers[index]);
  return out;
}

/// Everything that a listener was made from: what a reload must leave as it is.
std::multiset<std::string> ListenerKeys(const conf::OtelcolConfig& config,
                                        const CollectorParts& parts) {
  std::multiset<std::string> out;
  for (const auto* receiver : UsedReceivers(config)) {
    const std::string& id = receiver->id.text;
    if (receiver->grpc) out.insert(id + " grpc " + receiver->grpc->endpoint);
    if (receiver->http) {
      out.insert(id + " http " + receiver->http->endpoint + " " + receiver->http->traces_path +
                 " " + receiver->http->metrics_path + " " + receiver->http->logs_path);
    }
  }
  for (const auto& exporter : config.exporters) {
    const auto* page = std::get_if<conf::OtelcolPrometheusExporter>(&exporter.settings);
    if (page != nullptr && parts.Page(exporter.id.text) != nullptr) {
      out.insert(exporter.id.text + " page " + page->endpoint);
    }
  }
  if (config.metrics_enabled) out.insert("metrics " + config.metrics_address);
  if (!config.health_check_endpoint.empty()) out.insert("health " + config.health_check_endpoint);
  return out;
}

}  // namespace

base::Result<std::unique_ptr<Collector>> Collector::Make(const conf::OtelcolConfig& config,
                                                         CollectorDeps deps) {
  if (deps.store == nullptr) {
    deps.store = std::make_shared<ingest::receive::OtlpStore>(deps.target);
  }
  PHAROS_TRY(std::shared_ptr<CollectorParts> parts, CollectorParts::Make(config, deps));
  std::unique_ptr<Collector> out(new Collector(std::move(deps)));
  out->listener_keys_ = ListenerKeys(config, *parts);
  out->Set(config, std::move(parts));
  out->AddReceivers(config);
  out->AddPages(config);
  return out;
}

Collector::Collector(CollectorDeps deps)
    : deps_(std::move(deps)), current_(std::make_shared<Current>()) {}
Collector::~Collector() { Stop(std::chrono::milliseconds(0)); }

std::shared_ptr<CollectorParts> Collector::Set(const conf::OtelcolConfig& config,
                                               std::shared_ptr<CollectorParts> parts) {
  std::map<std::string, SinkPtr> receivers;
  for (const auto* receiver : UsedReceivers(config)) {
    receivers[receiver->id.text] = parts->SinkOf(receiver->id.text);
  }
  const std::lock_guard lock(current_->mutex);
  current_->receivers.swap(receivers);
  return std::exchange(current_->parts, std::move(parts));
}

base::Result<void> Collector::Reload(const conf::OtelcolConfig& config,
                                     std::chrono::milliseconds grace) {
  PHAROS_TRY(std::shared_ptr<CollectorParts> parts, CollectorParts::Make(config, deps_));
  if (ListenerKeys(config, *parts) != listener_keys_) {
    return base::Fail(base::ErrorKind::kUnprocessable,
                      "the Collector file has other receivers, pages or endpoints than at the "
                      "start: restart Pharos for them; the old pipelines keep running");
  }
  const std::shared_ptr<CollectorParts> old = Set(config, std::move(parts));
  old->Stop(grace);
  return {};
}

void Collector::AddReceivers(const conf::OtelcolConfig& config) {
  for (const auto* receiver : UsedReceivers(config)) {
    const std::string& id = receiver->id.text;
    const auto service = std::make_shared<ingest::receive::OtlpService>(
        std::make_shared<ReceiverSink>(current_, id));
    if (receiver->grpc) {
      CollectorListener& listener = listeners_.emplace_back();
      listener = {.kind = Kind::kOtlpGrpc,
                  .id = id,
                  .endpoint = receiver->grpc->endpoint,
                  .service = service,
                  .router = nullptr};
      listener.max_message_bytes = static_cast<size_t>(receiver->grpc->max_message_bytes);
      listener.max_concurrent_streams = static_cast<int>(receiver->grpc->max_concurrent_streams);
    }
    if (!receiver->http) continue;
    const auto router = std::make_shared<net::Router>();
    ingest::receive::OtlpPaths paths{.traces = receiver->http->traces_path,
                                     .logs = receiver->http->logs_path,
                                     .metrics = receiver->http->metrics_path};
    paths.max_body_bytes = static_cast<size_t>(receiver->http->max_body_bytes);
    ingest::receive::RegisterOtlpHttp(*router, service, deps_.target, paths);
    CollectorListener& listener = listeners_.emplace_back();
    listener = {.kind = Kind::kOtlpHttp,
                .id = id,
                .endpoint = receiver->http->endpoint,
                .service = service,
                .router = router};
    listener.cors_origins = receiver->http->cors_origins;
  }
}

void Collector::AddPages(const conf::OtelcolConfig& config) {
  const auto add = [&](Kind kind, std::string id, std::string endpoint, const char* path,
                       net::SyncHandler page) {
    listeners_.push_back({.kind = kind,
                          .id = std::move(id),
                          .endpoint = std::move(endpoint),
                          .service = nullptr,
                          .router = PageRouter(path, std::move(page))});
  };
  for (const auto& exporter : config.exporters) {
    const std::string& id = exporter.id.text;
    if (current_->Parts()->Page(id) == nullptr) continue;
    add(Kind::kExporterPage, id,
        std::get<conf::OtelcolPrometheusExporter>(exporter.settings).endpoint, "/metrics",
        [current = current_, id](const net::Request& request) {
          const auto page = current->Parts()->Page(id);
          const PageFormat format = FormatFor(request.headers.Get("Accept"), page->open_metrics());
          return PageResponse(ContentTypeOf(format), page->Page(format));
        });
  }
  if (config.metrics_enabled) {
    add(Kind::kMetricsPage, "", config.metrics_address, "/metrics",
        [current = current_](const net::Request&) {
          return PageResponse(ContentTypeOf(PageFormat::kText), current->Parts()->MetricsPage());
        });
  }
  if (!config.health_check_endpoint.empty()) {
    add(Kind::kHealth, "health_check", config.health_check_endpoint, "/", [](const net::Request&) {
      return net::Response::Json(200, R"({"status":"Server available"})");
    });
  }
}

std::shared_ptr<ingest::receive::OtlpService> Collector::service() const {
  for (const CollectorListener& listener : listeners_) {
    if (listener.service != nullptr) return listener.service;
  }
  return nullptr;
}

std::string Collector::MetricsPage() const { return current_->Parts()->MetricsPage(); }

std::string Collector::ExporterPage(const std::string& id) const {
  const auto page = current_->Parts()->Page(id);
  return page == nullptr ? "" : page->Page(PageFormat::kText);
}

void Collector::Stop(std::chrono::milliseconds grace) { current_->Parts()->Stop(grace); }

}  // namespace pharos::exporting
