// Two scrapes of one target, cut at a zero byte: series, stale markers, limits, metadata.
#include <cstdint>
#include <string_view>

#include "ingest/receive/fake_sinks.h"
#include "ingest/scrape/page.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto format = data[0] % 2 == 0 ? wire::ExpositionFormat::kPrometheusText
                                       : wire::ExpositionFormat::kOpenMetrics;
  conf::ScrapeJob job;
  job.honor_labels = (data[0] & 2) != 0;
  job.honor_timestamps = (data[0] & 4) != 0;
  ingest::receive::FakeSamples samples;
  ingest::scrape::PageWriter writer(job, model::Labels{{"instance", "h:1"}, {"job", "j"}});
  const size_t cut = std::min(text.find('\0'), text.size());
  const auto appender = samples.Begin("default");
  int64_t time_ms = 1'000;
  for (const std::string_view page : {text.substr(0, cut), text.substr(cut)}) {
    ingest::scrape::ScrapeReport report;
    (void)writer.Write(page.starts_with('\0') ? page.substr(1) : page, format, time_ms, *appender,
                       &report);
    if (report.kept > report.scraped) __builtin_trap();
    writer.WriteReport(report, time_ms, *appender);
    time_ms += 15'000;
  }
  writer.MarkAllStale(time_ms, *appender);
  return 0;
}
