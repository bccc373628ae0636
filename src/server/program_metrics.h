// What each of the replaced programs would have shown on its own /metrics, as far as Pharos has
// a thing of that meaning: for its classic port and for scrapes of its name.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace pharos::server {

class Storage;

/// Registers the `<program>_build_info` of every program and the figures of the Prometheus one
/// (head series, samples, time range, reload). `storage` must outlive ForgetProgramMetrics.
void RegisterProgramMetrics(Storage& storage);
void ForgetProgramMetrics();
/// The last (re)load of the configuration, as Prometheus tells it.
void NoteConfigReload(bool successful);

/// Prometheus text of the program behind a listener ("prometheus", "loki", "grafana", …): names
/// with its prefix and process_*. "" for a listener that is no program.
std::string ProgramMetrics(std::string_view listener);

}  // namespace pharos::server
