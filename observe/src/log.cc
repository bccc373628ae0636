#include "observe/log.h"

#include <opentelemetry/logs/logger.h>
#include <opentelemetry/logs/provider.h>
#include <opentelemetry/logs/severity.h>
#include <opentelemetry/trace/tracer.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "observe/span.h"
#include "state.h"

namespace observe {
namespace {

namespace api = opentelemetry::logs;

constexpr std::string_view kNames[] = {"debug", "info", "warning", "error", "critical"};
constexpr api::Severity kSeverities[] = {api::Severity::kDebug, api::Severity::kInfo,
                                         api::Severity::kWarn, api::Severity::kError,
                                         api::Severity::kFatal};

Level LevelFromEnvironment() {
  const char* name = std::getenv("LOG_LEVEL");
  for (size_t i = 0; name != nullptr && i < std::size(kNames); ++i) {
    if (kNames[i] == name) return static_cast<Level>(i);
  }
  return Level::kInfo;
}

std::atomic<Level>& Threshold() {
  static std::atomic<Level> level{LevelFromEnvironment()};
  return level;
}

std::string Timestamp(std::chrono::system_clock::time_point now) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  const std::time_t seconds = static_cast<std::time_t>(ms.count() / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char buffer[40];
  const size_t n = std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(buffer + n, sizeof buffer - n, ".%03dZ", static_cast<int>(ms.count() % 1000));
  return buffer;
}

struct AppendValue {
  std::string& out;
  void operator()(const std::string& text) const { AppendJsonString(out, text); }
  void operator()(int64_t number) const { out += std::to_string(number); }
  void operator()(bool flag) const { out += flag ? "true" : "false"; }
  void operator()(double number) const {
    if (!std::isfinite(number)) {
      out += "null";
      return;
    }
    char buffer[40];
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, number).ptr);
  }
};

void AppendText(std::string& line, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  line += line.size() > 1 ? "," : "";
  AppendJsonString(line, key);
  line += ':';
  AppendJsonString(line, value);
}

void Export(Level level, const std::string& line, std::chrono::system_clock::time_point now) {
  auto logger = api::Provider::GetLoggerProvider()->GetLogger("observe", "observe");
  auto record = logger->CreateLogRecord();
  if (!record) return;
  record->SetTimestamp(opentelemetry::common::SystemTimestamp(now));
  record->SetSeverity(kSeverities[static_cast<size_t>(level)]);
  record->SetBody(opentelemetry::nostd::string_view(line));
  const auto context = opentelemetry::trace::Tracer::GetCurrentSpan()->GetContext();
  if (context.IsValid()) {
    record->SetTraceId(context.trace_id());
    record->SetSpanId(context.span_id());
    record->SetTraceFlags(context.trace_flags());
  }
  logger->EmitLogRecord(std::move(record));
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\u%04x", c);
      out += buffer;
    } else {
      out += c;
    }
  }
  out += '"';
}

void SetLogLevel(Level level) { Threshold() = level; }

void Log(Level level, std::string_view message, std::initializer_list<LogField> fields) {
  if (level < Threshold().load()) return;
  const auto now = std::chrono::system_clock::now();
  std::string line = "{";
  AppendText(line, "timestamp", Timestamp(now));
  AppendText(line, "level", kNames[static_cast<size_t>(level)]);
  AppendText(line, "message", message);
  AppendText(line, "service", TheShared().service_name);
  AppendText(line, "trace_id", CurrentTraceId());
  AppendText(line, "span_id", CurrentSpanId());
  AppendText(line, "request_id", CurrentRequestId());
  for (const LogField& field : fields) {
    line += ',';
    AppendJsonString(line, field.key);
    line += ':';
    std::visit(AppendValue{line}, field.value);
  }
  line += '}';
  Export(level, line, now);
  if (!TheShared().log_to_stdout) return;
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

}  // namespace observe
