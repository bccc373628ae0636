// targets, targets/metadata, targets/relabel_steps, scrape_pools.
#include <simdjson.h>

#include <algorithm>
#include <set>

#include "api/prometheus/encode.h"
#include "api/prometheus/handlers.h"
#include "api/prometheus/params.h"
#include "api/prometheus/relabel_json.h"
#include "query/promql/parser.h"
#include "text/duration.h"
#include "text/json_writer.h"
#include "text/rfc3339.h"

namespace pharos::api::prometheus {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using ingest::scrape::ScrapeStatus;
using ingest::scrape::TargetStatus;

ScrapeStatus Status(const PrometheusApiDeps& deps) {
  return deps.scrapes ? deps.scrapes() : ScrapeStatus();
}

std::vector<conf::ScrapeJob> Jobs(const PrometheusApiDeps& deps) {
  return deps.scrape_jobs ? deps.scrape_jobs() : std::vector<conf::ScrapeJob>();
}

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return out;
}

void WriteLabels(text::JsonWriter& json, std::string_view key, const model::Labels& labels) {
  std::string text;
  AppendLabels(text, labels);
  json.Key(key).Raw(text);
}

/// The URL as others reach it: this machine by its name.
std::string GlobalUrl(const std::string& url) {
  for (const std::string_view local : {"://127.0.0.1", "://[::1]"}) {
    const size_t at = url.find(local);
    if (at == std::string::npos) continue;
    const size_t end = at + local.size();
    if (end < url.size() && url[end] != ':' && url[end] != '/' && url[end] != '?') continue;
    return url.substr(0, at) + "://localhost" + url.substr(end);
  }
  return url;
}

void WriteActive(text::JsonWriter& json, const TargetStatus& target) {
  json.BeginObject();
  WriteLabels(json, "discoveredLabels", target.discovered);
  WriteLabels(json, "labels", target.labels);
  json.Key("scrapePool").String(target.job);
  json.Key("scrapeUrl").String(target.url);
  json.Key("globalUrl").String(GlobalUrl(target.url));
  json.Key("lastError").String(target.last_error);
  json.Key("lastScrape")
      .String(target.last_scrape_ns == 0 ? "0001-01-01T00:00:00Z"
                                         : text::Rfc3339Nano(target.last_scrape_ns));
  json.Key("lastScrapeDuration").Double(target.last_duration_seconds);
  json.Key("health").String(target.health);
  json.Key("scrapeInterval").String(text::PrometheusDuration(target.interval_ms));
  json.Key("scrapeTimeout").String(text::PrometheusDuration(target.timeout_ms));
  json.EndObject();
}

/// Pools in the order of their names; within one, the order of the file stays.
void SortByPool(auto& targets) {
  std::stable_sort(targets.begin(), targets.end(),
                   [](const auto& a, const auto& b) { return a.job < b.job; });
}

Result<conf::ScrapeJob> JobParam(const PrometheusApiDeps& deps, const net::Params& params) {
  const std::string_view name = params.Get("scrapePool");
  if (name.empty()) return Fail(ErrorKind::kBadInput, "no scrapePool parameter provided");
  for (conf::ScrapeJob& job : Jobs(deps)) {
    if (job.name == name) return std::move(job);
  }
  return Fail(ErrorKind::kBadInput, "error retrieving scrape config: scrape pool \"" +
                                        std::string(name) + "\" not found");
}

/// A JSON object of texts.
Result<model::Labels> LabelsParam(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (const auto problem =
          parser.parse(simdjson::padded_string(text.data(), text.size())).get(object)) {
    return Fail(ErrorKind::kBadInput,
                std::string("error parsing labels: ") + simdjson::error_message(problem));
  }
  model::LabelsBuilder builder;
  for (const auto field : object) {
    std::string_view value;
    if (field.value.get(value)) {
      return Fail(ErrorKind::kBadInput,
                  "error parsing labels: the value of " + std::string(field.key) + " is no text");
    }
    builder.Set(field.key, value);
  }
  return builder.Build();
}

/// Families that this target's series belong to.
Result<std::vector<std::string>> FamiliesOf(const PrometheusApiDeps& deps,
                                            const net::Request& request,
                                            const TargetStatus& target) {
  store::SampleQuery query;
  query.tenant = TenantOf(deps, request);
  query.end_ms = deps.clock->NowMs();
  query.start_ms = query.end_ms - deps.engine.lookback_ms;
  for (const model::LabelView label : target.labels) {
    query.matchers.push_back(
        model::Matcher::Equal(std::string(label.name), std::string(label.value)));
  }
  return deps.source->LabelValues(query, model::kMetricName);
}

bool HasFamily(const std::vector<std::string>& names, const std::string& family) {
  for (const std::string_view suffix :
       {"", "_bucket", "_count", "_sum", "_total", "_created", "_info"}) {
    if (std::binary_search(names.begin(), names.end(), family + std::string(suffix))) return true;
  }
  return false;
}

}  // namespace

