#include "rules/sample_writer.h"

#include <utility>

namespace pharos::rules {
namespace {

std::string RefusalText(store::SampleRefusal why) {
  switch (why) {
    case store::SampleRefusal::kOutOfOrder: return "out of order sample";
    case store::SampleRefusal::kDuplicateTimestamp: return "duplicate sample for timestamp";
    case store::SampleRefusal::kTooOld: return "too old sample";
    case store::SampleRefusal::kTooFarInFuture: return "out of bounds";
    case store::SampleRefusal::kStaleHandle: return "unknown series";
  }
  return "";
}

}  // namespace

SampleWriter::SampleWriter(store::SampleSink& sink, const std::string& tenant, int64_t time_ms)
    : time_ms_(time_ms), appender_(sink.Begin(tenant)) {}

base::Result<store::SeriesHandle> SampleWriter::Add(const VectorSample& sample,
                                                    std::optional<store::SeriesHandle> known) {
  const size_t number = added_++;
  if (!known) {
    PHAROS_TRY(known, appender_->Resolve(sample.labels));
  }
  queued_.push_back({sample.labels, *known, sample.value, sample.histogram, number});
  return *known;
}

/// The refused ones' `index` is into `queued`.
std::vector<store::Refused> SampleWriter::Append(std::vector<Queued>& queued) {
  std::vector<store::SampleWrite> floats;
  std::vector<store::HistogramWrite> histograms;
  std::vector<size_t> float_at, histogram_at;
  for (size_t i = 0; i < queued.size(); ++i) {
    if (queued[i].histogram != nullptr) {
      histograms.push_back({queued[i].series, time_ms_, queued[i].histogram});
      histogram_at.push_back(i);
    } else {
      floats.push_back({queued[i].series, time_ms_, queued[i].value});
      float_at.push_back(i);
    }
  }
  std::vector<store::Refused> out, refused;
  if (!floats.empty()) appender_->Append(floats, &refused);
  for (const store::Refused& one : refused) out.push_back({float_at[one.index], one.why});
  refused.clear();
  if (!histograms.empty()) appender_->AppendHistograms(histograms, &refused);
  for (const store::Refused& one : refused) out.push_back({histogram_at[one.index], one.why});
  return out;
}

std::vector<size_t> SampleWriter::Flush(std::string* error) {
  std::vector<size_t> numbers;
  std::vector<Queued> again;
  for (const store::Refused& one : Append(queued_)) {
    Queued& queued = queued_[one.index];
    if (one.why == store::SampleRefusal::kStaleHandle) {  // evicted since: find it anew, once
      if (const auto series = appender_->Resolve(queued.labels); series) {
        queued.series = *series;
        again.push_back(std::move(queued));
        continue;
      }
    }
    numbers.push_back(queued.number);
    *error = RefusalText(one.why);
  }
  if (!again.empty()) {
    for (const store::Refused& one : Append(again)) {
      numbers.push_back(again[one.index].number);
      *error = RefusalText(one.why);
    }
  }
  queued_.clear();
  return numbers;
}

void SampleWriter::AddStale(const model::Labels& labels, std::optional<store::SeriesHandle> known) {
  std::string ignored;
  if (Add({.labels = labels, .value = model::StaleNan()}, known)) Flush(&ignored);
}

void SampleWriter::Commit(std::function<void(const std::string&)> failed) {
  appender_->Commit().Then([failed = std::move(failed)](const base::Result<void>& written) {
    if (!written) failed(written.error().message);
  });
}

}  // namespace pharos::rules
