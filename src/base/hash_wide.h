// The same hash as HashBytes64, by wider instructions.
#pragma once

#include <cstdint>
#include <string_view>

namespace pharos::base {

/// The processor has them.
bool CanHashWide();
/// HashBytes64(bytes). Only where CanHashWide().
uint64_t HashWide64(std::string_view bytes);

}  // namespace pharos::base
