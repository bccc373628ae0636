#include "samples/appender.h"

#include <utility>

namespace pharos::samples {

EngineAppender::EngineAppender(SampleEngine& engine, std::shared_ptr<Tenant> tenant,
                               Priority priority)
    : engine_(engine),
      tenant_(std::move(tenant)),
      priority_(priority),
      admission_(engine.Admission(priority)),
      raw_(tenant_->head.raw_cache()) {}

std::optional<store::SeriesHandle> EngineAppender::Lookup(base::Hash128 raw_labels) {
  return raw_.Find(raw_labels);
}

void EngineAppender::LookupAll(std::span<const base::Hash128> raw_labels,
                               std::span<std::optional<store::SeriesHandle>> found) {
  raw_.FindAll(raw_labels, found);
}

base::Result<store::SeriesHandle> EngineAppender::Resolve(const model::Labels& labels) {
  bool made = false;
  const Priority priority = engine_.Reserved(labels.Name()) ? Priority::kReserved : priority_;
  auto handle = tenant_->head.Resolve(labels, priority, &made);
  if (handle && made) engine_.NoteNewSeries(*tenant_, labels, *handle);
  return handle;
}

void EngineAppender::Remember(base::Hash128 raw_labels, store::SeriesHandle series) {
  tenant_->head.raw_cache().Remember(raw_labels, series);
}

AppendOutcome EngineAppender::Begin(std::vector<store::Refused>* refused) {
  if (!record_.empty() && engine_.sealed_generation_ >= generation_) {
    record_.Finish();  // all of it is in parts already
    undeclared_.clear();
  }
  if (record_.empty()) wal_generation_ = engine_.wal_generation_;
  return {.record = engine_.wal_ != nullptr ? &record_ : nullptr,
          .wal_generation = wal_generation_,
          .undeclared = &undeclared_,
          .refused = refused,
          .order = &order_};
}

void EngineAppender::Append(std::span<const store::SampleWrite> samples,
                            std::vector<store::Refused>* refused) {
  AppendStarted(samples, {}, refused);
}

void EngineAppender::AppendStarted(std::span<const store::SampleWrite> samples,
                                   std::span<const int64_t> starts_ms,
                                   std::vector<store::Refused>* refused) {
  if (Closed()) return;
  AppendOutcome outcome = Begin(refused);
  const size_t before = refused != nullptr ? refused->size() : 0;
  tenant_->head.Append(samples, starts_ms, engine_.Rules(), outcome);
  generation_ = engine_.generation_;
  if (outcome.grew) engine_.NoteGrowth();
  const size_t failed = refused != nullptr ? refused->size() - before : 0;
  tenant_->taken += samples.size() - failed;
  engine_.samples_counter_.Add(samples.size() - failed);
  if (failed > 0) engine_.CountRefused({refused->data() + before, failed});
}

void EngineAppender::AppendHistograms(std::span<const store::HistogramWrite> samples,
                                      std::vector<store::Refused>* refused) {
  if (Closed()) return;
  AppendOutcome outcome = Begin(refused);
  const size_t before = refused != nullptr ? refused->size() : 0;
  tenant_->head.AppendHistograms(samples, engine_.Rules(), outcome);
  generation_ = engine_.generation_;
  if (outcome.grew) engine_.NoteGrowth();
  const size_t failed = refused != nullptr ? refused->size() - before : 0;
  tenant_->taken += samples.size() - failed;
  engine_.samples_counter_.Add(samples.size() - failed);
  if (failed > 0) engine_.CountRefused({refused->data() + before, failed});
}

void EngineAppender::AppendExemplars(std::span<const store::ExemplarWrite> exemplars) {
  if (Closed()) return;
  if (engine_.exemplars_ == nullptr) return;
  const AppendRules rules = engine_.Rules();
  for (const store::ExemplarWrite& write : exemplars) {
    if (write.exemplar.time_ms < rules.min_ms || write.exemplar.time_ms > rules.max_ms) continue;
    model::Labels labels = tenant_->head.LabelsOf(write.series);
    if (!labels.empty()) exemplars_.emplace_back(std::move(labels), write.exemplar);
  }
}

void EngineAppender::SetMetadata(std::string_view metric, const model::Metadata& metadata) {
  if (Closed()) return;
  AppendOutcome outcome = Begin(nullptr);
  const uint32_t generation = engine_.generation_;
  // Both only rise, so the sum tells a log that was rotated, or that failed, from this one.
  const uint64_t failures = engine_.wal_ != nullptr ? engine_.wal_->Failures() : 0;
  if (!tenant_->metadata.Set(metric, metadata, generation, engine_.wal_generation_ + failures))
    return;
  generation_ = generation;
  if (outcome.record != nullptr) record_.AddMetadata(metric, metadata);
}

base::Ack EngineAppender::Commit() {
  if (exemplars_.empty()) return CommitSamples();
  const base::Ack kept = engine_.exemplars_->Append(tenant_->name, exemplars_);
  exemplars_.clear();
  const base::Ack both, samples = CommitSamples();
  samples.Then([both, kept](const base::Result<void>& written) {
    if (!written) return both.Resolve(written);
    kept.Then([both](const base::Result<void>& result) { both.Resolve(result); });
  });
  return both;
}

base::Ack EngineAppender::CommitSamples() {
  if (dropped_) {
    dropped_ = false;
    base::Ack failed = base::Ack::Failed(admission_.error());
    admission_ = engine_.Admission(priority_);
    return failed;
  }
  if (record_.empty()) return base::Ack::Durable();
  io::Wal::Appended appended;
  {
    std::lock_guard lock(engine_.commit_mutex_);
    if (engine_.sealed_generation_ >= generation_) {
      record_.Finish();
      undeclared_.clear();
      return base::Ack::Durable();
    }
    // A frame that failed took its declarations with it: later frames must repeat them.
    const uint64_t failures = engine_.wal_->Failures();
    if (std::exchange(engine_.wal_failures_, failures) != failures) ++engine_.wal_generation_;
    const uint32_t now = engine_.wal_generation_;
    if (now != wal_generation_) {
      for (const uint32_t ref : record_.Refs()) tenant_->head.Declare(ref, now, record_);
    } else {
      for (const store::SeriesHandle handle : undeclared_)
        tenant_->head.Declare(handle.index, now, record_);
    }
    const std::string payload = record_.Finish();
    engine_.wal_bytes_ += payload.size();
    appended = engine_.wal_->AppendAfter(failures, io::Signal::kSamples, kWalRecord, tenant_->name,
                                         payload, {});
    if (appended.sequence == 0) ++engine_.wal_generation_;  // not taken: nor its declarations
  }
  undeclared_.clear();
  return appended.ack;
}

}  // namespace pharos::samples
