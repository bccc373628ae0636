#include "api/prometheus/encode.h"

#include "query/promql/histogram_math.h"
#include "text/go_float.h"
#include "text/json_writer.h"

namespace pharos::api::prometheus {
namespace {

using base::ErrorKind;
using query::promql::QueryValue;
using query::promql::ResultSeries;
using query::promql::ValueType;

struct ErrorName {
  int status;
  std::string_view type;
};

ErrorName NameOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kBadInput:
    case ErrorKind::kTooLarge:
    case ErrorKind::kUnsupported: return {400, "bad_data"};
    case ErrorKind::kNotFound: return {404, "not_found"};
    case ErrorKind::kTimeout: return {503, "timeout"};
    case ErrorKind::kCancelled: return {499, "canceled"};
    case ErrorKind::kBusy: return {503, "unavailable"};
    case ErrorKind::kIo:
    case ErrorKind::kFull:
    case ErrorKind::kCorrupt: return {500, "internal"};
    default: return {422, "execution"};
  }
}

void AppendRemarks(std::string& out, std::string_view name,
                   const std::vector<std::string>& remarks) {
  if (remarks.empty()) return;
  out.append(",\"").append(name).append("\":").append(StringList(remarks));
}

void AppendQuotedValue(std::string& out, double value) {
  out += '"';
  text::AppendSampleValue(out, value);
  out += '"';
}

void AppendHistogram(std::string& out, const model::Histogram& h) {
  out += "{\"count\":";
  AppendQuotedValue(out, h.count);
  out += ",\"sum\":";
  AppendQuotedValue(out, h.sum);
  bool first = true;
  for (const auto& bucket : query::promql::AllBuckets(h)) {
    if (bucket.count == 0) continue;
    out += first ? ",\"buckets\":[" : ",";
    first = false;
    // Which bounds belong to the bucket: 0 the upper, 1 the lower, 3 both.
    out += !bucket.lower_inclusive() ? "[0," : !bucket.upper_inclusive() ? "[1," : "[3,";
    AppendQuotedValue(out, bucket.lower);
    out += ',';
    AppendQuotedValue(out, bucket.upper);
    out += ',';
    AppendQuotedValue(out, bucket.count);
    out += ']';
  }
  if (!first) out += ']';
  out += '}';
}

void AppendPoint(std::string& out, int64_t time_ms, double value) {
  out += '[';
  AppendTimestamp(out, time_ms);
  out += ',';
  AppendQuotedValue(out, value);
  out += ']';
}

void AppendHistogramPoint(std::string& out, const model::HistogramSample& sample) {
  out += '[';
  AppendTimestamp(out, sample.time_ms);
  out += ',';
  AppendHistogram(out, *sample.histogram);
  out += ']';
}

/// `[1.5`: the time of a scalar or a string.
void AppendSecondsAsFloat(std::string& out, int64_t time_ms) {
  out += '[';
  text::AppendSampleValue(out, static_cast<double>(time_ms) / 1000);
}

void AppendSample(std::string& out, const ResultSeries& series) {
  out += "{\"metric\":";
  AppendLabels(out, series.labels);
  if (!series.floats.empty()) {
    out += ",\"value\":";
    AppendPoint(out, series.floats[0].time_ms, series.floats[0].value);
  } else if (!series.histograms.empty()) {
    out += ",\"histogram\":";
    AppendHistogramPoint(out, series.histograms[0]);
  }
  out += '}';
}

void AppendSeries(std::string& out, const ResultSeries& series) {
  out += "{\"metric\":";
  AppendLabels(out, series.labels);
  bool first = true;
  for (const auto& point : series.floats) {
    out += first ? ",\"values\":[" : ",";
    first = false;
    AppendPoint(out, point.time_ms, point.value);
  }
  if (!first) out += ']';
  first = true;
  for (const auto& sample : series.histograms) {
    out += first ? ",\"histograms\":[" : ",";
    first = false;
    AppendHistogramPoint(out, sample);
  }
  if (!first) out += ']';
  out += '}';
}

}  // namespace

net::Response Success(std::string_view data, const std::vector<std::string>& warnings,
                      const std::vector<std::string>& infos) {
  std::string body;
  body.reserve(data.size() + 64);
  body.append("{\"status\":\"success\"");
  if (!data.empty()) body.append(",\"data\":").append(data);
  AppendRemarks(body, "warnings", warnings);
  AppendRemarks(body, "infos", infos);
  body += '}';
  return net::Response::Json(200, std::move(body));
}

net::Response Failure(const base::Error& error) {
  const ErrorName name = NameOf(error.kind);
  std::string body =
      "{\"status\":\"error\",\"errorType\":\"" + std::string(name.type) + "\",\"error\":";
  text::AppendJsonString(body, error.message, true);
  body += '}';
  return net::Response::Json(name.status, std::move(body));
}

net::Response Disabled(std::string_view text) {
  net::Response response = Failure({ErrorKind::kBusy, std::string(text)});
  response.status = 500;
  return response;
}

void AppendTimestamp(std::string& out, int64_t time_ms) {
  uint64_t t = static_cast<uint64_t>(time_ms);
  if (time_ms < 0) {
    out += '-';
    t = 0 - t;
  }
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, t / 1000).ptr);
  if (const auto fraction = static_cast<int>(t % 1000); fraction != 0) {
    out += '.';
    out += static_cast<char>('0' + fraction / 100);
    out += static_cast<char>('0' + fraction / 10 % 10);
    out += static_cast<char>('0' + fraction % 10);
  }
}

void AppendLabels(std::string& out, const model::Labels& labels) {
  out += '{';
  bool first = true;
  for (const model::LabelView label : labels) {
    if (!first) out += ',';
    first = false;
    text::AppendJsonString(out, label.name);
    out += ':';
    text::AppendJsonString(out, label.value);
  }
  out += '}';
}

void AppendQueryData(std::string& out, const QueryValue& value) {
  out.append("{\"resultType\":\"")
      .append(query::promql::TypeName(value.type))
      .append("\",\"result\":");
  if (value.type == ValueType::kScalar) {
    // Scalars are written by other code of Prometheus than points: never with an exponent.
    const auto& point = value.series.at(0).floats.at(0);
    AppendSecondsAsFloat(out, point.time_ms);
    out.append(",\"").append(text::GoFloat(point.value, 'f')).append("\"]");
    return;
  }
  out += '[';
  if (value.type == ValueType::kString) {
    out.pop_back();
    AppendSecondsAsFloat(out, value.time_ms);
    out += ',';
    text::AppendJsonString(out, value.text, true);
  } else {
    bool first = true;
    for (const ResultSeries& series : value.series) {
      if (!first) out += ',';
      first = false;
      if (value.type == ValueType::kVector)
        AppendSample(out, series);
      else
        AppendSeries(out, series);
    }
  }
  out += ']';
}

std::string StringList(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) {
    if (out.size() > 1) out += ',';
    text::AppendJsonString(out, item, true);
  }
  return out + "]";
}

}  // namespace pharos::api::prometheus
