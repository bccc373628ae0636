// The batch processor: requests joined until they are large enough or old enough.
//
// The Collector acknowledges what lies in a batch, and loses it when it is killed. Pharos never
// loses what it acknowledged into its own store: on the way to exporters in this process a batch
// passes everything on at once (Passing::kThrough), so an answer still means "on disk"; on the
// way to the network it gathers and answers at once, as the Collector does (Passing::kGather).
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "ingest/process/processors.h"

namespace pharos::ingest::process {

/// Owns: the requests that wait. Threads: any. Errors: kGather gives none to the sender; what
/// the next hop says of a batch is logged. Cost: a copy of the bytes a batch.
class Batch final : public receive::OtlpSink {
 public:
  enum class Passing : uint8_t { kThrough, kGather };

  Batch(const conf::OtelcolBatch& settings, const std::string& id, Passing passing,
        const ProcessorDeps& deps, const base::Clock* clock, SinkPtr next);

  void Take(receive::OtlpRequest request, receive::OtlpDone done) override;
  /// Sends what has waited for the timeout; called by the pipelines' clock.
  void Tick();
  /// Sends everything now and gathers nothing any more: what comes later passes through, so
  /// that nothing is acknowledged that nobody will send.
  void Close();

 private:
  /// Requests of one tenant: those of different ones never share a body.
  struct Gathered {
    receive::OtlpSender sender;
    receive::OtlpSignal signal{};
    std::vector<std::shared_ptr<const std::string>> bodies;
    size_t items = 0, bytes = 0;
    int64_t since_ns = 0;
  };
  enum class Trigger : uint8_t { kSize, kTimeout };
  void Send(Gathered gathered, Trigger trigger);
  void SendOne(receive::OtlpRequest request, size_t items);

  const conf::OtelcolBatch settings_;
  const Passing passing_;
  const base::Clock* clock_;
  const HeldBytes& held_;
  const SinkPtr next_;
  base::Counter &by_size_, &by_timeout_;
  SizeHistogram& sizes_;
  std::mutex mutex_;
  std::vector<Gathered> waiting_;  // mutex_
  bool closed_ = false;            // mutex_
};

}  // namespace pharos::ingest::process
