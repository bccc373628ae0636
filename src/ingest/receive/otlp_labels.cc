#include "ingest/receive/otlp_labels.h"

#include <algorithm>
#include <array>

#include "ingest/receive/otlp_names.h"

namespace pharos::ingest::receive {
namespace {

constexpr std::array<std::string_view, 3> kIdentifying = {"service.namespace", "service.name",
                                                          "service.instance.id"};

std::string TextOf(std::span<const model::KeyValue> attributes, std::string_view key) {
  const model::Value* value = model::FindAttribute(attributes, key);
  return value != nullptr ? model::ValueToString(*value) : std::string();
}

}  // namespace

const std::string& OtlpLabels::NameOf(std::string_view attribute) {
  const auto found = names_.find(attribute);
  if (found != names_.end()) return found->second;
  return names_.emplace(attribute, PrometheusLabelName(attribute)).first->second;
}

void OtlpLabels::SetResource(std::span<const model::KeyValue> resource) {
  job_ = TextOf(resource, "service.name");
  if (model::FindAttribute(resource, "service.name") != nullptr &&
      model::FindAttribute(resource, "service.namespace") != nullptr) {
    job_ = TextOf(resource, "service.namespace") + "/" + job_;
  }
  instance_ = TextOf(resource, "service.instance.id");
}

base::Result<void> OtlpLabels::Base(std::span<const model::KeyValue> attributes,
                                    std::span<const std::string_view> ignore) {
  base_.clear();
  std::vector<const model::KeyValue*> sorted;
  for (const model::KeyValue& pair : attributes) {
    if (pair.key == model::kMetricName) continue;
    if (std::find(ignore.begin(), ignore.end(), pair.key) == ignore.end()) sorted.push_back(&pair);
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto* a, const auto* b) { return a->key < b->key; });
  for (const model::KeyValue* pair : sorted) {
    const std::string& name = NameOf(pair->key);
    if (name.empty()) {
      return base::Fail(base::ErrorKind::kUnprocessable,
                        "attribute \"" + std::string(pair->key) + "\" cannot be a label name");
    }
    const auto same = std::find_if(base_.begin(), base_.end(),
                                   [&](const auto& label) { return label.first == name; });
    if (same == base_.end()) {
      base_.emplace_back(name, model::ValueToString(pair->value));
    } else if (same->second.empty()) {
      same->second = model::ValueToString(pair->value);
    } else {
      same->second += ';' + model::ValueToString(pair->value);
    }
  }
  for (const auto& [name, value] :
       {std::pair<std::string_view, const std::string&>("job", job_), {"instance", instance_}}) {
    if (value.empty()) continue;
    std::erase_if(base_, [n = name](const auto& label) { return label.first == n; });
    base_.emplace_back(name, value);
  }
  return {};
}

model::Labels OtlpLabels::With(std::string_view metric, std::string_view extra_name,
                               std::string_view extra_value) const {
  std::vector<model::LabelView> labels;
  labels.reserve(base_.size() + 2);
  for (const auto& [name, value] : base_) labels.push_back({name, value});
  if (!extra_name.empty()) labels.push_back({extra_name, extra_value});
  labels.push_back({model::kMetricName, metric});
  return model::Labels::FromPairs(std::move(labels));
}

bool OtlpLabels::HasTargetInfo(std::span<const model::KeyValue> resource) const {
  if (job_.empty() && instance_.empty()) return false;
  return std::any_of(resource.begin(), resource.end(), [](const auto& pair) {
    return std::find(kIdentifying.begin(), kIdentifying.end(), pair.key) == kIdentifying.end();
  });
}

base::Result<model::Labels> OtlpLabels::TargetInfo(std::span<const model::KeyValue> resource) {
  if (!HasTargetInfo(resource)) return model::Labels();
  PHAROS_TRY_VOID(Base(resource, kIdentifying));
  return With("target_info");
}

}  // namespace pharos::ingest::receive
