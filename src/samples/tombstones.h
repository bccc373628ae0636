// What was deleted: matchers × time × what was written before. A tombstone hides samples in
// the parts that were begun before it (their ids are lower than its limit); what memory held was
// taken out of memory. Parts that come later never held it, or had it filtered out.
// Format: docs/format/samples.md, "Tombstones".
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/matcher.h"

namespace pharos::samples {

inline constexpr std::string_view kTombstoneFile = "TOMBSTONES";

struct Tombstone {
  std::vector<model::Matcher> matchers;
  int64_t start_ms = 0;     ///< inclusive
  int64_t end_ms = 0;       ///< inclusive
  uint64_t part_limit = 0;  ///< parts with a lower id are concerned
  int64_t made_ms = 0;

  bool Concerns(uint64_t part_id, int64_t min_ms, int64_t max_ms) const {
    return part_id < part_limit && start_ms <= max_ms && end_ms >= min_ms;
  }
};

using TombstonePtr = std::shared_ptr<const Tombstone>;
/// In the order in which they were made.
using Tombstones = std::vector<TombstonePtr>;

/// The payload of its WAL frame.
std::string EncodeTombstone(const Tombstone& tombstone);
/// kCorrupt when the bytes are none.
base::Result<Tombstone> DecodeTombstone(std::string_view bytes);

/// The file of all tenants' tombstones, with a checksum.
std::string EncodeTombstoneFile(const std::map<std::string, Tombstones>& by_tenant);
base::Result<std::map<std::string, Tombstones>> DecodeTombstoneFile(std::string_view bytes);

}  // namespace pharos::samples
