// One target's pages on their way into the sample engine: series by their raw bytes, target
// labels, metric relabelling, limits, and staleness markers for what is gone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "conf/prometheus_config.h"
#include "conf/relabel.h"
#include "model/labels.h"
#include "model/sample.h"
#include "store/samples.h"
#include "wire/exposition.h"

namespace pharos::ingest::scrape {

/// How one scrape went, as the report series tell it.
struct ScrapeReport {
  bool up = false;
  double duration_seconds = 0;
  uint64_t scraped = 0;  ///< samples on the page
  uint64_t kept = 0;     ///< after metric relabelling
  uint64_t series_added = 0;
};

/// Remembers the series of one target from scrape to scrape.
///
/// Owns: label sets and handles of the series seen in the last scrapes. Threads: one at a
/// time. Errors: Write says why a page is refused as a whole (syntax, limits). Cost: a hash
/// and a look-up a series; labels are built for new series only.
class PageWriter {
 public:
  PageWriter(conf::ScrapeJob job, model::Labels target_labels);

  /// Appends the page's samples at `time_ms` (or at their own times where these are honoured)
  /// and stale markers for series that were on the page before. When the page is refused,
  /// nothing of it is written, all series go stale, and the error says why.
  base::Result<void> Write(std::string_view page, wire::ExpositionFormat format, int64_t time_ms,
                           store::SampleAppender& appender, ScrapeReport* report);
  /// The scrape failed, or the target is gone: every series of the last scrape goes stale.
  void MarkAllStale(int64_t time_ms, store::SampleAppender& appender);
  /// up, scrape_duration_seconds and their siblings.
  void WriteReport(const ScrapeReport& report, int64_t time_ms, store::SampleAppender& appender);
  /// Stale markers for the report series, when the target goes away.
  void MarkReportStale(int64_t time_ms, store::SampleAppender& appender);

 private:
  struct Series {
    model::Labels labels;  ///< empty: dropped by relabelling
    store::SeriesHandle handle;
    uint64_t seen_in = 0;      ///< number of the scrape
    bool track_stale = false;  ///< written without a time of its own
  };
  struct Pending {
    Series* series;
    int64_t time_ms;
    double value;
  };

  base::Result<void> ReadPage(std::string_view page, wire::ExpositionFormat format, int64_t time_ms,
                              store::SampleAppender& appender, ScrapeReport* report);
  base::Result<void> ReadSeries(const wire::ExpositionParser& parser, int64_t time_ms,
                                store::SampleAppender& appender, ScrapeReport* report);
  base::Result<Series> MakeSeries(const wire::ExpositionParser& parser) const;
  base::Result<model::Labels> SeriesLabels(const wire::ExpositionParser& parser) const;
  base::Result<void> CheckLimits(const model::Labels& labels) const;
  void Append(store::SampleAppender& appender);
  void AddStale(int64_t time_ms, uint64_t last_seen);
  void Forget();
  void WriteOne(std::string_view name, double value, int64_t time_ms,
                store::SampleAppender& appender);
  void TakeMetadata(const wire::ExpositionParser& parser, wire::ExpositionParser::Entry entry);

  const conf::ScrapeJob job_;
  const model::Labels target_labels_;
  conf::Relabeller relabel_;
  std::unordered_map<base::Hash128, Series, base::Hash128Hasher> series_;
  std::unordered_map<std::string, model::Metadata> metadata_;
  std::vector<std::string> changed_metadata_;
  uint64_t scrape_ = 0;
  std::vector<Series*> shown_;  ///< on the page that is being read
  std::vector<Pending> pending_;
  std::vector<std::pair<Series*, model::Exemplar>> exemplars_;
};

}  // namespace pharos::ingest::scrape
