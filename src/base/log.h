// Pharos's own log: one JSON object a line on stderr.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace pharos::base {

enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };

/// {"ts":…,"level":…,"msg":…,fields…}. Field values are written as JSON strings.
/// Threads: any. Cost: one write under a lock; not for hot paths.
void Log(LogLevel level, std::string_view message,
         std::initializer_list<std::pair<std::string_view, std::string>> fields = {});

/// Lines below `level` are dropped. Default kInfo.
void SetLogLevel(LogLevel level);

}  // namespace pharos::base
