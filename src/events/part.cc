#include "events/part.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/log.h"
#include "events/coding.h"
#include "events/limits.h"
#include "events/memtable.h"
#include "events/record_codec.h"

namespace pharos::events {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

Result<std::shared_ptr<const OriginPage>> DecodeOrigins(std::string bytes) {
  auto page = std::make_shared<OriginPage>();
  page->bytes = std::move(bytes);
  Reader in(page->bytes);
  page->origins.resize(in.Count(8));
  for (const model::Origin*& origin : page->origins) origin = GetOrigin(in, page->arena);
  if (!in.ok() || !in.AtEnd()) return Fail(ErrorKind::kCorrupt, "a page of origins cannot be read");
  return page;
}

/// What tells the pages of a section from those of others in the shared pages.
uint8_t TagOf(std::string_view section) {
  if (section == "trace_index") return 'x';
  if (section == "id_filter") return 'f';
  return static_cast<uint8_t>(section[0]);
}

constexpr std::string_view kTraceFilter = "trace_filter";

/// The page whose first number is the last one not above `number`; -1 for none.
ptrdiff_t PageOf(const std::vector<int64_t>& firsts, int64_t number) {
  return std::upper_bound(firsts.begin(), firsts.end(), number) - firsts.begin() - 1;
}

}  // namespace

Part::Part()
    : number_([] {
        static std::atomic<uint64_t> next{0};
        return ++next;
      }()) {}

Part::~Part() {
  if (held_bytes_ != 0) pages_->Unhold(held_bytes_);
}

base::Error Part::Named(base::Error error) const {
  if (error.message.find(entry_.path) == std::string::npos) {
    error.message = "part " + entry_.path + ": " + error.message;
  }
  return error;
}

Result<std::shared_ptr<Part>> Part::Open(io::Fs& fs, const std::string& data_dir,
                                         io::PartEntry entry, std::shared_ptr<SharedPages> pages) {
  std::shared_ptr<Part> part(new Part());
  part->pages_ = std::move(pages);
  part->entry_ = std::move(entry);
  const std::string path = data_dir + "/" + part->entry_.path + "/" + std::string(kPartFile);
  auto reader = io::PartReader::Open(fs, path, kPartKind, kPartVersion);
  if (!reader) return std::unexpected(part->Named(std::move(reader).error()));
  part->reader_ = *std::move(reader);
  if (auto loaded = part->Load(); !loaded) {
    return std::unexpected(part->Named(std::move(loaded).error()));
  }
  return part;
}

Result<void> Part::Load() {
  PHAROS_TRY(const std::string meta, ReadPage("meta", 0));
  PHAROS_TRY(meta_, PartMeta::Decode(meta));
  PHAROS_TRY(const std::string streams, ReadPage("streams", 0));
  PHAROS_TRY(streams_, DecodeStreams(streams));
  PHAROS_TRY(const std::string granules, ReadPage("granules", 0));
  PHAROS_TRY(granules_, DecodeGranuleMetas(granules));
  for (const GranuleMeta& g : granules_) {
    if (g.first_stream > g.last_stream || g.last_stream >= streams_.size()) {
      return Fail(ErrorKind::kCorrupt, "a granule names a stream that is not there");
    }
  }
  for (size_t i = 0; i < meta_.run_first.size(); ++i) {
    const uint32_t first = meta_.run_first[i];
    if (i == 0 ? first != 0 : first <= meta_.run_first[i - 1] || first >= granules_.size()) {
      return Fail(ErrorKind::kCorrupt, "its runs are not those of its granules");
    }
  }
  if (meta_.run_first.empty()) return Fail(ErrorKind::kCorrupt, "it has no runs");
  for (const std::string_view section : {"key", "ids", "body", "rest"}) {
    if (reader_->PageCount(section) != granules_.size()) {
      return Fail(ErrorKind::kCorrupt, "section " + std::string(section) + " lacks pages");
    }
  }
  LoadTraceFilter();
  return {};
}

