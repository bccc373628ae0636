// /federate: the newest samples of some series, for another Prometheus to scrape, as text or, for
// those that ask for it, as protobuf.
#include <algorithm>
#include <map>

#include "api/prometheus/encode.h"
#include "api/prometheus/escape_names.h"
#include "api/prometheus/handlers.h"
#include "api/prometheus/params.h"
#include "query/promql/parser.h"
#include "text/go_float.h"
#include "wire/metric_family.h"

namespace pharos::api::prometheus {
namespace {

using wire::FamilyMetric;
using wire::MetricFamily;
using HistogramPtr = std::shared_ptr<const model::Histogram>;

struct Newest {
  model::Labels labels;
  int64_t time_ms = 0;
  double value = 0;
  HistogramPtr histogram;
};

/// What the client reads.
struct Format {
  bool protobuf = false;
  NameEscaping escaping = NameEscaping::kUnderscores;

  std::string ContentType() const {
    const std::string text = protobuf
                                 ? "application/vnd.google.protobuf; "
                                   "proto=io.prometheus.client.MetricFamily; encoding=delimited"
                                 : "text/plain; version=0.0.4; charset=utf-8";
    return text + "; escaping=" + std::string(EscapingName(escaping));
  }
};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// The piece before `mark`, which goes away with it.
std::string_view Cut(std::string_view& text, char mark) {
  const size_t end = std::min(text.find(mark), text.size());
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return Trim(piece);
}

/// One clause of an Accept header.
struct Clause {
  std::string_view type;
  std::map<std::string_view, std::string_view> params;
  double quality = 1;

  std::string_view Get(std::string_view name) const {
    const auto found = params.find(name);
    return found == params.end() ? std::string_view() : found->second;
  }
  /// Something that is served; sets `format`.
  bool Offers(Format* format) const {
    const bool proto = type == "application/vnd.google.protobuf" &&
                       Get("proto") == "io.prometheus.client.MetricFamily" &&
                       Get("encoding") == "delimited";
    const std::string_view version = Get("version");
    const bool text = type == "text/plain" && (version.empty() || version == "0.0.4");
    if (!proto && !text) return false;
    format->protobuf = proto;
    format->escaping = EscapingNamed(Get("escaping"));
    return true;
  }
};

Format Negotiate(std::string_view accept) {
  std::vector<Clause> clauses;
  while (!accept.empty()) {
    std::string_view rest = Cut(accept, ',');
    Clause clause{Cut(rest, ';'), {}, 1};
    while (!rest.empty()) {
      std::string_view value = Cut(rest, ';');
      const std::string_view name = Cut(value, '=');
      clause.params[name] = Trim(value);
    }
    double quality = 1;
    if (text::ParseGoFloat(clause.Get("q"), &quality)) clause.quality = quality;
    clauses.push_back(std::move(clause));
  }
  std::stable_sort(clauses.begin(), clauses.end(),
                   [](const Clause& a, const Clause& b) { return a.quality > b.quality; });
  Format format;
  for (const Clause& clause : clauses) {
    if (clause.Offers(&format)) break;
  }
  return format;
}

base::Result<void> Collect(const PrometheusApiDeps& deps, const store::SampleQuery& query,
                           std::vector<Newest>* out) {
  PHAROS_TRY(const auto cursor, deps.source->Select(query));
  store::SeriesColumns columns;
  while (true) {
    PHAROS_TRY(const bool more, cursor->Next(&columns));
    if (!more) return {};
    Newest newest{columns.labels, INT64_MIN, 0, nullptr};
    if (!columns.values.empty()) {
      newest.time_ms = columns.times_ms.back();
      newest.value = columns.values.back();
    }
    if (!columns.histograms.empty() && columns.histograms.back().time_ms > newest.time_ms) {
      newest.time_ms = columns.histograms.back().time_ms;
      newest.histogram = columns.histograms.back().histogram;
    }
    const double end = newest.histogram ? newest.histogram->sum : newest.value;
    // The formats know no stale markers.
    if (newest.time_ms != INT64_MIN && !model::IsStaleNan(end)) out->push_back(std::move(newest));
  }
}

/// Sorted by name; under one name by labels; each series once.
void Arrange(std::vector<Newest>& samples) {
  std::sort(samples.begin(), samples.end(),
            [](const Newest& a, const Newest& b) { return a.labels < b.labels; });
  samples.erase(std::unique(samples.begin(), samples.end(),
                            [](const Newest& a, const Newest& b) { return a.labels == b.labels; }),
                samples.end());
  std::stable_sort(samples.begin(), samples.end(), [](const Newest& a, const Newest& b) {
    return a.labels.Name() < b.labels.Name();
  });
}

/// Cuts sorted samples into families: one a name, kind of sample and kind of histogram.
std::vector<MetricFamily> Families(const std::vector<Newest>& samples, const Format& format,
                                   const std::map<std::string, std::string>& external) {
  std::vector<MetricFamily> families;
  for (const Newest& sample : samples) {
    const model::Histogram* h = sample.histogram.get();
    if (sample.labels.Name().empty()) continue;
    if (h != nullptr && !format.protobuf && h->schema != model::Histogram::kCustomBuckets) continue;
    const bool gauge = h != nullptr && h->reset == model::Histogram::Reset::kGauge;
    const std::string name = EscapeName(sample.labels.Name(), format.escaping);
    if (families.empty() || families.back().name != name ||
        families.back().histogram != (h != nullptr) || families.back().gauge_histogram != gauge) {
      families.push_back({name, h != nullptr, gauge, {}});
    }
    FamilyMetric metric{{}, sample.time_ms, sample.value, sample.histogram};
    for (const model::LabelView label : sample.labels) {
      if (label.name != model::kMetricName)
        metric.labels.emplace_back(EscapeName(label.name, format.escaping), label.value);
    }
    for (const auto& [label, value] : external) {
      if (!sample.labels.Has(label)) metric.labels.emplace_back(label, value);
    }
    families.back().metrics.push_back(std::move(metric));
  }
  return families;
}

void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '"')
      out += "\\\"";
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
}

