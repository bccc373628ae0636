#include "server/storage.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "events/engine.h"
#include "query/exec/ordered_work.h"
#include "samples/engine.h"
#include "server/limits.h"
#include "server/loki_limits.h"
#include "text/duration.h"

namespace pharos::server {

using base::Result;

namespace {

samples::SampleEngineOptions SampleOptions(const ServeOptions& options,
                                           const Configuration& configuration) {
  samples::SampleEngineOptions out;
  out.retention_ms = options.metrics_retention_ms;
  out.retention_bytes = static_cast<uint64_t>(options.metrics_retention_bytes);
  out.min_free_bytes = static_cast<uint64_t>(options.min_free_bytes);
  const SeriesLimitKeys& limits = options.series_limits;
  out.limits = {.series = static_cast<size_t>(limits.series),
                .series_a_metric = static_cast<size_t>(limits.series_per_metric),
                .values_a_label = static_cast<size_t>(limits.label_values),
                .labels_a_series = static_cast<size_t>(limits.labels_per_series),
                .label_name_bytes = static_cast<size_t>(limits.label_name_length),
                .label_value_bytes = static_cast<size_t>(limits.label_value_length)};
  const conf::PrometheusConfig& prometheus = configuration.prometheus;
  if (prometheus.retention_ms && !options.metrics_retention_given)
    out.retention_ms = *prometheus.retention_ms;
  if (prometheus.retention_bytes && !options.metrics_retention_bytes_given)
    out.retention_bytes = static_cast<uint64_t>(*prometheus.retention_bytes);
  if (configuration.has_prometheus) {  // else Pharos's own window, where the later write wins
    out.out_of_order_window_ms = configuration.prometheus.out_of_order_window_ms;
    out.later_write_wins = false;
  }
  return out;
}

Result<events::EngineOptions> EventOptions(const ServeOptions& options,
                                           const Configuration& configuration) {
  constexpr int64_t kMs = 1'000'000;
  events::EngineOptions out;
  out.log_retention_ns = options.logs_retention_ms * kMs;
  out.span_retention_ns = options.traces_retention_ms * kMs;
  out.log_retention_bytes = static_cast<uint64_t>(options.logs_retention_bytes);
  out.span_retention_bytes = static_cast<uint64_t>(options.traces_retention_bytes);
  if (configuration.loki) {
    PHAROS_TRY_VOID(ApplyLoki(*configuration.loki, options.logs_retention_given, &out));
  }
  if (configuration.tempo && configuration.tempo->retention_ms && !options.traces_retention_given)
    out.span_retention_ns = *configuration.tempo->retention_ms * kMs;
  return out;
}

/// The calling thread takes a core, and the disk, only where nobody else wants it.
void BeNice() {
  constexpr int kNice = 10;
  constexpr int kLowestBestEffort = 2 << 13 | 7;  // IOPRIO_CLASS_BE, its last level
  const auto thread = static_cast<id_t>(::syscall(SYS_gettid));
  (void)::setpriority(PRIO_PROCESS, thread, kNice);  // a thread's own on Linux
  (void)::syscall(SYS_ioprio_set, 1, thread, kLowestBestEffort);
}

}  // namespace

Result<std::unique_ptr<Storage>> Storage::Open(const ServeOptions& options,
                                               const Configuration& configuration) {
  io::Fs& fs = io::Fs::Real();
  base::Clock& clock = base::Clock::System();
  std::unique_ptr<Storage> storage(new Storage);
  PHAROS_TRY_VOID(fs.MakeDirs(options.data_dir));
  PHAROS_TRY(storage->lock_, io::LockDirectory(options.data_dir));
  storage->data_dir_ = options.data_dir;
  storage->features_ = options.features;
  PHAROS_TRY(storage->active_queries_,
             query::exec::ActiveQueries::Open(fs, options.data_dir + "/queries.active", clock));
  query::exec::StartHelpers();
  storage->query_log_ = std::make_unique<query::exec::QueryLog>(fs, clock);
  storage->budget_ = std::make_unique<base::MemoryBudget>(
      options.memory_limit_bytes > 0 ? static_cast<size_t>(options.memory_limit_bytes)
                                     : base::MemoryBudget::DefaultLimitBytes());
  storage->query_memory_ =
      std::make_unique<base::MemoryBudget>(storage->budget_->limit_bytes() / kQueryMemoryShare);
  storage->query_limits_.max_samples = options.query_samples;
  storage->query_limits_.memory = storage->query_memory_.get();
  storage->query_limits_.max_bytes =
      options.query_memory_bytes > 0
          ? options.query_memory_bytes
          : static_cast<int64_t>(storage->query_memory_->limit_bytes() / 2);
  PHAROS_TRY(storage->manifest_, io::Manifest::Open(fs, options.data_dir));

  PHAROS_TRY(storage->samples_,
             samples::SampleEngine::Open(*storage->manifest_, clock, *storage->budget_,
                                         SampleOptions(options, configuration)));
  PHAROS_TRY(events::EngineOptions of_events, EventOptions(options, configuration));
  PHAROS_TRY(storage->events_, events::Engine::Open(*storage->manifest_, clock, *storage->budget_,
                                                    std::move(of_events)));
  storage->lines_may_be_deleted_ = !configuration.loki || configuration.loki->deletes;

  io::WalOptions wal_options;
  wal_options.directory = options.data_dir + "/wal";
  wal_options.sync_before_ack = !options.relaxed_durability;
  wal_options.refuse_for = io::kWalRefuseFor;
  Storage* raw = storage.get();
  wal_options.first_sequence =
      1 + std::max(storage->manifest_->SealedSequence(io::Signal::kSamples),
                   storage->manifest_->SealedSequence(io::Signal::kEvents));
  const auto replay = [raw](const io::WalFrame& frame) -> Result<void> {
    if (frame.sequence <= raw->manifest_->SealedSequence(frame.signal)) return {};
    ++raw->replayed_frames_;
    return frame.signal == io::Signal::kSamples ? raw->samples_->Replay(frame)
                                                : raw->events_->Replay(frame);
  };
  PHAROS_TRY(storage->wal_, io::Wal::Open(fs, wal_options, replay));
  storage->exemplars_ =
      std::make_unique<Exemplars>(*storage->events_, *storage->events_, *storage->budget_);
  storage->samples_->AttachExemplars(*storage->exemplars_);
  storage->samples_->AttachWal(*storage->wal_);
  storage->events_->AttachWal(*storage->wal_);
  storage->RegisterGauges();
  const auto seal_due = [raw] {
    {
      std::lock_guard lock(raw->mutex_);
      raw->seal_due_ = true;
    }
    raw->wake_.notify_all();
  };
  storage->samples_->OnSealDue(seal_due);
  storage->events_->OnSealDue(seal_due);
  storage->upkeep_ = std::thread([raw] {
    raw->EverySecond(
        [raw]() -> Result<void> {
          auto urgent = raw->samples_->Urgent();
          auto events = raw->events_->Urgent();
          return urgent ? events : urgent;
        },
        &raw->seal_due_);
  });
  storage->merges_ = std::thread([raw] {
    BeNice();
    raw->EverySecond([raw] { return raw->samples_->TickButSeal(); }, nullptr);
  });
  storage->event_merges_ = std::thread([raw] {
    BeNice();
    raw->EverySecond([raw] { return raw->events_->Upkeep(); }, nullptr);
  });
  return storage;
}

Storage::~Storage() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (std::thread* thread : {&upkeep_, &merges_, &event_merges_}) {
    if (thread->joinable()) thread->join();
  }
  base::SetGauge("pharos_memory_budget_used_bytes", "", {});
  base::SetGauge("pharos_wal_bytes", "", {});
  // Engines first; the log then writes what is pending and its close mark.
  samples_.reset();
  exemplars_.reset();
  events_.reset();
  wal_.reset();
}