/// A part whose filter cannot be read goes without: its index says the same, at the cost of a read
/// a look-up.
void Part::LoadTraceFilter() {
  if (!pages_ || meta_.traces.traces == 0) return;
  const uint64_t bytes = StoredBytes(kTraceFilter, 0);
  if (!pages_->Hold(bytes)) return;
  held_bytes_ = bytes;
  const auto read = [&]() -> Result<void> {
    PHAROS_TRY(std::string page, ReadPage(kTraceFilter, 0));
    PHAROS_TRY(trace_filter_, TraceFilter::Decode(std::move(page)));
    return {};
  }();
  if (read) return;
  pages_->Unhold(std::exchange(held_bytes_, 0));
  base::Log(base::LogLevel::kWarn,
            "the trace filter of a part is left out until the part is merged: each look-up of a "
            "trace asks the part's index",
            {{"part", entry_.path},
             {"page", std::string(kTraceFilter) + " 0"},
             {"error", read.error().message}});
}

Result<std::string> Part::ReadPage(std::string_view section, uint32_t granule) const {
  auto page = reader_->ReadPage(section, granule);
  if (!page) return std::unexpected(Named(std::move(page).error()));
  return page;
}

Result<void> Part::VisitStored(std::string_view section, uint32_t first, size_t count,
                               const io::StoredVisitor& visit) const {
  Result<void> taken;  // its error is no matter of this part
  const auto take = [&](const io::StoredPage& page) { return taken = visit(page); };
  auto visited = reader_->VisitStored(section, first, count, take);
  if (!visited && taken) return std::unexpected(Named(std::move(visited).error()));
  return visited;
}

void Part::Share(std::string_view section, uint32_t page, Keep keep, const PageBytes& bytes) const {
  if (!pages_ || keep == Keep::kNone) return;
  if (bytes->size() > kSmallPageBytes) {
    if (keep == Keep::kSmall) return;
    // What lies in the file as it is comes as quickly from the system's memory.
    const bool packed = StoredBytes(section, page) < bytes->size() - bytes->size() / 8;
    if (!packed) return;
  }
  pages_->Put(number_, TagOf(section), page, bytes);
}

Result<Part::RowPages> Part::SharedRowPages(uint32_t granule, Keep keep) const {
  RowPages out;
  std::vector<std::string_view> sections;  // that must be read
  std::vector<PageBytes*> pages;
  const auto find = [&](std::string_view section, PageBytes* page) {
    if (pages_) *page = pages_->Find(number_, TagOf(section), granule);
    if (*page) return;
    sections.push_back(section);
    pages.push_back(page);
  };
  find("key", &out.key);
  find("ids", &out.ids);
  find("body", &out.body);
  find("rest", &out.rest);
  if (sections.empty()) return out;
  auto read = reader_->ReadPages(sections, granule);
  if (!read) return std::unexpected(Named(std::move(read).error()));
  for (size_t i = 0; i < pages.size(); ++i) {
    *pages[i] = std::make_shared<const std::string>(std::move((*read)[i]));
    Share(sections[i], granule, keep, *pages[i]);
  }
  return out;
}

Result<PageBytes> Part::SharedPage(std::string_view section, uint32_t page, Keep keep) const {
  if (pages_) {
    if (PageBytes bytes = pages_->Find(number_, TagOf(section), page)) return bytes;
  }
  PHAROS_TRY(std::string read, ReadPage(section, page));
  auto bytes = std::make_shared<const std::string>(std::move(read));
  Share(section, page, keep, bytes);
  return bytes;
}

void Part::WillRead(std::string_view section, std::span<const uint32_t> pages) const {
  std::vector<uint32_t> missing;
  for (const uint32_t page : pages) {
    if (!pages_ || !pages_->Find(number_, TagOf(section), page)) missing.push_back(page);
  }
  reader_->WillRead(section, missing);
}

Result<std::shared_ptr<const TracePage>> Part::Traces(int64_t number, int64_t* first) const {
  const ptrdiff_t at = PageOf(meta_.traces.page_first, number);
  if (at < 0) return Fail(ErrorKind::kCorrupt, "part " + entry_.path + ": no such trace");
  *first = meta_.traces.page_first[static_cast<size_t>(at)];
  const auto page_number = static_cast<uint32_t>(at);
  if (auto page = trace_pages_.Find(page_number)) return page;
  PHAROS_TRY(const std::string bytes, ReadPage("traces", page_number));
  auto decoded = TracePage::Decode(bytes);
  if (!decoded) return std::unexpected(Named(std::move(decoded).error()));
  auto page = std::make_shared<const TracePage>(*std::move(decoded));
  trace_pages_.Put(page_number, page);
  return page;
}

