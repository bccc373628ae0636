#include "server/program_metrics.h"

#include <atomic>

#include "base/clock.h"
#include "base/metrics.h"
#include "server/storage.h"

namespace pharos::server {
namespace {

/// Whose API each face speaks: the version that clients find in its build info.
struct ProgramName {
  std::string_view listener;
  std::string_view prefix;
  std::string_view version;
};
constexpr ProgramName kPrograms[] = {{"prometheus", "prometheus_", "3.14.0"},
                                     {"loki", "loki_", "3.7.0"},
                                     {"tempo", "tempo_", "2.8.0"},
                                     {"alertmanager", "alertmanager_", "0.28.0"},
                                     {"grafana", "grafana_", "12.0.0"},
                                     {"promtail", "promtail_", "3.5.0"}};

std::atomic<double> reload_successful{1}, reload_time{0};

using Read = double (*)(const store::SampleStats&);
struct StatsGauge {
  const char* name;
  const char* help;
  Read read;
};
constexpr StatsGauge kHead[] = {
    {"prometheus_tsdb_head_series", "Total number of series in the head block.",
     [](const store::SampleStats& s) { return static_cast<double>(s.series); }},
    {"prometheus_tsdb_blocks_loaded", "Number of currently loaded data blocks.",
     [](const store::SampleStats& s) { return static_cast<double>(s.parts); }},
    {"prometheus_tsdb_storage_blocks_bytes", "Bytes that all blocks take on disk.",
     [](const store::SampleStats& s) { return static_cast<double>(s.part_bytes); }},
    {"prometheus_tsdb_lowest_timestamp", "Lowest timestamp stored, in milliseconds.",
     [](const store::SampleStats& s) { return static_cast<double>(s.min_time_ms); }},
};

std::string BuildInfoLabels(std::string_view version) {
  return "branch=\"\",goversion=\"\",revision=\"\",version=\"" + std::string(version) + "\"";
}

}  // namespace

void RegisterProgramMetrics(Storage& storage) {
  for (const ProgramName& program : kPrograms) {
    base::SetGauge(
        std::string(program.prefix) + "build_info",
        "A constant 1, labelled by the version whose API this is.", [] { return 1.0; },
        BuildInfoLabels(program.version));
  }
  for (const StatsGauge& gauge : kHead) {
    base::SetGauge(gauge.name, gauge.help, [&storage, read = gauge.read] {
      return read(storage.sample_source().Stats(store::kDefaultTenant));
    });
  }
  base::SetGauge("prometheus_config_last_reload_successful",
                 "Whether the last configuration reload attempt was successful.",
                 [] { return reload_successful.load(); });
  base::SetGauge("prometheus_config_last_reload_success_timestamp_seconds",
                 "Timestamp of the last successful configuration reload.",
                 [] { return reload_time.load(); });
}

void ForgetProgramMetrics() {
  for (const StatsGauge& gauge : kHead) base::SetGauge(gauge.name, "", {});
}

void NoteConfigReload(bool successful) {
  reload_successful = successful ? 1 : 0;
  if (successful) {
    reload_time = static_cast<double>(base::Clock::System().NowNs()) * 1e-9;
  }
}

std::string ProgramMetrics(std::string_view listener) {
  for (const ProgramName& program : kPrograms) {
    if (program.listener == listener) return base::ExposeMetrics(program.prefix);
  }
  return "";
}

}  // namespace pharos::server
