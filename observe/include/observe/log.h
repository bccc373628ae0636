// One JSON object a line: timestamp, level, message, service, trace_id, span_id, request_id
// and the fields given. Goes to stdout and, as the body of a log record, to the backend.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace observe {

enum class Level { kDebug, kInfo, kWarning, kError, kCritical };

struct LogField {
  std::string_view key;
  std::variant<std::string, int64_t, double, bool> value;

  LogField(std::string_view k, std::string_view v) : key(k), value(std::string(v)) {}
  LogField(std::string_view k, const char* v) : key(k), value(std::string(v)) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
  LogField(std::string_view k, int v) : key(k), value(static_cast<int64_t>(v)) {}
  LogField(std::string_view k, int64_t v) : key(k), value(v) {}
  LogField(std::string_view k, double v) : key(k), value(v) {}
  LogField(std::string_view k, bool v) : key(k), value(v) {}
};

/// Threads: any. Errors: none; a full queue drops the record, never the line on stdout.
void Log(Level level, std::string_view message, std::initializer_list<LogField> fields = {});
/// Lines below are dropped. Default kInfo, or LOG_LEVEL (debug … critical).
void SetLogLevel(Level level);

}  // namespace observe
