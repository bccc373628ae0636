// A part on its way to the MANIFEST: a directory in tmp/, a builder, then the commit rule.
#pragma once

#include <memory>
#include <string>

#include "base/budget.h"
#include "io/manifest.h"
#include "samples/part.h"
#include "samples/part_builder.h"

namespace pharos::samples {

/// The day of a time, in days since 1970 (rounds down before that).
int64_t DayOf(int64_t time_ms);
/// "2026-11-21".
std::string DayName(int64_t day);
/// A tenant's name as a directory: what is not a letter, digit, '-' or '_' becomes %XX.
std::string TenantDirectory(const std::string& tenant);

/// Owns: the builder; borrows the rest. Threads: one. Errors: kIo, kFull; nothing is listed
/// then, and what lies in tmp/ goes at the next start at the latest.
class PartPublisher {
 public:
  static base::Result<std::unique_ptr<PartPublisher>> Begin(io::Manifest& manifest,
                                                            const std::string& tenant, int64_t day,
                                                            const PartInfo& info);
  PartBuilder& builder() { return *builder_; }

  /// Finishes the file, publishes it in place of `replaced`, and opens it.
  base::Result<std::shared_ptr<Part>> Publish(const std::vector<std::shared_ptr<Part>>& replaced,
                                              PageCache& cache, base::MemoryBudget& budget);
  /// Removes what was written.
  void Abandon();

 private:
  PartPublisher(io::Manifest& manifest, std::string tenant, int64_t day)
      : manifest_(manifest), tenant_(std::move(tenant)), day_(day) {}

  io::Manifest& manifest_;
  const std::string tenant_;
  const int64_t day_;
  uint64_t id_ = 0;
  std::string directory_;
  std::unique_ptr<PartBuilder> builder_;
};

}  // namespace pharos::samples
