// Values of fields of lines, read from columns: as numbers where columns have them, else as text.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "events/line_fields.h"

namespace pharos::events {

/// By row; as store::ScanField has it.
struct FieldValues {
  std::vector<double> numbers;
  std::vector<std::string_view> texts;
};

/// The values of one name for rows of known shapes; views into `arena` and the bodies.
base::Result<FieldValues> ReadField(GranuleBodies& bodies, const PartFields& fields, size_t name,
                                    const std::vector<int64_t>& times,
                                    const std::vector<uint32_t>& rows, base::Arena& arena);

}  // namespace pharos::events
