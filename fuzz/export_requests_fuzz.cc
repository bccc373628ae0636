// Any bytes as an OTLP request at the exporters: lines, pushes, pages, never a crash.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "export/debug_exporter.h"
#include "export/loki_exporter.h"
#include "export/otlp_exporter.h"
#include "export/prometheus_exporter.h"

using namespace pharos;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto body =
      std::make_shared<const std::string>(reinterpret_cast<const char*>(data) + 1, size - 1);
  static base::FakeClock clock{1'600'000'000'000'000'000};
  const auto ignore = [](const base::Result<ingest::receive::OtlpTaken>&) {};
  const auto signal = static_cast<ingest::receive::OtlpSignal>(data[0] % 3);
  if (const auto pushes = exporting::MakeLokiPushes(body, {}, 0)) {
    for (const auto& push : pushes->pushes) (void)exporting::EncodeLokiPush(push);
  }
  exporting::PrometheusExporter page({.resource_to_telemetry = data[0] % 2 == 0}, &clock);
  page.Take({ingest::receive::OtlpSignal::kMetrics, body, {}}, ignore);
  page.Take({ingest::receive::OtlpSignal::kMetrics, body, {}}, ignore);
  (void)page.Page(exporting::PageFormat::kText);
  (void)page.Page(exporting::PageFormat::kOpenMetrics);
  exporting::MakeDebugExporter({.verbosity = conf::OtelcolDebugExporter::Verbosity::kDetailed}, "d",
                               &clock, [](const std::string&) {})
      ->Take({signal, body, {}}, ignore);
  (void)exporting::RetryPause(*body);
  return 0;
}
