// The first word of a line that says its level: `info`, `WARN`, `error` …, as Loki looks for it.
#pragma once

#include <string_view>

namespace pharos::ingest::receive {

struct LevelWord {
  /// Whose word stands first in the line, as a word of its own; "unknown" for none.
  std::string_view level;
  /// False where the line has no `=` with more than two bytes behind it: no level is so short.
  bool may_have_fields = false;
};
/// Cost: a pass over the line, 32 bytes at once where the machine has AVX2, else 16.
LevelWord FindLevelWord(std::string_view line);

/// Each way that the machine can go, for tests that hold them against each other.
LevelWord FindLevelWordBy16(std::string_view line);
bool CanFindLevelWordBy32();
LevelWord FindLevelWordBy32(std::string_view line);

}  // namespace pharos::ingest::receive
