#include <algorithm>
#include <map>
#include <set>

#include "conf/otelcol_parts.h"

namespace pharos::conf {
namespace {

struct PipelineReader {
  const OtelcolDefined& defined;
  OtelcolConfig& config;
  Faults& faults;

  /// Ids of one key → indexes of what was read; says what is not configured at all.
  template <class Component>
  std::vector<size_t> Refs(MapReader& map, std::string_view key, std::string_view kind,
                           const std::vector<Component>& components,
                           const std::vector<std::string>& ids, const std::string& pipeline) {
    std::vector<size_t> out;
    std::vector<std::string> names;
    map.Strings(key, &names);
    std::set<std::string> seen;
    for (const std::string& name : names) {
      const std::string head = "service::pipelines::" + pipeline + ": references " +
                               std::string(kind) + " \"" + name + "\" ";
      if (!seen.insert(name).second) {
        faults.Add(map.LineOf(key), head + "multiple times");
        continue;
      }
      if (std::ranges::find(ids, name) == ids.end()) {
        if (std::ranges::find(defined.connectors, name) == defined.connectors.end()) {
          faults.Add(map.LineOf(key), head + "which is not configured");
        }
        continue;
      }
      const auto found = std::ranges::find_if(
          components, [&](const Component& component) { return component.id.text == name; });
      if (found != components.end()) out.push_back(static_cast<size_t>(found - components.begin()));
    }
    return out;
  }

  static bool Given(const Node& pipeline, std::string_view key) {
    const Node* list = pipeline.Find(key);
    return list != nullptr && (list->kind == Node::Kind::kScalar || !list->items.empty());
  }

  void Pipeline(const Field& field) {
    OtelcolPipeline out{
        .id = field.name, .signal = {}, .receivers = {}, .processors = {}, .exporters = {}};
    const std::string type = field.name.substr(0, field.name.find('/'));
    static const std::map<std::string, OtelcolSignal> kTypes = {
        {"traces", OtelcolSignal::kTraces},
        {"metrics", OtelcolSignal::kMetrics},
        {"logs", OtelcolSignal::kLogs}};
    const auto signal = kTypes.find(type);
    if (signal == kTypes.end()) {
      const bool later = type == "profiles";
      return faults.Add(field.line, "service::pipelines::" + field.name +
                                        (later ? ": profiles are not supported yet"
                                               : ": unknown pipeline signal: \"" + type + "\""));
    }
    out.signal = signal->second;
    MapReader map(SectionOf(&field.value), "service::pipelines::" + field.name, faults);
    const bool receivers = Given(field.value, "receivers");
    const bool exporters = Given(field.value, "exporters");
    out.receivers = Refs(map, "receivers", "receiver", config.receivers, defined.receivers, out.id);
    out.processors =
        Refs(map, "processors", "processor", config.processors, defined.processors, out.id);
    out.exporters = Refs(map, "exporters", "exporter", config.exporters, defined.exporters, out.id);
    map.Done();
    if (!receivers) {
      faults.Add(field.line, "service::pipelines::" + out.id + ": must have at least one receiver");
    }
    if (!exporters) {
      faults.Add(field.line, "service::pipelines::" + out.id + ": must have at least one exporter");
    }
    CheckSignals(out, map);
    config.pipelines.push_back(std::move(out));
  }

  void CheckSignals(const OtelcolPipeline& pipeline, MapReader& map) {
    for (const size_t index : pipeline.exporters) {
      const OtelcolExporter& exporter = config.exporters[index];
      const bool wrong = (std::holds_alternative<OtelcolPrometheusExporter>(exporter.settings) &&
                          pipeline.signal != OtelcolSignal::kMetrics) ||
                         (std::holds_alternative<OtelcolLokiExporter>(exporter.settings) &&
                          pipeline.signal != OtelcolSignal::kLogs);
      if (wrong) {
        faults.Add(map.LineOf("exporters"), "failed to create \"" + exporter.id.text +
                                                "\" exporter for data type \"" +
                                                std::string(OtelcolSignalName(pipeline.signal)) +
                                                "\": telemetry type is not supported");
      }
      if (const auto* http = std::get_if<OtelcolOtlpHttpExporter>(&exporter.settings)) {
        const std::string& url = pipeline.signal == OtelcolSignal::kTraces    ? http->traces_url
                                 : pipeline.signal == OtelcolSignal::kMetrics ? http->metrics_url
                                                                              : http->logs_url;
        if (url.empty()) {
          faults.Add(
              map.LineOf("exporters"),
              "failed to create \"" + exporter.id.text + "\" exporter for data type \"" +
                  std::string(OtelcolSignalName(pipeline.signal)) + "\": either endpoint or " +
                  std::string(OtelcolSignalName(pipeline.signal)) + "_endpoint must be specified");
        }
      }
    }
    for (const size_t index : pipeline.processors) CheckProcessor(pipeline, index, map);
  }

