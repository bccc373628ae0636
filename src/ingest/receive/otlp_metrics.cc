#include "ingest/receive/otlp_metrics.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "ingest/receive/delta.h"
#include "ingest/receive/limits.h"
#include "ingest/receive/otlp_labels.h"
#include "ingest/receive/otlp_names.h"
#include "ingest/receive/sample_batch.h"
#include "text/go_float.h"
#include "wire/otlp_metrics.h"

namespace pharos::ingest::receive {
namespace {

using wire::OtlpMetric;
using wire::OtlpMetricType;
using wire::OtlpPoint;
using wire::OtlpTemporality;

/// Half of PromQL's look-back, so that a join with target_info always finds it.
constexpr int64_t kTargetInfoStepMs = 150'000;
/// In front of canonical label bytes, so that no other receiver's raw bytes are equal.
constexpr char kRawPrefix = '\x01';

size_t Runes(std::string_view s) {
  return static_cast<size_t>(
      std::count_if(s.begin(), s.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

base::Result<model::Labels> ReadCanonical(std::string_view raw) {
  return model::Labels::Decode(raw.substr(1));
}

model::Exemplar ExemplarOf(const wire::OtlpExemplar& from) {
  std::vector<std::pair<std::string, std::string>> owned;
  if (!from.trace_id.IsZero()) owned.emplace_back("trace_id", model::ToHex(from.trace_id));
  if (!from.span_id.IsZero()) owned.emplace_back("span_id", model::ToHex(from.span_id));
  const size_t ids = owned.size();
  for (const auto& pair : from.attributes) {
    owned.emplace_back(pair.key, model::ValueToString(pair.value));
  }
  size_t runes = 0;
  for (const auto& [name, value] : owned) runes += Runes(name) + Runes(value);
  if (runes > kMaxExemplarRunes) owned.resize(ids);
  std::vector<model::LabelView> views;
  for (const auto& [name, value] : owned) views.push_back({name, value});
  return {model::Labels::FromPairs(std::move(views)), from.value, from.time_ns / 1'000'000};
}

/// One request on its way into an appender.
class Conversion {
 public:
  Conversion(store::SampleAppender* appender, DeltaTotals& totals, int64_t now_ns)
      : appender_(appender),
        batch_(appender, ReadCanonical),
        zeros_(appender, ReadCanonical),
        totals_(totals),
        now_ns_(now_ns) {}

  void Resource(wire::OtlpResourceMetrics& resource, base::Arena& arena) {
    arena_ = &arena;
    earliest_ms_ = INT64_MAX;
    latest_ms_ = INT64_MIN;
    labels_.SetResource(resource.origin.resource);
    for (wire::OtlpScopeMetrics& scope : resource.scopes) {
      for (OtlpMetric& metric : scope.metrics) Metric(metric);
    }
    if (latest_ms_ != INT64_MIN) TargetInfo(resource.origin.resource);
  }

  void Flush() {
    zeros_.Flush();  // what was zero stands in front; its refusal loses nothing
    batch_.Flush();
    if (batch_.refused() > 0) {
      Reject(std::min(batch_.refused(), points_),
             std::string(RefusalText(*batch_.first_refusal())));
    }
    if (batch_.refused_series() > 0) Reject(batch_.refused_series(), batch_.reason());
  }

  const SampleBatch& batch() const { return batch_; }
  uint64_t rejected() const { return std::min<uint64_t>(rejected_, std::max<size_t>(points_, 1)); }
  std::string TakeReason() { return std::move(reason_); }

 private:
  void Metric(OtlpMetric& metric) {
    points_ += metric.points.size();
    const bool sum = metric.type == OtlpMetricType::kSum;
    const bool has_temporality = sum || metric.type == OtlpMetricType::kHistogram ||
                                 metric.type == OtlpMetricType::kExponentialHistogram;
    if (has_temporality && metric.temporality == OtlpTemporality::kUnspecified) {
      return Reject(metric.points.size(), "invalid temporality and type combination for metric \"" +
                                              std::string(metric.name) + "\"");
    }
    name_ = PrometheusMetricName(metric.name, metric.unit, metric.type, metric.monotonic);
    if (name_.empty()) {
      return Reject(metric.points.size(), "normalization for metric \"" + std::string(metric.name) +
                                              "\" resulted in empty name");
    }
    delta_ = has_temporality && metric.temporality == OtlpTemporality::kDelta;
    if (!metric.points.empty()) appender_->SetMetadata(name_, MetadataOf(metric));
    for (OtlpPoint& point : metric.points) Point(metric.type, point);
  }

  static model::Metadata MetadataOf(const OtlpMetric& metric) {
    using model::MetricType;
    MetricType type = MetricType::kUnknown;
    switch (metric.type) {
      case OtlpMetricType::kGauge: type = MetricType::kGauge; break;
      case OtlpMetricType::kSum:
        type = metric.monotonic ? MetricType::kCounter : MetricType::kGauge;
        break;
      case OtlpMetricType::kHistogram:
      case OtlpMetricType::kExponentialHistogram: type = MetricType::kHistogram; break;
      case OtlpMetricType::kSummary: type = MetricType::kSummary; break;
      case OtlpMetricType::kNone: break;
    }
    return {type, std::string(metric.description), PrometheusUnit(metric.unit)};
  }

  void Point(OtlpMetricType type, OtlpPoint& point) {
    if (point.time_out_of_range) return Reject(1, "times after the year 2262 are not taken");
    if (point.time_ns == 0) point.time_ns = now_ns_;
    time_ms_ = point.time_ns / 1'000'000;
    earliest_ms_ = std::min(earliest_ms_, time_ms_);
    latest_ms_ = std::max(latest_ms_, time_ms_);
    if (auto base = labels_.Base(point.attributes); !base) return Reject(1, base.error().message);
    switch (type) {
      case OtlpMetricType::kGauge:
      case OtlpMetricType::kSum: return Number(point);
      case OtlpMetricType::kHistogram: return Explicit(point);
      case OtlpMetricType::kExponentialHistogram: return Native(point);
      case OtlpMetricType::kSummary: return Summary(point);
      case OtlpMetricType::kNone: return Reject(1, "unsupported metric type");
    }
  }

  void Number(OtlpPoint& point) {
    const model::Labels labels = labels_.With(name_);
    bool first = false;
    if (delta_ && !point.no_recorded_value) {
      const auto step = totals_.AddSum(labels.Hash(), now_ns_, &point);
      if (!Emits(step.result)) return;
      first = step.first;
    }
    Write(labels, point, point.value, first);
    for (const auto& exemplar : point.exemplars) batch_.Add(ExemplarOf(exemplar));
  }

  void Explicit(OtlpPoint& point) {
    bool first = false;
    if (delta_ && !point.no_recorded_value) {
      const auto step = totals_.AddHistogram(labels_.With(name_).Hash(), now_ns_, &point, *arena_);
      if (!Emits(step.result)) return;
      first = step.first;
    }
    if (point.has_sum) Write(labels_.With(name_ + "_sum"), point, point.sum, first);
    Write(labels_.With(name_ + "_count"), point, static_cast<double>(point.count), first);
    uint64_t cumulative = 0;
    size_t next_exemplar = 0;
    const size_t n = std::min(point.bounds.size(), point.bucket_counts.size());
    for (size_t i = 0; i < n; ++i) {
      cumulative += point.bucket_counts[i];
      Write(labels_.With(name_ + "_bucket", "le", text::GoFloat(point.bounds[i])), point,
            static_cast<double>(cumulative), first);
      for (; next_exemplar < point.exemplars.size() &&
             point.exemplars[next_exemplar].value <= point.bounds[i];
           ++next_exemplar) {
        batch_.Add(ExemplarOf(point.exemplars[next_exemplar]));
      }
    }
    Write(labels_.With(name_ + "_bucket", "le", "+Inf"), point, static_cast<double>(point.count),
          first);
    for (; next_exemplar < point.exemplars.size(); ++next_exemplar) {
      batch_.Add(ExemplarOf(point.exemplars[next_exemplar]));
    }
  }

  void Native(const OtlpPoint& point) {
    const model::Labels labels = labels_.With(name_);
    auto histogram = Exponential::Read(point);
    if (!histogram) return Reject(1, histogram.error().message);
    if (delta_ && !point.no_recorded_value) {
      const auto step = totals_.AddExponential(labels.Hash(), now_ns_, point, &*histogram);
      if (!Emits(step.result)) return;
    }
    if (!batch_.Series(Raw(labels))) return;
    auto native = std::make_shared<model::Histogram>(histogram->ToNative());
    if (point.no_recorded_value) *native = {.sum = model::StaleNan()};
    batch_.Add(time_ms_, std::move(native));
    for (const auto& exemplar : point.exemplars) batch_.Add(ExemplarOf(exemplar));
  }

  void Summary(const OtlpPoint& point) {
    Write(labels_.With(name_ + "_sum"), point, point.sum, false);
    Write(labels_.With(name_ + "_count"), point, static_cast<double>(point.count), false);
    for (const wire::OtlpQuantile& q : point.quantiles) {
      Write(labels_.With(name_, "quantile", text::GoFloat(q.quantile)), point, q.value, false);
    }
  }

  void Write(const model::Labels& labels, const OtlpPoint& point, double value, bool first) {
    const std::string_view raw = Raw(labels);
    if (!batch_.Series(raw)) return;
    batch_.Add(time_ms_, point.no_recorded_value ? model::StaleNan() : value);
    const int64_t start_ms = point.start_ns / 1'000'000;
    if (first && start_ms > 0 && start_ms < time_ms_ && zeros_.Series(raw)) {
      zeros_.Add(start_ms, 0.0);
    }
  }

  bool Emits(DeltaResult result) {
    if (result == DeltaResult::kFull) {
      Reject(1, "too many series of delta temporality at once (limit " +
                    std::to_string(kMaxDeltaSeries) + ")");
    }
    return result == DeltaResult::kEmit;
  }

  void TargetInfo(std::span<const model::KeyValue> resource) {
    const auto labels = labels_.TargetInfo(resource);
    if (!labels || labels->empty()) return;
    // As samples of no point: their refusal (a shorter step than before) is nobody's loss.
    if (!zeros_.Series(Raw(*labels))) return;
    appender_->SetMetadata("target_info", {model::MetricType::kGauge, "Target metadata", ""});
    const int64_t from = std::max(earliest_ms_, latest_ms_ - 100 * kTargetInfoStepMs);
    for (int64_t t = from; t < latest_ms_; t += kTargetInfoStepMs) zeros_.Add(t, 1.0);
    zeros_.Add(latest_ms_, 1.0);
  }

  std::string_view Raw(const model::Labels& labels) {
    std::string& raw = raws_.emplace_back(1, kRawPrefix);
    return raw += labels.bytes();
  }

  void Reject(uint64_t points, std::string why) {
    rejected_ += points;
    if (reason_.empty()) reason_ = std::move(why);
  }

  store::SampleAppender* appender_;
  SampleBatch batch_, zeros_;
  DeltaTotals& totals_;
  const int64_t now_ns_;
  base::Arena* arena_ = nullptr;
  OtlpLabels labels_;
  std::deque<std::string> raws_;
  std::string name_;
  bool delta_ = false;
  int64_t time_ms_ = 0, earliest_ms_ = 0, latest_ms_ = 0;
  size_t points_ = 0;
  uint64_t rejected_ = 0;
  std::string reason_;
};

bool HasDelta(const wire::OtlpMetrics& metrics) {
  for (const auto& resource : metrics.resources) {
    for (const auto& scope : resource.scopes) {
      for (const auto& metric : scope.metrics) {
        if (metric.temporality == OtlpTemporality::kDelta) return true;
      }
    }
  }
  return false;
}

}  // namespace

OtlpMetricsWriter::OtlpMetricsWriter(const Target& target)
    : target_(target), totals_(std::make_unique<DeltaTotals>()) {}
OtlpMetricsWriter::~OtlpMetricsWriter() = default;

base::Result<OtlpMetricsOutcome> OtlpMetricsWriter::Write(std::string_view tenant,
                                                          std::string_view body) {
  static base::Counter& taken =
      base::GetCounter("pharos_receive_samples_total", "Samples taken.", R"(protocol="otlp")");
  static base::Counter& refused = base::GetCounter("pharos_receive_samples_refused_total",
                                                   "Samples refused.", R"(protocol="otlp")");
  PHAROS_TRY(wire::OtlpMetrics metrics, wire::DecodeOtlpMetrics(body));
  if (metrics.points == 0) return OtlpMetricsOutcome{base::Ack::Durable(), 0, ""};
  const auto appender = target_.samples->Begin(tenant);
  Conversion conversion(appender.get(), *totals_, target_.clock->NowNs());
  std::unique_lock<std::mutex> lock;
  if (HasDelta(metrics)) lock = totals_->Lock();  // totals and their samples stay in one order
  for (wire::OtlpResourceMetrics& resource : metrics.resources) {
    conversion.Resource(resource, metrics.arena);
  }
  conversion.Flush();
  taken.Add(conversion.batch().appended());
  refused.Add(conversion.batch().refused());
  return OtlpMetricsOutcome{appender->Commit(), conversion.rejected(), conversion.TakeReason()};
}

}  // namespace pharos::ingest::receive
