#include "events/splice.h"

#include <algorithm>
#include <limits>
#include <set>

#include "events/common_times.h"
#include "events/duplicates.h"
#include "events/joined_words.h"
#include "events/limits.h"
#include "events/loaded_rows.h"
#include "events/zstd_levels.h"

namespace pharos::events {
namespace {

using base::Result;
using Parts = std::vector<std::shared_ptr<const Part>>;

/// The rows of a part at some times, which rise.
Result<void> LoadAt(const std::shared_ptr<const Part>& part, uint64_t rank,
                    const std::vector<int64_t>& times,
                    std::vector<std::shared_ptr<LoadedRows>>* out) {
  RowFilter filter;
  filter.start_ns = times.front();
  filter.end_ns = times.back() + 1;
  filter.keep = Keep::kNone;
  for (uint32_t i = 0; i < part->granules().size(); ++i) {
    const GranuleMeta& granule = part->granules()[i];
    const auto it = std::lower_bound(times.begin(), times.end(), granule.min_time);
    if (it == times.end() || *it > granule.max_time) continue;
    PHAROS_TRY(auto rows, LoadGranule(part, i, rank, filter));
    std::erase_if(rows->rows, [&](const LoadedRow& row) {
      return !std::binary_search(times.begin(), times.end(), row.event.time_ns);
    });
    out->push_back(std::move(rows));
  }
  return {};
}

/// True when an event is, or may be, in both parts.
Result<bool> ShareEvents(const std::shared_ptr<const Part>& a,
                         const std::shared_ptr<const Part>& b) {
  PHAROS_TRY(const std::vector<int64_t> times, FindCommonTimes(*a, *b, Keep::kNone));
  if (times.empty()) return false;
  if (times.size() > kMaxSplicedTimes || times.back() == std::numeric_limits<int64_t>::max()) {
    return true;
  }
  std::vector<std::shared_ptr<LoadedRows>> loaded;
  PHAROS_TRY_VOID(LoadAt(a, 0, times, &loaded));
  PHAROS_TRY_VOID(LoadAt(b, 1, times, &loaded));
  std::vector<const LoadedRow*> rows;
  for (const auto& of_granule : loaded) {
    for (const LoadedRow& row : of_granule->rows) rows.push_back(&row);
  }
  std::sort(rows.begin(), rows.end(),
            [](const LoadedRow* x, const LoadedRow* y) { return Before(*x, *y); });
  DuplicateFilter duplicates;
  const LoadedRow* previous = nullptr;
  for (const LoadedRow* row : rows) {
    const bool same_stream = previous != nullptr && *previous->stream == *row->stream;
    if (duplicates.Seen(row->event, same_stream)) return true;
    previous = row;
  }
  return false;
}

Result<bool> ShareEvents(const Parts& parts) {
  for (size_t i = 0; i < parts.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      PHAROS_TRY(const bool share, ShareEvents(parts[j], parts[i]));
      if (share) return true;
    }
  }
  return false;
}

class Splicer {
 public:
  Splicer(const PartPlan& plan, const Parts& parts) : plan_(plan), parts_(parts) {}

  /// False where one part cannot have all words.
  Result<bool> JoinWords() {
    for (const auto& part : parts_) {
      PHAROS_TRY(const bool room, words_.Add(*part, &numbers_.emplace_back()));
      if (!room) return false;
    }
    return true;
  }

  Result<PartTotals> Write(io::PartWriter& writer) {
    writer_ = &writer;
    JoinStreams();
    for (size_t i = 0; i < parts_.size(); ++i) PHAROS_TRY_VOID(CopyPart(*parts_[i], i));
    PHAROS_TRY_VOID(WriteTraceIndex(std::move(index_), writer, &meta_.traces));
    PHAROS_TRY_VOID(words_.Write(writer, plan_.zstd_level));
    PHAROS_TRY_VOID(ids_.Finish(writer));
    return WriteDirectory();
  }

