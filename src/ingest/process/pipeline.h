// The pipelines of a Collector file: from each receiver to the processors and exporters that
// service.pipelines names, three signals, nothing else.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "conf/otelcol_config.h"
#include "ingest/process/batch.h"
#include "ingest/process/processors.h"

namespace pharos::ingest::process {

/// An exporter as the pipelines see it; made by export/.
struct Exporter {
  SinkPtr sink;
  /// Its answer means that the data is where it stays (on disk, on the page). Else it may be
  /// answered while the data waits for the network.
  bool in_process = false;
};
/// Called once an exporter of the file that a pipeline uses.
using ExporterFactory = std::function<base::Result<Exporter>(const conf::OtelcolExporter&)>;

struct PipelineDeps {
  std::shared_ptr<Telemetry> telemetry;
  HeldBytes held;
  const base::Clock* clock = &base::Clock::System();
  ExporterFactory exporters;
};

/// Acknowledgement: a request is answered when every exporter in this process has it where it
/// stays and every batch or queue before the network has taken it. Where a pipeline has both
/// kinds of exporters, each kind gets its own chain of the same processors, so that a batch
/// delays only what goes over the network (see batch.h).
///
/// Owns: processors and a share of the exporters. Threads: any. Errors: Make passes the
/// factory's on; a signal that no pipeline takes from a receiver is kUnsupported. Cost: what the
/// processors cost; without any, none.
class Pipelines {
 public:
  static base::Result<std::shared_ptr<Pipelines>> Make(const conf::OtelcolConfig& config,
                                                       PipelineDeps deps);
  /// What takes the requests of a receiver ("otlp", "otlp/2"); never null. It keeps the
  /// pipelines alive.
  SinkPtr SinkOf(const std::string& receiver);

  /// Sends batches whose time has come; to be called about every kTickNs.
  void Tick();
  /// Sends what batches hold: at the stop, after the receivers. They gather nothing any more.
  void Close();

 private:
  class Receiver;
  explicit Pipelines(PipelineDeps deps) : deps_(std::move(deps)) {}
  SinkPtr Chain(const conf::OtelcolConfig& config, const conf::OtelcolPipeline& pipeline,
                std::vector<SinkPtr> exporters, bool in_process, Telemetry* telemetry);

  PipelineDeps deps_;
  Telemetry unshown_;
  std::vector<std::shared_ptr<Batch>> batches_;
  /// Receivers whose file keeps metadata, by id: (over gRPC, over HTTP).
  std::map<std::string, std::pair<bool, bool>> metadata_;
  /// By receiver and signal: the heads of the chains.
  std::map<std::pair<std::string, receive::OtlpSignal>, std::vector<SinkPtr>> heads_;
  std::weak_ptr<Pipelines> self_;
};

}  // namespace pharos::ingest::process
