#include "server/check/kinds.h"

#include <charconv>
#include <initializer_list>

#include "conf/alertmanager_config.h"
#include "conf/grafana_config.h"
#include "conf/loki_config.h"
#include "conf/otelcol_config.h"
#include "conf/prometheus_config.h"
#include "conf/promtail_config.h"
#include "conf/rule_file.h"
#include "conf/tempo_config.h"
#include "ingest/tail/pipeline.h"
#include "rules/rule.h"
#include "rules/slo.h"
#include "server/options.h"

namespace pharos::server::check {
namespace {

using conf::Node;
using NodeKind = conf::Node::Kind;

bool Has(const Node& root, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (root.Find(key) != nullptr) return true;
  }
  return false;
}
bool HasMap(const Node& root, std::string_view key) {
  const Node* value = root.Find(key);
  return value != nullptr && value->kind == NodeKind::kMap;
}
bool HasList(const Node& root, std::string_view key) {
  const Node* value = root.Find(key);
  return value != nullptr && value->kind == NodeKind::kSequence;
}

// ---- recognisers ---------------------------------------------------------------------------

bool IsFragment(const Node& root) {
  return !root.items.empty() && Has(root.items.front(), {"alert", "record"});
}
/// Grafana's provisioned alerts have groups too, and an apiVersion.
bool IsRules(const Node& root) { return Has(root, {"groups"}) && !Has(root, {"apiVersion"}); }
bool IsPromtail(const Node& root) {
  return Has(root, {"clients", "client", "positions"}) && !Has(root, {"schema_config"});
}
bool IsPrometheus(const Node& root) {
  return Has(root, {"scrape_configs", "rule_files", "global", "alerting", "remote_write"}) &&
         !Has(root, {"route", "receivers"});
}
bool IsLoki(const Node& root) {
  return Has(root, {"schema_config", "limits_config", "storage_config", "ruler", "query_range",
                    "chunk_store_config", "pattern_ingester", "table_manager"}) ||
         (Has(root, {"common"}) && Has(root, {"auth_enabled", "server"}));
}
bool IsTempo(const Node& root) {
  const Node* distributor = root.Find("distributor");
  const Node* storage = root.Find("storage");
  return (distributor != nullptr && Has(*distributor, {"receivers"})) ||
         (storage != nullptr && Has(*storage, {"trace"})) ||
         Has(root, {"metrics_generator", "query_frontend", "live_store", "backend_worker"});
}
bool IsOtelcol(const Node& root) {
  return HasMap(root, "receivers") || HasMap(root, "processors") || HasMap(root, "exporters") ||
         (HasMap(root, "service") && root.Find("service")->Find("pipelines") != nullptr);
}
bool IsAlertmanager(const Node& root) {
  return HasMap(root, "route") || HasList(root, "receivers") || Has(root, {"inhibit_rules"});
}
bool IsCompose(const Node& root) { return HasMap(root, "services"); }
bool IsDashboard(const Node& root) {
  return HasList(root, "panels") || HasMap(root, "dashboard") ||
         (Has(root, {"schemaVersion"}) && Has(root, {"title", "rows"}));
}
bool IsPharos(const Node& root) {
  const Node* storage = root.Find("storage");
  return Has(root, {"slo", "self_names", "listen"}) || HasMap(root, "limits") ||
         (storage != nullptr && Has(*storage, {"durability", "retention"}));
}
bool IsGrafana(const Node& root) {
  return HasList(root, "providers") || HasList(root, "datasources");
}
bool IsQueryList(const Node& root) {
  return HasList(root, "promql") || HasList(root, "logql") || HasList(root, "traceql");
}

// ---- readers -------------------------------------------------------------------------------

/// A reader of conf/ with the common signature.
template <auto Parse>
Reading ReadWith(const File& file) {
  Reading reading;
  if (const auto config = Parse(file.text, file.path, &reading.notes); !config)
    reading.faults = config.error().message;
  return reading;
}

Reading ReadRules(const File& file) {
  Reading reading;
  const auto groups = conf::ParseRuleFile(file.text, file.path, rules::CheckExpression,
                                          &reading.notes, rules::CheckTemplate);
  if (!groups) reading.faults = groups.error().message;
  return reading;
}

constexpr int kWrapLines = 3;

/// `FILE:7: …` → `FILE:4: …`: the lines that the wrapping added are taken off.
std::string Unwrapped(const std::string& faults, const std::string& path) {
  std::string out;
  for (size_t at = 0; at < faults.size();) {
    const size_t end = std::min(faults.find('\n', at), faults.size());
    std::string line = faults.substr(at, end - at);
    const size_t from = path.size() + 1;
    int number = 0;
    if (line.starts_with(path + ":")) {
      const auto read = std::from_chars(line.data() + from, line.data() + line.size(), number);
      line.replace(from, static_cast<size_t>(read.ptr - line.data()) - from,
                   std::to_string(std::max(1, number - kWrapLines)));
    }
    out += (out.empty() ? "" : "\n") + line;
    at = end + 1;
  }
  return out;
}

/// A fragment is read as the rules of a group, which is where its author will put it.
Reading ReadFragment(const File& file) {
  std::string wrapped = "groups:\n- name: fragment\n  rules:\n";
  for (size_t at = 0; at < file.text.size();) {
    const size_t end = std::min(file.text.find('\n', at), file.text.size());
    wrapped += "    " + file.text.substr(at, end - at) + "\n";
    at = end + 1;
  }
  Reading reading;
  const auto groups = conf::ParseRuleFile(wrapped, file.path, rules::CheckExpression,
                                          &reading.notes, rules::CheckTemplate);
  if (!groups) reading.faults = Unwrapped(groups.error().message, file.path);
  std::erase_if(reading.notes, [](const conf::KeyNote& note) { return note.line <= kWrapLines; });
  for (conf::KeyNote& note : reading.notes) note.line -= kWrapLines;
  return reading;
}

/// pharos.yaml is read from the disk again, since what it names lies beside it.
Reading ReadPharos(const File& file) {
  Reading reading;
  const auto options =
      MakeServeOptions({.data_dir = "unused", .config = file.path, .insecure = true});
  if (!options) {
    reading.faults = options.error().message;
    return reading;
  }
  for (const conf::SloConfig& slo : options->slos) {
    const std::string wrong = rules::CheckSlo(slo);
    if (wrong.empty()) continue;
    reading.faults += reading.faults.empty() ? "" : "\n";
    reading.faults +=
        file.path + ":" + std::to_string(slo.line) + ": slo " + slo.name + ": " + wrong;
  }
  return reading;
}

Reading ReadPromtail(const File& file) {
  Reading reading;
  const auto config =
      conf::ParsePromtailConfig(file.text, file.path, &reading.notes, ingest::tail::CheckStages);
  if (!config) reading.faults = config.error().message;
  return reading;
}

Reading ReadOtelcol(const File& file) {
  Reading reading;
  const auto config = conf::ParseOtelcolConfig(file.text, file.path, &reading.notes);
  if (!config) reading.faults = config.error().message;
  return reading;
}

}  // namespace

