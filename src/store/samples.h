// The door to the sample engine. Receivers, the scraper and rules write through
// SampleSink; query languages read through SampleSource. Nothing above layer 4 knows
// which engine stands behind.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ack.h"
#include "base/hash.h"
#include "base/result.h"
#include "model/labels.h"
#include "model/matcher.h"
#include "model/sample.h"

namespace pharos::store {

inline constexpr std::string_view kDefaultTenant = "default";

/// Names one series in one engine's memory. The epoch makes an evicted series' handle
/// stale instead of wrong.
struct SeriesHandle {
  uint32_t index = 0;
  uint32_t epoch = 0;
  bool operator==(const SeriesHandle&) const = default;
};

struct SampleWrite {
  SeriesHandle series;
  int64_t time_ms = 0;
  double value = 0;
};

struct HistogramWrite {
  SeriesHandle series;
  int64_t time_ms = 0;
  std::shared_ptr<const model::Histogram> histogram;
  int64_t start_ms = 0;  ///< when the count began; 0: not known
};

struct ExemplarWrite {
  SeriesHandle series;
  model::Exemplar exemplar;
};

/// Why a sample was not taken.
enum class SampleRefusal : uint8_t {
  kStaleHandle,         ///< resolve the labels again, then append again
  kOutOfOrder,          ///< older than the newest and outside the out-of-order window
  kDuplicateTimestamp,  ///< another value at the same time
  kTooOld,              ///< before now − retention
  kTooFarInFuture,      ///< after now + 10 min
};

struct Refused {
  size_t index = 0;  ///< into the span that was given
  SampleRefusal why{};
};

/// Writes of one request. Samples are visible to queries when Append returns; they are
/// durable when the Ack of Commit resolves.
///
/// Owns: the request's WAL record in the making. Threads: one at a time; many appenders may
/// work at once. Errors: refused samples are listed, the others are taken. Cost: no
/// allocation and no lock a sample (one lock a shard and call).
class SampleAppender {
 public:
  virtual ~SampleAppender() = default;

  /// The handle that was remembered for a hash of raw label bytes, if it still lives.
  virtual std::optional<SeriesHandle> Lookup(base::Hash128 raw_labels) = 0;
  /// A hint that this hash will be looked up soon.
  virtual void WillLookup(base::Hash128 /*raw_labels*/) {}
  /// Many look-ups at a time, which an engine can do faster. `found` is as long as the hashes.
  virtual void LookupAll(std::span<const base::Hash128> raw_labels,
                         std::span<std::optional<SeriesHandle>> found) {
    for (size_t i = 0; i < raw_labels.size(); ++i) found[i] = Lookup(raw_labels[i]);
  }
  /// Finds or makes the series. kLimit when new series are refused (budget, limits).
  virtual base::Result<SeriesHandle> Resolve(const model::Labels& labels) = 0;
  /// Lets Lookup find `series` by these raw bytes from now on.
  virtual void Remember(base::Hash128 raw_labels, SeriesHandle series) = 0;

  /// Appends what it can and adds the rest to `refused`.
  virtual void Append(std::span<const SampleWrite> samples, std::vector<Refused>* refused) = 0;
  /// As Append; `starts_ms` (as long as `samples`) says when each count began, 0 where that is
  /// not known. A sink that keeps no starts leaves them out.
  virtual void AppendStarted(std::span<const SampleWrite> samples,
                             std::span<const int64_t> /*starts_ms*/,
                             std::vector<Refused>* refused) {
    Append(samples, refused);
  }
  virtual void AppendHistograms(std::span<const HistogramWrite> samples,
                                std::vector<Refused>* refused) = 0;
  virtual void AppendExemplars(std::span<const ExemplarWrite> exemplars) = 0;
  /// Remembers what is said of a metric family; the last word counts.
  virtual void SetMetadata(std::string_view metric, const model::Metadata& metadata) = 0;

