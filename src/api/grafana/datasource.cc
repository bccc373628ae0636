#include "api/grafana/datasource.h"

#include <algorithm>

#include "base/hash.h"

namespace pharos::api::grafana {
namespace {

std::string UidOfName(std::string_view name) {
  constexpr char kHex[] = "0123456789ABCDEF";
  uint64_t hash = base::HashBytes64(name);
  std::string uid = "P";
  for (int i = 0; i < 16; ++i, hash >>= 4) uid += kHex[hash & 15];
  return uid;
}

}  // namespace

std::vector<Datasource> OwnDatasources() {
  return {{"Prometheus", "prometheus", "prometheus", true},
          {"Loki", "loki", "loki", false},
          {"Tempo", "tempo", "tempo", false},
          {"Jaeger", "jaeger", "jaeger", false},
          {"Alertmanager", "alertmanager", "alertmanager", false}};
}

std::vector<Datasource> WithOwn(std::vector<Datasource> named) {
  for (Datasource& source : named) {
    if (source.uid.empty()) source.uid = UidOfName(source.name);
  }
  const bool has_default =
      std::ranges::any_of(named, [](const Datasource& source) { return source.is_default; });
  for (Datasource& own : OwnDatasources()) {
    const bool is_named = std::ranges::any_of(named, [&](const Datasource& source) {
      return source.uid == own.uid || source.name == own.name;
    });
    if (is_named) continue;
    own.is_default = own.is_default && !has_default;
    named.push_back(std::move(own));
  }
  return named;
}

const Datasource* PickDatasource(const std::vector<Datasource>& sources, std::string_view type) {
  const Datasource* found = nullptr;
  for (const Datasource& source : sources) {
    if (source.type != type) continue;
    if (source.is_default) return &source;
    if (found == nullptr || source.uid == type) found = &source;
  }
  return found;
}

}  // namespace pharos::api::grafana
