// A sealed part, open for reading: its directory in memory, its pages read as they are
// asked for. Format: docs/format/events.md.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "events/body_reader.h"
#include "events/granule.h"
#include "events/id_filter.h"
#include "events/page_cache.h"
#include "events/shared_pages.h"
#include "events/trace_filter.h"
#include "events/trace_table.h"
#include "io/manifest.h"
#include "io/part_file.h"
#include "model/event.h"

namespace pharos::events {

inline constexpr std::string_view kPartKind = "EVNT";
inline constexpr uint32_t kPartVersion = 8;
inline constexpr std::string_view kPartFile = "data";

struct PartStream {
  model::Labels labels;
  uint64_t rows = 0;
  int64_t min_time = 0;
  int64_t max_time = 0;
};

/// What the `meta` page says.
struct PartMeta {
  model::EventKind kind{};
  uint64_t rows = 0;
  uint64_t min_sequence = 0;          ///< the first WAL frame in it: orders parts by arrival
  std::vector<int64_t> origin_first;  ///< number of each origin page's first origin
  TraceDirectory traces;
  /// First granules of its runs: within each, rows are sorted by stream and time.
  std::vector<uint32_t> run_first;
  /// Keys of record attributes, sorted; `many_keys`: there are more than these.
  std::vector<std::string> attribute_keys{};
  bool many_keys = false;

  std::string Encode() const;
  static base::Result<PartMeta> Decode(std::string_view bytes);
};

std::string EncodeStreams(const std::vector<PartStream>& streams);
base::Result<std::vector<PartStream>> DecodeStreams(std::string_view bytes);
std::string EncodeGranuleMetas(const std::vector<GranuleMeta>& granules);
base::Result<std::vector<GranuleMeta>> DecodeGranuleMetas(std::string_view bytes);

/// A page of origins, decoded; views into its own bytes.
struct OriginPage {
  std::string bytes;
  base::Arena arena;
  std::vector<const model::Origin*> origins;
};

/// Owns: the open file and its directory. Threads: any. Errors: kCorrupt names the part; a trace
/// filter that cannot be read is none: it is left out, with a line in the log.
/// Cost: Open reads the directory (a few pages); every other call is one page.
class Part {
 public:
  /// `pages` is where pages are kept for the next reader; null for a part that is read once.
  static base::Result<std::shared_ptr<Part>> Open(io::Fs& fs, const std::string& data_dir,
                                                  io::PartEntry entry,
                                                  std::shared_ptr<SharedPages> pages = nullptr);

  ~Part();

  const io::PartEntry& entry() const { return entry_; }
  /// Of this object in the process: no other part has or had it.
  uint64_t number() const { return number_; }
  const PartMeta& meta() const { return meta_; }
  const std::vector<PartStream>& streams() const { return streams_; }  ///< sorted by labels
  const std::vector<GranuleMeta>& granules() const { return granules_; }

  base::Result<std::string> ReadPage(std::string_view section, uint32_t granule) const;
  /// The same through the shared pages.
  base::Result<PageBytes> SharedPage(std::string_view section, uint32_t page, Keep keep) const;
  /// Says that SharedPage will be called for all of these: those that are on a disk come at once
  /// instead of one by one.
  void WillRead(std::string_view section, std::span<const uint32_t> pages) const;
  /// The pages of a granule that rows are made from, through the shared pages: what is not there
  /// is read at once.
  struct RowPages {
    PageBytes key;
    PageBytes ids;
    PageBytes body;
    PageBytes rest;
  };
  base::Result<RowPages> SharedRowPages(uint32_t granule, Keep keep) const;
  /// The page that holds trace `number`, and its first number.
  base::Result<std::shared_ptr<const TracePage>> Traces(int64_t number, int64_t* first) const;
  base::Result<std::shared_ptr<const OriginPage>> Origins(int64_t number, int64_t* first) const;
  /// Shapes of lines, and the skeletons of one of their columns; read once.
  base::Result<std::shared_ptr<const PartShapes>> Shapes() const;
  base::Result<std::shared_ptr<const PartWords>> Words(uint32_t column) const;
  /// Which granules may have an id; read once.
  base::Result<std::shared_ptr<const IdFilter>> Ids() const;
  /// False when no row has the trace for sure; always true of a part without its filter. No page
  /// is read.
  bool MayHaveTrace(uint32_t fingerprint) const;
  /// The numbers of a trace id: none, or one in each run that has it.
  base::Result<std::vector<int64_t>> FindTrace(const model::TraceId& id) const;
  size_t PageCount(std::string_view section) const { return reader_->PageCount(section); }
  /// Pages as they lie in the file, for copies: io::PartReader::VisitStored.
  base::Result<void> VisitStored(std::string_view section, uint32_t first, size_t count,
                                 const io::StoredVisitor& visit) const;
  const std::vector<io::Section>& sections() const { return reader_->Sections(); }
  uint64_t StoredBytes(std::string_view section, uint32_t page) const;
  /// Checks every page.
  base::Result<void> Verify() const;
  /// Checks all pages but the trace filter, which reads and merges do without.
  base::Result<void> VerifyContents() const;

 private:
  Part();
  base::Result<void> Load();
  /// Leaves it with the shared pages, where that is wanted.
  void Share(std::string_view section, uint32_t page, Keep keep, const PageBytes& bytes) const;
  void LoadTraceFilter();
  base::Error Named(base::Error error) const;

  const uint64_t number_;
  io::PartEntry entry_;
  std::shared_ptr<SharedPages> pages_;
  std::unique_ptr<io::PartReader> reader_;
  PartMeta meta_;
  std::vector<PartStream> streams_;
  std::vector<GranuleMeta> granules_;
  TraceFilter trace_filter_;
  size_t held_bytes_ = 0;                        // of shared pages' memory, for the filter
  mutable PageCache<TracePage, 2> trace_pages_;  // of 27 KB: for readers, not for what comes again
  mutable PageCache<OriginPage, 8> origin_pages_;
  mutable std::mutex words_mutex_;  // guards the three below
  mutable std::shared_ptr<const IdFilter> ids_;
  mutable std::shared_ptr<const PartShapes> shapes_;
  mutable std::vector<std::shared_ptr<const PartWords>> words_;  // by column
};

/// Pages of a section as they are, behind those that the writer has of it.
base::Result<void> CopyPages(const Part& part, std::string_view section, uint32_t first,
                             size_t count, io::PartWriter& writer);

}  // namespace pharos::events