 private:
  void JoinStreams() {
    for (const auto& part : parts_) {
      for (const PartStream& stream : part->streams()) {
        streams_.push_back({stream.labels, 0, std::numeric_limits<int64_t>::max(),
                            std::numeric_limits<int64_t>::min()});
      }
    }
    const auto by_labels = [](const PartStream& a, const PartStream& b) {
      return a.labels < b.labels;
    };
    std::sort(streams_.begin(), streams_.end(), by_labels);
    const auto end =
        std::unique(streams_.begin(), streams_.end(),
                    [](const PartStream& a, const PartStream& b) { return a.labels == b.labels; });
    streams_.erase(end, streams_.end());
    for (const auto& part : parts_) {
      std::vector<uint32_t>& numbers = stream_numbers_.emplace_back();
      for (const PartStream& stream : part->streams()) {
        const auto it = std::lower_bound(streams_.begin(), streams_.end(), stream, by_labels);
        numbers.push_back(static_cast<uint32_t>(it - streams_.begin()));
        it->rows += stream.rows;
        it->min_time = std::min(it->min_time, stream.min_time);
        it->max_time = std::max(it->max_time, stream.max_time);
      }
    }
  }

  Result<void> CopyPart(const Part& part, size_t number) {
    const auto first_granule = static_cast<uint32_t>(granules_.size());
    for (const uint32_t first : part.meta().run_first) {
      meta_.run_first.push_back(first_granule + first);
    }
    for (uint32_t i = 0; i < part.granules().size(); ++i) {
      PHAROS_TRY_VOID(CopyGranule(part, number, i));
    }
    PHAROS_TRY_VOID(ids_.AddPart(part, *writer_));
    PHAROS_TRY_VOID(CopyOrigins(part));
    PHAROS_TRY_VOID(CopyTraces(part));
    columns_ += part.PageCount("columns");
    return {};
  }

  Result<void> CopyGranule(const Part& part, size_t number, uint32_t granule) {
    GranuleMeta meta = part.granules()[granule];
    PHAROS_TRY_VOID(CopyKeys(part, granule, stream_numbers_[number]));
    PHAROS_TRY_VOID(Copy(part, "ids", granule));
    PHAROS_TRY(const std::string body_page, part.ReadPage("body", granule));
    PHAROS_TRY(const BodyPage body, BodyPage::Parse(body_page, meta.rows));
    PHAROS_TRY_VOID(CopyPages(part, "columns", static_cast<uint32_t>(body.first_page),
                              body.columns.size(), *writer_));
    PHAROS_TRY(const std::string renumbered,
               numbers_[number].Renumber(body_page, meta.rows, columns_));
    PHAROS_TRY_VOID(AddPage("body", renumbered, kBodyLevel));
    PHAROS_TRY_VOID(Copy(part, "rest", granule));
    meta.first_stream = stream_numbers_[number][meta.first_stream];
    meta.last_stream = stream_numbers_[number][meta.last_stream];
    if (meta.min_trace != 0) meta.min_trace += meta_.traces.traces;
    if (meta.max_trace != 0) meta.max_trace += meta_.traces.traces;
    if (meta.first_origin != 0) meta.first_origin += origins_;
    granules_.push_back(meta);
    return {};
  }

  Result<void> CopyKeys(const Part& part, uint32_t granule, const std::vector<uint32_t>& streams) {
    const GranuleMeta& meta = part.granules()[granule];
    const uint32_t first = streams[meta.first_stream], last = streams[meta.last_stream];
    // The page has differences only: they stay where no other stream comes in between.
    if (last - first == meta.last_stream - meta.first_stream) return Copy(part, "key", granule);
    PHAROS_TRY(const std::string page, part.ReadPage("key", granule));
    PHAROS_TRY(const std::string renumbered, RenumberKeys(page, meta, streams));
    return AddPage("key", renumbered, kKeyLevel);
  }

  Result<void> CopyOrigins(const Part& part) {
    const std::vector<int64_t>& firsts = part.meta().origin_first;
    for (uint32_t i = 0; i < firsts.size(); ++i) {
      meta_.origin_first.push_back(firsts[i] + origins_);
    }
    PHAROS_TRY_VOID(CopyPages(part, "origins", 0, firsts.size(), *writer_));
    if (firsts.empty()) return {};
    int64_t first = 0;
    PHAROS_TRY(const auto last, part.Origins(firsts.back(), &first));
    origins_ += first - 1 + static_cast<int64_t>(last->origins.size());
    return {};
  }

