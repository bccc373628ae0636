#include "conf/otelcol_config.h"

#include <algorithm>
#include <set>

#include "conf/otelcol_parts.h"
#include "conf/prometheus_config.h"

namespace pharos::conf {
namespace {

/// Components of the core and contrib distributions, 0.95 to the newest, that Pharos does not
/// do: their name is right, so the fault says so.
constexpr std::string_view kKnownTypes[] = {
    // receivers
    "active_directory_ds", "aerospike", "apache", "apachespark", "awscloudwatch",
    "awscontainerinsightreceiver", "awsecscontainermetrics", "awsfirehose", "awsxray", "azureblob",
    "azureeventhub", "azuremonitor", "bigip", "carbon", "chrony", "cloudflare", "cloudfoundry",
    "collectd", "couchdb", "datadog", "docker_stats", "elasticsearch", "expvar", "faro", "filelog",
    "filestats", "flinkmetrics", "fluentforward", "gitprovider", "googlecloudpubsub",
    "googlecloudspanner", "haproxy", "hostmetrics", "httpcheck", "iis", "influxdb", "jaeger", "jmx",
    "journald", "k8s_cluster", "k8s_events", "k8sobjects", "kafka", "kafkametrics", "kubeletstats",
    "loki", "memcached", "mongodb", "mongodbatlas", "mysql", "namedpipe", "netflow", "nginx", "nop",
    "nsxt", "opencensus", "oracledb", "osquery", "otelarrow", "otlpjsonfile", "podman_stats",
    "postgresql", "prometheus", "prometheus_simple", "prometheusremotewrite", "pulsar", "purefa",
    "purefb", "rabbitmq", "receiver_creator", "redis", "riak", "saphana", "sapm", "signalfx",
    "simpleprometheus", "skywalking", "snmp", "snowflake", "solace", "splunk_hec",
    "splunkenterprise", "sqlquery", "sqlserver", "sshcheck", "statsd", "syslog", "systemd",
    "tcplog", "tlscheck", "udplog", "vcenter", "wavefront", "webhookevent", "windowseventlog",
    "windowsperfcounters", "zipkin", "zookeeper",
    // processors
    "cumulativetodelta", "deltatocumulative", "deltatorate", "experimental_metricsgeneration",
    "filter", "geoip", "groupbyattrs", "groupbytrace", "interval", "isolationforest",
    "k8sattributes", "logdedup", "logstransform", "metricsgeneration", "metricstransform",
    "probabilistic_sampler", "redaction", "remotetap", "resourcedetection", "routing", "schema",
    "servicegraph", "span", "spanmetrics", "sumologic", "tail_sampling", "transform", "unroll",
    // exporters
    "alertmanager", "alibabacloud_logservice", "awscloudwatchlogs", "awsemf", "awskinesis", "awss3",
    "azuredataexplorer", "azuremonitor", "cassandra", "clickhouse", "coralogix", "dataset", "doris",
    "dynatrace", "f5cloud", "file", "googlecloud", "googlecloudpubsub", "googlemanagedprometheus",
    "honeycombmarker", "instana", "kinetica", "loadbalancing", "logicmonitor", "logzio", "mezmo",
    "opensearch", "pulsar", "sentry", "skywalking", "sumologic", "syslog",
    "tencentcloud_logservice", "tinybird",
    // connectors
    "count", "datadog", "exceptions", "failover", "forward", "grafanacloud", "otlpjson",
    "roundrobin", "servicegraph", "signaltometrics", "slowsql", "sum", "spanmetrics"};

/// "otlp/tempo", trimmed around the slash as the Collector does; a fault for what is no id.
OtelcolId ReadId(const Field& field, std::string_view section, Faults& faults) {
  OtelcolId id{
      .text = field.name, .type = field.name.substr(0, field.name.find('/')), .line = field.line};
  const size_t slash = field.name.find('/');
  const auto good = [](std::string_view type) {
    return !type.empty() && std::ranges::all_of(type, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
  };
  if (!good(id.type)) {
    faults.Add(field.line, "'" + std::string(section) + "' in \"" + field.name +
                               "\" id: the part before / should not be empty");
  } else if (slash != std::string::npos && slash + 1 == field.name.size()) {
    faults.Add(field.line, "'" + std::string(section) + "' in \"" + field.name +
                               "\" id: the part after / should not be empty");
  } else if (std::ranges::any_of(field.name, [](char c) {
               return static_cast<unsigned char>(c) <= ' ' ||
                      std::string_view("\"\\<>|+=~^`$").find(c) != std::string_view::npos;
             })) {
    faults.Add(field.line, "'" + std::string(section) + "' in \"" + field.name +
                               "\" id: invalid character(s) in name");
  }
  return id;
}

template <class Component, class Read>
void ReadSection(const Node* node, std::string_view section, std::vector<std::string>* ids,
                 std::vector<Component>* out, Faults& faults, Read read) {
  if (node == nullptr) return;
  if (node->kind != Node::Kind::kMap) {
    return faults.Add(node->line, "'" + std::string(section) + "' must be a map of components");
  }
  for (const Field& field : node->fields) {
    ids->push_back(field.name);
    faults.Note({field.line, Verdict::kHonoured, std::string(section) + "." + field.name, ""});
    if (auto component = read(ReadId(field, section, faults), &field.value, faults)) {
      out->push_back(*std::move(component));
    }
  }
}

void ReadExtensions(const Node* node, OtelcolDefined& defined, OtelcolConfig& config,
                    Faults& faults) {
  if (node == nullptr) return;
  for (const Field& field : node->fields) {
    defined.extensions.push_back(field.name);
    const OtelcolId id = ReadId(field, "extensions", faults);
    if (id.type == "health_check" || id.type == "health_check_v2" || id.type == "healthcheckv2") {
      MapReader map(SectionOf(&field.value), "extensions::health_check", faults);
      config.health_check_endpoint = "localhost:13133";
      map.String("endpoint", &config.health_check_endpoint);
      std::string path = "/";
      if (map.String("path", &path) && path != "/") {
        faults.Add(map.LineOf("path"), "a path other than / is not supported yet");
      }
      map.Moot({"check_collector_pipeline", "response_body", "use_v2", "component_health",
                "read_timeout", "write_timeout"},
               "Pharos answers 200 while its pipelines serve");
      map.NotSupported({"tls", "auth", "cors", "http", "grpc", "include_metadata"});
      map.Done();
    } else if (id.type == "zpages" || id.type == "pprof" || id.type == "memory_ballast" ||
               id.type == "memory_limiter") {
      faults.Note({field.line, Verdict::kMoot, "extensions." + field.name,
                   id.type == "zpages" || id.type == "pprof"
                       ? "Pharos shows itself on /metrics and its pages"
                       : "there is no garbage collector"});
    } else {
      faults.Add(field.line, "extensions: \"" + field.name + "\" is not supported yet");
    }
  }
}

void WarnUnused(const OtelcolConfig& config, Faults& faults) {
  std::set<size_t> receivers, exporters, processors;
  for (const OtelcolPipeline& pipeline : config.pipelines) {
    receivers.insert(pipeline.receivers.begin(), pipeline.receivers.end());
    processors.insert(pipeline.processors.begin(), pipeline.processors.end());
    exporters.insert(pipeline.exporters.begin(), pipeline.exporters.end());
  }
  const auto warn = [&](const auto& components, const std::set<size_t>& used, const char* section) {
    for (size_t i = 0; i < components.size(); ++i) {
      if (used.contains(i)) continue;
      faults.Note({components[i].id.line, Verdict::kWarning,
                   std::string(section) + "." + components[i].id.text,
                   "no pipeline uses it, so it does nothing"});
    }
  };
  warn(config.receivers, receivers, "receivers");
  warn(config.processors, processors, "processors");
  warn(config.exporters, exporters, "exporters");
}

/// What surprises people about names on the prometheus exporter's page.
void WarnNamespace(const OtelcolConfig& config, Faults& faults) {
  for (const OtelcolExporter& exporter : config.exporters) {
    const auto* prometheus = std::get_if<OtelcolPrometheusExporter>(&exporter.settings);
    if (prometheus == nullptr || prometheus->name_space.empty()) continue;
    faults.Note({exporter.id.line, Verdict::kWarning,
                 "exporters." + exporter.id.text + ".namespace",
                 "every metric gets this prefix: http_requests_total becomes " +
                     prometheus->name_space + "_http_requests_total, target_info becomes " +
                     prometheus->name_space + "_target_info"});
  }
}

}  // namespace

void RefuseOtelcolType(const OtelcolId& id, std::string_view section,
                       std::span<const std::string_view> ours, Faults& faults) {
  if (id.type.empty()) return;
  if (std::ranges::find(kKnownTypes, id.type) != std::end(kKnownTypes)) {
    return faults.Add(id.line, std::string(section) + ": \"" + id.text +
                                   "\" is not supported yet (component type \"" + id.type + "\")");
  }
  std::string valid;
  for (const std::string_view type : ours) valid.append(valid.empty() ? "" : " ").append(type);
  faults.Add(id.line, "'" + std::string(section) + "' unknown type: \"" + id.type +
                          "\" for id: \"" + id.text + "\" (valid values: [" + valid + "])");
}

base::Result<OtelcolConfig> ParseOtelcolConfig(std::string_view text, const std::string& file,
                                               std::vector<KeyNote>* notes, const EnvLookup& env) {
  PHAROS_TRY(Node root, ParseYaml(text, file));
  Faults faults(file);
  ExpandOtelcolEnv(root, env, faults);
  OtelcolConfig config;
  OtelcolDefined defined;
  MapReader top(root, "otelcol.Config", faults);
  ReadSection(top.Take("receivers"), "receivers", &defined.receivers, &config.receivers, faults,
              ReadOtelcolReceiver);
  ReadSection(top.Take("processors"), "processors", &defined.processors, &config.processors, faults,
              ReadOtelcolProcessor);
  ReadSection(top.Take("exporters"), "exporters", &defined.exporters, &config.exporters, faults,
              ReadOtelcolExporter);
  ReadExtensions(top.Take("extensions"), defined, config, faults);
  if (const Node* connectors = top.Take("connectors")) {
    for (const Field& field : connectors->fields) {
      defined.connectors.push_back(field.name);
      faults.Add(field.line, "connectors: \"" + field.name + "\" is not supported yet");
    }
  }
  if (defined.receivers.empty()) faults.Add(1, "no receiver configuration specified in config");
  if (defined.exporters.empty()) faults.Add(1, "no exporter configuration specified in config");
  ReadOtelcolService(top.Take("service"), defined, config, faults);
  top.Done();
  if (faults.empty()) {
    WarnUnused(config, faults);
    WarnNamespace(config, faults);
  }
  if (notes != nullptr) notes->insert(notes->end(), faults.notes().begin(), faults.notes().end());
  if (!faults.empty()) return base::Fail(base::ErrorKind::kBadInput, faults.Text());
  return config;
}

base::Result<OtelcolConfig> ReadOtelcolConfig(const std::string& file,
                                              std::vector<KeyNote>* notes) {
  PHAROS_TRY(const std::string text, ReadTextFile(file));
  return ParseOtelcolConfig(text, file, notes);
}

}  // namespace pharos::conf
