#include "server/prometheus_features.h"

#include <algorithm>
#include <string_view>

namespace pharos::server {
namespace {

enum class Kind { kHonoured, kAlwaysOn, kNoMeaning, kUnsupported };

struct Feature {
  std::string_view name;
  Kind kind;
  bool PrometheusFeatures::* flag = nullptr;
};

constexpr Feature kFeatures[] = {
    {"promql-per-step-stats", Kind::kHonoured, &PrometheusFeatures::per_step_stats},
    {"use-start-timestamps", Kind::kHonoured, &PrometheusFeatures::use_start_timestamps},
    {"promql-delayed-name-removal", Kind::kHonoured, &PrometheusFeatures::delayed_name_removal},
    {"promql-experimental-functions", Kind::kAlwaysOn},
    {"promql-duration-expr", Kind::kAlwaysOn},
    {"promql-extended-range-selectors", Kind::kAlwaysOn},
    {"promql-binop-fill-modifiers", Kind::kAlwaysOn},
    {"promql-at-modifier", Kind::kAlwaysOn},
    {"promql-negative-offset", Kind::kAlwaysOn},
    {"exemplar-storage", Kind::kAlwaysOn},
    {"native-histograms", Kind::kAlwaysOn},
    {"ooo-native-histograms", Kind::kAlwaysOn},
    {"metadata-wal-records", Kind::kAlwaysOn},
    {"st-storage", Kind::kAlwaysOn},
    {"otlp-write-receiver", Kind::kAlwaysOn},
    {"remote-write-receiver", Kind::kAlwaysOn},
    {"otlp-deltatocumulative", Kind::kAlwaysOn},
    {"memory-snapshot-on-shutdown", Kind::kNoMeaning},
    {"delayed-compaction", Kind::kNoMeaning},
    {"xor2-encoding", Kind::kNoMeaning},
    {"histograms-st-encoding", Kind::kNoMeaning},
    {"use-uncached-io", Kind::kNoMeaning},
    {"fast-startup", Kind::kNoMeaning},
    {"old-ui", Kind::kNoMeaning},
    {"auto-gomaxprocs", Kind::kNoMeaning},
    {"auto-gomemlimit", Kind::kNoMeaning},
    {"extra-scrape-metrics", Kind::kUnsupported},
    {"auto-reload-config", Kind::kUnsupported},
    {"concurrent-rule-eval", Kind::kUnsupported},
    {"created-timestamp-zero-ingestion", Kind::kUnsupported},
    {"st-synthesis", Kind::kUnsupported},
    {"otlp-native-delta-ingestion", Kind::kUnsupported},
    {"type-and-unit-labels", Kind::kUnsupported},
    {"search-api", Kind::kUnsupported},
};

base::Result<void> Enable(std::string_view name, PrometheusFeatures* features,
                          std::vector<FeatureNote>* notes) {
  const auto* found = std::ranges::find(kFeatures, name, &Feature::name);
  const std::string option(name);
  if (found == std::end(kFeatures)) {
    notes->push_back({true, "Unknown option for --enable-feature", option});
    return {};
  }
  switch (found->kind) {
    case Kind::kHonoured:
      features->*found->flag = true;
      notes->push_back({false, "feature enabled", option});
      break;
    case Kind::kAlwaysOn:
      notes->push_back({false, "feature is always enabled here", option});
      break;
    case Kind::kNoMeaning:
      notes->push_back(
          {false, "feature is about how Prometheus works inside: no meaning here", option});
      break;
    case Kind::kUnsupported:
      return base::Fail(base::ErrorKind::kUnsupported,
                        "enable-feature: " + option + " is not supported yet; leave it out");
  }
  return {};
}

}  // namespace

base::Result<PrometheusFeatures> ReadFeatures(const std::vector<std::string>& names,
                                              std::vector<FeatureNote>* notes) {
  PrometheusFeatures features;
  for (const std::string_view list : names) {
    for (size_t at = 0; at <= list.size();) {
      const size_t end = std::min(list.find(',', at), list.size());
      if (end > at) PHAROS_TRY_VOID(Enable(list.substr(at, end - at), &features, notes));
      at = end + 1;
    }
  }
  return features;
}

}  // namespace pharos::server
