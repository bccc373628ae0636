#include "conf/tempo_config.h"

#include "conf/key_table.h"
#include "conf/prometheus_config.h"
#include "text/duration.h"

namespace pharos::conf {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using Does = KeyRule::Does;

constexpr std::string_view kOneProcess = "Pharos is one process; there are no components to place";
constexpr std::string_view kBinds =
    "Pharos binds its own listeners (--listen.tempo), whatever foreign files say";
constexpr std::string_view kRing = "no ring: one process holds every trace";
constexpr std::string_view kStore =
    "Pharos has one storage format below --data-dir; what lies in Tempo's blocks is not read";
constexpr std::string_view kLimits =
    "protects a shared cluster; Pharos keeps its own limits of memory and time (limits:)";
constexpr std::string_view kGenerator =
    "no metrics are generated: no processor is turned on in overrides";
constexpr std::string_view kProcessors =
    "service-graphs and span-metrics are not computed from spans yet";
constexpr std::string_view kMisplacedProcessors =
    "no release of Tempo reads processors here (2.4 refuses to start: \"field processors not "
    "found in type generator.Config\"), so nothing is generated; the place is "
    "overrides.defaults.metrics_generator.processors";
constexpr std::string_view kTenants = "tenants by X-Scope-OrgID; set it to false";
constexpr std::string_view kTenantFile = "not read: overrides by tenant have no tenants here";

constexpr std::string_view kRetentions[] = {
    "compactor.compaction.block_retention",
    "backend_scheduler.provider.compaction.compaction.block_retention",
    "backend_worker.compaction.block_retention",
    "overrides.block_retention",
    "overrides.defaults.compaction.block_retention",
};

const std::vector<KeyRule>& Rules() {
  static const std::vector<KeyRule> kRuleTable = [] {
    std::vector<KeyRule> rules = {
        {"target", Does::kMoot, kOneProcess, ""},
        {"auth_enabled", Does::kNotSupported, kTenants, "false"},
        {"multitenancy_enabled", Does::kNotSupported, kTenants, "false"},
        {"shutdown_delay", Does::kMoot, "Pharos drains its requests on SIGTERM", ""},
        {"stream_over_http_enabled", Does::kMoot, "answers are whole", ""},
        {"http_api_prefix", Does::kMoot, kBinds, ""},
        {"use_otel_tracer", Does::kMoot, "Tempo's traces of itself", ""},
        {"enable_go_runtime_metrics", Does::kMoot, "metrics of Go's runtime", ""},
        {"span_profiling", Does::kMoot, "Tempo's profiles of itself", ""},
        {"autocomplete_filtering_enabled", Does::kMoot, "the query's filters always count", ""},
        {"server", Does::kMoot, kBinds, ""},
        {"internal_server", Does::kMoot, kBinds, ""},
        {"distributor", Does::kMoot, kOneProcess, ""},
        {"distributor.ring", Does::kMoot, kRing, ""},
        {"distributor.receivers", Does::kHonoured, "", ""},
        {"distributor.forwarders", Does::kNotSupported, "spans are not passed on from here", ""},
        {"ingester", Does::kMoot, "spans are sealed into parts by size and age", ""},
        {"ingester.lifecycler", Does::kMoot, kRing, ""},
        {"ingester_client", Does::kMoot, kOneProcess, ""},
        {"metrics_generator_client", Does::kMoot, kOneProcess, ""},
        {"live_store", Does::kMoot, kOneProcess, ""},
        {"live_store_client", Does::kMoot, kOneProcess, ""},
        {"block_builder", Does::kMoot, kOneProcess, ""},
        {"ingest", Does::kMoot, kOneProcess, ""},
        {"backend_scheduler", Does::kMoot, "Pharos compacts its parts on its own", ""},
        {"backend_scheduler_client", Does::kMoot, kOneProcess, ""},
        {"backend_worker", Does::kMoot, "Pharos compacts its parts on its own", ""},
        {"compactor", Does::kMoot, "Pharos compacts its parts on its own", ""},
        {"compactor.ring", Does::kMoot, kRing, ""},
        {"querier", Does::kMoot, kOneProcess, ""},
        {"query_frontend", Does::kMoot, "one process: queries are not split", ""},
        {"metrics_generator", Does::kMoot, kGenerator, ""},
        {"metrics_generator.processors", Does::kWarn, kMisplacedProcessors, ""},
        {"storage", Does::kMoot, kStore, ""},
        {"storage.trace.wal", Does::kMoot, "the write-ahead log is always on and below --data-dir",
         ""},
        {"overrides", Does::kMoot, kLimits, ""},
        {"overrides.forwarders", Does::kNotSupported, "spans are not passed on from here", ""},
        {"overrides.defaults.forwarders", Does::kNotSupported, "spans are not passed on from here",
         ""},
        {"overrides.metrics_generator_processors", Does::kNotSupported, kProcessors, ""},
        {"overrides.defaults.metrics_generator.processors", Does::kNotSupported, kProcessors, ""},
        {"overrides.per_tenant_override_config", Does::kWarn, kTenantFile, ""},
        {"memberlist", Does::kMoot, kRing, ""},
        {"memory", Does::kMoot, "memory of Go's collector", ""},
        {"usage_report", Does::kMoot, "Pharos reports to nobody", ""},
        {"cache", Does::kMoot, "no caches to configure", ""},
    };
    for (const std::string_view path : kRetentions)
      rules.push_back({path, Does::kHonoured, "", ""});
    return rules;
  }();
  return kRuleTable;
}

std::optional<int64_t> DurationAt(const Node& root, std::string_view path, Faults& faults) {
  const Node* node = AtPath(root, path);
  if (node == nullptr) return std::nullopt;
  if (const auto ns = text::ParseGoDuration(node->scalar); ns && *ns >= 0) return *ns / 1'000'000;
  if (const auto ms = text::ParsePrometheusDuration(node->scalar)) return *ms;
  faults.Add(LineAtPath(root, path),
             std::string(path) + ": time: invalid duration \"" + node->scalar + "\"");
  return std::nullopt;
}

/// The keys of the collector's receivers, which Tempo embeds.
class ReceiverReader {
 public:
  ReceiverReader(TempoConfig& config, Faults& faults) : config_(config), faults_(faults) {}

