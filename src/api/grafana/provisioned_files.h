// The dashboards in a provider's folder, read from its *.json files.
#pragma once

#include <string>
#include <vector>

#include "api/grafana/dashboard.h"
#include "conf/grafana_config.h"
#include "io/fs.h"

namespace pharos::api::grafana {

struct ProvisionedFolder {
  std::vector<Dashboard> dashboards;
  std::vector<std::string> faults;  ///< files that are no dashboard: "FILE: why", and missing paths
};

/// Reads all *.json below the provider's path (names that begin with '.' are left out, as are
/// folders deeper than kMaxFolderDepth). A file without a uid gets one made from its place. Never
/// fails as a whole: what cannot be read is a fault. Cost: reads and parses every file.
ProvisionedFolder ReadProvisionedFolder(io::Fs& fs, const conf::GrafanaProvider& provider,
                                        const std::vector<Datasource>& sources);

/// A hash of names and contents below the path: the same as long as no file changed.
uint64_t FolderFingerprint(io::Fs& fs, const std::string& path);

}  // namespace pharos::api::grafana
