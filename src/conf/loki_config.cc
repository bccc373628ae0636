#include "conf/loki_config.h"

#include <algorithm>

#include "conf/key_table.h"
#include "conf/prometheus_config.h"
#include "text/duration.h"
#include "text/go_float.h"

namespace pharos::conf {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using Does = KeyRule::Does;

constexpr std::string_view kOneProcess = "Pharos is one process; there are no components to place";
constexpr std::string_view kBinds =
    "Pharos binds its own listeners (--listen.loki), whatever foreign files say";
constexpr std::string_view kPaths = "Pharos keeps all data below --data-dir";
constexpr std::string_view kRing = "no ring: one process holds every stream";
constexpr std::string_view kCaches = "no result or chunk cache to configure";
constexpr std::string_view kStore =
    "Pharos has one storage format below --data-dir; what lies in Loki's store is not read";
constexpr std::string_view kLimits =
    "protects a shared cluster; Pharos keeps its own limits of memory and time (limits:)";
constexpr std::string_view kBlooms = "Pharos builds its own indexes";
constexpr std::string_view kRules =
    "Pharos does not evaluate Loki's rules yet: those in this place stay silent";

const std::vector<KeyRule>& Rules() {
  static const std::vector<KeyRule> kRuleTable = {
      {"target", Does::kMoot, kOneProcess, ""},
      {"auth_enabled", Does::kNotSupported,
       "tenants by X-Scope-OrgID; set it to false to keep one tenant", "false"},
      {"ballast_bytes", Does::kMoot, "memory of Go's collector", ""},
      {"shutdown_delay", Does::kMoot, "Pharos drains its requests on SIGTERM", ""},
      {"server", Does::kMoot, kBinds, ""},
      {"common", Does::kMoot, kOneProcess, ""},
      {"common.path_prefix", Does::kMoot, kPaths, ""},
      {"common.storage", Does::kMoot, kStore, ""},
      {"common.ring", Does::kMoot, kRing, ""},
      {"common.replication_factor", Does::kMoot, kRing, ""},
      {"distributor", Does::kMoot, kOneProcess, ""},
      {"querier", Does::kMoot, kOneProcess, ""},
      {"query_scheduler", Does::kMoot, kOneProcess, ""},
      {"frontend", Does::kMoot, kOneProcess, ""},
      {"frontend_worker", Does::kMoot, kOneProcess, ""},
      {"query_range", Does::kMoot, "one process: queries are neither split nor cached", ""},
      {"query_range.results_cache", Does::kMoot, kCaches, ""},
      {"ingester_client", Does::kMoot, kOneProcess, ""},
      {"ingester", Does::kMoot, "no chunks: lines are sealed into parts by size and age", ""},
      {"ingester.lifecycler", Does::kMoot, kRing, ""},
      {"ingester.wal", Does::kMoot, "the write-ahead log is always on and below --data-dir", ""},
      {"ingester_rf1", Does::kMoot, kOneProcess, ""},
      {"ingester_rf1_client", Does::kMoot, kOneProcess, ""},
      {"querier_rf1", Does::kMoot, kOneProcess, ""},
      {"index_gateway", Does::kMoot, kOneProcess, ""},
      {"pattern_ingester", Does::kMoot, kOneProcess, ""},
      {"bloom_build", Does::kMoot, kBlooms, ""},
      {"bloom_gateway", Does::kMoot, kBlooms, ""},
      {"bloom_compactor", Does::kMoot, kBlooms, ""},
      {"storage_config", Does::kMoot, kStore, ""},
      {"storage_config.named_stores", Does::kMoot, kStore, ""},
      {"chunk_store_config", Does::kMoot, kCaches, ""},
      {"schema_config", Does::kMoot, kStore, ""},
      {"compactor", Does::kMoot, "Pharos compacts its parts on its own", ""},
      {"compactor.retention_enabled", Does::kHonoured, "", ""},
      {"compactor.delete_request_cancel_period", Does::kHonoured, "", ""},
      {"table_manager", Does::kMoot, "no tables: Pharos keeps a folder a day", ""},
      {"table_manager.retention_deletes_enabled", Does::kHonoured, "", ""},
      {"table_manager.retention_period", Does::kHonoured, "", ""},
      {"memberlist", Does::kMoot, kRing, ""},
      {"kafka_config", Does::kMoot, kOneProcess, ""},
      {"kafka_ingester", Does::kMoot, kOneProcess, ""},
      {"block_builder", Does::kMoot, kOneProcess, ""},
      {"block_scheduler", Does::kMoot, kOneProcess, ""},
      {"partition_ring", Does::kMoot, kRing, ""},
      {"metastore", Does::kMoot, kOneProcess, ""},
      {"metastore_client", Does::kMoot, kOneProcess, ""},
      {"dataobj", Does::kMoot, kStore, ""},
      {"dataobj_explorer", Does::kMoot, kStore, ""},
      {"ingest_limits", Does::kMoot, kLimits, ""},
      {"ingest_limits_frontend", Does::kMoot, kLimits, ""},
      {"ingest_limits_frontend_client", Does::kMoot, kLimits, ""},
      {"compactor_grpc_client", Does::kMoot, kOneProcess, ""},
      {"ui", Does::kMoot, "Pharos has its own pages", ""},
      {"runtime_config", Does::kWarn, "not read: overrides by tenant have no tenants here", ""},
      {"lbac", Does::kNotSupported, "every reader sees every label", ""},
      {"metrics_namespace", Does::kMoot, "Loki's metrics of itself", ""},
      {"no_auth_tenant", Does::kMoot, "the one tenant has no name that a client sees", ""},
      {"query_engine", Does::kMoot, kOneProcess, ""},
      {"tenant_limits_allow_publish", Does::kMoot, kLimits, ""},
      {"operational_config", Does::kMoot, kLimits, ""},
      {"tracing", Does::kMoot, "Loki's traces of itself", ""},
      {"profiling", Does::kMoot, "Loki's profiles of itself", ""},
      {"analytics", Does::kMoot, "Pharos reports to nobody", ""},
      {"ruler", Does::kMoot, "Loki's rules are not evaluated yet", ""},
      {"ruler.alertmanager_url", Does::kMoot,
       "nothing is sent there: Loki's rules are not evaluated yet", ""},
      {"ruler.storage", Does::kWarn, kRules, ""},
      {"ruler.remote_write", Does::kWarn, kRules, ""},
      {"ruler_storage", Does::kWarn, kRules, ""},
      {"limits_config", Does::kMoot, kLimits, ""},
      {"limits_config.retention_period", Does::kHonoured, "", ""},
      {"limits_config.reject_old_samples", Does::kHonoured, "", ""},
      {"limits_config.reject_old_samples_max_age", Does::kHonoured, "", ""},
      {"limits_config.creation_grace_period", Does::kHonoured, "", ""},
      {"limits_config.max_line_size", Does::kHonoured, "", ""},
      {"limits_config.max_label_names_per_series", Does::kHonoured, "", ""},
      {"limits_config.max_label_name_length", Does::kHonoured, "", ""},
      {"limits_config.max_label_value_length", Does::kHonoured, "", ""},
      {"limits_config.max_structured_metadata_size", Does::kHonoured, "", ""},
      {"limits_config.max_structured_metadata_entries_count", Does::kHonoured, "", ""},
      {"limits_config.max_entries_limit_per_query", Does::kWarn,
       "a query may ask for 5000 lines at most, whatever is written here", "5000"},
      {"limits_config.query_timeout", Does::kWarn, "a query has 1m, whatever is written here",
       "1m"},
      {"limits_config.retention_stream", Does::kHonoured, "", ""},
      {"limits_config.deletion_mode", Does::kHonoured, "", ""},
      {"limits_config.ingestion_rate_mb", Does::kHonoured, "", ""},
      {"limits_config.ingestion_burst_size_mb", Does::kHonoured, "", ""},
      {"limits_config.per_stream_rate_limit", Does::kHonoured, "", ""},
      {"limits_config.per_stream_rate_limit_burst", Does::kHonoured, "", ""},
      {"limits_config.otlp_config", Does::kNotSupported,
       "Loki's default list of resource attributes becomes labels", ""},
      {"limits_config.discover_service_name", Does::kNotSupported,
       "Loki's default list decides service_name", ""},
      {"limits_config.discover_generic_fields", Does::kNotSupported, "no fields are discovered",
       ""},
      {"limits_config.discover_log_levels", Does::kNotSupported,
       "detected_level is always looked for", "true"},
      {"limits_config.increment_duplicate_timestamp", Does::kNotSupported,
       "timestamps are kept as they were sent", "false"},
      {"limits_config.max_line_size_truncate", Does::kNotSupported, "lines are kept whole",
       "false"},
      {"limits_config.allow_structured_metadata", Does::kNotSupported,
       "structured metadata is always taken", "true"},
      {"limits_config.blocked_queries", Does::kNotSupported, "no query is blocked", ""},
      {"limits_config.block_ingestion_until", Does::kNotSupported, "writes are not blocked", ""},
      {"limits_config.required_labels", Does::kNotSupported, "no label is required", ""},
      {"limits_config.per_tenant_override_config", Does::kWarn,
       "not read: overrides by tenant have no tenants here", ""},
  };
  return kRuleTable;
}

/// Loki takes Prometheus's durations here ("31d"), and Go's where older files have them.
std::optional<int64_t> DurationAt(const Node& root, std::string_view path, Faults& faults) {
  const Node* node = AtPath(root, path);
  if (node == nullptr) return std::nullopt;
  if (const auto ms = text::ParsePrometheusDuration(node->scalar)) return *ms;
  if (const auto ns = text::ParseGoDuration(node->scalar); ns && *ns >= 0) return *ns / 1'000'000;
  faults.Add(LineAtPath(root, path),
             std::string(path) + ": not a valid duration string: \"" + node->scalar + "\"");
  return std::nullopt;
}

bool BoolAt(const Node& root, std::string_view path, bool value, Faults& faults) {
  const Node* node = AtPath(root, path);
  if (node == nullptr) return value;
  for (const std::string_view word : {"true", "True", "TRUE", "yes", "on"}) {
    if (node->scalar == word) return true;
  }
  for (const std::string_view word : {"false", "False", "FALSE", "no", "off"}) {
    if (node->scalar == word) return false;
  }
  faults.Add(LineAtPath(root, path),
             "cannot unmarshal `" + node->scalar + "` into bool (" + std::string(path) + ")");
  return value;
}

/// In Loki a period without the switch keeps everything; who wrote it meant otherwise.
void ReadRetention(const Node& root, LokiConfig& config, Faults& faults) {
  const auto one = [&](std::string_view period, std::string_view enabled) {
    const std::optional<int64_t> ms = DurationAt(root, period, faults);
    const bool on = BoolAt(root, enabled, false, faults);
    if (!ms || *ms == 0) return;
    if (on) {
      config.retention_ms = *ms;
    } else {
      faults.Note({LineAtPath(root, period), Verdict::kWarning, std::string(period),
                   "has no effect without " + std::string(enabled) +
                       ": true, in Loki as here: Loki keeps everything, Pharos its own retention"});
    }
  };
  one("table_manager.retention_period", "table_manager.retention_deletes_enabled");
  one("limits_config.retention_period", "compactor.retention_enabled");
}

/// `key` of limits_config as a count, or as bytes ("256KB", units of 1024).
void NumberAt(const Node& root, std::string_view key, int64_t* out, Faults& faults) {
  const std::string path = "limits_config." + std::string(key);
  const Node* node = AtPath(root, path);
  if (node == nullptr) return;
  std::string text = node->scalar;
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  std::replace(text.begin(), text.end(), 'I', 'i');
  if (const auto bytes = ParseBytes(text)) {
    *out = *bytes;
  } else {
    faults.Add(LineAtPath(root, path), path + ": \"" + node->scalar + "\" is not a size");
  }
}

void ReadLimits(const Node& root, LokiConfig& config, Faults& faults) {
  config.reject_old_samples =
      BoolAt(root, "limits_config.reject_old_samples", config.reject_old_samples, faults);
  if (const auto age = DurationAt(root, "limits_config.reject_old_samples_max_age", faults))
    config.reject_old_samples_max_age_ms = *age;
  if (const auto grace = DurationAt(root, "limits_config.creation_grace_period", faults))
    config.creation_grace_period_ms = *grace;
  NumberAt(root, "max_line_size", &config.max_line_bytes, faults);
  NumberAt(root, "max_label_names_per_series", &config.max_label_names, faults);
  NumberAt(root, "max_label_name_length", &config.max_label_name_bytes, faults);
  NumberAt(root, "max_label_value_length", &config.max_label_value_bytes, faults);
  NumberAt(root, "max_structured_metadata_size", &config.max_metadata_bytes, faults);
  NumberAt(root, "max_structured_metadata_entries_count", &config.max_metadata_count, faults);
}

/// Loki's rates are in units of 1024² bytes.
void MegabytesAt(const Node& root, std::string_view key, int64_t* out, Faults& faults) {
  const std::string path = "limits_config." + std::string(key);
  const Node* node = AtPath(root, path);
  if (node == nullptr) return;
  double megabytes = 0;
  if (!text::ParseGoFloat(node->scalar, &megabytes) || !(megabytes >= 0 && megabytes < 1e9)) {
    faults.Add(LineAtPath(root, path),
               "cannot unmarshal `" + node->scalar + "` into float64 (" + path + ")");
    return;
  }
  *out = static_cast<int64_t>(megabytes * (1 << 20));
}

void ReadRates(const Node& root, LokiConfig& config, Faults& faults) {
  const auto given = [&](std::string_view key) {
    return AtPath(root, "limits_config." + std::string(key)) != nullptr;
  };
  if (given("ingestion_rate_mb") || given("ingestion_burst_size_mb")) {
    config.tenant_rate_bytes = 4 << 20;  // Loki's defaults
    config.tenant_burst_bytes = 6 << 20;
    MegabytesAt(root, "ingestion_rate_mb", &config.tenant_rate_bytes, faults);
    MegabytesAt(root, "ingestion_burst_size_mb", &config.tenant_burst_bytes, faults);
  }
  if (given("per_stream_rate_limit") || given("per_stream_rate_limit_burst")) {
    config.stream_rate_bytes = 3 << 20;
    config.stream_burst_bytes = 15 << 20;
    NumberAt(root, "per_stream_rate_limit", &config.stream_rate_bytes, faults);
    NumberAt(root, "per_stream_rate_limit_burst", &config.stream_burst_bytes, faults);
  }
}

void ReadStreamRetention(const Node& root, LokiConfig& config, Faults& faults) {
  const Node* list = AtPath(root, "limits_config.retention_stream");
  if (list == nullptr) return;
  if (list->kind != Node::Kind::kSequence) {
    return faults.Add(list->line, "limits_config.retention_stream must be a list");
  }
  for (const Node& item : list->items) {
    LokiConfig::StreamRetention rule;
    rule.line = item.line;
    MapReader map(item, "validation.StreamRetention", faults);
    map.String("selector", &rule.selector);
    map.Int("priority", &rule.priority);
    map.DurationMs("period", &rule.period_ms);
    map.Done();
    constexpr int64_t kDayMs = 24LL * 3600 * 1000;
    if (rule.selector.empty()) faults.Add(item.line, "retention_stream: selector is missing");
    if (rule.period_ms < kDayMs) {
      faults.Add(item.line, "retention period must be >= 24h was " +
                                text::GoDuration(rule.period_ms * 1'000'000));
    }
    config.retention_stream.push_back(std::move(rule));
  }
  if (BoolAt(root, "compactor.retention_enabled", false, faults)) return;
  config.retention_stream.clear();
  faults.Note({list->line, Verdict::kWarning, "limits_config.retention_stream",
               "has no effect without compactor.retention_enabled: true, in Loki as here"});
}

void ReadDeletes(const Node& root, LokiConfig& config, Faults& faults) {
  std::string mode = "filter-and-delete";
  if (const Node* node = AtPath(root, "limits_config.deletion_mode")) mode = node->scalar;
  if (mode != "disabled" && mode != "filter-only" && mode != "filter-and-delete") {
    faults.Add(LineAtPath(root, "limits_config.deletion_mode"), "unknown deletion mode: " + mode);
  }
  config.deletes = BoolAt(root, "compactor.retention_enabled", false, faults) && mode != "disabled";
  config.deletes_for_good = mode != "filter-only";
  if (const auto period = DurationAt(root, "compactor.delete_request_cancel_period", faults))
    config.delete_cancel_ms = *period;
}

void ReadAlertmanagers(const Node& root, LokiConfig& config) {
  const Node* node = AtPath(root, "ruler.alertmanager_url");
  if (node == nullptr) return;
  std::string_view rest = node->scalar;
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    if (comma > 0) config.alertmanager_urls.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
}

void ReadListener(const Node& root, LokiConfig& config, Faults& faults) {
  if (const Node* address = AtPath(root, "server.http_listen_address"))
    config.http_address = address->scalar;
  if (const Node* server = AtPath(root, "server"); server && server->kind == Node::Kind::kMap) {
    Faults own(faults.file());
    MapReader map(*server, "server.Config", own);
    map.Int("http_listen_port", &config.http_port);
    for (const std::string& fault : own.all())
      faults.Add(map.LineOf("http_listen_port"), fault.substr(fault.find(": ") + 2));
  }
}

}  // namespace

