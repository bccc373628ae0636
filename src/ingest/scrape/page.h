// One target's pages on their way into the sample engine: series by their raw bytes, target
// labels, metric relabelling, limits, and staleness markers for what is gone.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "conf/prometheus_config.h"
#include "conf/relabel.h"
#include "ingest/scrape/known_series.h"
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
  // With extra_scrape_metrics:
  double timeout_seconds = 0;
  int64_t body_bytes = 0;  ///< uncompressed; -1: more than body_size_limit; 0: none came
};

/// Remembers the lines of one target's page from scrape to scrape. A page of text that shows the
/// same lines in the same order, other values aside, is read by comparing hashes with what is
/// expected next: no label is parsed, no table is searched, nothing is allocated a line.
///
/// Owns: handles and hashes of the series seen in the last scrapes, and the order of lines of
/// the last page. Threads: one at a time. Errors: Write says why a page is refused as a whole
/// (syntax, limits). Cost: a hash of 100 bytes a line; a look-up where a line is not the one
/// that was expected; labels are built for new series only. 100 bytes of memory a series.
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
  struct Line {
    wire::ExpositionParser::LineKey key;
    uint32_t series = KnownSeries::kNone;  ///< kNone: a comment
    model::MetricType type{};              ///< in force behind it
  };

  using Pairs = std::vector<std::pair<std::string, std::string>>;
  using ReadPairs = std::function<base::Result<Pairs>()>;
  /// What a page says of one series.
  struct Reading {
    bool has_time = false;
    int64_t time_ms = 0;
    double value = 0;
    std::shared_ptr<const model::Histogram> histogram = nullptr;  ///< instead of the value
    int64_t start_ms = 0;  ///< when the count began; 0: not known
  };
  static Reading ReadingOf(const wire::ExpositionParser& parser);

  base::Result<void> ReadPage(std::string_view page, wire::ExpositionFormat format, int64_t time_ms,
                              store::SampleAppender& appender, ScrapeReport* report);
  base::Result<bool> ReadLine(wire::ExpositionParser& parser, int64_t time_ms,
                              store::SampleAppender& appender, ScrapeReport* report);
  bool TakeExpected(wire::ExpositionParser& parser, int64_t time_ms, ScrapeReport* report);
  void Surprise(const Line& line);
  base::Result<uint32_t> FindOrMake(const base::Hash128& key, const ReadPairs& read,
                                    store::SampleAppender& appender, ScrapeReport* report);
  void AddSample(uint32_t place, const Reading& reading, int64_t time_ms, ScrapeReport* report);
  base::Result<model::Labels> MakeLabels(Pairs pairs) const;
  base::Result<model::Labels> SeriesLabels(Pairs pairs) const;
  base::Result<void> CheckLimits(const model::Labels& labels) const;
  void Append(std::string_view page, wire::ExpositionFormat format,
              store::SampleAppender& appender);
  void ResolveAgain(std::string_view page, wire::ExpositionFormat format,
                    store::SampleAppender& appender);
  template <class One, class AppendAll>
  size_t AppendTwice(std::vector<One>& writes, const std::vector<uint32_t>& places,
                     const std::function<void()>& resolve_again, AppendAll append);
  using Handle = std::pair<uint32_t, uint32_t>;  ///< index, epoch
  void AddStale(int64_t time_ms);
  std::set<Handle> ShownOtherwise(const std::vector<ScrapedSeries>& gone) const;
  void ClearWrites();
  void Forget();
  static constexpr size_t kReports = 8;
  size_t ReportCount() const { return job_.extra_scrape_metrics ? kReports : 5; }
  void WriteOne(size_t report, double value, int64_t time_ms, store::SampleAppender& appender);
  void TakeMetadata(const wire::ExpositionParser& parser, wire::ExpositionParser::Entry entry);
  void NoteMetadata(const std::string& family, model::Metadata metadata);

  // page_protobuf.cc
  base::Result<void> ReadProtobuf(std::string_view page, int64_t time_ms,
                                  store::SampleAppender& appender, ScrapeReport* report);
  void EachOfProtobuf(std::string_view page,
                      const std::function<void(const base::Hash128&, const ReadPairs&)>& each);

  const conf::ScrapeJob job_;
  const model::Labels target_labels_;
  conf::Relabeller relabel_;
  KnownSeries series_;
  std::vector<Line> lines_, old_lines_;  ///< of this page, and of the last one once they differ
  size_t expected_ = 0;  ///< in old_lines_, or in lines_ as long as nothing was unexpected
  bool surprised_ = true;
  uint32_t scrape_ = 0;
  size_t shown_ = 0;  ///< different series on the page that is being read
  std::unordered_map<std::string, model::Metadata> metadata_;
  std::vector<std::string> changed_metadata_;
  std::vector<store::SampleWrite> samples_;
  std::vector<int64_t> starts_;   ///< of these; empty where none is known
  std::vector<uint32_t> places_;  ///< whose samples these are
  std::vector<store::HistogramWrite> histograms_;
  std::vector<uint32_t> histogram_places_;
  std::vector<std::pair<uint32_t, model::Exemplar>> exemplars_;
  std::array<store::SeriesHandle, kReports> report_handles_{};
  std::array<bool, kReports> has_report_handle_{};
};

}  // namespace pharos::ingest::scrape
