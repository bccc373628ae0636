// Two scrapes of a target that shows protobuf: the first byte says what is made of histograms, the
// second where the pages are cut. Then the second page again, which must find what it left.
#include <cstdint>
#include <string_view>

#include "ingest/receive/fake_sinks.h"
#include "ingest/scrape/page.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos;
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  conf::ScrapeJob job;
  job.scrape_native_histograms = (data[0] & 1) != 0;
  job.always_scrape_classic_histograms = (data[0] & 2) != 0;
  job.honor_labels = (data[0] & 4) != 0;
  job.honor_timestamps = (data[0] & 8) != 0;
  job.track_timestamps_staleness = (data[0] & 16) != 0;
  ingest::receive::FakeSamples samples;
  ingest::scrape::PageWriter writer(job, model::Labels{{"instance", "h:1"}, {"job", "j"}});
  const size_t cut = bytes.size() * data[1] / 256;
  const auto appender = samples.Begin("default");
  int64_t time_ms = 1'000;
  size_t resolved = 0;
  for (const std::string_view page : {bytes.substr(0, cut), bytes.substr(cut), bytes.substr(cut)}) {
    ingest::scrape::ScrapeReport report;
    const size_t before = samples.resolved;
    const auto written =
        writer.Write(page, wire::ExpositionFormat::kProtobuf, time_ms, *appender, &report);
    if (report.kept > report.scraped) __builtin_trap();
    resolved = written ? samples.resolved - before : 0;
    writer.WriteReport(report, time_ms, *appender);
    time_ms += 15'000;
  }
  if (resolved > 5) __builtin_trap();  // the reports' own at most
  writer.MarkAllStale(time_ms, *appender);
  return 0;
}