  void Read(const Node& receivers) {
    MapReader map(receivers, "distributor.receivers", faults_);
    for (const Field& field : receivers.fields) {
      const std::string kind = field.name.substr(0, field.name.find('/'));
      if (kind == "otlp") {
        map.Take(field.name);
        Otlp(field);
      } else if (kind == "zipkin" || kind == "jaeger" || kind == "opencensus" || kind == "kafka") {
        map.NotSupported({field.name});
      }
    }
    map.Done();
  }

 private:
  void Otlp(const Field& field) {
    if (field.value.kind == Node::Kind::kNull) return;
    MapReader map(field.value, "distributor.receivers." + field.name, faults_);
    if (const Node* protocols = map.Take("protocols")) {
      MapReader reader(*protocols, "distributor.receivers." + field.name + ".protocols", faults_);
      Protocol(reader, *protocols, "grpc", TempoReceiver::Protocol::kOtlpGrpc, "0.0.0.0:4317");
      Protocol(reader, *protocols, "http", TempoReceiver::Protocol::kOtlpHttp, "0.0.0.0:4318");
      reader.Done();
    }
    map.Done();
  }

  /// A protocol that is named with nothing below it listens at its default.
  void Protocol(MapReader& protocols, const Node& node, std::string_view name,
                TempoReceiver::Protocol protocol, std::string fallback) {
    protocols.Take(name);
    const Node* value = node.Find(name);
    if (value == nullptr) return;
    TempoReceiver receiver{protocol, std::move(fallback), protocols.LineOf(name)};
    if (value->kind != Node::Kind::kNull) {
      MapReader map(*value, "distributor.receivers.otlp.protocols." + std::string(name), faults_);
      if (map.String("endpoint", &receiver.endpoint)) receiver.line = map.LineOf("endpoint");
      map.NotSupported({"tls", "auth", "transport"});
      map.NotSupported({"traces_url_path", "metrics_url_path", "logs_url_path"});
      map.Moot({"max_recv_msg_size_mib", "max_concurrent_streams", "read_buffer_size",
                "write_buffer_size", "keepalive", "max_request_body_size", "read_timeout",
                "read_header_timeout", "write_timeout", "idle_timeout", "keep_alives_enabled"},
               "Pharos bounds requests by its own limits");
      map.Moot({"cors"}, "every listener of Pharos checks Origin against listen.allowed_hosts");
      map.Moot({"include_metadata", "response_headers", "compression_algorithms", "middlewares"},
               "nothing in Pharos reads it");
      map.Done();
    }
    if (receiver.endpoint.find(':') == std::string::npos)
      faults_.Add(receiver.line, "endpoint: \"" + receiver.endpoint + "\" is not host:port");
    config_.receivers.push_back(std::move(receiver));
  }

  TempoConfig& config_;
  Faults& faults_;
};

void ReadListener(const Node& root, TempoConfig& config, Faults& faults) {
  if (const Node* address = AtPath(root, "server.http_listen_address"))
    config.http_address = address->scalar;
  const Node* port = AtPath(root, "server.http_listen_port");
  if (port == nullptr) return;
  Faults own(faults.file());
  const Node* server = AtPath(root, "server");
  MapReader map(*server, "server.Config", own);
  map.Int("http_listen_port", &config.http_port);
  for (const std::string& fault : own.all())
    faults.Add(map.LineOf("http_listen_port"), fault.substr(fault.find(": ") + 2));
}

}  // namespace

Result<TempoConfig> ParseTempoConfig(std::string_view text, const std::string& file,
                                     std::vector<KeyNote>* notes) {
  PHAROS_TRY(const Node root, ParseYaml(text, file));
  Faults faults(file);
  TempoConfig config;
  WalkKeys(root, TempoKeys(), Rules(), "Tempo", faults);
  for (const std::string_view path : kRetentions) {
    // The later ones are stronger; an override of 0 means none.
    if (const auto ms = DurationAt(root, path, faults); ms && *ms > 0) config.retention_ms = ms;
  }
  if (const Node* receivers = AtPath(root, "distributor.receivers"))
    ReceiverReader(config, faults).Read(*receivers);
  ReadListener(root, config, faults);
  if (notes != nullptr) *notes = faults.notes();
  if (!faults.empty()) return Fail(ErrorKind::kBadInput, faults.Text());
  return config;
}

Result<TempoConfig> ReadTempoConfig(const std::string& file, std::vector<KeyNote>* notes) {
  PHAROS_TRY(const std::string text, ReadTextFile(file));
  return ParseTempoConfig(text, file, notes);
}

}  // namespace pharos::conf
