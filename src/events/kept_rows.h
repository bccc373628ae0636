// Which rows of a part stay when it is written anew, because events of it were deleted or have
// lived long enough.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "events/loaded_rows.h"
#include "events/part.h"

namespace pharos::events {

struct KeptRows {
  uint64_t rows = 0;
  std::vector<bool> streams;                ///< by number in the part: some row of it stays
  std::vector<std::vector<bool>> granules;  ///< by row

  /// Those that pass the filter. Cost: reads keys, and lines where the filter tests them.
  static base::Result<KeptRows> Of(const std::shared_ptr<const Part>& part,
                                   const RowFilter& filter);
};

}  // namespace pharos::events
