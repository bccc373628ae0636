// What a line costs in the stages that queries use most.
#include <benchmark/benchmark.h>

#include "query/logql/parser.h"
#include "query/logql/pipeline.h"

namespace pharos::query::logql {
namespace {

constexpr std::string_view kJson =
    R"({"timestamp":"2024-01-01T00:00:00Z","level":"info","event":"request","route":"/products/{id}","method":"GET",)"
    R"("status":200,"latency_ms":12.5,"trace_id":"0af7651916cd43dd8448eb211c80319c","user":{"id":42,"plan":"pro"}})";
constexpr std::string_view kLogfmt =
    R"(ts=2024-01-01T00:00:00Z level=info msg="request done" route=/products/{id} method=GET status=200 duration=12.5ms)";

void Run(benchmark::State& state, const char* stages, std::string_view line) {
  const auto expr = Parse(std::string("{a=\"b\"} ") + stages);
  auto pipeline = Pipeline::Compile((*expr)->As<LogExpr>()->stages);
  const std::vector<model::LabelView> stream{{"app", "shop"}, {"env", "prod"}};
  Entry entry;
  for (auto _ : state) {
    entry.line = line;
    entry.labels.Reset(stream);
    benchmark::DoNotOptimize(pipeline->Process(&entry));
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(line.size()));
}

BENCHMARK_CAPTURE(Run, contains, "|= \"trace_id\"", kJson);
BENCHMARK_CAPTURE(Run, regex, "|~ \"latency_ms.*[0-9]{3,}\"", kJson);
BENCHMARK_CAPTURE(Run, json, "| json", kJson);
BENCHMARK_CAPTURE(Run, json_path, "| json level=\"level\", plan=\"user.plan\"", kJson);
BENCHMARK_CAPTURE(Run, json_filter, "| json | level=\"error\" | latency_ms > 100", kJson);
BENCHMARK_CAPTURE(Run, logfmt, "| logfmt", kLogfmt);
BENCHMARK_CAPTURE(Run, pattern, "| pattern \"<_> level=<level> <_>\"", kLogfmt);
BENCHMARK_CAPTURE(Run, line_format, "| json | line_format \"{{.level}} {{.route}}\"", kJson);

}  // namespace
}  // namespace pharos::query::logql
