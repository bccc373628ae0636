// The forms that mail wants text in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pharos::alert {

/// A header's value: as it is when it is printable ASCII, else RFC 2047's Q encoding.
std::string EncodeHeader(std::string_view text);
/// RFC 2045, lines of at most 76 characters, CRLF line ends.
std::string QuotedPrintable(std::string_view text);
/// The bare addresses of `Name <a@b>, c@d`. kBadInput for what is none.
base::Result<std::vector<std::string>> MailAddresses(std::string_view list);

}  // namespace pharos::alert
