// `detected_level`: the level of a log record, found as Loki 3 finds it.
#pragma once

#include <string>
#include <string_view>

#include "model/event.h"

namespace pharos::ingest::receive {

inline constexpr std::string_view kDetectedLevel = "detected_level";

/// The level that a level-like label gives to all records of a stream; "" for none.
std::string LevelOfStream(const model::Labels& stream);

/// The level for a record that does not carry one: the stream's, then from a level-like
/// attribute (record, scope, resource), then from the OTLP severity number, then from the
/// line: a JSON or logfmt field, else the first level word. "unknown" at last.
/// Cost: one pass over the line until the level is found.
std::string DetectLevel(std::string_view stream_level, const model::Event& event,
                        std::string_view line);

/// A level in Loki's spelling ("WRN" → "warn"); anything else as it is.
std::string_view NormaliseLevel(std::string_view level);
/// The line's own level by field or by word: one of a few texts that stay where they are.
std::string_view LevelOfLine(std::string_view line);

}  // namespace pharos::ingest::receive
