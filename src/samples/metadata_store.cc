#include "samples/metadata_store.h"

#include <mutex>

#include "samples/limits.h"

namespace pharos::samples {
namespace {

size_t CostOf(std::string_view metric, const model::Metadata& metadata) {
  return metric.size() + metadata.help.size() + metadata.unit.size() + 96;
}

}  // namespace

bool MetadataStore::Set(std::string_view metric, model::Metadata metadata, uint32_t generation,
                        uint64_t wal_generation) {
  if (metadata.help.size() > kMaxMetadataText) metadata.help.resize(kMaxMetadataText);
  if (metadata.unit.size() > kMaxMetadataText) metadata.unit.resize(kMaxMetadataText);
  if (metric.empty() || metric.size() > kMaxMetadataText) return false;
  {
    std::shared_lock lock(mutex_);
    const auto known = families_.find(metric);
    if (known != families_.end() && known->second.metadata == metadata &&
        known->second.wal_generation == wal_generation) {
      return false;
    }
  }
  std::unique_lock lock(mutex_);
  const auto known = families_.find(metric);
  const size_t before = known != families_.end() ? CostOf(metric, known->second.metadata) : 0;
  const size_t after = bytes_ - before + CostOf(metric, metadata);
  if (after > kMaxMetadataBytes && after > bytes_) return false;
  bytes_ = after;
  if (known == families_.end() || known->second.metadata != metadata) {
    changed_generation_ = generation;
  }
  families_.insert_or_assign(std::string(metric), Said{std::move(metadata), wal_generation});
  return true;
}

std::vector<MetadataStore::Family> MetadataStore::Get(std::string_view metric) const {
  std::shared_lock lock(mutex_);
  std::vector<Family> out;
  const auto [from, to] = metric.empty() ? std::pair(families_.begin(), families_.end())
                                         : families_.equal_range(metric);
  for (auto at = from; at != to; ++at) out.emplace_back(at->first, at->second.metadata);
  return out;
}

uint32_t MetadataStore::changed_generation() const {
  std::shared_lock lock(mutex_);
  return changed_generation_;
}

}  // namespace pharos::samples
