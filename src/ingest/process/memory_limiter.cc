#include <algorithm>

#include "base/budget.h"
#include "ingest/process/processors.h"
#include "ingest/process/rewrite.h"

namespace pharos::ingest::process {
namespace {

int64_t SoftLimit(const conf::OtelcolMemoryLimiter& settings) {
  // The budget's default is half of what the machine or cgroup has.
  const auto total = static_cast<int64_t>(base::MemoryBudget::DefaultLimitBytes()) * 2;
  const bool percent = settings.limit_bytes == 0;
  const int64_t limit = percent ? total / 100 * settings.limit_percent : settings.limit_bytes;
  int64_t spike = percent ? total / 100 * settings.spike_percent : settings.spike_bytes;
  if (spike == 0) spike = limit / 5;
  return limit - spike;
}

class MemoryLimiter final : public receive::OtlpSink {
 public:
  MemoryLimiter(const conf::OtelcolMemoryLimiter& settings, const std::string& id,
                const ProcessorDeps& deps, SinkPtr next)
      : soft_limit_(SoftLimit(settings)), held_(*deps.held), next_(std::move(next)) {
    for (const auto signal : {OtlpSignal::kTraces, OtlpSignal::kLogs, OtlpSignal::kMetrics}) {
      const std::string labels = "processor=\"" + id + "\"";
      const std::string items(ItemsName(signal));
      auto& counters = counters_[static_cast<size_t>(signal)];
      counters.accepted =
          &deps.telemetry->GetCounter("otelcol_processor_accepted_" + items, labels);
      counters.refused = &deps.telemetry->GetCounter("otelcol_processor_refused_" + items, labels);
      counters.dropped = &deps.telemetry->GetCounter("otelcol_processor_dropped_" + items, labels);
    }
  }

  void Take(receive::OtlpRequest request, receive::OtlpDone done) override {
    const auto items = CountItems(request.signal, *request.body);
    if (!items) return done(std::unexpected(items.error()));
    Counters& counters = counters_[static_cast<size_t>(request.signal)];
    if (held_.bytes() > soft_limit_) {
      counters.refused->Add(*items);
      return done(base::Fail(base::ErrorKind::kBusy, "data refused due to high memory usage"));
    }
    counters.accepted->Add(*items);
    next_->Take(std::move(request), std::move(done));
  }

 private:
  struct Counters {
    base::Counter *accepted, *refused, *dropped;
  };
  const int64_t soft_limit_;
  const HeldBytes& held_;
  const SinkPtr next_;
  Counters counters_[3];
};

}  // namespace

SinkPtr MakeMemoryLimiter(const conf::OtelcolMemoryLimiter& settings, const std::string& id,
                          const ProcessorDeps& deps, SinkPtr next) {
  return std::make_shared<MemoryLimiter>(settings, id, deps, std::move(next));
}

}  // namespace pharos::ingest::process
