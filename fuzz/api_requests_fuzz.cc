// Requests to every face over a small store: the first byte chooses the path, a first line
// fills its variable part, the rest is the query string.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "api/jaeger/jaeger_api.h"
#include "api/loki/loki_api.h"
#include "api/prometheus/prometheus_api.h"
#include "api/tempo/tempo_api.h"
#include "api/testing/call.h"
#include "query/logql/testing/memory_events.h"
#include "query/promql/memory_source.h"

namespace {

using namespace pharos;

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kNow = 1'700'000'000 * kSecond;

struct Faces {
  base::FakeClock clock{kNow};
  query::promql::MemorySource samples;
  query::logql::testing::MemoryEvents events;
  net::Router router;

  Faces() {
    samples.Add({{"__name__", "up"}, {"job", "a"}}, kNow / 1'000'000 - 5'000, 1);
    events.AddLine({{"app", "a"}}, kNow - kSecond, R"({"n":5,"s":"x"})");
    model::SpanPart part;
    model::Event span;
    span.kind = model::EventKind::kSpan;
    span.time_ns = kNow - 2 * kSecond;
    span.span = &part;
    events.Add(model::Labels{{"service_name", "shop"}}, span);

    api::prometheus::PrometheusApiDeps metrics;
    metrics.source = &samples;
    metrics.clock = &clock;
    metrics.limits.timeout_ms = 1'000;
    metrics.limits.max_samples = 20'000;
    conf::ScrapeJob job;
    job.name = "a";
    job.relabel.emplace_back();
    job.relabel[0].source_labels = {"job"};
    job.relabel[0].target_label = "to";
    metrics.scrape_jobs = [job] { return std::vector<conf::ScrapeJob>{job}; };
    api::prometheus::RegisterPrometheusApi(router, "", metrics);
    api::loki::Deps logs;
    logs.events = &events;
    logs.clock = &clock;
    api::loki::RegisterLokiApi(router, "", logs, true);
    api::spans::Deps traces;
    traces.events = &events;
    traces.clock = &clock;
    api::tempo::RegisterTempoApi(router, "/tempo", traces, false);
    api::jaeger::RegisterJaegerApi(router, "/jaeger", traces);
  }
};

constexpr const char* kPaths[] = {"/api/v1/query",
                                  "/api/v1/query_range",
                                  "/api/v1/series",
                                  "/api/v1/labels",
                                  "/api/v1/label/$/values",
                                  "/api/v1/metadata",
                                  "/api/v1/query_exemplars",
                                  "/api/v1/format_query",
                                  "/api/v1/parse_query",
                                  "/federate",
                                  "/api/v1/status/query_cost",
                                  "/api/v1/status/self_metrics",
                                  "/api/v1/rules",
                                  "/api/v1/targets",
                                  "/api/v1/targets/metadata",
                                  "/api/v1/targets/relabel_steps",
                                  "/api/v1/scrape_pools/config",
                                  "/loki/api/v1/query",
                                  "/loki/api/v1/query_range",
                                  "/loki/api/v1/labels",
                                  "/loki/api/v1/label/$/values",
                                  "/loki/api/v1/series",
                                  "/loki/api/v1/index/stats",
                                  "/loki/api/v1/index/volume",
                                  "/loki/api/v1/index/volume_range",
                                  "/loki/api/v1/detected_fields",
                                  "/loki/api/v1/patterns",
                                  "/tempo/api/traces/$",
                                  "/tempo/api/v2/traces/$",
                                  "/tempo/api/search",
                                  "/tempo/api/search/tags",
                                  "/tempo/api/v2/search/tags",
                                  "/tempo/api/search/tag/$/values",
                                  "/tempo/api/v2/search/tag/$/values",
                                  "/jaeger/api/traces",
                                  "/jaeger/api/traces/$",
                                  "/jaeger/api/services",
                                  "/jaeger/api/services/$/operations",
                                  "/jaeger/api/dependencies"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Faces& faces = *new Faces;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string path = kPaths[data[0] % std::size(kPaths)];
  const size_t end = std::min(text.find('\n'), text.size());
  if (const size_t mark = path.find('$'); mark != std::string::npos) {
    path.replace(mark, 1, text.substr(0, end));
  }
  const std::string query(end < text.size() ? text.substr(end + 1) : text);
  const auto answer = api::testing::Call(faces.router, "GET", path + "?" + query);
  if (answer.status == 500) std::abort();
  return 0;
}
