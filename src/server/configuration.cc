#include "server/configuration.h"

#include "base/log.h"
#include "ingest/tail/promtail.h"
#include "rules/rule_set.h"

namespace pharos::server {
namespace {

using base::Result;

void LogWarnings(const std::string& file, const std::vector<conf::KeyNote>& notes) {
  for (const conf::KeyNote& note : notes) {
    if (note.verdict != conf::Verdict::kWarning) continue;
    base::Log(
        base::LogLevel::kWarn, "configuration",
        {{"file", file + ":" + std::to_string(note.line)}, {"key", note.key}, {"note", note.text}});
  }
}

/// Reads the file of `format`, where one was given, with a reader of conf/.
template <class Config, class Parse>
Result<std::optional<Config>> Read(const ServeOptions& options, const std::string& format,
                                   Parse parse) {
  const auto given = options.files.find(format);
  if (given == options.files.end()) return std::optional<Config>();
  PHAROS_TRY(const std::string text, given->second.Text());
  std::vector<conf::KeyNote> notes;
  PHAROS_TRY(Config config, parse(text, given->second.path, &notes));
  LogWarnings(given->second.path, notes);
  return std::optional<Config>(std::move(config));
}

}  // namespace

Result<Configuration> ReadConfiguration(const ServeOptions& options) {
  Configuration out;
  const auto given = options.files.find("prometheus");
  if (given != options.files.end()) {
    PHAROS_TRY(out.prometheus_text, given->second.Text());
    std::vector<conf::KeyNote> notes;
    PHAROS_TRY(out.prometheus,
               conf::ParsePrometheusConfig(out.prometheus_text, given->second.path, &notes));
    LogWarnings(given->second.path, notes);
    out.has_prometheus = true;
    // Rules are read again when they are applied; here so that a bad one stops the start early.
    std::vector<std::string> warnings;
    PHAROS_TRY_VOID(rules::ReadRuleFiles(out.prometheus.rule_files, &warnings));
  }
  PHAROS_TRY(out.alertmanager, (Read<conf::AlertmanagerConfig>(options, "alertmanager",
                                                               conf::ParseAlertmanagerConfig)));
  PHAROS_TRY(out.otelcol, (Read<conf::OtelcolConfig>(
                              options, "otelcol", [](const auto& text, const auto& file, auto* n) {
                                return conf::ParseOtelcolConfig(text, file, n);
                              })));
  PHAROS_TRY(out.loki, (Read<conf::LokiConfig>(options, "loki", conf::ParseLokiConfig)));
  PHAROS_TRY(out.tempo, (Read<conf::TempoConfig>(options, "tempo", conf::ParseTempoConfig)));
  PHAROS_TRY(out.promtail,
             (Read<conf::PromtailConfig>(options, "promtail", ingest::tail::ParsePromtail)));
  if (const auto grafana = options.files.find("grafana"); grafana != options.files.end()) {
    PHAROS_TRY(out.grafana, conf::ReadGrafanaConfig(grafana->second.path));
  }
  return out;
}

}  // namespace pharos::server
