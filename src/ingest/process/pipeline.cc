#include "ingest/process/pipeline.h"

#include <utility>

#include "ingest/process/rewrite.h"

namespace pharos::ingest::process {
namespace {

OtlpSignal SignalOf(conf::OtelcolSignal signal) {
  switch (signal) {
    case conf::OtelcolSignal::kTraces: return OtlpSignal::kTraces;
    case conf::OtelcolSignal::kMetrics: return OtlpSignal::kMetrics;
    case conf::OtelcolSignal::kLogs: return OtlpSignal::kLogs;
  }
  return OtlpSignal::kTraces;
}

/// Gives each request to all.
class FanOut final : public receive::OtlpSink {
 public:
  explicit FanOut(std::vector<SinkPtr> sinks) : sinks_(std::move(sinks)) {}
  void Take(receive::OtlpRequest request, receive::OtlpDone done) override {
    const auto joined = receive::JoinAnswers(sinks_.size(), std::move(done));
    for (const SinkPtr& sink : sinks_) sink->Take(request, joined);
  }

 private:
  const std::vector<SinkPtr> sinks_;
};

SinkPtr OneOrAll(std::vector<SinkPtr> sinks) {
  if (sinks.size() == 1) return std::move(sinks.front());
  return std::make_shared<FanOut>(std::move(sinks));
}

}  // namespace

/// The first hop: counts what a receiver took and refused.
class Pipelines::Receiver final : public receive::OtlpSink {
 public:
  Receiver(std::shared_ptr<Pipelines> owner, std::string id)
      : owner_(std::move(owner)), id_(std::move(id)), metadata_(owner_->metadata_[id_]) {
    for (const auto signal : {OtlpSignal::kTraces, OtlpSignal::kLogs, OtlpSignal::kMetrics}) {
      const auto found = owner_->heads_.find({id_, signal});
      if (found == owner_->heads_.end()) continue;
      heads_[static_cast<size_t>(signal)] = OneOrAll(found->second);
      for (const bool grpc : {false, true}) {
        const std::string labels =
            "receiver=\"" + id_ + "\",transport=\"" + (grpc ? "grpc" : "http") + "\"";
        const std::string items(ItemsName(signal));
        auto& counters = counters_[static_cast<size_t>(signal)][grpc ? 1 : 0];
        Telemetry& telemetry = *owner_->deps_.telemetry;
        counters.accepted = &telemetry.GetCounter("otelcol_receiver_accepted_" + items, labels);
        counters.refused = &telemetry.GetCounter("otelcol_receiver_refused_" + items, labels);
      }
    }
  }

  void Take(receive::OtlpRequest request, receive::OtlpDone done) override {
    const auto index = static_cast<size_t>(request.signal);
    if (heads_[index] == nullptr) {
      return done(base::Fail(base::ErrorKind::kUnsupported,
                             "no pipeline takes " + std::string(ItemsName(request.signal)) +
                                 " from receiver \"" + id_ + "\""));
    }
    const auto items = CountItems(request.signal, *request.body);
    if (!items) return done(std::unexpected(items.error()));
    if (*items == 0) return done(receive::OtlpTaken{});
    const bool grpc = request.sender.transport == "grpc";
    const Counters counters = counters_[index][grpc ? 1 : 0];
    if (!(grpc ? metadata_.first : metadata_.second)) request.sender.metadata = nullptr;
    request.body = owner_->deps_.held.Hold(std::move(request.body));
    heads_[index]->Take(std::move(request),
                        [counters, items = *items, owner = owner_,
                         done = std::move(done)](const base::Result<receive::OtlpTaken>& taken) {
                          (taken ? counters.accepted : counters.refused)->Add(items);
                          done(taken);
                        });
  }

 private:
  struct Counters {
    base::Counter *accepted = nullptr, *refused = nullptr;
  };
  const std::shared_ptr<Pipelines> owner_;
  const std::string id_;
  const std::pair<bool, bool> metadata_;
  SinkPtr heads_[3];
  Counters counters_[3][2];
};

base::Result<std::shared_ptr<Pipelines>> Pipelines::Make(const conf::OtelcolConfig& config,
                                                         PipelineDeps deps) {
  std::shared_ptr<Pipelines> out(new Pipelines(std::move(deps)));
  out->self_ = out;
  for (const conf::OtelcolReceiver& receiver : config.receivers) {
    out->metadata_[receiver.id.text] = {receiver.grpc && receiver.grpc->include_metadata,
                                        receiver.http && receiver.http->include_metadata};
  }
  std::map<size_t, Exporter> exporters;
  for (const conf::OtelcolPipeline& pipeline : config.pipelines) {
    std::vector<SinkPtr> here, network;
    for (const size_t index : pipeline.exporters) {
      if (!exporters.contains(index)) {
        PHAROS_TRY(exporters[index], out->deps_.exporters(config.exporters[index]));
      }
      const Exporter& exporter = exporters[index];
      (exporter.in_process ? here : network).push_back(exporter.sink);
    }
    // Both chains do the same work; the page shows it once.
    Telemetry* shown = out->deps_.telemetry.get();
    Telemetry* of_here = network.empty() ? shown : &out->unshown_;
    std::vector<SinkPtr> chains;
    if (!here.empty()) chains.push_back(out->Chain(config, pipeline, here, true, of_here));
    if (!network.empty()) chains.push_back(out->Chain(config, pipeline, network, false, shown));
    for (const size_t index : pipeline.receivers) {
      auto& heads = out->heads_[{config.receivers[index].id.text, SignalOf(pipeline.signal)}];
      heads.insert(heads.end(), chains.begin(), chains.end());
    }
  }
  return out;
}

SinkPtr Pipelines::Chain(const conf::OtelcolConfig& config, const conf::OtelcolPipeline& pipeline,
                         std::vector<SinkPtr> exporters, bool in_process, Telemetry* telemetry) {
  const ProcessorDeps deps{telemetry, &deps_.held};
  SinkPtr next = OneOrAll(std::move(exporters));
  for (auto it = pipeline.processors.rbegin(); it != pipeline.processors.rend(); ++it) {
    const conf::OtelcolProcessor& processor = config.processors[*it];
    const std::string& id = processor.id.text;
    if (const auto* limiter = std::get_if<conf::OtelcolMemoryLimiter>(&processor.settings)) {
      next = MakeMemoryLimiter(*limiter, id, deps, std::move(next));
    } else if (const auto* batch = std::get_if<conf::OtelcolBatch>(&processor.settings)) {
      const auto passing = in_process ? Batch::Passing::kThrough : Batch::Passing::kGather;
      batches_.push_back(
          std::make_shared<Batch>(*batch, id, passing, deps, deps_.clock, std::move(next)));
      next = batches_.back();
    } else if (const auto* resource = std::get_if<conf::OtelcolResource>(&processor.settings)) {
      next = MakeResource(*resource, deps, std::move(next));
    } else {
      next = MakeAttributes(std::get<conf::OtelcolAttributes>(processor.settings), deps,
                            std::move(next));
    }
  }
  return next;
}

SinkPtr Pipelines::SinkOf(const std::string& receiver) {
  return std::make_shared<Receiver>(self_.lock(), receiver);
}

void Pipelines::Tick() {
  for (const auto& batch : batches_) batch->Tick();
}
void Pipelines::Close() {
  for (const auto& batch : batches_) batch->Close();
}

}  // namespace pharos::ingest::process