  void CheckProcessor(const OtelcolPipeline& pipeline, size_t index, MapReader& map) {
    const auto* attributes = std::get_if<OtelcolAttributes>(&config.processors[index].settings);
    if (attributes == nullptr) return;
    for (const auto& match : {attributes->include, attributes->exclude}) {
      if (!match) continue;
      const auto refuse = [&](bool given, std::string_view key, std::string_view signal) {
        if (!given) return;
        faults.Add(map.LineOf("processors"), std::string(key) + " should not be specified for " +
                                                 std::string(signal) + " (processor \"" +
                                                 config.processors[index].id.text + "\")");
      };
      const bool logs = !match->log_bodies.empty() || !match->log_severity_texts.empty() ||
                        match->min_severity.has_value();
      const bool spans = !match->span_names.empty() || !match->span_kinds.empty();
      const bool metrics = !match->metric_names.empty();
      switch (pipeline.signal) {
        case OtelcolSignal::kTraces:
          refuse(logs, "log_bodies, log_severity_texts and log_severity_number", "trace spans");
          refuse(metrics, "metric_names", "trace spans");
          break;
        case OtelcolSignal::kLogs:
          refuse(spans, "span_names and span_kinds", "log records");
          refuse(metrics, "metric_names", "log records");
          break;
        case OtelcolSignal::kMetrics:
          refuse(logs, "log_bodies, log_severity_texts and log_severity_number", "metrics");
          refuse(spans, "span_names and span_kinds", "metrics");
          refuse(!match->attributes.empty(), "attributes", "metrics");
          break;
      }
    }
  }
};

/// The newest form: metrics.readers[].pull.exporter.prometheus {host, port}.
void ReadReaders(MapReader& map, OtelcolConfig& config) {
  for (const Node& node : map.List("readers")) {
    const Node* pull = node.Find("pull");
    const Node* exporter = pull != nullptr ? pull->Find("exporter") : nullptr;
    const Node* prometheus = exporter != nullptr ? exporter->Find("prometheus") : nullptr;
    if (prometheus == nullptr) {
      map.faults().Add(node.line,
                       "service::telemetry::metrics::readers: only pull.exporter.prometheus is "
                       "supported yet");
      continue;
    }
    MapReader reader(*prometheus, "service::telemetry::metrics::readers::prometheus", map.faults());
    std::string host = "localhost";
    int64_t port = 8888;
    reader.String("host", &host);
    reader.Int("port", &port);
    reader.Moot({"without_scope_info", "without_units", "without_type_suffix",
                 "with_resource_constant_labels"},
                "the page has the names that it had in 0.95");
    reader.Done();
    config.metrics_address = host + ":" + std::to_string(port);
  }
}

void ReadTelemetry(const Node* node, OtelcolConfig& config, Faults& faults) {
  if (node == nullptr) return;
  MapReader map(*node, "service::telemetry", faults);
  if (const Node* metrics = map.Take("metrics")) {
    MapReader reader(*metrics, "service::telemetry::metrics", faults);
    std::string level = "normal";
    reader.String("level", &level);
    config.metrics_enabled = level != "none";
    if (level != "none" && level != "basic" && level != "normal" && level != "detailed") {
      faults.Add(reader.LineOf("level"), "unknown metrics level \"" + level + "\"");
    }
    if (reader.String("address", &config.metrics_address)) {
      reader.Warn("address", "gone since 0.123: newer releases want metrics.readers");
    }
    ReadReaders(reader, config);
    reader.NotSupported({"views"});
    reader.Done();
  }
  if (const Node* logs = map.Take("logs")) {
    MapReader reader(*logs, "service::telemetry::logs", faults);
    reader.String("level", &config.log_level);
    for (char& c : config.log_level) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    static constexpr std::string_view kLevels[] = {"debug", "info",   "warn", "error",
                                                   "panic", "dpanic", "fatal"};
    if (std::ranges::find(kLevels, config.log_level) == std::end(kLevels)) {
      faults.Add(reader.LineOf("level"), "unrecognized level: \"" + config.log_level + "\"");
    }
    reader.Moot({"development", "encoding", "disable_caller", "disable_stacktrace", "sampling",
                 "output_paths", "error_output_paths", "initial_fields", "processors"},
                "Pharos writes its own log");
    reader.Done();
  }
  map.Moot({"resource"}, "it describes the Collector's own process");
  map.Moot({"traces"}, "Pharos does not trace itself");
  map.Done();
}

}  // namespace

std::string_view OtelcolSignalName(OtelcolSignal signal) {
  switch (signal) {
    case OtelcolSignal::kTraces: return "traces";
    case OtelcolSignal::kMetrics: return "metrics";
    case OtelcolSignal::kLogs: return "logs";
  }
  return "";
}

void ReadOtelcolService(const Node* service, const OtelcolDefined& defined, OtelcolConfig& config,
                        Faults& faults) {
  MapReader map(SectionOf(service), "service", faults);
  std::vector<std::string> extensions;
  map.Strings("extensions", &extensions);
  for (const std::string& name : extensions) {
    if (std::ranges::find(defined.extensions, name) == defined.extensions.end()) {
      faults.Add(map.LineOf("extensions"), "service::extensions: references extension \"" + name +
                                               "\" which is not configured");
    }
  }
  const bool health = std::ranges::any_of(
      extensions, [](const std::string& name) { return name.starts_with("health_check"); });
  if (!health) config.health_check_endpoint.clear();
  ReadTelemetry(map.Take("telemetry"), config, faults);
  const Node* pipelines = map.Take("pipelines");
  if (pipelines == nullptr || pipelines->kind != Node::Kind::kMap || pipelines->fields.empty()) {
    faults.Add(service != nullptr ? service->line : 1,
               "service::pipelines: service must have at least one pipeline");
  } else {
    PipelineReader reader{defined, config, faults};
    for (const Field& field : pipelines->fields) {
      faults.Note({field.line, Verdict::kHonoured, "service.pipelines." + field.name, ""});
      reader.Pipeline(field);
    }
  }
  map.Done();
}

}  // namespace pharos::conf
