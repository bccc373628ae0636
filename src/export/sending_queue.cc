#include "export/sending_queue.h"

#include <algorithm>
#include <random>
#include <utility>

#include "base/log.h"
#include "export/limits.h"
#include "ingest/process/rewrite.h"

namespace pharos::exporting {

using ingest::receive::OtlpDone;
using ingest::receive::OtlpRequest;
using ingest::receive::OtlpTaken;
using std::chrono::milliseconds;

SendingQueue::SendingQueue(const conf::OtelcolQueue& queue, const conf::OtelcolRetry& retry,
                           std::string id, std::shared_ptr<ingest::process::Telemetry> telemetry,
                           Deliver deliver)
    : queue_(queue),
      retry_(retry),
      id_(std::move(id)),
      telemetry_(std::move(telemetry)),
      deliver_(std::move(deliver)) {
  const std::string labels = "exporter=\"" + id_ + "\"";
  telemetry_->SetGauge("otelcol_exporter_queue_capacity", labels,
                       [size = queue_.size] { return static_cast<double>(size); });
  telemetry_->SetGauge("otelcol_exporter_queue_size", labels,
                       [this] { return static_cast<double>(size()); });
}

SendingQueue::~SendingQueue() {
  Stop(milliseconds(0));
  telemetry_->SetGauge("otelcol_exporter_queue_size", "exporter=\"" + id_ + "\"",
                       [] { return 0.0; });
}

size_t SendingQueue::size() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void SendingQueue::Count(const char* what, const Item& item) {
  const std::string name = std::string("otelcol_exporter_") + what + "_" +
                           std::string(ingest::process::ItemsName(item.request.signal));
  telemetry_->GetCounter(name, "exporter=\"" + id_ + "\"").Add(item.items);
}

void SendingQueue::Take(OtlpRequest request, OtlpDone done) {
  Item item{std::move(request), nullptr, 0};
  item.items = ingest::process::CountItems(item.request.signal, *item.request.body).value_or(0);
  const auto bytes = static_cast<int64_t>(item.request.body->size());
  {
    std::unique_lock lock(mutex_);
    if (stopping_ || waiting_.size() >= static_cast<size_t>(queue_.size) ||
        waiting_bytes_ + bytes > kMaxQueueBytes) {
      lock.unlock();
      Count("enqueue_failed", item);
      return done(
          base::Fail(base::ErrorKind::kBusy, "exporter \"" + id_ + "\": sending queue is full"));
    }
    if (!queue_.enabled) item.done = std::exchange(done, nullptr);
    waiting_bytes_ += bytes;
    waiting_.push_back(std::move(item));
    if (idle_ == 0 && threads_.size() < static_cast<size_t>(queue_.consumers)) {
      threads_.emplace_back([this] { Run(); });
    }
  }
  changed_.notify_one();
  if (done) done(OtlpTaken{});
}

void SendingQueue::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    changed_.wait(lock, [&] { return stopped_ || !waiting_.empty(); });
    --idle_;
    if (stopped_) return;
    Item item = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= static_cast<int64_t>(item.request.body->size());
    ++busy_;
    lock.unlock();
    Send(std::move(item));
    lock.lock();
    --busy_;
    changed_.notify_all();
  }
}

void SendingQueue::Send(Item item) {
  const Delivery end = Attempts(item.request);
  Count(end.delivered ? "sent" : "send_failed", item);
  if (!end.delivered) {
    base::Log(
        base::LogLevel::kError, "exporting failed, dropping data",
        {{"exporter", id_}, {"error", end.error}, {"dropped_items", std::to_string(item.items)}});
  }
  if (!item.done) return;
  if (end.delivered) return item.done(OtlpTaken{});
  item.done(base::Fail(end.retryable ? base::ErrorKind::kBusy : base::ErrorKind::kUnprocessable,
                       "exporter \"" + id_ + "\": " + end.error));
}

Delivery SendingQueue::Attempts(const OtlpRequest& request) {
  thread_local std::minstd_rand random{std::random_device{}()};
  auto interval = static_cast<double>(retry_.initial_ms);
  auto waited = milliseconds(0);
  while (true) {
    Delivery end = deliver_(request, cancelled_);
    if (end.delivered || !end.retryable || !retry_.enabled) return end;
    std::uniform_real_distribution<double> spread(1 - retry_.randomization,
                                                  1 + retry_.randomization);
    auto pause = std::max(milliseconds(static_cast<int64_t>(interval * spread(random))), end.pause);
    waited += pause;
    if (retry_.max_elapsed_ms > 0 && waited > milliseconds(retry_.max_elapsed_ms)) {
      end.error = "no more retries left: " + end.error;
      return end;
    }
    base::Log(
        base::LogLevel::kInfo, "exporting failed, will retry after a pause",
        {{"exporter", id_}, {"error", end.error}, {"pause_ms", std::to_string(pause.count())}});
    if (!Pause(pause)) return end;
    interval = std::min(interval * retry_.multiplier, static_cast<double>(retry_.max_interval_ms));
  }
}

bool SendingQueue::Pause(milliseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [&] { return stopping_; });
}

void SendingQueue::Stop(milliseconds grace) {
  std::deque<Item> left;
  std::vector<std::thread> threads;
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, grace, [&] { return waiting_.empty() && busy_ == 0; });
    stopped_ = true;
    cancelled_.Cancel();
    left.swap(waiting_);
    waiting_bytes_ = 0;
    threads.swap(threads_);
  }
  changed_.notify_all();
  for (Item& item : left) {
    Count("send_failed", item);
    if (item.done) {
      item.done(base::Fail(base::ErrorKind::kBusy, "exporter \"" + id_ + "\" is stopping"));
    }
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace pharos::exporting
