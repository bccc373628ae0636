#include "conf/otelcol_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "conf/prometheus_config.h"

namespace pharos::conf {
namespace {

const std::string kLabFile = "../shared/lab/config/otel-collector-config.yaml";
const std::string kCore = "../shared/data/otelcol_core/";
const std::string kContrib = "../shared/data/otelcol_contrib/";

std::optional<std::string> TestEnv(const std::string& name) {
  if (name == "HOST") return "tempo";
  if (name == "SIZE") return "17";
  if (name == "LIST") return "[otlp/a, otlp/b]";
  return std::nullopt;
}

/// A whole file with the given sections in place of the usual ones.
std::string File(std::string_view receivers, std::string_view processors,
                 std::string_view exporters, std::string_view pipelines) {
  return "receivers:\n" + std::string(receivers) + "processors:\n" + std::string(processors) +
         "exporters:\n" + std::string(exporters) + "service:\n  pipelines:\n" +
         std::string(pipelines);
}
constexpr std::string_view kOtlp = "  otlp: {protocols: {grpc: }}\n";
constexpr std::string_view kDebug = "  debug:\n";
constexpr std::string_view kTraces = "    traces: {receivers: [otlp], exporters: [debug]}\n";

std::string Fault(const std::string& text) {
  const auto config = ParseOtelcolConfig(text, "f.yml", nullptr, TestEnv);
  return config ? "" : config.error().message;
}
std::string ProcessorFault(std::string_view processors) {
  return Fault(File(kOtlp, processors, kDebug, kTraces));
}
std::string ExporterFault(std::string_view exporters) {
  return Fault(File(kOtlp, "", std::string(kDebug) + std::string(exporters), kTraces));
}

TEST(OtelcolConfig, TheLabsFile) {
  if (!std::filesystem::exists(kLabFile)) GTEST_SKIP() << kLabFile << " is not here";
  std::vector<KeyNote> notes;
  const auto config = ReadOtelcolConfig(kLabFile, &notes);
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->receivers.size(), 1u);
  EXPECT_EQ(config->receivers[0].grpc->endpoint, "0.0.0.0:4317");
  EXPECT_EQ(config->receivers[0].http->endpoint, "0.0.0.0:4318");
  ASSERT_EQ(config->pipelines.size(), 3u);
  const OtelcolPipeline& logs = config->pipelines[2];
  EXPECT_EQ(logs.id, "logs");
  EXPECT_EQ(logs.processors.size(), 3u);
  const auto& loki =
      std::get<OtelcolLokiExporter>(config->exporters[logs.exporters.at(0)].settings);
  EXPECT_FALSE(loki.label_exporter);
  EXPECT_TRUE(loki.label_job);
  EXPECT_TRUE(loki.label_level);
  const auto& batch = std::get<OtelcolBatch>(config->processors[0].settings);
  EXPECT_EQ(batch.timeout_ms, 1000);
  EXPECT_EQ(batch.send_batch_size, 1024);
  EXPECT_EQ(std::get<OtelcolMemoryLimiter>(config->processors[1].settings).limit_bytes, 512 << 20);
  std::string warnings;
  for (const KeyNote& note : notes) {
    if (note.verdict == Verdict::kWarning) warnings += note.key + ": " + note.text + "\n";
  }
  EXPECT_NE(warnings.find("http_requests_total becomes app_http_requests_total"),
            std::string::npos);
  EXPECT_NE(warnings.find("exporters.debug: no pipeline uses it"), std::string::npos) << warnings;
}

TEST(OtelcolConfig, DefaultsAndNames) {
  const auto config = ParseOtelcolConfig(
      File("  otlp/2: {protocols: {http: {traces_url_path: traces}}}\n", "",
           "  otlp/tempo: {endpoint: 'https://${env:HOST}:4317'}\n"
           "  otlphttp: {endpoint: 'http://x/base/', logs_endpoint: 'http://y/l'}\n",
           "    traces/2: {receivers: [otlp/2], exporters: [otlp/tempo, otlphttp]}\n"),
      "f", nullptr, TestEnv);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_FALSE(config->receivers[0].grpc);
  EXPECT_EQ(config->receivers[0].http->traces_path, "/traces");
  EXPECT_EQ(config->receivers[0].http->logs_path, "/v1/logs");
  const auto& otlp = std::get<OtelcolOtlpExporter>(config->exporters[0].settings);
  EXPECT_EQ(otlp.client.endpoint, "tempo:4317");
  EXPECT_FALSE(otlp.client.plaintext);
  EXPECT_TRUE(otlp.client.retry.enabled);
  EXPECT_EQ(otlp.client.queue.size, 1000);
  const auto& http = std::get<OtelcolOtlpHttpExporter>(config->exporters[1].settings);
  EXPECT_EQ(http.traces_url, "http://x/base/v1/traces");
  EXPECT_EQ(http.logs_url, "http://y/l");
  EXPECT_EQ(config->pipelines[0].signal, OtelcolSignal::kTraces);
  EXPECT_EQ(config->metrics_address, "localhost:8888");
  EXPECT_EQ(config->health_check_endpoint, "");
}

TEST(OtelcolConfig, PipelineFaultsInTheCollectorsWords) {
  EXPECT_EQ(Fault(File(kOtlp, "", kDebug, "    traces: {receivers: [nop], exporters: [debug]}\n")),
            "f.yml:8: service::pipelines::traces: references receiver \"nop\" which is not "
            "configured");
  EXPECT_EQ(Fault(File(kOtlp, "", kDebug, "    traces: {exporters: [debug]}\n")),
            "f.yml:8: service::pipelines::traces: must have at least one receiver");
  EXPECT_EQ(Fault(File(kOtlp, "", kDebug, "    traces: {receivers: [otlp]}\n")),
            "f.yml:8: service::pipelines::traces: must have at least one exporter");
  EXPECT_EQ(Fault(File(kOtlp, "  batch:\n", kDebug,
                       "    traces:\n      receivers: [otlp]\n      processors: [batch, batch]\n"
                       "      exporters: [debug]\n")),
            "f.yml:11: service::pipelines::traces: references processor \"batch\" multiple times");
  EXPECT_EQ(Fault(File(kOtlp, "", "  prometheus: {endpoint: ':1'}\n",
                       "    logs: {receivers: [otlp], exporters: [prometheus]}\n")),
            "f.yml:8: failed to create \"prometheus\" exporter for data type \"logs\": telemetry "
            "type is not supported");
  EXPECT_EQ(Fault(File(kOtlp, "", kDebug, "    foo: {receivers: [otlp], exporters: [debug]}\n")),
            "f.yml:8: service::pipelines::foo: unknown pipeline signal: \"foo\"");
  EXPECT_EQ(Fault("receivers:\n  otlp: {protocols: {http: }}\nexporters:\n  debug:\nservice: {}\n"),
            "f.yml:5: service::pipelines: service must have at least one pipeline");
  EXPECT_NE(Fault("service: {}\n").find("no receiver configuration specified in config"),
            std::string::npos);
}

TEST(OtelcolConfig, WhatIsNotThereIsRefusedByName) {
  EXPECT_EQ(ProcessorFault("  tail_sampling: {decision_wait: 1s}\n"),
            "f.yml:4: processors: \"tail_sampling\" is not supported yet (component type "
            "\"tail_sampling\")");
  EXPECT_EQ(ProcessorFault("  bogus/1:\n"),
            "f.yml:4: 'processors' unknown type: \"bogus\" for id: \"bogus/1\" (valid values: "
            "[attributes batch memory_limiter resource])");
  EXPECT_NE(Fault(File(kOtlp, "", kDebug, kTraces) + "connectors:\n  spanmetrics:\n")
                .find("f.yml:10: connectors: \"spanmetrics\" is not supported yet"),
            std::string::npos);
  EXPECT_EQ(Fault(File("  otlp: {protocols: {thrift: }}\n", "", kDebug, kTraces)),
            "f.yml:2: field thrift not found in type receivers::otlp::protocols\n"
            "f.yml:2: receivers::otlp: must specify at least one protocol when using the OTLP "
            "receiver");
  EXPECT_EQ(ExporterFault("  otlp: {endpoint: 'h:1', sending_queue: {storage: x}}\n"),
            "f.yml:6: field storage of sending_queue is not supported yet");
  EXPECT_EQ(ExporterFault("  otlp: {endpoint: h}\n"),
            "f.yml:6: address h: missing port in address");
  EXPECT_EQ(ExporterFault("  otlp: {endpoint: 'h:port'}\n"), "f.yml:6: invalid port \"port\"");
  EXPECT_EQ(ExporterFault("  otlp: {timeout: 1s}\n"), "f.yml:6: requires a non-empty \"endpoint\"");
  EXPECT_EQ(ExporterFault("  otlphttp: {}\n"), "f.yml:6: at least one endpoint must be specified");
  EXPECT_EQ(ExporterFault("  otlphttp: {endpoint: 'http://h', encoding: invalid}\n"),
            "f.yml:6: invalid encoding type: invalid");
}

TEST(OtelcolConfig, TheLabsTailSamplingIsRefusedByName) {
  const std::string folder = "../shared/lab/config/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not here";
  for (const char* name : {"tail_sampling.yaml", "tail_sampling_production.yaml"}) {
    const auto fragment = ReadTextFile(folder + name);
    ASSERT_TRUE(fragment) << fragment.error().message;
    std::string text = "receivers:\n  otlp: {protocols: {grpc: }}\n" + *fragment;
    text += "\nexporters:\n  debug:\nservice:\n  pipelines:\n" + std::string(kTraces);
    EXPECT_THAT(Fault(text), testing::HasSubstr("processors: \"tail_sampling\" is not supported "
                                                "yet"))
        << name;
  }
  EXPECT_EQ(ProcessorFault("  'batch/a\"b':\n"),
            "f.yml:4: 'processors' in \"batch/a\"b\" id: invalid character(s) in name");
}

TEST(OtelcolConfig, MemoryLimiterAndBatchAreChecked) {
  const auto limiter = [](std::string_view keys) {
    return ProcessorFault("  memory_limiter: {" + std::string(keys) + "}\n");
  };
  EXPECT_EQ(limiter("check_interval: 100ms, limit_mib: 5722, spike_limit_mib: 1907"), "");
  EXPECT_EQ(limiter("limit_mib: 1"), "f.yml:4: 'check_interval' must be greater than zero");
  EXPECT_EQ(limiter("check_interval: 1s"),
            "f.yml:4: 'limit_mib' or 'limit_percentage' must be greater than zero");
  EXPECT_EQ(limiter("check_interval: 1s, limit_mib: 10, spike_limit_mib: 10"),
            "f.yml:4: 'spike_limit_mib' must be smaller than 'limit_mib'");
  EXPECT_NE(limiter("check_interval: 1s, limit_percentage: 101"), "");
  EXPECT_EQ(limiter("check_interval: 1s, limit_percentage: 50, spike_limit_percentage: 60"),
            "f.yml:4: 'spike_limit_percentage' must be smaller than 'limit_percentage'");
  EXPECT_NE(limiter("check_interval: 5s, limit_mib: -2000"), "");
  EXPECT_EQ(ProcessorFault("  batch: {send_batch_size: 10, send_batch_max_size: 9}\n"),
            "f.yml:4: send_batch_max_size must be greater or equal to send_batch_size");
}

TEST(OtelcolConfig, TheEnvironmentExpands) {
  std::vector<KeyNote> notes;
  const auto config = ParseOtelcolConfig(
      File(kOtlp, "  batch: {send_batch_size: '${SIZE}', timeout: '${env:WAIT:-3s}'}\n",
           "  otlp/a: {endpoint: '${env:HOST}-$$x:1', headers: {h: \"a${env:GONE}b\"}}\n"
           "  otlp/b: {endpoint: '$HOST:2'}\n",
           "    traces:\n      receivers: [otlp]\n      processors: [batch]\n"
           "      exporters: ${env:LIST}\n"),
      "f", &notes, TestEnv);
  ASSERT_TRUE(config) << config.error().message;
  const auto& a = std::get<OtelcolOtlpExporter>(config->exporters[0].settings).client;
  EXPECT_EQ(a.endpoint, "tempo-$x:1");
  EXPECT_EQ(a.headers.at("h"), "ab");
  EXPECT_EQ(std::get<OtelcolOtlpExporter>(config->exporters[1].settings).client.endpoint,
            "tempo:2");
  const auto& batch = std::get<OtelcolBatch>(config->processors[0].settings);
  EXPECT_EQ(batch.send_batch_size, 17);
  EXPECT_EQ(batch.timeout_ms, 3000);
  EXPECT_EQ(config->pipelines[0].exporters.size(), 2u);
  size_t warnings = 0;
  for (const KeyNote& note : notes) warnings += note.verdict == Verdict::kWarning;
  EXPECT_EQ(warnings, 2u) << "GONE is not set; $HOST has no braces";
  EXPECT_NE(ExporterFault("  otlp: {endpoint: '${file:x}:1'}\n").find("only env is"),
            std::string::npos);
  EXPECT_NE(ExporterFault("  otlp: {endpoint: '${env:1x}:1'}\n").find("has invalid name"),
            std::string::npos);
}

/// Wraps a section's file in a whole one, each of its components in its own pipeline.
TEST(OtelcolConfig, ContribsProcessorFiles) {
  for (const std::string name : {"attributesprocessor", "resourceprocessor"}) {
    const std::string file = kContrib + "processor/" + name + "/config.yaml";
    if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not here";
    std::string text = "receivers:\n  otlp: {protocols: {grpc: }}\nprocessors:\n";
    std::string line;
    std::istringstream lines(*ReadTextFile(file));
    while (std::getline(lines, line)) text += "  " + line + "\n";
    text += "exporters:\n  debug:\nservice:\n  pipelines:\n" + std::string(kTraces);
    const auto config = ParseOtelcolConfig(text, "f", nullptr, TestEnv);
    if (name == "resourceprocessor") {
      ASSERT_FALSE(config);  // resource/empty has no actions
      EXPECT_NE(config.error().message.find("missing required field \"actions\""),
                std::string::npos);
    } else {
      ASSERT_FALSE(config);  // attributes/regex_insert has a group without a name
      EXPECT_EQ(config.error().message,
                "f:41: error creating AttrProc. Field \"pattern\" contains at least one unnamed "
                "matcher group at the 0-th actions");
    }
  }
}

TEST(OtelcolConfig, CoresFiles) {
  const auto read = [](const std::string& path) { return ReadTextFile(kCore + path); };
  if (!std::filesystem::exists(kCore)) GTEST_SKIP() << kCore << " is not here";
  const auto receiver = [&](const std::string& path) {
    std::string text = "receivers:\n  otlp:\n", line;
    std::istringstream lines(*read("receiver_otlpreceiver/testdata/" + path));
    while (std::getline(lines, line)) text += "    " + line + "\n";
    return Fault(text + "exporters:\n  debug:\nservice:\n  pipelines:\n" + std::string(kTraces));
  };
  EXPECT_EQ(receiver("default.yaml"), "");
  EXPECT_NE(receiver("bad_no_proto_config.yaml"), "");
  EXPECT_NE(receiver("bad_proto_config.yaml"), "");
  EXPECT_NE(receiver("typo_default_proto_config.yaml").find("field htttp not found"),
            std::string::npos);
  EXPECT_NE(receiver("invalid_traces_path.yaml"), "");
  EXPECT_NE(receiver("invalid_metrics_path.yaml"), "");
  EXPECT_NE(receiver("invalid_logs_path.yaml"), "");
  EXPECT_NE(receiver("uds.yaml").find("transport \"unix\" is not supported yet"),
            std::string::npos);
}

}  // namespace
}  // namespace pharos::conf
