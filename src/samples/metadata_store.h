// What expositions said of the metric families of one tenant; the last word counts.
#pragma once

#include <cstdint>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/sample.h"

namespace pharos::samples {

/// Owns: at most kMaxMetadataBytes. Threads: any. Errors: none; what is beyond that is not
/// kept, longer texts are cut. Cost: one shared lock when nothing is new.
class MetadataStore {
 public:
  using Family = std::pair<std::string, model::Metadata>;

  /// True when the WAL must hear it: it is news, or was last told to an older WAL generation,
  /// where it may have been lost. `generation` is the memtable's; `wal_generation` 0 is for what
  /// comes from the disk.
  bool Set(std::string_view metric, model::Metadata metadata, uint32_t generation,
           uint64_t wal_generation);
  /// One family, or all for "". Sorted.
  std::vector<Family> Get(std::string_view metric) const;
  /// The memtable generation of the last news; 0 when there was none since the start.
  uint32_t changed_generation() const;

 private:
  mutable std::shared_mutex mutex_;
  struct Said {
    model::Metadata metadata;
    uint64_t wal_generation = 0;
  };
  std::map<std::string, Said, std::less<>> families_;
  size_t bytes_ = 0;
  uint32_t changed_generation_ = 0;
};

}  // namespace pharos::samples
