// What Prometheus itself says of a scrape: up and its siblings.
#include <iterator>

#include "ingest/scrape/page.h"

namespace pharos::ingest::scrape {
namespace {

constexpr const char* kReportNames[] = {"up",
                                        "scrape_duration_seconds",
                                        "scrape_samples_scraped",
                                        "scrape_samples_post_metric_relabeling",
                                        "scrape_series_added",
                                        "scrape_timeout_seconds",
                                        "scrape_sample_limit",
                                        "scrape_body_size_bytes"};

}  // namespace

void PageWriter::WriteOne(size_t report, double value, int64_t time_ms,
                          store::SampleAppender& appender) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!has_report_handle_[report]) {
      const auto handle = appender.Resolve(model::LabelsBuilder(target_labels_)
                                               .Set(model::kMetricName, kReportNames[report])
                                               .Build());
      if (!handle) return;
      report_handles_[report] = *handle;
      has_report_handle_[report] = true;
    }
    const store::SampleWrite write{report_handles_[report], time_ms, value};
    std::vector<store::Refused> refused;
    appender.Append({&write, 1}, &refused);
    if (refused.empty() || refused[0].why != store::SampleRefusal::kStaleHandle) return;
    has_report_handle_[report] = false;  // evicted: once more
  }
}

void PageWriter::WriteReport(const ScrapeReport& report, int64_t time_ms,
                             store::SampleAppender& appender) {
  static_assert(std::size(kReportNames) == kReports);
  const double values[kReports] = {report.up ? 1.0 : 0.0,
                                   report.duration_seconds,
                                   static_cast<double>(report.scraped),
                                   static_cast<double>(report.kept),
                                   static_cast<double>(report.series_added),
                                   report.timeout_seconds,
                                   static_cast<double>(job_.sample_limit),
                                   static_cast<double>(report.body_bytes)};
  for (size_t i = 0; i < ReportCount(); ++i) WriteOne(i, values[i], time_ms, appender);
}

void PageWriter::MarkReportStale(int64_t time_ms, store::SampleAppender& appender) {
  for (size_t i = 0; i < ReportCount(); ++i) {
    WriteOne(i, model::StaleNan(), time_ms, appender);
  }
}

}  // namespace pharos::ingest::scrape
