// Promtail's positions.yaml: how far each source has been delivered. Read at the start, written
// every sync period and at the end, so that an operator (or Promtail) can read and edit it; what
// must hold across a crash is in intents.h.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/fs.h"

namespace pharos::ingest::tail {

/// path or `cursor-<container id>` → offset, or seconds since 1970, as text.
using PositionMap = std::map<std::string, std::string, std::less<>>;

/// The file's text. Keys as `path`, or `path` with labels appended, as Promtail 3 writes them.
/// kBadInput with the line.
base::Result<PositionMap> ParsePositions(std::string_view text, const std::string& file);
std::string PositionsText(const PositionMap& positions);

/// An empty map where there is no file (`*existed` says so). kBadInput for a file that is not
/// positions.yaml.
base::Result<PositionMap> ReadPositions(io::Fs& fs, const std::string& file, bool* existed);

}  // namespace pharos::ingest::tail
