// The first word of a line that says its level: `info`, `WARN`, `error` …, as Loki looks for it.
#pragma once

#include <string_view>

namespace pharos::ingest::receive {

/// The level whose word stands first in the line, as a word of its own; "unknown" for none.
/// Cost: a pass up to the word, 32 bytes at once where the machine has AVX2, else 16.
std::string_view LevelWord(std::string_view line);

/// Each way that the machine can go, for tests that hold them against each other.
std::string_view LevelWordBy16(std::string_view line);
bool HasLevelWordBy32();
std::string_view LevelWordBy32(std::string_view line);

}  // namespace pharos::ingest::receive
