#include "export/prometheus_accumulator.h"

#include <algorithm>
#include <map>

#include "base/log.h"
#include "export/limits.h"
#include "export/prometheus_names.h"

namespace pharos::exporting {
namespace {

using model::KeyValue;
using wire::OtlpMetric;
using wire::OtlpMetricType;
using wire::OtlpPoint;
using wire::OtlpTemporality;

constexpr std::string_view kServiceName = "service.name";
constexpr std::string_view kServiceNamespace = "service.namespace";
constexpr std::string_view kServiceInstance = "service.instance.id";

std::shared_ptr<const PageTarget> TargetOf(std::span<const KeyValue> resource) {
  auto out = std::make_shared<PageTarget>();
  const model::Value* name = model::FindAttribute(resource, kServiceName);
  const model::Value* name_space = model::FindAttribute(resource, kServiceNamespace);
  const model::Value* instance = model::FindAttribute(resource, kServiceInstance);
  if (name != nullptr) {
    out->has_job = true;
    out->job = model::ValueToString(*name);
    if (name_space != nullptr) out->job = model::ValueToString(*name_space) + "/" + out->job;
  }
  if (instance != nullptr) {
    out->has_instance = true;
    out->instance = model::ValueToString(*instance);
  }
  std::map<std::string, std::string> labels;
  for (const KeyValue& pair : resource) {
    if (pair.key == kServiceName || pair.key == kServiceNamespace || pair.key == kServiceInstance) {
      continue;
    }
    const std::string label = PageLabelName(pair.key);
    if (label.empty()) continue;
    const std::string value = model::ValueToString(pair.value);
    const auto [at, fresh] = labels.try_emplace(label, value);
    if (!fresh) at->second += ";" + value;
  }
  if (out->has_job) labels["job"] = out->job;
  if (out->has_instance) labels["instance"] = out->instance;
  out->labels.assign(labels.begin(), labels.end());
  return out;
}

void AppendPart(std::string& key, std::string_view part) {
  key += std::to_string(part.size());
  key += ':';
  key += part;
}

void AppendSorted(std::string& key, std::span<const KeyValue> attributes) {
  std::vector<const KeyValue*> sorted;
  for (const KeyValue& pair : attributes) sorted.push_back(&pair);
  std::ranges::stable_sort(sorted, {}, &KeyValue::key);
  for (const KeyValue* pair : sorted) {
    AppendPart(key, pair->key);
    AppendPart(key, model::ValueToString(pair->value));
  }
}

std::vector<PageExemplar> ExemplarsOf(const OtlpPoint& point) {
  std::vector<PageExemplar> out;
  for (const wire::OtlpExemplar& from : point.exemplars) {
    if (out.size() >= kMaxExemplars) break;
    PageExemplar& to = out.emplace_back();
    if (!from.span_id.IsZero()) to.labels.emplace_back("span_id", model::ToHex(from.span_id));
    if (!from.trace_id.IsZero()) to.labels.emplace_back("trace_id", model::ToHex(from.trace_id));
    to.value = from.value;
    to.time_ns = from.time_ns;
  }
  return out;
}

/// Adds the counts of the same bounds; false when the bounds differ.
bool AddBuckets(const PageSeries& old, const OtlpPoint& point, std::vector<uint64_t>* counts) {
  if (!std::ranges::equal(old.bounds, point.bounds) ||
      old.counts.size() != point.bucket_counts.size()) {
    return false;
  }
  counts->assign(point.bucket_counts.begin(), point.bucket_counts.end());
  for (size_t i = 0; i < counts->size(); ++i) (*counts)[i] += old.counts[i];
  return true;
}

}  // namespace

/// One request on its way in.
class PrometheusAccumulator::Adding {
 public:
  Adding(PrometheusAccumulator* to, int64_t now_ns) : to_(*to), now_ns_(now_ns) {}

  void Resource(const wire::OtlpResourceMetrics& resource) {
    target_ = TargetOf(resource.origin.resource);
    resource_ = resource.origin.resource;
    for (const wire::OtlpScopeMetrics& scope : resource.scopes) {
      for (const OtlpMetric& metric : scope.metrics) {
        scope_ = &scope;
        Metric(metric);
      }
    }
  }
  Outcome Take() { return std::move(outcome_); }

 private:
  void Reject(uint64_t points, std::string why) {
    outcome_.rejected += points;
    if (outcome_.reason.empty()) outcome_.reason = std::move(why);
  }

