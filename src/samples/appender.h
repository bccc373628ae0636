// The engine's SampleAppender: one request's writes, into the head at once and into the WAL
// at Commit.
#pragma once

#include <memory>
#include <vector>

#include "samples/engine.h"

namespace pharos::samples {

/// Owns: the WAL record in the making. See store::SampleAppender.
class EngineAppender final : public store::SampleAppender {
 public:
  EngineAppender(SampleEngine& engine, std::shared_ptr<Tenant> tenant, Priority priority);

  std::optional<store::SeriesHandle> Lookup(base::Hash128 raw_labels) override;
  void WillLookup(base::Hash128 raw_labels) override { raw_.Prefetch(raw_labels); }
  void LookupAll(std::span<const base::Hash128> raw_labels,
                 std::span<std::optional<store::SeriesHandle>> found) override;
  base::Result<store::SeriesHandle> Resolve(const model::Labels& labels) override;
  void Remember(base::Hash128 raw_labels, store::SeriesHandle series) override;
  void Append(std::span<const store::SampleWrite> samples,
              std::vector<store::Refused>* refused) override;
  void AppendStarted(std::span<const store::SampleWrite> samples,
                     std::span<const int64_t> starts_ms,
                     std::vector<store::Refused>* refused) override;
  void AppendHistograms(std::span<const store::HistogramWrite> samples,
                        std::vector<store::Refused>* refused) override;
  void AppendExemplars(std::span<const store::ExemplarWrite> exemplars) override;
  void SetMetadata(std::string_view metric, const model::Metadata& metadata) override;
  base::Ack Commit() override;

 private:
  /// Makes the record ready for more, and says where the outcome goes.
  AppendOutcome Begin(std::vector<store::Refused>* refused);
  base::Ack CommitSamples();
  /// True when nothing is taken now; Commit then says why.
  bool Closed() {
    dropped_ = dropped_ || !admission_;
    return !admission_;
  }

  SampleEngine& engine_;
  std::shared_ptr<Tenant> tenant_;
  const Priority priority_;
  base::Result<void> admission_;
  bool dropped_ = false;  // something, for that reason
  RawCache::Reader raw_;
  RecordWriter record_;
  uint32_t wal_generation_ = 0;  // in force when the record was begun
  uint32_t generation_ = 0;      // of the memtables, when it was last added to
  std::vector<store::SeriesHandle> undeclared_;
  std::vector<store::SeriesExemplar> exemplars_;
  std::vector<uint32_t> order_;
};

}  // namespace pharos::samples
