// The data sources that dashboards name, and which of them Pharos is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pharos::api::grafana {

/// A name and uid under which dashboards know one of Pharos's own APIs.
struct Datasource {
  std::string name;
  std::string type;  ///< Grafana's plugin id: "prometheus", "loki", "tempo", …
  std::string uid;
  bool is_default = false;
};

/// One each of prometheus (the default), loki, tempo, jaeger and alertmanager; the uid is the type.
std::vector<Datasource> OwnDatasources();

/// OwnDatasources plus those that a provisioning file names, so that dashboards written for them
/// find them. A uid that is empty becomes one made from the name.
std::vector<Datasource> WithOwn(std::vector<Datasource> named);

/// The source that a dashboard's input of plugin `type` gets: the default one of that type, or
/// null.
const Datasource* PickDatasource(const std::vector<Datasource>& sources, std::string_view type);

}  // namespace pharos::api::grafana