net::Response HandleTargets(const PrometheusApiDeps& deps, const net::Request& request) {
  const net::Params params = net::Params::Parse(request.query);
  const std::string state = Lower(params.Get("state"));
  const std::string_view pool = params.Get("scrapePool");
  const bool all = state.empty() || state == "any";
  ScrapeStatus status = Status(deps);
  SortByPool(status.active);
  SortByPool(status.dropped);
  std::string data;
  text::JsonWriter json(data, true);
  json.BeginObject().Key("activeTargets").BeginArray();
  for (const TargetStatus& target : status.active) {
    if ((all || state == "active") && (pool.empty() || pool == target.job))
      WriteActive(json, target);
  }
  json.EndArray().Key("droppedTargets").BeginArray();
  const bool dropped = all || state == "dropped";
  for (const auto& target : status.dropped) {
    if (!dropped || (!pool.empty() && pool != target.job)) continue;
    json.BeginObject();
    WriteLabels(json, "discoveredLabels", target.discovered);
    json.Key("scrapePool").String(target.job).EndObject();
  }
  json.EndArray().Key("droppedTargetCounts");
  if (dropped) {
    json.BeginObject();
    for (const conf::ScrapeJob& job : Jobs(deps)) status.dropped_counts.try_emplace(job.name, 0);
    for (const auto& [job, count] : status.dropped_counts) json.Key(job).Int(count);
    json.EndObject();
  } else {
    json.Null();
  }
  json.EndObject();
  return Success(data);
}

net::Response HandleTargetMetadata(const PrometheusApiDeps& deps, const net::Request& request) {
  const net::Params params = request.AllParams();
  const auto limit = PlainLimit(params.Get("limit"), "limit");
  if (!limit) return Failure(limit.error());
  std::vector<model::Matcher> matchers;
  if (const std::string_view text = params.Get("match_target"); !text.empty()) {
    auto read = query::promql::ParseMetricSelector(text);
    if (!read) return Failure(InvalidParameter("match_target", read.error()).error());
    matchers = *std::move(read);
  }
  const std::string_view metric = params.Get("metric");
  const auto families = deps.source->MetadataOf(TenantOf(deps, request), metric);
  std::string data;
  text::JsonWriter json(data, true);
  json.BeginArray();
  int64_t shown = 0;
  for (const TargetStatus& target : Status(deps).active) {
    if (*limit >= 0 && shown >= *limit) break;
    if (!model::MatchesAll(matchers, target.labels)) continue;
    const auto names = FamiliesOf(deps, request, target);
    if (!names) return Failure(names.error());
    for (const auto& [family, metadata] : families) {
      if (!HasFamily(*names, family)) continue;
      json.BeginObject();
      WriteLabels(json, "target", target.labels);
      if (metric.empty()) json.Key("metric").String(family);
      json.Key("type").String(model::MetricTypeName(metadata.type));
      json.Key("help").String(metadata.help).Key("unit").String(metadata.unit).EndObject();
      ++shown;
    }
  }
  json.EndArray();
  return Success(data);
}

net::Response HandleScrapePools(const PrometheusApiDeps& deps, const net::Request& /*request*/) {
  std::set<std::string> names;
  for (const conf::ScrapeJob& job : Jobs(deps)) names.insert(job.name);
  return Success(
      "{\"scrapePools\":" + StringList(std::vector<std::string>(names.begin(), names.end())) + "}");
}

net::Response HandleScrapePoolConfig(const PrometheusApiDeps& deps, const net::Request& request) {
  const auto job = JobParam(deps, request.AllParams());
  if (!job) return Failure(job.error());
  std::string data = "{\"yaml\":";
  text::AppendJsonString(data, ScrapeJobYaml(*job), true);
  return Success(data + "}");
}

net::Response HandleRelabelSteps(const PrometheusApiDeps& deps, const net::Request& request) {
  const net::Params params = request.AllParams();
  if (params.Get("scrapePool").empty())
    return Failure({ErrorKind::kBadInput, "no scrapePool parameter provided"});
  if (params.Get("labels").empty())
    return Failure({ErrorKind::kBadInput, "no labels parameter provided"});
  auto labels = LabelsParam(params.Get("labels"));
  if (!labels) return Failure(labels.error());
  const auto job = JobParam(deps, params);
  if (!job) return Failure(job.error());
  std::string data;
  text::JsonWriter json(data, true);
  json.BeginObject().Key("steps").BeginArray();
  std::optional<model::Labels> now = *std::move(labels);
  for (const conf::RelabelRule& rule : job->relabel) {
    const auto relabeller = conf::Relabeller::Make({rule});
    if (!relabeller) return Failure(relabeller.error());
    if (now) now = relabeller->Apply(*now);
    json.BeginObject().Key("rule").Raw(RelabelRuleJson(rule));
    WriteLabels(json, "output", now ? *now : model::Labels());
    json.Key("keep").Bool(now.has_value()).EndObject();
  }
  json.EndArray().EndObject();
  return Success(data);
}

}  // namespace pharos::api::prometheus
