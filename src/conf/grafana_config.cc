#include "conf/grafana_config.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "conf/prometheus_config.h"

namespace pharos::conf {
namespace {

using base::Fail;
using base::Result;
namespace stdfs = std::filesystem;

void CheckApiVersion(MapReader& top) {
  int64_t version = 1;
  if (top.Int("apiVersion", &version) && version != 1) {
    top.faults().Add(top.LineOf("apiVersion"), "apiVersion must be 1: Grafana has no other");
  }
}

void ReadOptions(const Node& node, const std::string& file, GrafanaProvider& provider,
                 Faults& faults) {
  MapReader options(node, "provider.options", faults);
  std::string folder;
  options.String("path", &provider.path);
  // Grafana's first releases called it so; it still reads it.
  if (options.String("folder", &folder)) {
    options.Warn("folder", "the old name of path");
    if (provider.path.empty()) provider.path = folder;
  }
  options.Bool("foldersFromFilesStructure", &provider.folders_from_structure);
  options.Done();
  if (!provider.path.empty() && stdfs::path(provider.path).is_relative()) {
    const stdfs::path home = stdfs::path(file).parent_path();
    provider.path = (home / provider.path).lexically_normal().string();
  }
}

GrafanaProvider ReadProvider(const Node& node, const std::string& file, Faults& faults) {
  GrafanaProvider provider;
  MapReader map(node, "provider", faults);
  std::string type = "file";
  int64_t seconds = 10;
  bool keep_deleted = false;
  map.String("name", &provider.name);
  map.String("folder", &provider.folder);
  map.String("folderUid", &provider.folder_uid);
  map.Bool("allowUiUpdates", &provider.allow_ui_updates);
  if (map.String("type", &type) && type != "file") {
    faults.Add(map.LineOf("type"), "provider type \"" + type + "\" is not known: only file is");
  }
  // Zero and less mean Grafana's default.
  if (map.Int("updateIntervalSeconds", &seconds) && seconds > 0) {
    provider.update_interval_ms = std::min<int64_t>(seconds, 86'400) * 1'000;
  }
  map.Bool("disableDeletion", &keep_deleted);
  if (keep_deleted) {
    map.Warn("disableDeletion", "a dashboard whose file is gone is no longer shown");
  }
  map.Moot({"orgId", "org_id"}, "there is one organisation");
  map.Moot({"editable"}, "Grafana reads it and does nothing with it");
  if (const Node* options = map.Take("options")) ReadOptions(*options, file, provider, faults);
  if (provider.path.empty()) {
    faults.Add(map.line(), "provider \"" + provider.name + "\" has no options.path");
  }
  if (provider.folders_from_structure && !provider.folder.empty()) {
    faults.Add(map.LineOf("folder"), "folder and foldersFromFilesStructure exclude each other");
  }
  map.Done();
  return provider;
}

GrafanaDatasource ReadDatasource(const Node& node, Faults& faults) {
  GrafanaDatasource source;
  MapReader map(node, "datasource", faults);
  map.String("name", &source.name);
  map.String("type", &source.type);
  map.String("uid", &source.uid);
  map.Bool("isDefault", &source.is_default);
  map.Moot({"access", "url", "user", "database", "basicAuth", "basicAuthUser", "withCredentials",
            "jsonData", "secureJsonData", "correlations", "is_default", "basic_auth",
            "basic_auth_user", "with_credentials", "json_data", "secure_json_data"},
           "Pharos is the data source itself");
  map.Moot({"orgId", "org_id"}, "there is one organisation");
  map.Moot({"version", "editable", "apiVersion"}, "data sources are not edited here");
  if (source.name.empty()) faults.Add(map.line(), "a data source needs a name");
  if (source.type.empty()) faults.Add(map.line(), "a data source needs a type");
  map.Done();
  return source;
}

/// Names of the folder's files that end in one of `endings`, sorted.
std::vector<std::string> FilesOf(const stdfs::path& folder,
                                 std::initializer_list<std::string_view> endings) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : stdfs::directory_iterator(folder, error)) {
    const std::string ending = entry.path().extension().string();
    if (std::ranges::find(endings, ending) != endings.end()) files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

Result<GrafanaConfig> ReadFolder(const std::string& path, std::vector<KeyNote>* notes) {
  GrafanaConfig all;
  const stdfs::path root(path);
  for (const stdfs::path& folder : {root, root / "dashboards", root / "datasources"}) {
    for (const std::string& file : FilesOf(folder, {".yml", ".yaml"})) {
      PHAROS_TRY(const std::string text, ReadTextFile(file));
      PHAROS_TRY(GrafanaConfig one, ParseGrafanaConfig(text, file, notes));
      std::ranges::move(one.providers, std::back_inserter(all.providers));
      std::ranges::move(one.datasources, std::back_inserter(all.datasources));
    }
  }
  if (!FilesOf(root, {".json"}).empty()) all.providers.push_back({.path = path});
  if (all.providers.empty() && all.datasources.empty()) {
    return Fail(base::ErrorKind::kBadInput, path + ": holds no provisioning file and no dashboard");
  }
  return all;
}

}  // namespace

Result<GrafanaConfig> ParseGrafanaConfig(std::string_view text, const std::string& file,
                                         std::vector<KeyNote>* notes) {
  PHAROS_TRY(const Node root, ParseYaml(text, file));
  Faults faults(file);
  GrafanaConfig config;
  MapReader top(root, "provisioning", faults);
  CheckApiVersion(top);
  for (const Node& node : top.List("providers")) {
    config.providers.push_back(ReadProvider(node, file, faults));
  }
  for (const Node& node : top.List("datasources")) {
    config.datasources.push_back(ReadDatasource(node, faults));
  }
  top.Moot({"deleteDatasources", "prune"}, "the data sources are Pharos itself");
  top.Done();
  if (faults.empty() && config.providers.empty() && config.datasources.empty()) {
    faults.Add(1, "neither providers nor datasources are given");
  }
  if (!faults.empty()) return Fail(base::ErrorKind::kBadInput, faults.Text());
  if (notes != nullptr) std::ranges::copy(faults.notes(), std::back_inserter(*notes));
  return config;
}

Result<GrafanaConfig> ReadGrafanaConfig(const std::string& path, std::vector<KeyNote>* notes) {
  std::error_code error;
  if (stdfs::is_directory(path, error)) return ReadFolder(path, notes);
  PHAROS_TRY(const std::string text, ReadTextFile(path));
  return ParseGrafanaConfig(text, path, notes);
}

}  // namespace pharos::conf
