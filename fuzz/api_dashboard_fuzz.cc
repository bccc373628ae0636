// Dashboards as people upload them: what is taken must be taken again, and stay the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "api/grafana/dashboard.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::api::grafana;
  static const auto& sources = *new std::vector<Datasource>(OwnDatasources());
  const auto made =
      ImportDashboard(std::string_view(reinterpret_cast<const char*>(data), size), sources);
  if (!made) {
    if (made.error().message.empty()) std::abort();
    return 0;
  }
  const std::string json = WithIdentity(made->model, 1, made->uid, made->version);
  const auto again = ImportDashboard(json, sources);
  if (!again || again->model != made->model || again->uid != made->uid) std::abort();
  return 0;
}
