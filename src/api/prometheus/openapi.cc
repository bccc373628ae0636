// /api/v1/openapi.yaml: the interface described for programs, as OpenAPI 3.1 (or 3.2 when asked).
#include <span>
#include <string>
#include <string_view>

#include "api/prometheus/handlers.h"

namespace pharos::api::prometheus {
namespace {

enum class Type { kText, kNumber, kFlag, kTime, kDuration, kTexts };

struct Parameter {
  std::string_view name;
  Type type = Type::kText;
  bool required = false;
  bool in_path = false;
};

constexpr Parameter kQuery{"query", Type::kText, true};
constexpr Parameter kStart{"start", Type::kTime}, kEnd{"end", Type::kTime};
constexpr Parameter kLimit{"limit", Type::kNumber};
constexpr Parameter kMatch{"match[]", Type::kTexts};

constexpr Parameter kInstant[] = {kLimit,
                                  {"time", Type::kTime},
                                  kQuery,
                                  {"timeout", Type::kDuration},
                                  {"lookback_delta", Type::kDuration},
                                  {"stats", Type::kText}};
constexpr Parameter kRange[] = {kLimit,
                                {"start", Type::kTime, true},
                                {"end", Type::kTime, true},
                                {"step", Type::kDuration, true},
                                kQuery,
                                {"timeout", Type::kDuration},
                                {"lookback_delta", Type::kDuration},
                                {"stats", Type::kText}};
constexpr Parameter kExemplars[] = {kStart, kEnd, kQuery};
constexpr Parameter kExpression[] = {kQuery};
constexpr Parameter kLabels[] = {kStart, kEnd, kMatch, kLimit};
constexpr Parameter kValues[] = {{"name", Type::kText, true, true}, kStart, kEnd, kMatch, kLimit};
constexpr Parameter kSeries[] = {kStart, kEnd, {"match[]", Type::kTexts, true}, kLimit};
constexpr Parameter kMetadata[] = {
    kLimit, {"limit_per_metric", Type::kNumber}, {"metric", Type::kText}};
constexpr Parameter kPool[] = {{"scrapePool", Type::kText, true}};
constexpr Parameter kTargets[] = {{"scrapePool", Type::kText}, {"state", Type::kText}};
constexpr Parameter kTargetMetadata[] = {
    {"match_target", Type::kText}, {"metric", Type::kText}, kLimit};
constexpr Parameter kRelabel[] = {{"scrapePool", Type::kText, true}, {"labels", Type::kText, true}};
constexpr Parameter kRules[] = {{"type", Type::kText},
                                {"rule_name[]", Type::kTexts},
                                {"rule_group[]", Type::kTexts},
                                {"file[]", Type::kTexts},
                                kMatch,
                                {"exclude_alerts", Type::kText},
                                {"group_limit", Type::kNumber},
                                {"group_next_token", Type::kText}};
constexpr Parameter kTsdb[] = {kLimit};
constexpr Parameter kSelf[] = {{"metric_name_pattern", Type::kText}};
constexpr Parameter kDelete[] = {{"match[]", Type::kTexts, true}, kStart, kEnd};
constexpr Parameter kSnapshot[] = {{"skip_head", Type::kText}};
constexpr Parameter kCost[] = {
    kQuery, {"time", Type::kTime}, kStart, kEnd, {"step", Type::kDuration}};

/// How an endpoint is asked.
enum class Methods { kGet, kGetAndForm, kPost, kPostAndPut };

struct Endpoint {
  std::string_view path, tag, summary;
  Methods methods = Methods::kGet;
  std::span<const Parameter> parameters;
  std::string_view data = "Anything";  ///< the schema of the answer's `data`; "": 204, no body
};

constexpr Endpoint kEndpoints[] = {
    {"/query", "query", "A query at one time", Methods::kGetAndForm, kInstant, "QueryData"},
    {"/query_range", "query", "A query over a time range, step by step", Methods::kGetAndForm,
     kRange, "QueryData"},
    {"/query_exemplars", "query", "Exemplars of a query's series", Methods::kGetAndForm,
     kExemplars},
    {"/format_query", "query", "A query, indented", Methods::kGetAndForm, kExpression, "Text"},
    {"/parse_query", "query", "The syntax tree of a query", Methods::kGetAndForm, kExpression},
    {"/labels", "labels", "Names of labels", Methods::kGetAndForm, kLabels, "Texts"},
    {"/label/{name}/values", "labels", "Values of a label", Methods::kGet, kValues, "Texts"},
    {"/series", "series", "Label sets of series", Methods::kGetAndForm, kSeries, "LabelSets"},
    {"/metadata", "metadata", "Type, help and unit of metrics", Methods::kGet, kMetadata},
    {"/scrape_pools", "targets", "Names of scrape jobs", Methods::kGet, {}},
    {"/scrape_pools/config", "targets", "The configuration of a scrape job", Methods::kGet, kPool},
    {"/targets", "targets", "Scrape targets and how they fare", Methods::kGet, kTargets},
    {"/targets/metadata", "targets", "Metadata of metrics, target by target", Methods::kGet,
     kTargetMetadata},
    {"/targets/relabel_steps", "targets", "What each relabelling rule makes of labels",
     Methods::kGet, kRelabel},
    {"/rules", "rules", "Groups of rules and their alerts", Methods::kGet, kRules},
    {"/alerts", "alerts", "Active alerts", Methods::kGet, {}},
    {"/alertmanagers", "alerts", "Alertmanagers that are told", Methods::kGet, {}},
    {"/status/config", "status", "The configuration in force", Methods::kGet, {}},
    {"/status/runtimeinfo", "status", "About the process", Methods::kGet, {}},
    {"/status/buildinfo", "status", "Version and build", Methods::kGet, {}},
    {"/status/flags", "status", "Flags of the command line", Methods::kGet, {}},
    {"/status/tsdb", "status", "What is in memory and who has most of it", Methods::kGet, kTsdb},
    {"/status/tsdb/blocks", "status", "What lies on disk", Methods::kGet, {}},
    {"/status/walreplay", "status", "How far the log is read back", Methods::kGet, {}},
    {"/status/self_metrics", "status", "Metrics of this server", Methods::kGet, kSelf},
    {"/status/query_cost", "status", "What a query would read", Methods::kGetAndForm, kCost},
    {"/admin/tsdb/delete_series", "admin", "Delete series", Methods::kPostAndPut, kDelete, ""},
    {"/admin/tsdb/clean_tombstones",
     "admin",
     "Take what is deleted off the disk",
     Methods::kPostAndPut,
     {},
     ""},
    {"/admin/tsdb/snapshot", "admin", "Copy all samples", Methods::kPostAndPut, kSnapshot},
    {"/read", "remote", "Remote read", Methods::kPost, {}, ""},
    {"/write", "remote", "Remote write", Methods::kPost, {}, ""},
    {"/otlp/v1/metrics", "otlp", "Metrics by OTLP", Methods::kPost, {}, ""},
    {"/notifications", "notifications", "What an operator should know", Methods::kGet, {}},
    {"/features", "features", "What this server can", Methods::kGet, {}},
};

/// Only 3.2 can describe a stream of events.
constexpr Endpoint kLive{
    "/notifications/live", "notifications", "Notifications as they come", Methods::kGet, {}, ""};

std::string_view SchemaOf(Type type) {
  switch (type) {
    case Type::kNumber: return "{type: integer, format: int64}";
    case Type::kFlag: return "{type: boolean}";
    case Type::kTime: return "{$ref: '#/components/schemas/Time'}";
    case Type::kDuration: return "{$ref: '#/components/schemas/Duration'}";
    case Type::kTexts: return "{type: array, items: {type: string}}";
    default: return "{type: string}";
  }
}

class Document {
 public:
  Document(const PrometheusApiDeps& deps, bool newest) {
    out_ = "openapi: ";
    out_ += newest ? "3.2.0" : "3.1.0";
    out_ +=
        "\ninfo:\n  title: Prometheus API\n  description: Prometheus's HTTP API as Pharos "
        "serves it.\n  version: ";
    out_ += deps.version + "\nservers:\n  - url: /api/v1\npaths:\n";
    for (const Endpoint& endpoint : kEndpoints) Path(endpoint);
    if (newest) Path(kLive);
    Schemas();
  }
  std::string Take() { return std::move(out_); }

