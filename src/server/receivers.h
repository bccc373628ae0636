// What brings telemetry in besides the scraper and the faces' own receivers: OTLP (stored
// directly, or through a Collector file's pipelines), promtail's route, Fluent's protocol.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "export/collector.h"
#include "ingest/receive/fluent_forward.h"
#include "ingest/receive/loki_limits.h"
#include "ingest/receive/otlp_service.h"
#include "ingest/tail/promtail.h"
#include "server/configuration.h"

namespace pharos::server {

class Storage;

/// Owns: all of the above; borrows storage and options. Threads: any. Errors: Open and Start say
/// which part of which file cannot be done.
class Receivers {
 public:
  static base::Result<std::unique_ptr<Receivers>> Open(Storage& storage,
                                                       const ServeOptions& options,
                                                       const Configuration& configuration);
  ~Receivers();

  /// What the OTLP listeners serve: the Collector's receiver, or storing.
  std::shared_ptr<ingest::receive::OtlpService> otlp() const { return otlp_; }
  /// Storing, whatever a Collector file says: for the OTLP paths of Prometheus and Loki.
  std::shared_ptr<ingest::receive::OtlpService> direct() const { return direct_; }
  /// Null without a Collector file.
  const exporting::Collector* collector() const { return collector_.get(); }
  /// The listener of that kind that the Collector's file asks for first, or null.
  const exporting::CollectorListener* FirstOf(exporting::CollectorListener::Kind kind) const;

  /// What pushes to the Loki face are held against: a Loki file's limits, or Pharos's own.
  const ingest::receive::LokiLimits& loki_limits() const { return loki_limits_; }

  /// Puts the pipelines of another Collector file in force; the receivers must be the same.
  base::Result<void> Reload(const Configuration& configuration);
  /// Log files are followed from now on.
  base::Result<void> Start(const Configuration& configuration);
  /// The address that is bound.
  base::Result<std::string> ListenFluent(const std::string& address);
  /// Nothing new is taken from files and forwarders.
  void StopTaking();
  /// Sends what pipelines hold.
  void Flush(std::chrono::milliseconds grace);

 private:
  Receivers(Storage& storage, const ServeOptions& options);
  ingest::receive::Target target() const;

  Storage& storage_;
  const ServeOptions& options_;
  std::shared_ptr<ingest::receive::OtlpService> direct_, otlp_;
  std::unique_ptr<exporting::Collector> collector_;
  ingest::receive::LokiLimits loki_limits_;
  std::unique_ptr<ingest::tail::Promtail> promtail_;
  std::unique_ptr<ingest::receive::FluentForward> fluent_;
};

}  // namespace pharos::server
