// `__path__`: doublestar patterns. `*` and `?` within one name, `[a-z]` and `[^a-z]`, `{a,b}`,
// `**` for any number of directories, `\` before a character that is meant as it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pharos::ingest::tail {

/// True when the whole path matches. A broken pattern (an open bracket) matches nothing.
bool GlobMatches(std::string_view pattern, std::string_view path);

/// Files (and symlinks to files) that match, sorted. Directories are visited as deep and as
/// far as limits.h says; `*truncated` when that was not all. Unreadable directories are
/// passed over.
std::vector<std::string> GlobFiles(const std::string& pattern, bool* truncated);

}  // namespace pharos::ingest::tail