 private:
  void Path(const Endpoint& endpoint) {
    out_.append("  ").append(endpoint.path).append(":\n");
    switch (endpoint.methods) {
      case Methods::kGet: Operation(endpoint, "get", false); break;
      case Methods::kGetAndForm:
        Operation(endpoint, "get", false);
        Operation(endpoint, "post", true);
        break;
      case Methods::kPost: Operation(endpoint, "post", false); break;
      case Methods::kPostAndPut:
        Operation(endpoint, "post", false);
        Operation(endpoint, "put", false);
        break;
    }
  }

  void Operation(const Endpoint& endpoint, std::string_view method, bool form) {
    std::string id(method);
    for (const char c : endpoint.path) {
      if (c != '{' && c != '}') id += c == '/' ? '_' : c;
    }
    out_.append("    ").append(method).append(":\n      tags: [").append(endpoint.tag);
    out_.append("]\n      summary: ").append(endpoint.summary);
    out_.append("\n      operationId: ").append(id).append("\n");
    if (!endpoint.parameters.empty()) form ? Form(endpoint) : Parameters(endpoint);
    Responses(endpoint);
  }

  void Parameters(const Endpoint& endpoint) {
    out_ += "      parameters:\n";
    for (const Parameter& parameter : endpoint.parameters) {
      out_.append("        - name: ").append(parameter.name);
      out_.append("\n          in: ").append(parameter.in_path ? "path" : "query");
      out_.append("\n          required: ").append(parameter.required ? "true" : "false");
      out_.append("\n          schema: ").append(SchemaOf(parameter.type)).append("\n");
    }
  }