Result<std::shared_ptr<const OriginPage>> Part::Origins(int64_t number, int64_t* first) const {
  const ptrdiff_t at = PageOf(meta_.origin_first, number);
  if (at < 0) return Fail(ErrorKind::kCorrupt, "part " + entry_.path + ": no such origin");
  *first = meta_.origin_first[static_cast<size_t>(at)];
  const auto page_number = static_cast<uint32_t>(at);
  if (auto page = origin_pages_.Find(page_number)) return page;
  PHAROS_TRY(std::string bytes, ReadPage("origins", page_number));
  auto page = DecodeOrigins(std::move(bytes));
  if (!page) return std::unexpected(Named(std::move(page).error()));
  origin_pages_.Put(page_number, *page);
  return *page;
}

Result<std::shared_ptr<const PartShapes>> Part::Shapes() const {
  std::lock_guard lock(words_mutex_);
  if (shapes_) return shapes_;
  PHAROS_TRY(const std::string page, ReadPage("shapes", 0));
  auto shapes = PartShapes::Decode(page, granules_.size());
  if (!shapes) return std::unexpected(Named(std::move(shapes).error()));
  words_.resize((*shapes)->paths.size());
  return shapes_ = *std::move(shapes);
}

Result<std::shared_ptr<const PartWords>> Part::Words(uint32_t column) const {
  std::lock_guard lock(words_mutex_);
  if (column >= words_.size()) {
    return std::unexpected(Named({ErrorKind::kCorrupt, "a shape names a column without words"}));
  }
  if (words_[column]) return words_[column];
  PHAROS_TRY(std::string page, ReadPage("words", column));
  auto words = PartWords::Decode(std::move(page), granules_.size());
  if (!words) return std::unexpected(Named(std::move(words).error()));
  return words_[column] = *std::move(words);
}

Result<std::shared_ptr<const IdFilter>> Part::Ids() const {
  std::lock_guard lock(words_mutex_);
  if (ids_) return ids_;
  PHAROS_TRY(const std::string page, ReadPage("id_groups", 0));
  auto ids = IdFilter::Decode(page, granules_.size());
  if (!ids) return std::unexpected(Named(std::move(ids).error()));
  return ids_ = *std::move(ids);
}

bool Part::MayHaveTrace(uint32_t fingerprint) const {
  return meta_.traces.traces != 0 && trace_filter_.MayHave(fingerprint);
}

Result<std::vector<int64_t>> Part::FindTrace(const model::TraceId& id) const {
  std::vector<int64_t> out;
  const uint32_t fingerprint = Fingerprint(id);
  const std::vector<uint32_t>& firsts = meta_.traces.index_first;
  const auto past = static_cast<uint32_t>(
      std::upper_bound(firsts.begin(), firsts.end(), fingerprint) - firsts.begin());
  for (uint32_t at = past; at > 0; --at) {
    PHAROS_TRY(const PageBytes bytes, SharedPage("trace_index", at - 1, Keep::kAll));
    const auto traces = FindInTraceIndex(*bytes, fingerprint);
    if (!traces) return std::unexpected(Named(traces.error()));
    for (const int64_t trace : *traces) {
      int64_t first = 0;
      PHAROS_TRY(const auto page, Traces(trace, &first));
      const auto within = static_cast<size_t>(trace - first);
      if (within < page->ids.size() && page->ids[within] == id) out.push_back(trace);
    }
    if (firsts[at - 1] < fingerprint) break;  // equal ones may begin on the page before
  }
  return out;
}

uint64_t Part::StoredBytes(std::string_view section, uint32_t page) const {
  for (const io::Section& known : reader_->Sections()) {
    if (known.name == section && page < known.pages.size()) return known.pages[page].stored_bytes;
  }
  return 0;
}

Result<void> Part::Verify() const {
  auto verified = reader_->Verify();
  if (!verified) return std::unexpected(Named(std::move(verified).error()));
  return {};
}

Result<void> Part::VerifyContents() const {
  for (const io::Section& section : reader_->Sections()) {
    if (section.name == kTraceFilter) continue;
    for (uint32_t i = 0; i < section.pages.size(); ++i) {
      PHAROS_TRY([[maybe_unused]] const std::string page, ReadPage(section.name, i));
    }
  }
  return {};
}

Result<void> CopyPages(const Part& part, std::string_view section, uint32_t first, size_t count,
                       io::PartWriter& writer) {
  return part.VisitStored(section, first, count, [&](const io::StoredPage& page) -> Result<void> {
    PHAROS_TRY([[maybe_unused]] const uint32_t number, writer.AddStored(section, page));
    return {};
  });
}

}  // namespace pharos::events
