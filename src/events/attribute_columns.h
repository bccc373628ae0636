// Attributes of a granule's rows as columns: the row names its shape (the keys and types in
// their order), each key and type is one column.
#pragma once

#include <span>
#include <string>

#include "base/arena.h"
#include "events/coding.h"
#include "model/event.h"

namespace pharos::events {

void PutAttributeColumns(std::string& out, std::span<const std::span<const model::KeyValue>> rows);
/// The attributes of the rows `selected` (rising, below `rows`) into `out`; a failed reader for
/// bytes that are no such columns.
void GetAttributeColumns(Reader& in, size_t rows, std::span<const uint32_t> selected,
                         base::Arena& arena, std::span<std::span<const model::KeyValue>> out);

}  // namespace pharos::events
