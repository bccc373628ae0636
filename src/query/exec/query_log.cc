#include "query/exec/query_log.h"

#include <cstdio>

#include "base/log.h"
#include "text/json_writer.h"
#include "text/rfc3339.h"

namespace pharos::query::exec {
namespace {

void Timings(text::JsonWriter& json, double seconds) {
  json.Key("timings").BeginObject();
  for (const char* name : {"evalTotalTime", "execTotalTime", "innerEvalTime"})
    json.Key(name).Double(seconds);
  for (const char* name : {"execQueueTime", "queryPreparationTime", "resultSortTime"})
    json.Key(name).Double(0);
  json.EndObject();
}

std::string LineOf(const LoggedQuery& query, const QueryContext& context, int64_t now_ns) {
  std::string line;
  text::JsonWriter json(line);
  json.BeginObject();
  json.Key("time").String(text::Rfc3339Nano(now_ns));
  json.Key("level").String("INFO").Key("msg").String("promql query logged");
  json.Key("params").BeginObject();
  json.Key("end").String(text::Rfc3339Nano(query.end_ms * 1'000'000));
  json.Key("query").String(query.query);
  json.Key("start").String(text::Rfc3339Nano(query.start_ms * 1'000'000));
  json.Key("step").Int(query.step_ms / 1000).EndObject();
  if (!query.error.empty()) json.Key("error").String(query.error);
  json.Key("stats").BeginObject();
  Timings(json, static_cast<double>(query.elapsed_ns) / 1e9);
  json.Key("samples").BeginObject();
  json.Key("totalQueryableSamples").Int(query.stats.total_samples);
  json.Key("peakSamples").Int(query.stats.peak_samples).EndObject().EndObject();
  const QueryOrigin& origin = context.origin();
  if (!origin.path.empty()) {
    json.Key("httpRequest").BeginObject();
    json.Key("clientIP").String(origin.client);
    json.Key("method").String(origin.method);
    json.Key("path").String(origin.path).EndObject();
  }
  if (!origin.rule_group.empty()) {
    json.Key("ruleGroup").BeginObject();
    json.Key("file").String(origin.rule_file);
    json.Key("name").String(origin.rule_group).EndObject();
  }
  json.EndObject();
  line += '\n';
  return line;
}

}  // namespace

base::Result<void> QueryLog::SetFile(const std::string& path) {
  std::shared_ptr<io::File> file;
  {
    std::lock_guard lock(mutex_);
    if (path == path_) return {};
  }
  if (!path.empty()) {
    auto opened = fs_.Exists(path) ? fs_.OpenAppend(path) : fs_.Create(path);
    if (!opened) return base::Wrap(std::move(opened).error(), "query_log_file");
    file = *std::move(opened);
  }
  std::lock_guard lock(mutex_);
  path_ = path;
  file_ = std::move(file);
  told_ = false;
  return {};
}

void QueryLog::Write(const LoggedQuery& query, const QueryContext& context) {
  std::lock_guard lock(mutex_);
  if (file_ == nullptr) return;
  const auto written = file_->Append(LineOf(query, context, clock_.NowNs()));
  if (written || told_) return;
  told_ = true;
  base::Log(base::LogLevel::kError, "a query cannot be logged",
            {{"path", path_}, {"error", written.error().message}});
}

}  // namespace pharos::query::exec
