#include "ingest/process/batch.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/log.h"
#include "ingest/process/limits.h"
#include "ingest/process/rewrite.h"

namespace pharos::ingest::process {
namespace {

std::string Labels(const std::string& id) { return "processor=\"" + id + "\""; }

}  // namespace

Batch::Batch(const conf::OtelcolBatch& settings, const std::string& id, Passing passing,
             const ProcessorDeps& deps, const base::Clock* clock, SinkPtr next)
    : settings_(settings),
      passing_(passing),
      clock_(clock),
      held_(*deps.held),
      next_(std::move(next)),
      by_size_(deps.telemetry->GetCounter("otelcol_processor_batch_batch_size_trigger_send",
                                          Labels(id))),
      by_timeout_(
          deps.telemetry->GetCounter("otelcol_processor_batch_timeout_trigger_send", Labels(id))),
      sizes_(deps.telemetry->GetSizes("otelcol_processor_batch_batch_send_size", Labels(id))) {
  // One batch for all: there are no metadata_keys here.
  deps.telemetry->SetGauge("otelcol_processor_batch_metadata_cardinality", Labels(id),
                           [] { return 1.0; });
}

void Batch::Take(receive::OtlpRequest request, receive::OtlpDone done) {
  const auto items = CountItems(request.signal, *request.body);
  if (!items) return done(std::unexpected(items.error()));
  if (*items == 0) return done(receive::OtlpTaken{});
  if (passing_ == Passing::kThrough) {
    by_timeout_.Add();
    sizes_.Observe(*items);
    return next_->Take(std::move(request), std::move(done));
  }
  Gathered full;
  {
    std::unique_lock lock(mutex_);
    if (closed_) {
      lock.unlock();
      return next_->Take(std::move(request), std::move(done));
    }
    auto found = std::ranges::find_if(waiting_, [&](const Gathered& gathered) {
      return gathered.signal == request.signal && gathered.sender.tenant == request.sender.tenant;
    });
    if (found == waiting_.end()) {
      waiting_.push_back({.sender = request.sender,
                          .signal = request.signal,
                          .bodies = {},
                          .since_ns = clock_->MonotonicNs()});
      found = waiting_.end() - 1;
    }
    found->items += *items;
    found->bytes += request.body->size();
    found->bodies.push_back(std::move(request.body));
    const bool untimed = settings_.timeout_ms == 0 || settings_.send_batch_size == 0;
    if (untimed || found->items >= static_cast<size_t>(settings_.send_batch_size) ||
        found->bytes >= kMaxBatchBytes || found->bodies.size() >= kMaxBatchRequests) {
      full = std::move(*found);
      waiting_.erase(found);
    }
  }
  done(receive::OtlpTaken{});
  if (full.items > 0) Send(std::move(full), Trigger::kSize);
}

void Batch::Tick() {
  std::vector<Gathered> due;
  {
    const std::lock_guard lock(mutex_);
    const int64_t before = clock_->MonotonicNs() - settings_.timeout_ms * 1'000'000;
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      if (it->since_ns > before) {
        ++it;
        continue;
      }
      due.push_back(std::move(*it));
      it = waiting_.erase(it);
    }
  }
  for (Gathered& gathered : due) Send(std::move(gathered), Trigger::kTimeout);
}

void Batch::Close() {
  std::vector<Gathered> all;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    all.swap(waiting_);
  }
  for (Gathered& gathered : all) Send(std::move(gathered), Trigger::kTimeout);
}

void Batch::Send(Gathered gathered, Trigger trigger) {
  // Repeated fields of one message: bodies behind each other are the joined request.
  std::string joined;
  joined.reserve(gathered.bytes);
  for (const auto& body : gathered.bodies) joined += *body;
  gathered.bodies.clear();
  size_t left = gathered.items;
  const auto most = static_cast<size_t>(settings_.send_batch_max_size);
  while (left > 0) {
    size_t items = left;
    std::string part;
    if (most > 0 && left > most) {
      std::tie(part, joined) = SplitItems(gathered.signal, joined, most);
      items = most;
    } else {
      part = std::move(joined);
    }
    left -= items;
    (trigger == Trigger::kSize ? by_size_ : by_timeout_).Add();
    SendOne({gathered.signal, held_.Hold(std::move(part)), gathered.sender}, items);
  }
}

void Batch::SendOne(receive::OtlpRequest request, size_t items) {
  sizes_.Observe(items);
  next_->Take(std::move(request), [items](const base::Result<receive::OtlpTaken>& taken) {
    if (taken) return;
    base::Log(base::LogLevel::kWarn, "sending a batch failed",
              {{"error", taken.error().message}, {"items", std::to_string(items)}});
  });
}

}  // namespace pharos::ingest::process
