// What stands between a pipeline and the network: a bounded queue with its own threads, and
// retries with growing pauses, by the file's sending_queue and retry_on_failure.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "conf/otelcol_config.h"
#include "ingest/process/telemetry.h"
#include "ingest/receive/otlp_sink.h"
#include "net/http.h"

namespace pharos::exporting {

/// How one attempt ended.
struct Delivery {
  bool delivered = false;
  bool retryable = false;
  std::chrono::milliseconds pause{0};  ///< what the other side asked for, at least
  std::string error;
};
/// Sends one request; may block until its timeout, or until it is cancelled.
using Deliver = std::function<Delivery(const ingest::receive::OtlpRequest&,
                                       const net::Cancellation& cancelled)>;

/// Owns: the queue and its threads (started when there is work, at most num_consumers).
/// Threads: any; the destructor stops. Errors: kBusy when the queue is full; deliveries that
/// fail for good are counted and logged. With the queue enabled a request is answered when it is
/// queued (it is lost if the process is killed, as in the Collector), without it when it is
/// delivered. Cost: a lock a request.
class SendingQueue final : public ingest::receive::OtlpSink {
 public:
  SendingQueue(const conf::OtelcolQueue& queue, const conf::OtelcolRetry& retry, std::string id,
               std::shared_ptr<ingest::process::Telemetry> telemetry, Deliver deliver);
  ~SendingQueue() override;

  void Take(ingest::receive::OtlpRequest request, ingest::receive::OtlpDone done) override;
  /// Waits until what is queued has been tried, at most `grace`; then cancels what is under way and
  /// gives the rest up. Nothing
  /// is taken afterwards. Idempotent.
  void Stop(std::chrono::milliseconds grace);
  size_t size() const;

 private:
  struct Item {
    ingest::receive::OtlpRequest request;
    ingest::receive::OtlpDone done;  ///< empty when it was answered already
    size_t items = 0;
  };
  void Run();
  void Send(Item item);
  /// Attempts until delivered, hopeless or out of time. The last attempt's end.
  Delivery Attempts(const ingest::receive::OtlpRequest& request);
  /// False when Stop came meanwhile.
  bool Pause(std::chrono::milliseconds time);
  void Count(const char* what, const Item& item);

  const conf::OtelcolQueue queue_;
  const conf::OtelcolRetry retry_;
  const std::string id_;
  const std::shared_ptr<ingest::process::Telemetry> telemetry_;
  const Deliver deliver_;
  const net::Cancellation cancelled_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> waiting_;          // mutex_
  int64_t waiting_bytes_ = 0;         // mutex_
  size_t idle_ = 0, busy_ = 0;        // mutex_
  bool stopping_ = false;             // mutex_: no retries, take nothing new
  bool stopped_ = false;              // mutex_
  std::vector<std::thread> threads_;  // mutex_
};

}  // namespace pharos::exporting
