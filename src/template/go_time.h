// Go's layouts ("2006-01-02T15:04:05Z07:00") for writing and reading times, in UTC.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "template/value.h"

namespace pharos::tmpl {

std::string FormatTime(std::string_view layout, Time time);
/// kBadInput when `text` does not follow the layout. An offset in the text is applied.
base::Result<Time> ParseTime(std::string_view layout, std::string_view text);

}  // namespace pharos::tmpl