Result<LokiConfig> ParseLokiConfig(std::string_view text, const std::string& file,
                                   std::vector<KeyNote>* notes) {
  PHAROS_TRY(const Node root, ParseYaml(text, file));
  Faults faults(file);
  LokiConfig config;
  WalkKeys(root, LokiKeys(), Rules(), "Loki", faults);
  if (AtPath(root, "auth_enabled") == nullptr) {
    faults.Note({1, Verdict::kWarning, "auth_enabled",
                 "is not set: Loki then demands X-Scope-OrgID and gives each its own logs; "
                 "Pharos keeps one tenant"});
  }
  ReadRetention(root, config, faults);
  ReadLimits(root, config, faults);
  ReadRates(root, config, faults);
  ReadStreamRetention(root, config, faults);
  ReadDeletes(root, config, faults);
  ReadAlertmanagers(root, config);
  ReadListener(root, config, faults);
  if (notes != nullptr) *notes = faults.notes();
  if (!faults.empty()) return Fail(ErrorKind::kBadInput, faults.Text());
  return config;
}

Result<LokiConfig> ReadLokiConfig(const std::string& file, std::vector<KeyNote>* notes) {
  PHAROS_TRY(const std::string text, ReadTextFile(file));
  return ParseLokiConfig(text, file, notes);
}

}  // namespace pharos::conf
