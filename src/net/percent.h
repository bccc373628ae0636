// Percent-encoding of URLs (RFC 3986), as request targets and forms carry it.
#pragma once

#include <string>
#include <string_view>

namespace pharos::net {

/// Replaces %XX by its byte; a broken escape stays as it is. `plus` makes '+' a space
/// (query strings and forms, not paths).
std::string PercentDecode(std::string_view encoded, bool plus);

/// True when every '%' is followed by two hex digits.
bool ValidPercentEncoding(std::string_view encoded);

}  // namespace pharos::net
