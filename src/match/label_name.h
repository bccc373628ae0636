// Names of fields turned into names of labels, as Loki does.
#pragma once

#include <string>
#include <string_view>

namespace pharos::match {

/// Appends `key` with every character outside [a-zA-Z0-9_] replaced by '_' (one for a whole
/// UTF-8 sequence). White space around it goes first. Where `leading` is set, a digit in
/// front gets a '_' before it.
void AppendLabelName(std::string& out, std::string_view key, bool leading);
std::string SanitizeLabelName(std::string_view key);
/// [a-zA-Z_][a-zA-Z0-9_]*
bool IsLabelName(std::string_view name);

}  // namespace pharos::match
