// Base64 of RFC 4648, standard and URL alphabets.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace pharos::text {

std::string Base64Encode(std::string_view bytes);
/// '-' and '_' in place of '+' and '/'.
std::string Base64UrlEncode(std::string_view bytes, bool padded = true);

/// Strict: one alphabet, padding whole or absent, no blanks or line ends, no stray bits in
/// the last character. kBadInput says at which byte.
base::Result<std::string> Base64Decode(std::string_view text);
base::Result<std::string> Base64UrlDecode(std::string_view text);

}  // namespace pharos::text
