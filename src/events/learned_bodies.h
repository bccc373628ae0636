// What was learned of a tenant's lines while a part was written, for its next part.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "events/body_writer.h"

namespace pharos::events {

/// Owns: the writers of the tenants that were last sealed. Threads: the caller's lock.
/// Cost: some MiB a tenant, of at most kTenants.
class LearnedBodies {
 public:
  static constexpr size_t kTenants = 4;
  static constexpr int64_t kIdleNs = 600'000'000'000;

  /// The tenant's writer, or a new one.
  std::unique_ptr<BodyWriter> Take(std::string_view tenant) {
    for (auto kept = kept_.begin(); kept != kept_.end(); ++kept) {
      if (kept->tenant != tenant) continue;
      auto writer = std::move(kept->writer);
      kept_.erase(kept);
      return writer;
    }
    return std::make_unique<BodyWriter>();
  }
  /// Keeps one that has finished its part, where it is worth it.
  void Keep(std::string_view tenant, std::unique_ptr<BodyWriter> writer, int64_t now_ns) {
    if (!writer->BeginPart()) return;
    if (kept_.size() == kTenants) kept_.erase(kept_.begin());
    kept_.push_back({std::string(tenant), std::move(writer), now_ns});
  }
  /// Lets go of those that were not asked for in kIdleNs.
  void DropIdle(int64_t now_ns) {
    std::erase_if(kept_, [&](const Kept& kept) { return now_ns - kept.since_ns > kIdleNs; });
  }

 private:
  struct Kept {
    std::string tenant;
    std::unique_ptr<BodyWriter> writer;
    int64_t since_ns = 0;
  };
  std::vector<Kept> kept_;  // the oldest first
};

}  // namespace pharos::events