store::SampleSink& Storage::sample_sink() { return *samples_; }
store::SampleSink& Storage::rule_sink() { return samples_->reserved_sink(); }
store::CardinalitySource& Storage::cardinality() { return *samples_; }
store::SampleAdmin& Storage::sample_admin() { return *samples_; }
void Storage::SetReservedMetrics(std::set<std::string, std::less<>> metrics) {
  samples_->SetReservedMetrics(std::move(metrics));
}
void Storage::Apply(const ServeOptions& options, const Configuration& configuration) {
  const samples::SampleEngineOptions now = SampleOptions(options, configuration);
  samples_->SetOutOfOrderWindow(now.out_of_order_window_ms, now.later_write_wins);
  samples_->SetRetention(now.retention_ms, now.retention_bytes);
}
std::string Storage::SampleRetention() const {
  const auto [time_ms, bytes] = samples_->Retention();
  std::string out = time_ms > 0 ? text::PrometheusDuration(time_ms) : "";
  if (bytes == 0) return out;
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  size_t unit = 0;
  uint64_t shown = bytes;
  while (unit + 1 < std::size(kUnits) && shown % 1024 == 0) shown /= 1024, ++unit;
  return out + (out.empty() ? "" : " or ") + std::to_string(shown) + kUnits[unit];
}
store::SampleSource& Storage::sample_source() { return *samples_; }
store::EventSink& Storage::event_sink() { return *events_; }
store::EventSource& Storage::event_source() { return *events_; }
store::EventDeletes& Storage::event_deletes() { return *events_; }

