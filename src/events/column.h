// Columns of one granule: numbers and texts in the cheapest of a few forms. Pages are
// compressed as a whole afterwards. Format: docs/format/events.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/coding.h"

namespace pharos::events {

/// One value for all; zigzag; differences; offsets from the least divided by their common
/// divisor: whichever is shortest.
void PutInts(std::string& out, std::span<const int64_t> values);
/// Replaces `values` with `n` numbers; a failed reader for bytes that are no such column.
void GetInts(Reader& in, size_t n, std::vector<int64_t>* values);

/// One text for all, a dictionary, or lengths and the texts end to end.
void PutTexts(std::string& out, std::span<const std::string_view> texts);
/// Views into the reader's bytes.
void GetTexts(Reader& in, size_t n, std::vector<std::string_view>* texts);

}  // namespace pharos::events
