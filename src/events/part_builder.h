// Writes a part: rows in, a published directory out. Used by seal and by merge.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "events/body_writer.h"
#include "events/part.h"
#include "events/row_input.h"
#include "io/manifest.h"

namespace pharos::events {

struct PartPlan {
  std::string tenant;
  model::EventKind kind{};
  int64_t day = 0;  ///< days since 1970, UTC
  uint64_t min_sequence = 0;
  int zstd_level = 3;
};

/// `tenant/logs|spans/2026-11-21/part-7`; the tenant's name is escaped to a safe file name.
std::string PartPath(const PartPlan& plan, uint64_t id);

/// What a part holds.
struct PartTotals {
  uint64_t rows = 0;
  int64_t min_time = 0;
  int64_t max_time = 0;
};
/// Makes a part of what `write` puts into the file: in tmp/, then published with `edit` (to which
/// it adds the entry) and opened. Null, with nothing published, for no rows. On failure nothing
/// is published. `pages`: see Part::Open.
base::Result<std::shared_ptr<Part>> MakePart(
    io::Manifest& manifest, const PartPlan& plan, io::ManifestEdit edit,
    std::shared_ptr<SharedPages> pages,
    const std::function<base::Result<PartTotals>(io::PartWriter&)>& write);

/// Writes the rows of `input` (duplicates once) with MakePart. `bodies` has begun no part; it may
/// know of others.
base::Result<std::shared_ptr<Part>> WritePart(io::Manifest& manifest, const PartPlan& plan,
                                              RowInput& input, io::ManifestEdit edit,
                                              std::shared_ptr<SharedPages> pages,
                                              BodyWriter& bodies);

}  // namespace pharos::events
