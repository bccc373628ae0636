// All that the engine holds of one tenant.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "samples/churn.h"
#include "samples/head.h"
#include "samples/metadata_store.h"
#include "samples/part.h"
#include "samples/tombstones.h"

namespace pharos::samples {

using PartList = std::vector<std::shared_ptr<Part>>;

/// Threads: any. The part list is replaced as a whole; a reader keeps the one it took.
struct Tenant {
  Tenant(std::string tenant_name, uint32_t shards, const SeriesLimits& limits, uint32_t generation,
         base::MemoryBudget& budget)
      : name(std::move(tenant_name)),
        head(shards, limits, generation, budget),
        parts_(std::make_shared<PartList>()) {}

  const std::string name;
  Head head;
  MetadataStore metadata;
  Churn churn;
  std::atomic<uint64_t> taken{0};  ///< samples since the start
  Tombstones tombstones;           ///< guarded by the engine's tombstones_mutex_

  /// Oldest generation first: later parts win. Keep the pointer while looking at the list: in
  /// C++20 `for (x : *parts())` drops it before the first step.
  std::shared_ptr<const PartList> parts() const {
    std::lock_guard lock(mutex_);
    return parts_;
  }
  /// Takes `gone` out and `more` in, at once.
  void ChangeParts(const PartList& gone, const PartList& more);

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const PartList> parts_;  // mutex_
};

}  // namespace pharos::samples