  Result<void> CopyTraces(const Part& part) {
    const TraceDirectory& from = part.meta().traces;
    TraceDirectory& to = meta_.traces;
    for (uint32_t i = 0; i < from.page_first.size(); ++i) {
      to.page_first.push_back(from.page_first[i] + to.traces);
    }
    PHAROS_TRY_VOID(CopyPages(part, "traces", 0, from.page_first.size(), *writer_));
    for (uint32_t i = 0; i < from.index_first.size(); ++i) {
      PHAROS_TRY(const std::string page, part.ReadPage("trace_index", i));
      PHAROS_TRY_VOID(ReadTraceIndex(page, to.traces, &index_));
    }
    to.traces += from.traces;
    return {};
  }

  Result<PartTotals> WriteDirectory() {
    std::set<std::string> keys;
    for (const auto& part : parts_) {
      const PartMeta& meta = part->meta();
      keys.insert(meta.attribute_keys.begin(), meta.attribute_keys.end());
      meta_.many_keys = meta_.many_keys || meta.many_keys;
      meta_.rows += meta.rows;
    }
    if (keys.size() > kMaxNamedKeys) meta_.many_keys = true;
    for (const std::string& key : keys) {
      if (meta_.attribute_keys.size() < kMaxNamedKeys) meta_.attribute_keys.push_back(key);
    }
    meta_.kind = plan_.kind;
    meta_.min_sequence = plan_.min_sequence;
    PartTotals totals{meta_.rows, std::numeric_limits<int64_t>::max(),
                      std::numeric_limits<int64_t>::min()};
    for (const PartStream& stream : streams_) {
      totals.min_time = std::min(totals.min_time, stream.min_time);
      totals.max_time = std::max(totals.max_time, stream.max_time);
    }
    PHAROS_TRY_VOID(AddPage("streams", EncodeStreams(streams_)));
    PHAROS_TRY_VOID(AddPage("granules", EncodeGranuleMetas(granules_)));
    PHAROS_TRY_VOID(AddPage("meta", meta_.Encode()));
    return totals;
  }

  Result<void> AddPage(std::string_view section, std::string_view bytes, int level = kAnyLevel) {
    PHAROS_TRY([[maybe_unused]] const uint32_t number,
               writer_->AddPage(section, bytes, io::kPageZstd, std::min(level, plan_.zstd_level)));
    return {};
  }
  Result<void> Copy(const Part& part, std::string_view section, uint32_t page) {
    return CopyPages(part, section, page, 1, *writer_);
  }

  const PartPlan& plan_;
  const Parts& parts_;
  io::PartWriter* writer_ = nullptr;
  JoinedWords words_;
  std::vector<JoinedWords::Numbers> numbers_;          // by part
  std::vector<std::vector<uint32_t>> stream_numbers_;  // likewise
  std::vector<PartStream> streams_;
  std::vector<GranuleMeta> granules_;
  std::vector<TraceIndexEntry> index_;
  IdFilterWriter ids_;
  PartMeta meta_;
  int64_t origins_ = 0;   // of the parts before
  uint64_t columns_ = 0;  // pages of these
};

}  // namespace

bool AreFull(const std::vector<std::shared_ptr<const Part>>& parts, size_t percent) {
  uint64_t rows = 0, bytes = 0, granules = 0;
  for (const auto& part : parts) {
    rows += part->meta().rows;
    bytes += part->entry().bytes;
    granules += part->granules().size();
  }
  const bool spans = parts.front()->meta().kind == model::EventKind::kSpan;
  const size_t most = spans ? kSpanGranuleRows : kGranuleRows;
  return rows * 100 >= granules * most * percent || bytes >= granules * kFullGranuleBytes;
}

Result<std::shared_ptr<Part>> SpliceParts(io::Manifest& manifest, const PartPlan& plan, Parts parts,
                                          io::ManifestEdit edit,
                                          std::shared_ptr<SharedPages> pages) {
  PHAROS_TRY(const bool share, ShareEvents(parts));
  if (share) return nullptr;
  Splicer splicer(plan, parts);
  PHAROS_TRY(const bool room, splicer.JoinWords());
  if (!room) return nullptr;
  return MakePart(manifest, plan, std::move(edit), std::move(pages),
                  [&](io::PartWriter& writer) { return splicer.Write(writer); });
}

}  // namespace pharos::events
