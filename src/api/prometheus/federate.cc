// /federate: the newest samples of some series, for another Prometheus to scrape.
#include <algorithm>

#include "api/prometheus/encode.h"
#include "api/prometheus/handlers.h"
#include "api/prometheus/params.h"
#include "text/go_float.h"

namespace pharos::api::prometheus {
namespace {

struct Newest {
  model::Labels labels;
  int64_t time_ms = 0;
  double value = 0;
};

base::Result<void> Collect(const PrometheusApiDeps& deps, const store::SampleQuery& query,
                           std::vector<Newest>* out) {
  PHAROS_TRY(const auto cursor, deps.source->Select(query));
  store::SeriesColumns columns;
  while (true) {
    PHAROS_TRY(const bool more, cursor->Next(&columns));
    if (!more) return {};
    if (columns.values.empty() || model::IsStaleNan(columns.values.back())) continue;
    out->push_back({columns.labels, columns.times_ms.back(), columns.values.back()});
  }
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

bool LegacyName(std::string_view name) {
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return c == '_' || c == ':' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                  (c >= 'A' && c <= 'Z');
         });
}

void AppendSample(std::string& out, const Newest& sample) {
  const std::string_view name = sample.labels.Name();
  const bool legacy = LegacyName(name);
  if (legacy) out += name;
  out += '{';
  if (!legacy) {
    out += '"';
    AppendEscaped(out, name);
    out += '"';
  }
  bool first = legacy;
  const auto label = [&](std::string_view key, std::string_view value) {
    if (!first) out += ',';
    first = false;
    if (LegacyName(key))
      out += key;
    else
      out.append("\"").append(key).append("\"");
    out += "=\"";
    AppendEscaped(out, value);
    out += '"';
  };
  for (const model::LabelView view : sample.labels) {
    if (view.name != model::kMetricName) label(view.name, view.value);
  }
  // Said even when empty, so that the scraper does not put its own there.
  if (!sample.labels.Has("instance")) label("instance", "");
  out += "} ";
  text::AppendGoFloat(out, sample.value, 'g');
  out.append(" ").append(std::to_string(sample.time_ms)).append("\n");
}

}  // namespace

net::Response HandleFederate(const PrometheusApiDeps& deps, const net::Request& request) {
  const net::Params params = request.AllParams();
  const auto sets = MatchParams(params);
  if (!sets) return net::Response::Text(400, sets.error().message + "\n");
  store::SampleQuery query;
  query.tenant = TenantOf(deps, request);
  query.end_ms = deps.clock->NowMs();
  query.start_ms = query.end_ms - deps.engine.lookback_ms + 1;
  std::vector<Newest> samples;
  for (const auto& matchers : *sets) {
    query.matchers = matchers;
    if (const auto done = Collect(deps, query, &samples); !done)
      return net::Response::Text(500, done.error().message + "\n");
  }
  std::sort(samples.begin(), samples.end(),
            [](const Newest& a, const Newest& b) { return a.labels < b.labels; });
  samples.erase(std::unique(samples.begin(), samples.end(),
                            [](const Newest& a, const Newest& b) { return a.labels == b.labels; }),
                samples.end());
  std::stable_sort(samples.begin(), samples.end(), [](const Newest& a, const Newest& b) {
    return a.labels.Name() < b.labels.Name();
  });
  std::string body;
  std::string_view family;
  for (const Newest& sample : samples) {
    if (sample.labels.Name().empty()) continue;
    if (sample.labels.Name() != family) {
      family = sample.labels.Name();
      body.append("# TYPE ").append(family).append(" untyped\n");
    }
    AppendSample(body, sample);
  }
  net::Response response = net::Response::Text(200, std::move(body));
  response.headers.Set("Content-Type",
                       "text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8");
  return response;
}

}  // namespace pharos::api::prometheus