  void Form(const Endpoint& endpoint) {
    out_ +=
        "      requestBody:\n        content:\n          application/x-www-form-urlencoded:\n"
        "            schema:\n              type: object\n";
    std::string required;
    for (const Parameter& parameter : endpoint.parameters) {
      if (!parameter.required) continue;
      required.append(required.empty() ? "'" : ", '").append(parameter.name).append("'");
    }
    if (!required.empty()) out_ += "              required: [" + required + "]\n";
    out_ += "              properties:\n";
    for (const Parameter& parameter : endpoint.parameters) {
      out_.append("                '").append(parameter.name).append("': ");
      out_.append(SchemaOf(parameter.type)).append("\n");
    }
  }

  void Responses(const Endpoint& endpoint) {
    out_ += "      responses:\n";
    if (endpoint.data.empty()) {
      out_ += "        '204':\n          description: Done.\n";
    } else {
      out_ +=
          "        '200':\n          description: The answer.\n          content:\n"
          "            application/json:\n              schema:\n"
          "                type: object\n                required: [status, data]\n"
          "                properties:\n                  status: {const: success}\n"
          "                  data: {$ref: '#/components/schemas/";
      out_.append(endpoint.data).append("'}\n");
      out_ +=
          "                  warnings: {$ref: '#/components/schemas/Texts'}\n"
          "                  infos: {$ref: '#/components/schemas/Texts'}\n";
    }
    out_ +=
        "        default:\n          description: What went wrong.\n          content:\n"
        "            application/json:\n"
        "              schema: {$ref: '#/components/schemas/Error'}\n";
  }

  void Schemas() {
    out_ += R"(components:
  schemas:
    Anything: {}
    Text: {type: string}
    Texts: {type: array, items: {type: string}}
    Time:
      description: Seconds since 1970, or RFC 3339.
      oneOf: [{type: number, format: unixtime}, {type: string, format: date-time}]
    Duration:
      description: Seconds, or units as in 1h30m.
      oneOf: [{type: number}, {type: string, format: duration}]
    LabelSet: {type: object, additionalProperties: {type: string}}
    LabelSets: {type: array, items: {$ref: '#/components/schemas/LabelSet'}}
    Point:
      description: A time in seconds, and a float as text or a histogram.
      type: array
      minItems: 2
      maxItems: 2
    Series:
      type: object
      properties:
        metric: {$ref: '#/components/schemas/LabelSet'}
        value: {$ref: '#/components/schemas/Point'}
        histogram: {$ref: '#/components/schemas/Point'}
        values: {type: array, items: {$ref: '#/components/schemas/Point'}}
        histograms: {type: array, items: {$ref: '#/components/schemas/Point'}}
    QueryData:
      type: object
      required: [resultType, result]
      properties:
        resultType: {enum: [vector, matrix, scalar, string]}
        result:
          type: array
          items: {oneOf: [{$ref: '#/components/schemas/Series'}, {type: number}, {type: string}]}
        stats: {type: object}
    Error:
      type: object
      required: [status, errorType, error]
      properties:
        status: {const: error}
        errorType: {type: string}
        error: {type: string}
        data: {}
)";
  }

  std::string out_;
};

}  // namespace

net::Response HandleOpenApi(const PrometheusApiDeps& deps, const net::Request& request) {
  const net::Params params = request.AllParams();
  const std::string_view version = params.Get("openapi_version");
  net::Response response =
      net::Response::Text(200, Document(deps, version == "3.2" || version == "3.2.0").Take());
  response.headers.Set("Content-Type", "application/yaml; charset=utf-8");
  response.headers.Set("Cache-Control", "no-cache, no-store, must-revalidate");
  return response;
}

}  // namespace pharos::api::prometheus
