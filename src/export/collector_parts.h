// One Collector file at work: its exporters, pipelines, counts. Private to export/; what replaces
// what at a reload.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "export/collector.h"
#include "export/collector_metrics.h"
#include "export/prometheus_exporter.h"
#include "export/sending_queue.h"
#include "ingest/process/pipeline.h"

namespace pharos::exporting {

/// Owns: all of it, and a thread for timeouts. Threads: any. Errors: Make names the exporter that
/// cannot be made.
class CollectorParts {
 public:
  static base::Result<std::shared_ptr<CollectorParts>> Make(const conf::OtelcolConfig& config,
                                                            const CollectorDeps& deps);
  ~CollectorParts();

  ingest::process::SinkPtr SinkOf(const std::string& receiver) {
    return pipelines_->SinkOf(receiver);
  }
  /// Null for an id that is no prometheus exporter in use.
  std::shared_ptr<PrometheusExporter> Page(const std::string& id) const;
  std::string MetricsPage() const;
  /// Sends what batches and queues hold, for up to `grace`. Idempotent.
  void Stop(std::chrono::milliseconds grace);

 private:
  CollectorParts(const conf::OtelcolConfig& config, const CollectorDeps& deps);

  bool IsSelf(std::string_view endpoint) const;
  /// An exporter to Pharos itself names its tenant in a header, as one to another would.
  ingest::process::SinkPtr AsTenant(const conf::OtelcolClient& client,
                                    ingest::process::SinkPtr sink) const;
  ingest::process::Exporter Here(const conf::OtelcolExporter& exporter,
                                 ingest::process::SinkPtr sink);
  ingest::process::Exporter Network(const conf::OtelcolExporter& exporter,
                                    const conf::OtelcolClient& client, Deliver deliver);
  base::Result<ingest::process::Exporter> MakeExporter(const conf::OtelcolExporter& exporter);
  void Tick();

  const conf::OtelcolConfig config_;
  const CollectorDeps deps_;
  const std::shared_ptr<ingest::process::Telemetry> telemetry_ =
      std::make_shared<ingest::process::Telemetry>();
  CollectorIdentity identity_;
  std::map<std::string, std::shared_ptr<PrometheusExporter>> pages_;
  std::vector<std::shared_ptr<SendingQueue>> queues_;
  std::shared_ptr<ingest::process::Pipelines> pipelines_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // mutex_
  std::thread ticker_;
};

}  // namespace pharos::exporting
