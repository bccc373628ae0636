#include "ingest/receive/otlp_metrics.h"

#include <algorithm>
#include <array>
#include <limits>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "ingest/receive/delta.h"
#include "ingest/receive/limits.h"
#include "ingest/receive/metadata_memo.h"
#include "ingest/receive/otlp_names.h"
#include "ingest/receive/otlp_series.h"
#include "ingest/receive/sample_batch.h"
#include "wire/otlp_metrics.h"

namespace pharos::ingest::receive {
namespace {

using wire::OtlpMetric;
using wire::OtlpMetricType;
using wire::OtlpPoint;
using wire::OtlpTemporality;

/// Half of PromQL's look-back, so that a join with target_info always finds it.
constexpr int64_t kTargetInfoStepMs = 150'000;
/// Sets names of series apart from other receivers' raw bytes.
constexpr uint64_t kFormat = 0x3c61'f2a9'08d7'4be5;

size_t Runes(std::string_view s) {
  return static_cast<size_t>(
      std::count_if(s.begin(), s.end(), [](char c) { return (c & 0xC0) != 0x80; }));
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

/// One request on its way into an appender.
class Conversion {
 public:
  Conversion(store::SampleAppender* appender, DeltaTotals& totals, base::Arena& arena,
             int64_t now_ns)
      : appender_(appender),
        arena_(arena),
        series_(arena),
        batch_(
            appender, [this](std::string_view name) { return series_.Read(name); }, kFormat),
        quiet_(
            appender, [this](std::string_view name) { return series_.Read(name); }, kFormat),
        totals_(totals),
        now_ns_(now_ns) {}

  /// An error is the request's as a whole; nothing is written then.
  base::Result<void> Read(wire::OtlpMetrics& metrics, std::unique_lock<std::mutex>& lock) {
    batch_.Expect(metrics.points);
    if (HasDelta(metrics)) {
      // Totals do not forget what a malformed point behind these adds to them.
      for (auto& resource : metrics.resources) PHAROS_TRY_VOID(ReadAttributes(resource));
      lock = totals_.Lock();  // totals and their samples stay in one order
    }
    for (wire::OtlpResourceMetrics& resource : metrics.resources) Resource(resource);
    AddWaiting();
    for (const auto& [name, exemplar] : exemplars_) {
      if (quiet_.Series(name)) quiet_.Add(ExemplarOf(*exemplar));
    }
    return series_.malformed();
  }

  void Flush() {
    quiet_.Flush();  // what was zero stands in front
    batch_.Flush();
    if (batch_.refused() > 0) {
      Reject(std::min(batch_.refused(), points_),
             std::string(RefusalText(*batch_.first_refusal())));
    }
    if (batch_.refused_series() > 0) Reject(batch_.refused_series(), batch_.reason());
    if (series_.faults() > 0) Reject(series_.faults(), series_.fault());
  }

  void TellMetadata(std::string_view tenant, MetadataMemo& memo) {
    const uint64_t of_tenant = base::HashBytes64(tenant);
    for (MetadataMemo::Told& told : told_) told.family ^= of_tenant;
    memo.Check(told_);
    for (size_t i = 0; i < told_.size(); ++i) {
      if (!told_[i].news) continue;
      if (described_[i] == nullptr) {
        appender_->SetMetadata("target_info", {model::MetricType::kGauge, "Target metadata", ""});
      } else if (const auto& name = series_.MetricName(*described_[i]); !name.empty()) {
        appender_->SetMetadata(name, MetadataOf(*described_[i]));
      }
    }
  }

  const SampleBatch& batch() const { return batch_; }
  uint64_t rejected() const { return std::min<uint64_t>(rejected_, std::max<size_t>(points_, 1)); }
  std::string TakeReason() { return std::move(reason_); }

 private:
  base::Result<void> ReadAttributes(wire::OtlpResourceMetrics& resource) {
    for (wire::OtlpScopeMetrics& scope : resource.scopes) {
      for (OtlpMetric& metric : scope.metrics) {
        for (OtlpPoint& point : metric.points) PHAROS_TRY_VOID(series_.ReadAttributes(point));
      }
    }
    return {};
  }

  void Resource(wire::OtlpResourceMetrics& resource) {
    earliest_ms_ = INT64_MAX;
    latest_ms_ = INT64_MIN;
    series_.SetResource(resource);
    for (wire::OtlpScopeMetrics& scope : resource.scopes) {
      for (OtlpMetric& metric : scope.metrics) Metric(metric);
    }
    if (latest_ms_ != INT64_MIN && series_.HasTargetInfo()) TargetInfo();
  }

  void Metric(OtlpMetric& metric) {
    points_ += metric.points.size();
    const bool sum = metric.type == OtlpMetricType::kSum;
    const bool has_temporality = sum || metric.type == OtlpMetricType::kHistogram ||
                                 metric.type == OtlpMetricType::kExponentialHistogram;
    if (has_temporality && metric.temporality == OtlpTemporality::kUnspecified) {
      return Reject(metric.points.size(), "invalid temporality and type combination for metric \"" +
                                              std::string(metric.name) + "\"");
    }
    if (metric.points.empty()) return;
    series_.SetMetric(metric);
    delta_ = has_temporality && metric.temporality == OtlpTemporality::kDelta;
    described_.push_back(&metric);
    told_.push_back({base::HashBytes64(metric.name) * 3 + base::HashBytes64(metric.unit) +
                         static_cast<uint64_t>(metric.type) * 2 + (metric.monotonic ? 1 : 0),
                     base::HashBytes64(metric.description)});
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
    series_.SetPoint(point);
    first_ = false;
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
    if (IsDelta(point)) {
      const auto labels = DeltaLabels();
      if (!labels || !Emits(totals_.AddSum(labels->Hash(), now_ns_, &point))) return;
    }
    const std::string_view name = Write(OtlpRole::kItself, 0, point, point.value);
    for (const auto& exemplar : point.exemplars) exemplars_.emplace_back(name, &exemplar);
  }

  void Explicit(OtlpPoint& point) {
    if (IsDelta(point)) {
      const auto labels = DeltaLabels();
      if (!labels || !Emits(totals_.AddHistogram(labels->Hash(), now_ns_, &point, arena_))) return;
    }
    if (point.has_sum) Write(OtlpRole::kSum, 0, point, point.sum);
    Write(OtlpRole::kCount, 0, point, static_cast<double>(point.count));
    uint64_t cumulative = 0;
    size_t exemplar = 0;
    const size_t n = std::min(point.bounds.size(), point.bucket_counts.size());
    for (size_t i = 0; i < n; ++i) {
      cumulative += point.bucket_counts[i];
      const std::string_view bucket =
          Write(OtlpRole::kBucket, point.bounds[i], point, static_cast<double>(cumulative));
      for (;
           exemplar < point.exemplars.size() && point.exemplars[exemplar].value <= point.bounds[i];
           ++exemplar) {
        exemplars_.emplace_back(bucket, &point.exemplars[exemplar]);
      }
    }
    const std::string_view rest = Write(OtlpRole::kBucket, std::numeric_limits<double>::infinity(),
                                        point, static_cast<double>(point.count));
    for (; exemplar < point.exemplars.size(); ++exemplar) {
      exemplars_.emplace_back(rest, &point.exemplars[exemplar]);
    }
  }

  void Native(const OtlpPoint& point) {
    auto histogram = Exponential::Read(point);
    if (!histogram) return Reject(1, histogram.error().message);
    if (IsDelta(point)) {
      const auto labels = DeltaLabels();
      if (!labels || !Emits(totals_.AddExponential(labels->Hash(), now_ns_, point, &*histogram)))
        return;
    }
    const std::string_view name = NameOf(OtlpRole::kItself, 0);
    if (!batch_.Series(name)) return;
    auto native = std::make_shared<model::Histogram>(histogram->ToNative());
    if (point.no_recorded_value) *native = {.sum = model::StaleNan()};
    batch_.Add(time_ms_, std::move(native));
    for (const auto& exemplar : point.exemplars) exemplars_.emplace_back(name, &exemplar);
  }

  void Summary(const OtlpPoint& point) {
    Write(OtlpRole::kSum, 0, point, point.sum);
    Write(OtlpRole::kCount, 0, point, static_cast<double>(point.count));
    for (const wire::OtlpQuantile& q : point.quantiles) {
      Write(OtlpRole::kQuantile, q.quantile, point, q.value);
    }
  }

  bool IsDelta(const OtlpPoint& point) const { return delta_ && !point.no_recorded_value; }

  /// Labels that the totals of the point at hand go by; it is rejected where there are none.
  std::optional<model::Labels> DeltaLabels() {
    auto labels = series_.LabelsOf(OtlpRole::kItself);
    if (labels) return *std::move(labels);
    Reject(1, labels.error().message);
    return std::nullopt;
  }

  std::string_view NameOf(OtlpRole role, double number) {
    if (!delta_) return series_.NameOf(role, number);
    const auto labels = series_.LabelsOf(role, number);
    return labels ? series_.NameOf(*labels) : series_.NameOf(role, number);
  }

  /// Adds a sample of a series of the point at hand; its name.
  std::string_view Write(OtlpRole role, double number, const OtlpPoint& point, double value) {
    const std::string_view name = NameOf(role, number);
    waiting_[waiting_count_++] = {name, time_ms_,
                                  point.no_recorded_value ? model::StaleNan() : value};
    if (waiting_count_ == waiting_.size()) AddWaiting();
    const int64_t start_ms = point.start_ns / 1'000'000;
    if (first_ && start_ms > 0 && start_ms < time_ms_ && quiet_.Series(name)) {
      quiet_.Add(start_ms, 0.0);
    }
    return name;
  }

  void AddWaiting() {
    const std::span<const SampleBatch::One> ones(waiting_.data(), std::exchange(waiting_count_, 0));
    (void)batch_.AddAll(ones, [&](size_t i) -> base::Result<void> {
      if (batch_.Series(ones[i].raw)) batch_.Add(ones[i].time_ms, ones[i].value);
      return {};
    });
  }

  bool Emits(const DeltaTotals::Step& step) {
    if (step.result == DeltaResult::kFull) {
      Reject(1, "too many series of delta temporality at once (limit " +
                    std::to_string(kMaxDeltaSeries) + ")");
    }
    first_ = step.first;
    return step.result == DeltaResult::kEmit;
  }

  void TargetInfo() {
    if (!quiet_.Series(series_.NameOf(OtlpRole::kTargetInfo))) return;
    if (!std::exchange(told_target_info_, true)) {
      described_.push_back(nullptr);
      told_.push_back({1, 1});
    }
    const int64_t from = std::max(earliest_ms_, latest_ms_ - 100 * kTargetInfoStepMs);
    for (int64_t t = from; t < latest_ms_; t += kTargetInfoStepMs) quiet_.Add(t, 1.0);
    quiet_.Add(latest_ms_, 1.0);
  }

  void Reject(uint64_t points, std::string why) {
    rejected_ += points;
    if (reason_.empty()) reason_ = std::move(why);
  }

  store::SampleAppender* appender_;
  base::Arena& arena_;
  OtlpSeries series_;
  SampleBatch batch_;
  SampleBatch quiet_;  ///< what is of no point, or not its value: its refusal is nobody's loss
  DeltaTotals& totals_;
  const int64_t now_ns_;
  bool delta_ = false;
  bool first_ = false;  ///< the point at hand is the first of its delta series
  int64_t time_ms_ = 0, earliest_ms_ = 0, latest_ms_ = 0;
  std::array<SampleBatch::One, SampleBatch::kMostAtOnce> waiting_;  ///< not looked up yet
  size_t waiting_count_ = 0;
  std::vector<std::pair<std::string_view, const wire::OtlpExemplar*>> exemplars_;
  std::vector<const OtlpMetric*> described_;  ///< null: target_info
  std::vector<MetadataMemo::Told> told_;      ///< of these
  bool told_target_info_ = false;
  size_t points_ = 0;
  uint64_t rejected_ = 0;
  std::string reason_;
};

}  // namespace

OtlpMetricsWriter::OtlpMetricsWriter(const Target& target)
    : target_(target),
      totals_(std::make_unique<DeltaTotals>()),
      memo_(std::make_shared<MetadataMemo>()) {}
OtlpMetricsWriter::~OtlpMetricsWriter() = default;

base::Result<OtlpMetricsOutcome> OtlpMetricsWriter::Write(std::string_view tenant,
                                                          std::string_view body) {
  static base::Counter& taken =
      base::GetCounter("pharos_receive_samples_total", "Samples taken.", R"(protocol="otlp")");
  static base::Counter& refused = base::GetCounter("pharos_receive_samples_refused_total",
                                                   "Samples refused.", R"(protocol="otlp")");
  PHAROS_TRY(wire::OtlpMetrics metrics, wire::DecodeOtlpMetrics(body, wire::OtlpAttributes::kRaw));
  if (metrics.points == 0) return OtlpMetricsOutcome{base::Ack::Durable(), 0, ""};
  const auto appender = target_.samples->Begin(tenant);
  Conversion conversion(appender.get(), *totals_, metrics.arena, target_.clock->NowNs());
  std::unique_lock<std::mutex> lock;
  PHAROS_TRY_VOID(conversion.Read(metrics, lock));
  conversion.Flush();
  conversion.TellMetadata(tenant, *memo_);
  taken.Add(conversion.batch().appended());
  refused.Add(conversion.batch().refused());
  base::Ack ack = appender->Commit();
  ack.Then([memo = memo_](const base::Result<void>& written) {
    if (!written) memo->Forget();
  });
  return OtlpMetricsOutcome{std::move(ack), conversion.rejected(), conversion.TakeReason()};
}

}  // namespace pharos::ingest::receive