/// A reader with the common signature is one word here: ReadWith<conf::ParseXConfig>.
const std::vector<KindRow>& Kinds() {
  static const std::vector<KindRow> kRows = {
      {Kind::kQueryList, "list of queries", IsQueryList, nullptr,
       "skipped: it configures nothing; its queries are held against the other files"},
      {Kind::kDashboard, "Grafana dashboard", IsDashboard, nullptr,
       "skipped: it configures nothing; its queries are held against the other files"},
      {Kind::kCompose, "docker-compose.yml", IsCompose, nullptr,
       "skipped: Pharos starts no containers; mounts and names are held against the other files"},
      {Kind::kPharos, "pharos.yaml", IsPharos, ReadPharos, nullptr},
      {Kind::kGrafana, "Grafana provisioning", IsGrafana, ReadWith<conf::ParseGrafanaConfig>,
       nullptr},
      {Kind::kRuleFragment, "fragment of a rule file", IsFragment, ReadFragment, nullptr},
      {Kind::kRules, "rule file", IsRules, ReadRules, nullptr},
      {Kind::kPromtail, "Promtail", IsPromtail, ReadPromtail, nullptr},
      {Kind::kLoki, "Loki", IsLoki, ReadWith<conf::ParseLokiConfig>, nullptr},
      {Kind::kTempo, "Tempo", IsTempo, ReadWith<conf::ParseTempoConfig>, nullptr},
      {Kind::kOtelcol, "Collector", IsOtelcol, ReadOtelcol, nullptr},
      {Kind::kAlertmanager, "Alertmanager", IsAlertmanager, ReadWith<conf::ParseAlertmanagerConfig>,
       nullptr},
      {Kind::kPrometheus, "prometheus.yml", IsPrometheus, ReadWith<conf::ParsePrometheusConfig>,
       nullptr},
  };
  return kRows;
}

const KindRow* RowOf(Kind kind) {
  for (const KindRow& row : Kinds()) {
    if (row.kind == kind) return &row;
  }
  return nullptr;
}

Kind Recognise(const Node& root) {
  for (const KindRow& row : Kinds()) {
    if (row.is(root)) return row.kind;
  }
  return Kind::kUnknown;
}

std::string KnownKinds() {
  std::string out;
  for (const KindRow& row : Kinds()) out += (out.empty() ? "" : ", ") + std::string(row.name);
  return out;
}

}  // namespace pharos::server::check
