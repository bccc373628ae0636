#include "events/kept_rows.h"

namespace pharos::events {

base::Result<KeptRows> KeptRows::Of(const std::shared_ptr<const Part>& part,
                                    const RowFilter& filter) {
  KeptRows out;
  out.streams.resize(part->streams().size());
  for (uint32_t g = 0; g < part->granules().size(); ++g) {
    PHAROS_TRY(const auto found, SelectRows(part, g, filter, false));
    std::vector<bool>& rows = out.granules.emplace_back(part->granules()[g].rows);
    for (const uint32_t row : found->selected) {
      rows[row] = true;
      out.streams[found->streams[row]] = true;
    }
    out.rows += found->selected.size();
  }
  return out;
}

}  // namespace pharos::events