  void Metric(const OtlpMetric& metric) {
    const std::string quoted = "metric \"" + std::string(metric.name) + "\"";
    const bool sum = metric.type == OtlpMetricType::kSum;
    if (metric.type == OtlpMetricType::kExponentialHistogram ||
        metric.type == OtlpMetricType::kNone) {
      return Reject(metric.points.size(),
                    quoted + ": exponential histograms have no text form and are not shown");
    }
    if ((sum || metric.type == OtlpMetricType::kHistogram) &&
        metric.temporality == OtlpTemporality::kUnspecified) {
      return Reject(metric.points.size(), quoted + ": aggregation temporality is not specified");
    }
    if (sum && metric.temporality == OtlpTemporality::kDelta && !metric.monotonic) {
      return Reject(metric.points.size(), quoted + ": delta sums must be monotonic");
    }
    for (const OtlpPoint& point : metric.points) Point(metric, point);
  }

  base::Hash128 KeyOf(const OtlpMetric& metric, const OtlpPoint& point) {
    key_.clear();
    key_ += static_cast<char>('0' + static_cast<int>(metric.type));
    key_ += metric.monotonic ? 'm' : '-';
    AppendPart(key_, scope_->origin.scope_name);
    AppendPart(key_, metric.name);
    AppendPart(key_, metric.unit);
    AppendPart(key_, target_->job);
    AppendPart(key_, target_->instance);
    AppendSorted(key_, point.attributes);
    if (to_.settings_.resource_to_telemetry) AppendSorted(key_, resource_);
    return base::HashBytes128(key_);
  }

  void Point(const OtlpMetric& metric, const OtlpPoint& point) {
    const base::Hash128 key = KeyOf(metric, point);
    auto found = to_.series_.find(key);
    if (point.no_recorded_value) {
      if (found != to_.series_.end()) to_.series_.erase(found);
      return;
    }
    if (found == to_.series_.end()) {
      if (to_.series_.size() >= kMaxPageSeries) {
        return Reject(1,
                      "too many series on the page (limit " + std::to_string(kMaxPageSeries) + ")");
      }
      PageSeries fresh;
      if (!Describe(metric, point, &fresh)) return;
      found = to_.series_.emplace(key, std::move(fresh)).first;
      Replace(point, found->second);
    } else if (point.time_ns >= found->second.time_ns) {
      Update(metric, point, found->second);
    }
  }

  /// Names and labels of a new series; false when the page cannot show it.
  bool Describe(const OtlpMetric& metric, const OtlpPoint& point, PageSeries* out) {
    out->name = PageMetricName(metric, to_.name_space_, to_.settings_.add_metric_suffixes);
    out->help = metric.description;
    out->type = metric.type;
    out->monotonic = metric.monotonic;
    out->target = target_;
    out->order = to_.next_order_++;
    if (out->name.empty()) {
      Reject(1, "metric \"" + std::string(metric.name) + "\" has no name that Prometheus knows");
      return false;
    }
    // Resource attributes win over the point's of the same name, as in the Collector.
    std::map<std::string_view, const model::Value*> attributes;
    for (const KeyValue& pair : point.attributes) attributes[pair.key] = &pair.value;
    if (to_.settings_.resource_to_telemetry) {
      for (const KeyValue& pair : resource_) attributes[pair.key] = &pair.value;
    }
    for (const auto& [name, value] : attributes) {
      out->labels.emplace_back(PageLabelName(name), model::ValueToString(*value));
    }
    if (target_->has_job) out->labels.emplace_back("job", target_->job);
    if (target_->has_instance) out->labels.emplace_back("instance", target_->instance);
    WarnOfBounds(metric, point, out->name);
    out->labels.insert(out->labels.end(), to_.const_labels_.begin(), to_.const_labels_.end());
    std::ranges::sort(out->labels);
    for (size_t i = 0; i < out->labels.size(); ++i) {
      const std::string& name = out->labels[i].first;
      if (name.empty() || name.starts_with("__") || (i > 0 && name == out->labels[i - 1].first)) {
        Reject(1, "metric \"" + std::string(metric.name) +
                      "\": duplicate or invalid label name \"" + name + "\"");
        return false;
      }
    }
    return true;
  }