  /// Hands all of it to the WAL as one record. The appender is empty afterwards and may be
  /// used again.
  virtual base::Ack Commit() = 0;
};

class SampleSink {
 public:
  virtual ~SampleSink() = default;
  /// Never null.
  virtual std::unique_ptr<SampleAppender> Begin(std::string_view tenant) = 0;
};

/// What a query asks of a source. `step_ms`, `function` and `grouping` are hints: a source
/// may use them to return less than all samples only where the answer stays the same.
struct SampleQuery {
  std::string tenant{kDefaultTenant};
  std::vector<model::Matcher> matchers;
  int64_t start_ms = 0;  ///< inclusive
  int64_t end_ms = 0;    ///< inclusive
  int64_t step_ms = 0;
  std::string function;  ///< innermost function over the selector, "" for none
  std::vector<std::string> grouping;
  /// Of floats only times and stale markers matter: a source may give any other value for what
  /// is no stale marker.
  bool presence_only = false;
  size_t series_limit = 0;  ///< 0: no limit; more series than that is kLimit
};

/// One series' samples in time order, times strictly rising within each column.
struct SeriesColumns {
  model::Labels labels;
  std::vector<int64_t> times_ms;
  std::vector<double> values;
  std::vector<int64_t> starts_ms;  ///< when each count began; 0: not known. Empty: none is known
  std::vector<model::HistogramSample> histograms;
};

/// Yields series in rising order of labels.
class SeriesCursor {
 public:
  virtual ~SeriesCursor() = default;
  /// Fills `out` (reusing its memory) and returns true, or false at the end.
  virtual base::Result<bool> Next(SeriesColumns* out) = 0;
};

/// One series' samples in time order, borrowed until the reader's next call.
struct SeriesSpan {
  std::span<const int64_t> times_ms;
  std::span<const double> values;
  std::span<const int64_t> starts_ms;  ///< as SeriesColumns
  std::span<const model::HistogramSample> histograms;
  /// Not 0 and the same as another series' of this selection, whichever reader gave it: the same
  /// `times_ms` to the last one (series that were scraped together).
  uint64_t times_id = 0;
  int64_t period_ms = 0;  ///< from each time to the next; 0: not known, or not always the same
  /// What is known of the values without looking at them: none is a NaN (so no stale marker) or
  /// an infinity; and none is less than the one before.
  bool finite = false, rising = false;
};

/// Which series go together, by some of their labels.
struct SeriesGroups {
  std::vector<uint32_t> group_of;     ///< a series
  std::vector<model::Labels> labels;  ///< a group, in the order in which they first occur
};

/// Reads series of a selection. Owns: buffers. Threads: one.
class SelectionReader {
 public:
  virtual ~SelectionReader() = default;
  /// A series may turn out empty.
  virtual base::Result<SeriesSpan> Read(size_t series) = 0;
};

/// The series that a query chose, in rising order of labels, to be read in any order and by
/// several readers at once.
///
/// Owns: its snapshot. Threads: any; const. Errors: readers give them. Cost: a reader decodes
/// what it is asked for, nothing else.
class Selection {
 public:
  virtual ~Selection() = default;
  virtual size_t size() const = 0;
  virtual model::Labels LabelsOf(size_t series) const = 0;
  /// Groups by the labels in `names`, or by all but these and the metric's name (`without`).
  virtual SeriesGroups GroupBy(const std::vector<std::string>& names, bool without) const;
  virtual std::unique_ptr<SelectionReader> NewReader() const = 0;
};

/// What a query would read, guessed without reading it.
struct SelectCost {
  uint64_t series = 0;
  uint64_t blocks = 0;
  uint64_t bytes = 0;  ///< as stored
  uint64_t samples = 0;
};

struct SampleStats {
  uint64_t series = 0;   ///< live in memory
  uint64_t samples = 0;  ///< taken since the start
  uint64_t parts = 0;
  uint64_t part_bytes = 0;
  int64_t min_time_ms = 0;  ///< of everything stored; 0 when empty
  int64_t max_time_ms = 0;
};

/// Reads. Each call sees a consistent snapshot.
/// Threads: any call from any thread. Errors: kCorrupt names the part; kCancelled, kTimeout,
/// kLimit from the query's own limits.
class SampleSource {
 public:
  virtual ~SampleSource() = default;
  virtual base::Result<std::unique_ptr<SeriesCursor>> Select(const SampleQuery& query) = 0;
  /// The same for reading in parallel. By default what Select yields, kept in memory.
  virtual base::Result<std::unique_ptr<Selection>> Choose(const SampleQuery& query);
  /// By default: what Series finds, nothing known of blocks and samples.
  virtual base::Result<SelectCost> Estimate(const SampleQuery& query);
  /// Label sets of series with samples in the range (a whole part's or memtable's range is
  /// precise enough), sorted.
  virtual base::Result<std::vector<model::Labels>> Series(const SampleQuery& query) = 0;
  /// Sorted; all series when `matchers` is empty.
  virtual base::Result<std::vector<std::string>> LabelNames(const SampleQuery& query) = 0;
  virtual base::Result<std::vector<std::string>> LabelValues(const SampleQuery& query,
                                                             std::string_view name) = 0;
  /// Metric family → what was said of it, sorted by family.
  virtual std::vector<std::pair<std::string, model::Metadata>> MetadataOf(
      std::string_view tenant, std::string_view metric) = 0;
  virtual base::Result<std::vector<std::pair<model::Labels, std::vector<model::Exemplar>>>>
  Exemplars(const SampleQuery& query) = 0;
  virtual SampleStats Stats(std::string_view tenant) = 0;
};

}  // namespace pharos::store
