// The samples of one rule's evaluation on their way into the store.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "rules/query.h"
#include "store/samples.h"

namespace pharos::rules {

/// Owns: an appender. Threads: one. Errors: what the store refuses is told in Prometheus's words;
/// the other samples are written. Cost: a look-up a series that has no handle yet.
class SampleWriter {
 public:
  SampleWriter(store::SampleSink& sink, const std::string& tenant, int64_t time_ms);

  /// Queues a sample; `known` is the handle of the last time. kLimit when the store takes no new
  /// series.
  base::Result<store::SeriesHandle> Add(const VectorSample& sample,
                                        std::optional<store::SeriesHandle> known);
  /// Writes what is queued. The samples (by number of the Add that queued them) that were refused;
  /// why goes to `error`.
  std::vector<size_t> Flush(std::string* error);
  /// Writes that the series ended. A refusal is no error: another rule may write it by now.
  void AddStale(const model::Labels& labels, std::optional<store::SeriesHandle> known);
  /// Hands all to the log; `failed` is called when that did not get it on disk.
  void Commit(std::function<void(const std::string&)> failed);

 private:
  struct Queued {
    model::Labels labels;
    store::SeriesHandle series;
    double value = 0;
    query::promql::HistogramPtr histogram;
    size_t number = 0;
  };
  std::vector<store::Refused> Append(std::vector<Queued>& queued);

  const int64_t time_ms_;
  std::unique_ptr<store::SampleAppender> appender_;
  std::vector<Queued> queued_;
  size_t added_ = 0;
};

}  // namespace pharos::rules