  /// An SDK without a view of its own gives histograms of seconds the bounds of milliseconds.
  void WarnOfBounds(const OtlpMetric& metric, const OtlpPoint& point, const std::string& name) {
    static constexpr double kOfSdks[] = {0,   5,   10,   25,   50,   75,   100,  250,
                                         500, 750, 1000, 2500, 5000, 7500, 10000};
    if (metric.type != OtlpMetricType::kHistogram || metric.unit != "s") return;
    if (!std::ranges::equal(point.bounds, kOfSdks)) return;
    if (to_.warned_.size() >= kMaxWarnings || !to_.warned_.insert(name).second) return;
    base::Log(
        base::LogLevel::kWarn,
        "a histogram in seconds has the SDK's default bounds, which are meant for "
        "milliseconds: what takes less than 5 s lies in le=\"5\", so its quantiles read 2.5 s "
        "and more; give the application a view with bounds in seconds",
        {{"metric", name}});
  }

  void Replace(const OtlpPoint& point, PageSeries& series) {
    series.target = target_;  // other attributes than at first, maybe
    series.start_ns = point.start_ns;
    series.time_ns = point.time_ns;
    series.updated_ns = now_ns_;
    series.value = point.value;
    series.count = point.count;
    series.sum = point.sum;
    series.bounds.assign(point.bounds.begin(), point.bounds.end());
    series.counts.assign(point.bucket_counts.begin(), point.bucket_counts.end());
    series.quantiles.assign(point.quantiles.begin(), point.quantiles.end());
    series.exemplars = ExemplarsOf(point);
  }

  void Update(const OtlpMetric& metric, const OtlpPoint& point, PageSeries& series) {
    const bool delta =
        metric.temporality == OtlpTemporality::kDelta &&
        (metric.type == OtlpMetricType::kSum || metric.type == OtlpMetricType::kHistogram);
    if (!delta) return Replace(point, series);
    // The same interval again is a retry, not news.
    if (point.time_ns == series.time_ns && point.start_ns != series.time_ns) return;
    const PageSeries old = series;
    if (point.start_ns == old.time_ns) {
      std::vector<uint64_t> counts;
      const bool histogram = metric.type == OtlpMetricType::kHistogram;
      const bool adds = !histogram || AddBuckets(old, point, &counts);
      Replace(point, series);
      if (!adds) return;  // other bounds: the histogram starts again
      series.start_ns = old.start_ns;
      series.value += old.value;
      series.count += old.count;
      series.sum += old.sum;
      if (histogram) series.counts = std::move(counts);
      return;
    }
    // A gap is a restart; an overlap is a second writer, which histograms do not take.
    if (metric.type == OtlpMetricType::kHistogram && point.start_ns <= old.time_ns) {
      return Reject(1, "metric \"" + std::string(metric.name) +
                           "\": misaligned starting timestamps of a delta histogram");
    }
    Replace(point, series);
  }

  PrometheusAccumulator& to_;
  const int64_t now_ns_;
  std::shared_ptr<const PageTarget> target_;
  std::span<const KeyValue> resource_;
  const wire::OtlpScopeMetrics* scope_ = nullptr;
  std::string key_;
  Outcome outcome_;
};

PrometheusAccumulator::PrometheusAccumulator(const conf::OtelcolPrometheusExporter& settings)
    : settings_(settings), name_space_(CleanNamespace(settings.name_space)) {
  for (const auto& [name, value] : settings.const_labels) {
    const_labels_.emplace_back(PageLabelName(name), value);
  }
}

PrometheusAccumulator::Outcome PrometheusAccumulator::Add(wire::OtlpMetrics& metrics,
                                                          int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  Adding adding(this, now_ns);
  for (const wire::OtlpResourceMetrics& resource : metrics.resources) adding.Resource(resource);
  return adding.Take();
}

void PrometheusAccumulator::Expire(int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  const int64_t oldest = now_ns - settings_.metric_expiration_ms * 1'000'000;
  std::erase_if(series_, [&](const auto& item) { return item.second.updated_ns < oldest; });
}

std::vector<PageSeries> PrometheusAccumulator::Collect(int64_t now_ns) {
  std::vector<PageSeries> out;
  Expire(now_ns);
  {
    const std::lock_guard lock(mutex_);
    out.reserve(series_.size());
    for (const auto& [key, series] : series_) out.push_back(series);
  }
  std::ranges::sort(out, {}, &PageSeries::order);
  return out;
}

std::set<std::string, std::less<>> PrometheusAccumulator::suspects() const {
  const std::lock_guard lock(mutex_);
  return warned_;
}

size_t PrometheusAccumulator::size() const {
  const std::lock_guard lock(mutex_);
  return series_.size();
}

}  // namespace pharos::exporting
