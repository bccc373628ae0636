// Grafana's provisioning files: where dashboards lie, and which data sources they name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "conf/yaml.h"

namespace pharos::conf {

/// A folder of dashboards (`providers:` of Grafana's provisioning/dashboards/*.yaml).
struct GrafanaProvider {
  std::string name = "default";
  std::string folder;      ///< title of the folder that its dashboards are shown in; "": none
  std::string folder_uid;  ///< "": made from the title
  std::string path;        ///< a relative one starts at the file's own folder
  bool folders_from_structure = false;  ///< sub-folders on disk become folders
  bool allow_ui_updates = false;        ///< its dashboards may be saved over
  int64_t update_interval_ms = 10'000;  ///< how often files are looked at again
};

/// A data source by the names that dashboards use (`datasources:` of
/// provisioning/datasources/*.yaml); its address means nothing here.
struct GrafanaDatasource {
  std::string name;
  std::string type;  ///< "prometheus", "loki", …
  std::string uid;   ///< "": Grafana makes one
  bool is_default = false;
};

struct GrafanaConfig {
  std::vector<GrafanaProvider> providers;
  std::vector<GrafanaDatasource> datasources;
};

/// One file with `providers:` or `datasources:` (or both). kBadInput holds every fault, one a
/// line, as `FILE:LINE: …`. `notes` gets what becomes of each key.
base::Result<GrafanaConfig> ParseGrafanaConfig(std::string_view text, const std::string& file,
                                               std::vector<KeyNote>* notes = nullptr);

/// `path` is such a file, or a folder: then all *.yml and *.yaml in it and in its `dashboards/` and
/// `datasources/` are read, and a folder that holds *.json itself is a provider.
base::Result<GrafanaConfig> ReadGrafanaConfig(const std::string& path,
                                              std::vector<KeyNote>* notes = nullptr);

}  // namespace pharos::conf
