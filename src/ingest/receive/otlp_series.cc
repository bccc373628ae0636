#include "ingest/receive/otlp_series.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "ingest/receive/otlp_names.h"
#include "text/go_float.h"

namespace pharos::ingest::receive {
namespace {

using base::Hash128;

/// In front of a name: what the rest of it is.
constexpr uint32_t kByLabels = 1, kByPoint = 2;

void AppendHash(std::string& out, const Hash128& hash) {
  char bytes[sizeof(hash)];
  std::memcpy(bytes, &hash, sizeof(hash));
  out.append(bytes, sizeof(bytes));
}
/// With its length, so that what follows cannot be taken for a part of it.
void AppendText(std::string& out, std::string_view text) {
  const uint64_t size = text.size();
  out.append(reinterpret_cast<const char*>(&size), sizeof(size));
  out += text;
}

}  // namespace

// All of it is hashed by whoever looks the series up, so there is no padding.
struct OtlpSeries::Name {
  uint32_t form;
  OtlpRole role;
  uint64_t number;  ///< a double's bits
  Hash128 metric, point;
};

void OtlpSeries::SetResource(const wire::OtlpResourceMetrics& resource) {
  resource_ = &resource;
  labels_.SetResource(resource.origin.resource);
  labels_resource_ = &resource;
  labels_point_ = nullptr;
  scratch_.clear();
  AppendText(scratch_, labels_.job());
  AppendText(scratch_, labels_.instance());
  resource_hash_ = base::HashBytes128(scratch_);
  has_target_info_ = labels_.HasTargetInfo(resource.origin.resource);
}

void OtlpSeries::SetMetric(const wire::OtlpMetric& metric) {
  metric_ = &metric;
  scratch_.clear();
  AppendHash(scratch_, resource_hash_);
  scratch_ += static_cast<char>(metric.type);
  scratch_ += metric.monotonic ? '\1' : '\0';
  AppendText(scratch_, metric.name);
  AppendText(scratch_, metric.unit);
  metric_hash_ = base::HashBytes128(scratch_);
}

void OtlpSeries::SetPoint(wire::OtlpPoint& point) {
  points_.push_back(
      {metric_hash_, base::HashBytes128(point.raw_attributes), resource_, metric_, &point});
}

std::string_view OtlpSeries::NameOf(OtlpRole role, double number) {
  static_assert(std::has_unique_object_representations_v<Name>);
  const bool resource = role == OtlpRole::kTargetInfo;
  const Hash128 none{};
  if (resource && (resources_.empty() || resources_.back().second != resource_)) {
    resources_.emplace_back(base::HashBytes128(resource_->raw_resource), resource_);
  }
  const Name name{kByPoint, role, std::bit_cast<uint64_t>(number),
                  resource ? resources_.back().first : points_.back().metric_hash,
                  resource ? none : points_.back().point_hash};
  auto* bytes = static_cast<char*>(names_.Allocate(sizeof(name)));
  std::memcpy(bytes, &name, sizeof(name));
  return {bytes, sizeof(name)};
}

std::string_view OtlpSeries::NameOf(const model::Labels& labels) {
  std::string& name =
      label_names_.emplace_back(reinterpret_cast<const char*>(&kByLabels), sizeof(kByLabels));
  return name += labels.bytes();
}

base::Result<model::Labels> OtlpSeries::Read(std::string_view bytes) {
  uint32_t form;
  std::memcpy(&form, bytes.data(), sizeof(form));
  if (form == kByLabels) return model::Labels::Decode(bytes.substr(sizeof(form)));
  Name name;
  std::memcpy(&name, bytes.data(), sizeof(name));
  if (name.role == OtlpRole::kTargetInfo) return TargetInfo(name.metric);
  Context* context = Find(name);
  PHAROS_CHECK(context != nullptr, "a name of no data point of this request");
  auto labels = Make(*context, name.role, std::bit_cast<double>(name.number));
  if (!labels && !std::exchange(context->at_fault, true) && malformed_) {
    ++faults_;
    if (fault_.empty()) fault_ = labels.error().message;
  }
  return labels;
}

/// The last point most often. Others are asked for when their series was evicted meanwhile.
OtlpSeries::Context* OtlpSeries::Find(const Name& name) {
  const auto is = [&](const Context& point) {
    return point.point_hash == name.point && point.metric_hash == name.metric;
  };
  if (!points_.empty() && is(points_.back())) return &points_.back();
  const auto key = [](const Hash128& metric, const Hash128& point) {
    return Hash128{point.low ^ std::rotl(metric.low, 32), point.high ^ metric.high};
  };
  for (; indexed_ < points_.size(); ++indexed_) {
    const Context& point = points_[indexed_];
    found_.emplace(key(point.metric_hash, point.point_hash), indexed_);
  }
  const auto found = found_.find(key(name.metric, name.point));
  return found != found_.end() ? &points_[found->second] : nullptr;
}

base::Result<void> OtlpSeries::ReadAttributes(wire::OtlpPoint& point) {
  if (!point.attributes.empty() || point.raw_attributes.empty()) return {};
  PHAROS_TRY(point.attributes, wire::ReadOtlpAttributes(point.raw_attributes, reader_));
  return {};
}

base::Result<model::Labels> OtlpSeries::LabelsOf(OtlpRole role, double number) {
  return Make(points_.back(), role, number);
}

base::Result<model::Labels> OtlpSeries::Make(const Context& context, OtlpRole role, double number) {
  if (labels_resource_ != context.resource) {
    labels_.SetResource(context.resource->origin.resource);
    labels_resource_ = context.resource;
    labels_point_ = nullptr;
  }
  const std::string& name = MetricName(*context.metric);
  if (name.empty()) {
    return base::Fail(base::ErrorKind::kUnprocessable, "normalization for metric \"" +
                                                           std::string(context.metric->name) +
                                                           "\" resulted in empty name");
  }
  if (labels_point_ != context.point) {
    labels_point_ = nullptr;
    if (auto read = ReadAttributes(*context.point); !read) {
      malformed_ = read;
      return std::unexpected(read.error());
    }
    PHAROS_TRY_VOID(labels_.Base(context.point->attributes));
    labels_point_ = context.point;
  }
  switch (role) {
    case OtlpRole::kSum: return labels_.With(name + "_sum");
    case OtlpRole::kCount: return labels_.With(name + "_count");
    case OtlpRole::kBucket: return labels_.With(name + "_bucket", "le", text::GoFloat(number));
    case OtlpRole::kQuantile: return labels_.With(name, "quantile", text::GoFloat(number));
    case OtlpRole::kItself:
    case OtlpRole::kTargetInfo: break;
  }
  return labels_.With(name);
}

base::Result<model::Labels> OtlpSeries::TargetInfo(Hash128 hash) {
  const auto found = std::find_if(resources_.rbegin(), resources_.rend(),
                                  [&](const auto& resource) { return resource.first == hash; });
  PHAROS_CHECK(found != resources_.rend(), "a name of no resource of this request");
  labels_.SetResource(found->second->origin.resource);
  labels_resource_ = found->second;
  labels_point_ = nullptr;
  return labels_.TargetInfo(found->second->origin.resource);
}

const std::string& OtlpSeries::MetricName(const wire::OtlpMetric& metric) {
  if (named_ != &metric) {
    metric_name_ = PrometheusMetricName(metric.name, metric.unit, metric.type, metric.monotonic);
    named_ = &metric;
  }
  return metric_name_;
}

}  // namespace pharos::ingest::receive
