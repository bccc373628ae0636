// index/stats, index/volume, index/volume_range and detected_fields: questions that Loki
// answers from its index and we answer by running a query.
#include <algorithm>
#include <map>
#include <set>

#include "api/loki/encode.h"
#include "api/loki/handlers.h"
#include "api/loki/limits.h"
#include "api/loki/params.h"
#include "match/json_fields.h"
#include "match/label_name.h"
#include "match/logfmt.h"
#include "match/quantity.h"
#include "query/logql/parser.h"

namespace pharos::api::loki {
namespace {

using base::Result;
using query::logql::Expr;
using query::logql::Grouping;
using query::logql::RangeAggregation;
using query::logql::VectorAggregation;

struct Asked {
  query::logql::Params run;
  std::vector<model::Matcher> matchers;
};

Result<Asked> Read(const net::Request& request, const net::Params& params, const Deps& deps) {
  Asked asked;
  PHAROS_TRY(asked.run.tenant, TenantOf(request, deps));
  PHAROS_TRY(const TimeRange range, ReadRange(params, deps.clock->NowNs(), kDefaultSinceNs));
  if (range.end_ns <= range.start_ns) {
    return base::Fail(base::ErrorKind::kBadInput,
                      "end timestamp must not be before or equal to start time");
  }
  asked.run.start_ns = range.start_ns;
  asked.run.end_ns = range.end_ns;
  asked.run.clock = deps.clock;
  asked.run.deadline_ns = deps.clock->MonotonicNs() + kQueryTimeoutNs;
  asked.run.max_series = query::logql::kMaxInnerSeries;
  asked.run.cancelled = [cancelled = request.cancelled] { return cancelled.Cancelled(); };
  if (const std::string_view selector = params.Get("query"); !selector.empty()) {
    PHAROS_TRY(asked.matchers, query::logql::ParseSelector(selector));
  }
  return asked;
}

/// sum by (…) (bytes_over_time({…}[range]))
Expr VolumeExpr(std::vector<model::Matcher> matchers, std::optional<Grouping> by, int64_t range_ns,
                const char* function) {
  RangeAggregation inner;
  inner.function = function;
  inner.log.matchers = std::move(matchers);
  inner.range_ns = range_ns;
  VectorAggregation sum;
  sum.function = "sum";
  sum.grouping = std::move(by);
  sum.inner = std::make_unique<Expr>();
  sum.inner->node = std::move(inner);
  Expr expr;
  expr.node = std::move(sum);
  return expr;
}

Result<double> Total(Asked asked, const Deps& deps, const char* function) {
  const int64_t range = asked.run.end_ns - asked.run.start_ns;
  asked.run.instant = true;
  asked.run.start_ns = asked.run.end_ns;
  const Expr expr = VolumeExpr(asked.matchers, std::nullopt, range, function);
  PHAROS_TRY(const auto result, query::logql::Run(expr, asked.run, *deps.events));
  const auto& series = std::get<query::logql::VectorResult>(result.data).series;
  return series.empty() ? 0 : series[0].points[0].value;
}

Result<net::Response> IndexStats(const net::Request& request, const Deps& deps) {
  const net::Params params = request.AllParams();
  PHAROS_TRY(const Asked asked, Read(request, params, deps));
  store::EventQuery query;
  query.tenant = asked.run.tenant;
  query.start_ns = asked.run.start_ns;
  query.end_ns = asked.run.end_ns;
  query.streams = asked.matchers;
  PHAROS_TRY(const auto streams, deps.events->Streams(query));
  PHAROS_TRY(const double entries, Total(asked, deps, "count_over_time"));
  PHAROS_TRY(const double bytes, Total(asked, deps, "bytes_over_time"));
  std::string out;
  text::JsonWriter json(out);
  json.BeginObject().Key("streams").Int(streams.size()).Key("chunks").Int(streams.size());
  json.Key("bytes")
      .Int(static_cast<uint64_t>(bytes))
      .Key("entries")
      .Int(static_cast<uint64_t>(entries))
      .EndObject();
  return net::Response::Json(200, out);
}

/// By which labels volumes are added up: targetLabels, else the labels that the query names.
Grouping VolumeGrouping(const net::Params& params, const std::vector<model::Matcher>& matchers) {
  Grouping by;
  std::string_view targets = params.Get("targetLabels");
  while (!targets.empty()) {
    const size_t comma = std::min(targets.find(','), targets.size());
    if (comma > 0) by.labels.emplace_back(targets.substr(0, comma));
    targets.remove_prefix(std::min(comma + 1, targets.size()));
  }
  if (!by.labels.empty()) return by;
  for (const model::Matcher& m : matchers) by.labels.push_back(m.name());
  return by;
}

Result<net::Response> Volume(const net::Request& request, const Deps& deps, bool range) {
  const net::Params params = request.AllParams();
  PHAROS_TRY(Asked asked, Read(request, params, deps));
  PHAROS_TRY(const size_t limit, ReadLimit(params, kVolumeSeries, query::logql::kMaxEntries));
  const int64_t whole = asked.run.end_ns - asked.run.start_ns;
  int64_t window = whole;
  if (range) {
    asked.run.step_ns =
        std::max<int64_t>(1'000'000'000, whole / 250 / 1'000'000'000 * 1'000'000'000);
    if (const std::string_view step = params.Get("step"); !step.empty()) {
      PHAROS_TRY(asked.run.step_ns, ReadStep(step));
    }
    window = asked.run.step_ns;
  } else {
    asked.run.instant = true;
    asked.run.start_ns = asked.run.end_ns;
  }
  const Grouping by = VolumeGrouping(params, asked.matchers);
  // Without any label to add up by, every stream counts for itself.
  Grouping grouping = by;
  grouping.without = by.labels.empty();
  const Expr expr = VolumeExpr(asked.matchers, grouping, window, "bytes_over_time");
  PHAROS_TRY(auto result, query::logql::Run(expr, asked.run, *deps.events));
  const auto sum = [](const query::logql::MetricSeries& s) {
    double total = 0;
    for (const auto& p : s.points) total += p.value;
    return total;
  };
  auto& series = range ? std::get<query::logql::MatrixResult>(result.data).series
                       : std::get<query::logql::VectorResult>(result.data).series;
  std::stable_sort(series.begin(), series.end(),
                   [&](const auto& a, const auto& b) { return sum(a) > sum(b); });
  if (series.size() > limit) series.resize(limit);
  return net::Response::Json(200, EncodeQuery(result, false));
}

/// What one field looked like in the lines that were sampled.
struct FieldSeen {
  std::set<std::string> values;
  std::set<std::string> parsers;
};

std::string TypeOf(const std::set<std::string>& values) {
  const auto all = [&](auto parses) {
    return std::all_of(values.begin(), values.end(),
                       [&](const std::string& v) { return parses(v).has_value(); });
  };
  const bool whole = std::all_of(values.begin(), values.end(), [](const std::string& v) {
    return !v.empty() &&
           v.find_first_not_of("0123456789", v[0] == '-' ? 1 : 0) == std::string::npos;
  });
  if (whole) return "int";
  if (all(match::ParseNumber)) return "float";
  if (all(match::ParseGoDuration)) return "duration";
  if (all(match::ParseHumanBytes)) return "bytes";
  return "string";
}

void Detect(const query::logql::LogResult& log, std::map<std::string, FieldSeen>* fields) {
  std::string scratch;
  const auto add = [&](std::string_view name, std::string_view value, const char* parser) {
    if (name.empty()) return;
    if (fields->size() >= kDetectFields && !fields->contains(std::string(name))) return;
    FieldSeen& seen = (*fields)[std::string(name)];
    seen.values.emplace(value);
    if (parser != nullptr) seen.parsers.insert(parser);
  };
  for (const auto& entry : log.entries) {
    for (const model::LabelView& label : log.labels[entry.labels].metadata)
      add(label.name, label.value, nullptr);
    if (entry.line.find_first_not_of(" \t") != std::string::npos &&
        entry.line[entry.line.find_first_not_of(" \t")] == '{') {
      match::FlattenJson(entry.line, [&](std::string_view name, const match::JsonSlice& value) {
        add(name, match::JsonText(value, &scratch), "json");
      });
      continue;
    }
    match::LogfmtScanner scanner(entry.line);
    while (scanner.Next()) {
      if (!scanner.value().empty())
        add(match::SanitizeLabelName(scanner.key()), scanner.value(), "logfmt");
    }
  }
}

Result<net::Response> DetectedFields(const net::Request& request, const Deps& deps) {
  const net::Params params = request.AllParams();
  PHAROS_TRY(Asked asked, Read(request, params, deps));
  PHAROS_TRY(const auto expr, query::logql::Parse(params.Get("query")));
  if (!expr->IsLog())
    return base::Fail(base::ErrorKind::kBadInput, "only log queries are supported");
  asked.run.limit = kDetectLines;
  PHAROS_TRY(const auto result, query::logql::Run(*expr, asked.run, *deps.events));
  std::map<std::string, FieldSeen> fields;
  Detect(std::get<query::logql::LogResult>(result.data), &fields);
  std::string out;
  text::JsonWriter json(out);
  json.BeginObject().Key("fields").BeginArray();
  for (const auto& [name, seen] : fields) {
    json.BeginObject().Key("label").String(name).Key("type").String(TypeOf(seen.values));
    json.Key("cardinality").Int(seen.values.size()).Key("parsers");
    if (seen.parsers.empty()) {
      json.Null();
    } else {
      json.BeginArray();
      for (const std::string& parser : seen.parsers) json.String(parser);
      json.EndArray();
    }
    json.EndObject();
  }
  json.EndArray().Key("limit").Int(kDetectFields).EndObject();
  return net::Response::Json(200, out);
}

net::Response Answer(Result<net::Response> response) {
  return response ? *std::move(response) : ErrorResponse(response.error());
}

}  // namespace

net::Response HandleIndexStats(const net::Request& request, const Deps& deps) {
  return Answer(IndexStats(request, deps));
}
net::Response HandleVolume(const net::Request& request, const Deps& deps, bool range) {
  return Answer(Volume(request, deps, range));
}
net::Response HandleDetectedFields(const net::Request& request, const Deps& deps) {
  return Answer(DetectedFields(request, deps));
}

}  // namespace pharos::api::loki
