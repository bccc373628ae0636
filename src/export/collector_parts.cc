#include "export/collector_parts.h"

#include <algorithm>
#include <utility>

#include "export/debug_exporter.h"
#include "export/limits.h"
#include "export/loki_exporter.h"
#include "export/otlp_exporter.h"
#include "ingest/process/limits.h"
#include "ingest/process/rewrite.h"
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

base::Result<std::shared_ptr<CollectorParts>> CollectorParts::Make(
    const conf::OtelcolConfig& config, const CollectorDeps& deps) {
  std::shared_ptr<CollectorParts> out(new CollectorParts(config, deps));
  PHAROS_TRY(out->pipelines_,
             ingest::process::Pipelines::Make(
                 config, {.telemetry = out->telemetry_,
                          .held = {},
                          .clock = deps.target.clock,
                          .exporters = [raw = out.get()](const conf::OtelcolExporter& exporter) {
                            return raw->MakeExporter(exporter);
                          }}));
  out->ticker_ = std::thread([raw = out.get()] { raw->Tick(); });
  return out;
}

CollectorParts::CollectorParts(const conf::OtelcolConfig& config, const CollectorDeps& deps)
    : config_(config), deps_(deps) {
  identity_.instance_id = NewInstanceId();
  identity_.start_ns = deps_.target.clock->NowNs();
}
CollectorParts::~CollectorParts() { Stop(std::chrono::milliseconds(0)); }

bool CollectorParts::IsSelf(std::string_view endpoint) const {
  return deps_.is_self && deps_.is_self(HostAndPortOf(endpoint));
}

SinkPtr CollectorParts::AsTenant(const conf::OtelcolClient& client, SinkPtr sink) const {
  if (!deps_.target.multi_tenant) return sink;
  net::Headers headers;
  for (const auto& [name, value] : client.headers) headers.Set(name, value);
  const std::string tenant(headers.Get("X-Scope-OrgID"));
  if (tenant.empty()) return sink;
  return std::make_shared<TenantSink>(tenant, std::move(sink));
}

Exporter CollectorParts::Here(const conf::OtelcolExporter& exporter, SinkPtr sink) {
  return {std::make_shared<Counted>(exporter.id.text, telemetry_, std::move(sink)), true};
}

Exporter CollectorParts::Network(const conf::OtelcolExporter& exporter,
                                 const conf::OtelcolClient& client, Deliver deliver) {
  queues_.push_back(std::make_shared<SendingQueue>(client.queue, client.retry, exporter.id.text,
                                                   telemetry_, std::move(deliver)));
  return {queues_.back(), false};
}

base::Result<Exporter> CollectorParts::MakeExporter(const conf::OtelcolExporter& exporter) {
  if (const auto* otlp = std::get_if<conf::OtelcolOtlpExporter>(&exporter.settings)) {
    if (IsSelf(otlp->client.endpoint)) return Here(exporter, AsTenant(otlp->client, deps_.store));
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
    if (self) return Here(exporter, AsTenant(http->client, deps_.store));
    return Network(exporter, http->client, OtlpHttpDeliver(*http));
  }
  if (const auto* loki = std::get_if<conf::OtelcolLokiExporter>(&exporter.settings)) {
    if (IsSelf(loki->client.endpoint)) {
      return Here(exporter, AsTenant(loki->client, MakeLokiStoreExporter(*loki, deps_.target)));
    }
    return Network(exporter, loki->client, LokiDeliver(*loki, deps_.target.clock));
  }
  if (const auto* page = std::get_if<conf::OtelcolPrometheusExporter>(&exporter.settings)) {
    auto made = std::make_shared<PrometheusExporter>(*page, deps_.target.clock);
    pages_[exporter.id.text] = made;
    return Here(exporter, made);
  }
  const auto& debug = std::get<conf::OtelcolDebugExporter>(exporter.settings);
  // Its lines are of level info: service.telemetry.logs.level may silence them.
  const bool silent = config_.log_level != "info" && config_.log_level != "debug";
  DebugLine line = silent ? [](const std::string&) {} : DebugLine();
  return Here(exporter,
              MakeDebugExporter(debug, exporter.id.text, deps_.target.clock, std::move(line)));
}

void CollectorParts::Tick() {
  std::unique_lock lock(mutex_);
  int64_t expired_ns = deps_.target.clock->MonotonicNs();
  while (!wake_.wait_for(lock, std::chrono::nanoseconds(ingest::process::kTickNs),
                         [&] { return stopping_; })) {
    lock.unlock();
    pipelines_->Tick();
    if (deps_.target.clock->MonotonicNs() - expired_ns >= kExpireNs) {
      expired_ns = deps_.target.clock->MonotonicNs();
      for (const auto& [id, page] : pages_) page->Expire();
    }
    lock.lock();
  }
}

std::shared_ptr<PrometheusExporter> CollectorParts::Page(const std::string& id) const {
  const auto found = pages_.find(id);
  return found == pages_.end() ? nullptr : found->second;
}

std::string CollectorParts::MetricsPage() const {
  return CollectorMetricsPage(*telemetry_, identity_, deps_.target.clock->NowNs());
}

void CollectorParts::Stop(std::chrono::milliseconds grace) {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (ticker_.joinable()) ticker_.join();
  if (pipelines_ != nullptr) pipelines_->Close();
  const auto end = std::chrono::steady_clock::now() + grace;
  for (const auto& queue : queues_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    queue->Stop(std::max(left, std::chrono::milliseconds(0)));
  }
}

}  // namespace pharos::exporting
