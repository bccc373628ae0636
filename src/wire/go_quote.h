// Text as Go's %q shows it, for error messages that are the originals'.
#pragma once

#include <string>
#include <string_view>

namespace pharos::wire {

/// In double quotes; control characters and bytes that are not UTF-8 escaped. Long text is
/// cut at 512 bytes.
std::string GoQuote(std::string_view text);

}  // namespace pharos::wire
