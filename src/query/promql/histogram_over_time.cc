// sum_over_time and avg_over_time of native histograms.
#include "query/promql/histogram_math.h"
#include "query/promql/range_function.h"

namespace pharos::query::promql {
namespace {

using model::Histogram;

/// Says at its end what the histograms of the window had against each other.
class Resets {
 public:
  Resets(const RangeCallInfo& info) : info_(info) {}
  ~Resets() {
    if (yes_ && no_) info_.remarks->ResetCollision("aggregation", info_.range_arg);
    if (notes.bounds_reconciled) info_.remarks->MismatchedBounds("aggregation", info_.range_arg);
  }
  Resets(const Resets&) = delete;
  Resets& operator=(const Resets&) = delete;
  void See(const Histogram& h) {
    yes_ = yes_ || h.reset == Histogram::Reset::kYes;
    no_ = no_ || h.reset == Histogram::Reset::kNo;
  }
  CombineNotes notes;

 private:
  const RangeCallInfo& info_;
  bool yes_ = false;
  bool no_ = false;
};

}  // namespace

void SumHistogramsOverTime(const Window& w, const RangeCallInfo& info, WindowResult* out) {
  Resets resets(info);
  HistogramSum sum(*w.histograms[0].histogram);
  resets.See(*w.histograms[0].histogram);
  for (const auto& sample : w.histograms.subspan(1)) {
    resets.See(*sample.histogram);
    if (!sum.Add(*sample.histogram, &resets.notes))
      return info.remarks->MixedSchemas(w.metric, info.range_arg);
  }
  out->histogram = std::make_shared<Histogram>(sum.Finish());
}

void AvgHistogramsOverTime(const Window& w, const RangeCallInfo& info, WindowResult* out) {
  Resets resets(info);
  HistogramSum sum(*w.histograms[0].histogram);
  resets.See(*w.histograms[0].histogram);
  double count = 1;
  bool incremental = false;
  for (const auto& sample : w.histograms.subspan(1)) {
    resets.See(*sample.histogram);
    count += 1;
    if (!incremental) {
      HistogramSum next = sum;
      if (!next.Add(*sample.histogram, &resets.notes))
        return info.remarks->MixedSchemas(w.metric, info.range_arg);
      if (!next.Overflown()) {
        sum = std::move(next);
        continue;
      }
      incremental = true;
      sum.Divide(count - 1);
    }
    sum.Multiply((count - 1) / count);
    Histogram share = *sample.histogram;
    DivideHistogram(share, count);
    if (!sum.Add(share, &resets.notes)) return info.remarks->MixedSchemas(w.metric, info.range_arg);
  }
  if (!incremental) sum.Divide(count);
  out->histogram = std::make_shared<Histogram>(sum.Finish());
}

}  // namespace pharos::query::promql
