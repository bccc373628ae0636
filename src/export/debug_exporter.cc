#include "export/debug_exporter.h"

#include <mutex>

#include "base/log.h"
#include "export/limits.h"
#include "text/go_float.h"
#include "wire/otlp_events.h"
#include "wire/otlp_json.h"
#include "wire/otlp_metrics.h"

namespace pharos::exporting {
namespace {

using ingest::receive::OtlpRequest;
using ingest::receive::OtlpSignal;
using ingest::receive::OtlpTaken;
using Verbosity = conf::OtelcolDebugExporter::Verbosity;

std::string AttributesText(std::span<const model::KeyValue> attributes) {
  std::string out;
  for (const model::KeyValue& pair : attributes) {
    out += " " + std::string(pair.key) + "=" + model::ValueToString(pair.value);
  }
  return out;
}

/// A request in words.
struct Summary {
  std::string counts;
  std::vector<std::string> items;  ///< at most kMaxDebugItems
};

model::Labels NoStream(std::span<const model::KeyValue>) { return {}; }

std::string ItemText(const model::Event& event) {
  if (event.span != nullptr) {
    return std::string(event.span->name) + " " + model::ToHex(event.trace_id) + " " +
           model::ToHex(event.span_id) + AttributesText(event.attributes);
  }
  return model::ValueToString(event.body) + AttributesText(event.attributes);
}

base::Result<Summary> EventsSummary(const OtlpRequest& request) {
  const bool traces = request.signal == OtlpSignal::kTraces;
  PHAROS_TRY(const wire::OtlpEvents decoded, traces
                                                 ? wire::DecodeOtlpTraces(request.body, NoStream, 0)
                                                 : wire::DecodeOtlpLogs(request.body, NoStream, 0));
  Summary out;
  size_t n = 0, resources = 0;
  for (const model::StreamEvents& stream : decoded.batch.streams) {
    const model::Origin* last = nullptr;
    for (const model::Event& event : stream.events) {
      ++n;
      if (event.origin != nullptr &&
          (last == nullptr || event.origin->resource.data() != last->resource.data())) {
        ++resources;
        last = event.origin;
      }
      if (out.items.size() < kMaxDebugItems) out.items.push_back(ItemText(event));
    }
  }
  out.counts = traces ? "TracesExporter resource spans=" + std::to_string(resources) +
                            " spans=" + std::to_string(n)
                      : "LogsExporter resource logs=" + std::to_string(resources) +
                            " log records=" + std::to_string(n);
  return out;
}

std::string PointText(const wire::OtlpMetric& metric, const wire::OtlpPoint& point) {
  std::string out(metric.name);
  out += "{";
  for (const model::KeyValue& pair : point.attributes) {
    if (out.back() != '{') out += ",";
    out += std::string(pair.key) + "=" + model::ValueToString(pair.value);
  }
  out += "}";
  using Type = wire::OtlpMetricType;
  if (metric.type == Type::kGauge || metric.type == Type::kSum) {
    return out + " " + text::GoFloat(point.value, 'f');
  }
  out += " count=" + std::to_string(point.count) + " sum=" + text::GoFloat(point.sum, 'f');
  for (size_t i = 0; i < point.bucket_counts.size(); ++i) {
    const bool last = i >= point.bounds.size();
    out += " le" + (last ? std::string("+Inf") : text::GoFloat(point.bounds[i], 'f')) + "=" +
           std::to_string(point.bucket_counts[i]);
  }
  for (const auto& q : point.quantiles) {
    out += " q" + text::GoFloat(q.quantile, 'f') + "=" + text::GoFloat(q.value, 'f');
  }
  return out;
}

base::Result<Summary> MetricsSummary(const OtlpRequest& request) {
  PHAROS_TRY(const wire::OtlpMetrics decoded, wire::DecodeOtlpMetrics(*request.body));
  Summary out;
  size_t metrics = 0;
  for (const auto& resource : decoded.resources) {
    for (const auto& scope : resource.scopes) {
      metrics += scope.metrics.size();
      for (const wire::OtlpMetric& metric : scope.metrics) {
        for (const wire::OtlpPoint& point : metric.points) {
          if (out.items.size() < kMaxDebugItems) out.items.push_back(PointText(metric, point));
        }
      }
    }
  }
  out.counts = "MetricsExporter resource metrics=" + std::to_string(decoded.resources.size()) +
               " metrics=" + std::to_string(metrics) +
               " data points=" + std::to_string(decoded.points);
  return out;
}

const wire::PbMessage& MessageOf(OtlpSignal signal) {
  switch (signal) {
    case OtlpSignal::kTraces: return wire::kTracesMessage;
    case OtlpSignal::kLogs: return wire::kLogsMessage;
    case OtlpSignal::kMetrics: return wire::kMetricsMessage;
  }
  return wire::kTracesMessage;
}

class DebugExporter final : public ingest::receive::OtlpSink {
 public:
  DebugExporter(const conf::OtelcolDebugExporter& settings, const base::Clock* clock,
                DebugLine line)
      : settings_(settings), clock_(clock), line_(std::move(line)) {}

  void Take(OtlpRequest request, ingest::receive::OtlpDone done) override {
    if (Shown()) {
      const auto summary =
          request.signal == OtlpSignal::kMetrics ? MetricsSummary(request) : EventsSummary(request);
      if (!summary) return done(std::unexpected(summary.error()));
      line_(summary->counts);
      if (settings_.verbosity != Verbosity::kBasic) {
        for (const std::string& item : summary->items) line_(item.substr(0, kMaxDebugBytes));
      }
      if (settings_.verbosity == Verbosity::kDetailed) {
        std::string json;
        if (wire::OtlpProtobufToJson(MessageOf(request.signal), *request.body, {}, json)) {
          line_(json.substr(0, kMaxDebugBytes));
        }
      }
    }
    done(OtlpTaken{});
  }

 private:
  bool Shown() {
    const int64_t second = clock_->NowNs() / 1'000'000'000;
    const std::lock_guard lock(mutex_);
    if (second != second_) {
      second_ = second;
      seen_ = 0;
    }
    const int64_t n = ++seen_ - settings_.sampling_initial;
    if (n <= 0) return true;
    return settings_.sampling_thereafter > 0 && n % settings_.sampling_thereafter == 0;
  }

  const conf::OtelcolDebugExporter settings_;
  const base::Clock* clock_;
  const DebugLine line_;
  std::mutex mutex_;
  int64_t second_ = 0, seen_ = 0;  // mutex_
};

}  // namespace

std::shared_ptr<ingest::receive::OtlpSink> MakeDebugExporter(
    const conf::OtelcolDebugExporter& settings, const std::string& id, const base::Clock* clock,
    DebugLine line) {
  if (!line) {
    line = [id](const std::string& text) {
      base::Log(base::LogLevel::kInfo, text, {{"exporter", id}});
    };
  }
  return std::make_shared<DebugExporter>(settings, clock, std::move(line));
}

}  // namespace pharos::exporting
