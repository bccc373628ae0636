// Samples in plain maps, to be written by rules and read by queries: for `pharos test rules` and
// for unit tests, where no engine is needed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "query/promql/memory_source.h"
#include "store/samples.h"

namespace pharos::rules {

/// Owns: all samples. Threads: one. Errors: refuses what Prometheus refuses: samples out of order,
/// another value at the same time. Cost: as MemorySource.
class MemoryStore final : public store::SampleSink {
 public:
  std::unique_ptr<store::SampleAppender> Begin(std::string_view /*tenant*/) override {
    return std::make_unique<Appender>(*this);
  }
  query::promql::MemorySource& source() { return source_; }
  /// A sample from outside.
  void Add(const model::Labels& labels, int64_t time_ms, double value) {
    last_[labels] = {time_ms, value};
    source_.Add(labels, time_ms, value);
  }

 private:
  struct Last {
    int64_t time_ms = INT64_MIN;
    double value = 0;
  };

  class Appender final : public store::SampleAppender {
   public:
    explicit Appender(MemoryStore& store) : store_(store) {}
    std::optional<store::SeriesHandle> Lookup(base::Hash128) override { return std::nullopt; }
    base::Result<store::SeriesHandle> Resolve(const model::Labels& labels) override {
      const auto [at, fresh] =
          store_.numbers_.try_emplace(labels, static_cast<uint32_t>(store_.labels_.size()));
      if (fresh) store_.labels_.push_back(labels);
      return store::SeriesHandle{at->second, 1};
    }
    void Remember(base::Hash128, store::SeriesHandle) override {}
    void Append(std::span<const store::SampleWrite> samples,
                std::vector<store::Refused>* refused) override {
      for (size_t i = 0; i < samples.size(); ++i) {
        const store::SampleWrite& one = samples[i];
        const model::Labels& labels = store_.labels_[one.series.index];
        const Last& last = store_.last_[labels];
        const bool same = std::bit_cast<uint64_t>(last.value) == std::bit_cast<uint64_t>(one.value);
        if (one.time_ms < last.time_ms) {
          refused->push_back({i, store::SampleRefusal::kOutOfOrder});
        } else if (one.time_ms == last.time_ms && !same) {
          refused->push_back({i, store::SampleRefusal::kDuplicateTimestamp});
        } else {
          store_.Add(labels, one.time_ms, one.value);
        }
      }
    }
    void AppendHistograms(std::span<const store::HistogramWrite> samples,
                          std::vector<store::Refused>* /*refused*/) override {
      for (const store::HistogramWrite& one : samples) {
        store_.source_.AddHistogram(store_.labels_[one.series.index], one.time_ms, *one.histogram);
      }
    }
    void AppendExemplars(std::span<const store::ExemplarWrite>) override {}
    void SetMetadata(std::string_view, const model::Metadata&) override {}
    base::Ack Commit() override { return base::Ack::Durable(); }

   private:
    MemoryStore& store_;
  };

  query::promql::MemorySource source_;
  std::map<model::Labels, uint32_t> numbers_;
  std::vector<model::Labels> labels_;
  std::map<model::Labels, Last> last_;
};

}  // namespace pharos::rules
