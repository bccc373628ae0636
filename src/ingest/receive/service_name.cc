#include "ingest/receive/service_name.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "match/label_name.h"

namespace pharos::ingest::receive {
namespace {

constexpr std::string_view kServiceName = "service_name";

constexpr std::array<std::string_view, 13> kCandidates = {"service",
                                                          "app",
                                                          "application",
                                                          "app_name",
                                                          "name",
                                                          "app_kubernetes_io_name",
                                                          "container",
                                                          "container_name",
                                                          "k8s_container_name",
                                                          "component",
                                                          "workload",
                                                          "job",
                                                          "k8s_job_name"};

constexpr std::array<std::string_view, 18> kIndexed = {"service.name",
                                                       "service.namespace",
                                                       "service.instance.id",
                                                       "deployment.environment",
                                                       "deployment.environment.name",
                                                       "cloud.region",
                                                       "cloud.availability_zone",
                                                       "k8s.cluster.name",
                                                       "k8s.namespace.name",
                                                       "k8s.pod.name",
                                                       "k8s.container.name",
                                                       "container.name",
                                                       "k8s.replicaset.name",
                                                       "k8s.deployment.name",
                                                       "k8s.statefulset.name",
                                                       "k8s.daemonset.name",
                                                       "k8s.cronjob.name",
                                                       "k8s.job.name"};

}  // namespace

model::Labels WithServiceName(const model::Labels& labels) {
  if (labels.Has(kServiceName)) return labels;
  std::string_view name = "unknown_service";
  for (const std::string_view candidate : kCandidates) {
    if (const auto value = labels.Get(candidate); !value.empty()) {
      name = value;
      break;
    }
  }
  return model::LabelsBuilder(labels).Set(kServiceName, name).Build();
}

model::Labels LogStream(std::span<const model::KeyValue> resource) {
  std::vector<std::pair<std::string, std::string>> owned;
  for (const model::KeyValue& pair : resource) {
    if (std::find(kIndexed.begin(), kIndexed.end(), pair.key) == kIndexed.end()) continue;
    owned.emplace_back(match::SanitizeLabelName(pair.key), model::ValueToString(pair.value));
  }
  std::vector<model::LabelView> views;
  for (const auto& [name, value] : owned) views.push_back({name, value});
  return WithServiceName(model::Labels::FromPairs(std::move(views)));
}

}  // namespace pharos::ingest::receive