void AppendName(std::string& out, std::string_view name) {
  if (LegacyName(name)) {
    out += name;
    return;
  }
  out += '"';
  AppendEscaped(out, name);
  out += '"';
}

/// `le` "" for none.
void AppendLine(std::string& out, const std::string& name, const FamilyMetric& metric,
                std::string_view le, double value) {
  const bool legacy = LegacyName(name);
  bool first = legacy;
  if (legacy) out += name;
  if (!legacy || !metric.labels.empty() || !le.empty()) out += '{';
  if (!legacy) AppendName(out, name);
  const auto label = [&](std::string_view key, std::string_view text) {
    if (!first) out += ',';
    first = false;
    AppendName(out, key);
    out += "=\"";
    AppendEscaped(out, text);
    out += '"';
  };
  for (const auto& [key, text] : metric.labels) label(key, text);
  if (!le.empty()) label("le", le);
  if (!legacy || !metric.labels.empty() || !le.empty()) out += '}';
  out += ' ';
  text::AppendGoFloat(out, value, 'g');
  out.append(" ").append(std::to_string(metric.time_ms)).append("\n");
}

void AppendText(std::string& out, const MetricFamily& family) {
  out += "# TYPE ";
  AppendName(out, family.name);
  out += family.histogram ? " histogram\n" : " untyped\n";
  for (const FamilyMetric& metric : family.metrics) {
    if (metric.histogram == nullptr) {
      AppendLine(out, family.name, metric, "", metric.value);
      continue;
    }
    for (const auto& [bound, count] : wire::ClassicBuckets(*metric.histogram))
      AppendLine(out, family.name + "_bucket", metric, text::GoFloat(bound, 'g'), count);
    AppendLine(out, family.name + "_sum", metric, "", metric.histogram->sum);
    AppendLine(out, family.name + "_count", metric, "", metric.histogram->count);
  }
}

/// The selectors; none at all is no fault here.
base::Result<MatcherSets> Selectors(const net::Params& params) {
  MatcherSets sets;
  for (const std::string_view text : params.All("match[]")) {
    PHAROS_TRY(auto matchers, query::promql::ParseMetricSelector(text));
    sets.push_back(std::move(matchers));
  }
  return sets;
}

}  // namespace

net::Response HandleFederate(const PrometheusApiDeps& deps, const net::Request& request) {
  const net::Params params = request.AllParams();
  if (auto checked = MatchCount(params); !checked)
    return net::Response::Text(400, checked.error().message + "\n");
  const auto sets = Selectors(params);
  if (!sets) return net::Response::Text(400, sets.error().message + "\n");
  const Format format = Negotiate(request.headers.Get("Accept"));
  store::SampleQuery query;
  query.tenant = TenantOf(deps, request);
  query.end_ms = deps.clock->NowMs();
  query.start_ms = query.end_ms - deps.engine.lookback_ms;
  std::vector<Newest> samples;
  for (const auto& matchers : *sets) {
    query.matchers = matchers;
    if (const auto done = Collect(deps, query, &samples); !done)
      return net::Response::Text(500, done.error().message + "\n");
  }
  Arrange(samples);
  auto external =
      deps.external_labels ? deps.external_labels() : std::map<std::string, std::string>();
  // Said even when empty, so that the scraper does not put its own there.
  external.try_emplace("instance", "");
  net::Response response;
  for (const MetricFamily& family : Families(samples, format, external)) {
    if (format.protobuf)
      wire::AppendDelimitedFamily(response.body, family);
    else
      AppendText(response.body, family);
  }
  response.headers.Set("Content-Type", format.ContentType());
  return response;
}

}  // namespace pharos::api::prometheus
