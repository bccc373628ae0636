// A whole Collector file at work: its receivers' sinks, its pages, its exporters. What server/
// starts when a file is given; without one this is not made and OTLP is stored directly.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "conf/otelcol_config.h"
#include "ingest/receive/otlp_service.h"
#include "ingest/receive/target.h"
#include "net/router.h"

namespace pharos::exporting {

class CollectorParts;

struct CollectorDeps {
  /// The engines that exporters to Pharos's own addresses write to, and the clock.
  ingest::receive::Target target;
  /// True for "host:port" that Pharos itself answers (self_names); may be empty: nothing is.
  std::function<bool(std::string_view host_and_port)> is_self;
  /// What stores OTLP directly: shared with the server's own, so that delta sums have one total;
  /// made from `target` when null.
  std::shared_ptr<ingest::receive::OtlpSink> store;
};

/// A port that the file asks for, and what answers there.
struct CollectorListener {
  enum class Kind : uint8_t { kOtlpGrpc, kOtlpHttp, kExporterPage, kMetricsPage, kHealth };
  Kind kind = Kind::kOtlpGrpc;
  std::string id;        ///< of the component: "otlp", "prometheus"; "" for the metrics page
  std::string endpoint;  ///< as the file has it: "0.0.0.0:4317"
  /// For kOtlpGrpc and kOtlpHttp.
  std::shared_ptr<ingest::receive::OtlpService> service;
  /// For all but kOtlpGrpc.
  std::shared_ptr<const net::Router> router;
  std::vector<std::string> cors_origins = {};  ///< kOtlpHttp: "https://*.test.com"
  size_t max_message_bytes = 0;                ///< kOtlpGrpc
  int max_concurrent_streams = 0;              ///< kOtlpGrpc; 0: as the server has it
};

/// Owns: pipelines, exporters, a thread for timeouts, threads of exporters to the network.
/// Threads: any; Reload and Stop one at a time. Errors: Make names the exporter that cannot be
/// made. Listeners may outlive it: their services keep what is in force; after Stop exporters to
/// the network take nothing.
class Collector {
 public:
  static base::Result<std::unique_ptr<Collector>> Make(const conf::OtelcolConfig& config,
                                                       CollectorDeps deps);
  ~Collector();

  const std::vector<CollectorListener>& listeners() const { return listeners_; }
  /// The first receiver's service, for ports of Pharos's own that take OTLP.
  std::shared_ptr<ingest::receive::OtlpService> service() const;
  /// The Collector's page about itself, and that of a prometheus exporter ("" for an id that is
  /// none): for scrapes that stay in this process.
  std::string MetricsPage() const;
  std::string ExporterPage(const std::string& id) const;

  /// Puts another file's pipelines below the same listeners; counts and pages start again, as
  /// when the Collector reloads. What the old ones hold is sent for up to `grace`.
  /// kUnprocessable when receivers, pages or endpoints differ: the old file stays in force.
  base::Result<void> Reload(const conf::OtelcolConfig& config, std::chrono::milliseconds grace);
  /// Sends what batches and queues hold, for up to `grace`. After the receivers have drained.
  void Stop(std::chrono::milliseconds grace);

 private:
  struct Current;
  class ReceiverSink;
  explicit Collector(CollectorDeps deps);
  /// Returns what was in force.
  std::shared_ptr<CollectorParts> Set(const conf::OtelcolConfig& config,
                                      std::shared_ptr<CollectorParts> parts);
  void AddReceivers(const conf::OtelcolConfig& config);
  void AddPages(const conf::OtelcolConfig& config);

  CollectorDeps deps_;
  std::shared_ptr<Current> current_;
  std::multiset<std::string> listener_keys_;
  std::vector<CollectorListener> listeners_;
};

/// "http://loki:3100/loki/api/v1/push" and "loki:3100" → "loki:3100"; the scheme's port when
/// none is given.
std::string HostAndPortOf(std::string_view endpoint);

}  // namespace pharos::exporting
