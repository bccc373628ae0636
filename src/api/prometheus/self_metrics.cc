// status/self_metrics: Pharos's own metrics as JSON, in the form of Prometheus's MetricFamily.
#include <re2/re2.h>

#include <cmath>
#include <map>

#include "api/prometheus/encode.h"
#include "api/prometheus/handlers.h"
#include "base/metrics.h"
#include "text/json_writer.h"
#include "wire/exposition.h"

namespace pharos::api::prometheus {
namespace {

using model::MetricType;
using Pairs = std::vector<std::pair<std::string, std::string>>;

/// A counter or gauge, or all series of one histogram.
struct Metric {
  Pairs labels;
  double value = 0;  ///< of a histogram: its sum
  double count = 0;
  std::vector<std::pair<std::string, double>> buckets;  ///< bound and cumulative count
};

struct Family {
  std::string name, help;
  MetricType type = MetricType::kUnknown;
  std::vector<Metric> metrics;
};

/// The metric with these labels: a histogram's series come one after the other.
Metric& MetricOf(Family& family, Pairs labels) {
  if (family.metrics.empty() || family.metrics.back().labels != labels)
    family.metrics.push_back({std::move(labels), 0, 0, {}});
  return family.metrics.back();
}

void AddSeries(Family& family, const wire::ExpositionParser& page) {
  Pairs labels;
  std::string name, bound;
  for (auto& [key, value] : page.Labels()) {
    if (key == model::kMetricName)
      name = value;
    else if (key == "le" && family.type == MetricType::kHistogram)
      bound = value;
    else
      labels.emplace_back(key, value);
  }
  if (family.type != MetricType::kHistogram) {
    family.metrics.push_back({std::move(labels), page.value(), 0, {}});
    return;
  }
  Metric& metric = MetricOf(family, std::move(labels));
  if (name == family.name + "_bucket")
    metric.buckets.emplace_back(bound, page.value());
  else if (name == family.name + "_sum")
    metric.value = page.value();
  else
    metric.count = page.value();
}

std::vector<Family> Gather() {
  const std::string text = base::ExposeMetrics();
  wire::ExpositionParser page(text, wire::ExpositionFormat::kPrometheusText);
  std::vector<Family> families;
  const auto family = [&](std::string name) -> Family& {
    if (families.empty() || families.back().name != name)
      families.push_back({std::move(name), "", MetricType::kUnknown, {}});
    return families.back();
  };
  while (true) {
    const auto entry = page.Next();
    if (!entry || *entry == wire::ExpositionParser::Entry::kEnd) return families;
    if (*entry == wire::ExpositionParser::Entry::kHelp) family(page.family()).help = page.text();
    if (*entry == wire::ExpositionParser::Entry::kType) family(page.family()).type = page.type();
    if (*entry == wire::ExpositionParser::Entry::kSeries && !families.empty())
      AddSeries(families.back(), page);
  }
}

/// Doubles as protobuf's JSON has them.
void Number(text::JsonWriter& json, double value) {
  if (std::isfinite(value))
    json.Double(value);
  else
    json.String(std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
}

void WriteHistogram(text::JsonWriter& json, const Metric& metric) {
  const auto whole = [](double v) { return std::to_string(static_cast<uint64_t>(v)); };
  json.Key("histogram").BeginObject().Key("sampleCount").String(whole(metric.count));
  json.Key("sampleSum");
  Number(json, metric.value);
  json.Key("bucket").BeginArray();
  for (const auto& [bound, count] : metric.buckets) {
    json.BeginObject().Key("cumulativeCount").String(whole(count)).Key("upperBound");
    if (bound == "+Inf")
      json.String("Infinity");
    else
      json.Raw(bound);
    json.EndObject();
  }
  json.EndArray().EndObject();
}

void WriteMetric(text::JsonWriter& json, const Family& family, const Metric& metric) {
  json.BeginObject();
  if (!metric.labels.empty()) {
    json.Key("label").BeginArray();
    for (const auto& [name, value] : metric.labels)
      json.BeginObject().Key("name").String(name).Key("value").String(value).EndObject();
    json.EndArray();
  }
  if (family.type == MetricType::kHistogram) {
    WriteHistogram(json, metric);
  } else {
    json.Key(family.type == MetricType::kCounter ? "counter"
             : family.type == MetricType::kGauge ? "gauge"
                                                 : "untyped");
    json.BeginObject().Key("value");
    Number(json, metric.value);
    json.EndObject();
  }
  json.EndObject();
}

std::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::kCounter: return "COUNTER";
    case MetricType::kGauge: return "GAUGE";
    case MetricType::kHistogram: return "HISTOGRAM";
    default: return "UNTYPED";
  }
}

}  // namespace

net::Response HandleSelfMetrics(const PrometheusApiDeps& /*deps*/, const net::Request& request) {
  const net::Params params = request.AllParams();
  const std::string pattern(params.Get("metric_name_pattern"));
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 wanted("(?:" + pattern + ")", options);
  if (!wanted.ok()) {
    return Failure({base::ErrorKind::kBadInput, "invalid metric_name_pattern: " + wanted.error()});
  }
  std::string data;
  text::JsonWriter json(data, true);
  json.BeginArray();
  for (const Family& family : Gather()) {
    if (!pattern.empty() && !RE2::FullMatch(family.name, wanted)) continue;
    json.BeginObject().Key("name").String(family.name).Key("help").String(family.help);
    json.Key("type").String(TypeName(family.type)).Key("metric").BeginArray();
    for (const Metric& metric : family.metrics) WriteMetric(json, family, metric);
    json.EndArray().EndObject();
  }
  json.EndArray();
  return Success(data);
}

}  // namespace pharos::api::prometheus