query::promql::EngineOptions Storage::QueryEngine() {
  query::promql::EngineOptions engine;
  engine.log = query_log_.get();
  engine.active = active_queries_.get();
  engine.use_start_timestamps = features_.use_start_timestamps;
  engine.delayed_name_removal = features_.delayed_name_removal;
  return engine;
}

Result<void> Storage::ApplyQueryLog(const std::string& file) {
  const std::string name = file.substr(file.rfind('/') + 1);
  return query_log_->SetFile(name.empty() ? "" : data_dir_ + "/" + name);
}

Result<void> Storage::Flush() {
  PHAROS_TRY_VOID(samples_->Flush());
  PHAROS_TRY_VOID(events_->Flush());
  wal_->DropSpares();  // who asks for all to be written looks at the disk next
  return {};
}

void Storage::EverySecond(const std::function<Result<void>()>& round, bool* due) {
  constexpr auto kWork = std::chrono::milliseconds(10);  // of a round that has done something
  constexpr int kQuietRounds = 3;
  int quiet = kQuietRounds;
  std::unique_lock lock(mutex_);
  const auto woken = [&] { return stop_ || (due != nullptr && *due); };
  while (true) {
    wake_.wait_for(lock, std::chrono::seconds(1), woken);
    if (stop_) return;
    if (due != nullptr) *due = false;
    lock.unlock();
    const auto begin = std::chrono::steady_clock::now();
    if (const auto done = round(); !done) {
      base::Log(base::LogLevel::kError, "upkeep failed; it is tried again",
                {{"error", done.error().message}});
    }
    if (std::chrono::steady_clock::now() - begin > kWork) {
      quiet = 0;
    } else if (quiet < kQuietRounds && ++quiet == kQuietRounds) {
      base::ReturnFreedMemory();  // a seal or merge leaves some megabytes with its thread
    }
    lock.lock();
  }
}

void Storage::RegisterGauges() {
  base::SetGauge("pharos_memory_budget_used_bytes", "Bytes taken from the memory budget.",
                 [this] { return static_cast<double>(budget_->used_bytes()); });
  base::SetGauge("pharos_query_memory_bytes", "Bytes that PromQL queries and their answers hold.",
                 [this] { return static_cast<double>(query_memory_->used_bytes()); });
  base::SetGauge("pharos_wal_bytes", "Bytes in write-ahead log segments.",
                 [this] { return static_cast<double>(wal_->Bytes()); });
}

}  // namespace pharos::server
