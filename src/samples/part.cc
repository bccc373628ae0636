#include "samples/part.h"

#include "base/log.h"
#include "samples/hidden_samples.h"
#include "samples/histogram_codec.h"
#include "samples/limits.h"

namespace pharos::samples {
namespace {

std::atomic<uint64_t> next_cache_id{1};
std::atomic<uint64_t> use_clock{1};

/// Cache keys: which section, in the high half.
uint64_t PageKey(std::string_view section, uint32_t page) {
  const uint64_t of = section == kDataSection ? 1 : section == kTimeSection ? 2 : 3;
  return of << 32 | page;
}

}  // namespace

Part::Part(io::Fs& fs, std::string directory, io::PartEntry entry, PageCache& cache,
           base::MemoryBudget& budget)
    : fs_(fs),
      directory_(std::move(directory)),
      entry_(std::move(entry)),
      cache_id_(next_cache_id++),
      cache_(cache),
      budget_(budget) {}

std::shared_ptr<Part> Part::Open(io::Fs& fs, const std::string& data_dir, io::PartEntry entry,
                                 PageCache& cache, base::MemoryBudget& budget,
                                 const PartInfo* known) {
  std::string directory = data_dir + "/" + entry.path;
  std::shared_ptr<Part> part(new Part(fs, std::move(directory), std::move(entry), cache, budget));
  auto file = part->OpenFile(&part->info_);
  if (known != nullptr) part->info_ = *known;
  if (file) {
    part->file_ = std::move(*file);
  } else {
    part->open_error_ = part->Named(file.error());
    if (known == nullptr) part->MarkBroken(file.error());
  }
  return part;
}

base::Result<Part::FilePtr> Part::OpenFile(PartInfo* info) const {
  PHAROS_TRY(FilePtr file, io::PartReader::Open(fs_, directory_ + "/" + std::string(kPartFile),
                                                kPartKind, kPartVersion));
  PHAROS_TRY(const std::string head, file->ReadPage(kHeadSection, 0));
  if (!DecodeInfo(head, info)) return base::Fail(base::ErrorKind::kCorrupt, "bad head page");
  return file;
}

base::Result<Part::FilePtr> Part::FileLocked() {
  if (file_ == nullptr && !broken_) {
    PartInfo info;
    auto file = OpenFile(&info);
    if (file) {
      file_ = std::move(*file);
    } else {
      open_error_ = Named(file.error());
    }
  }
  if (file_ == nullptr) return std::unexpected(*open_error_);
  return file_;
}

base::Result<Part::FilePtr> Part::File() {
  std::lock_guard lock(mutex_);
  return FileLocked();
}

Part::~Part() {
  DropIndex();
  SetTombstones({});
  if (!obsolete_) return;
  file_ = nullptr;
  if (const auto removed = fs_.RemoveAll(directory_); !removed) {
    base::Log(base::LogLevel::kWarn, "cannot remove a part that was merged or expired",
              {{"path", directory_}, {"error", removed.error().message}});
  }
}

base::Error Part::Named(base::Error error) const {
  if (error.message.find(entry_.path) != std::string::npos) return error;
  return {error.kind, "part " + entry_.path + ": " + error.message};
}

void Part::MarkBroken(const base::Error& error) {
  base::Log(base::LogLevel::kError, "a part of the sample store cannot be read",
            {{"path", entry_.path}, {"error", error.message}});
  broken_ = true;
}

base::Result<std::shared_ptr<const PartIndex>> Part::Index() {
  last_use_ = use_clock++;
  std::lock_guard lock(mutex_);
  if (index_ != nullptr) return index_;
  PHAROS_TRY(const FilePtr file, FileLocked());
  auto loaded = PartIndex::Load(*file, info_);
  if (!loaded) return std::unexpected(Named(loaded.error()));
  index_ = std::move(*loaded);
  budget_.Reserve(index_->bytes());
  return index_;
}

base::Result<uint32_t> Part::LoadPairs(PairList* out) {
  PHAROS_TRY(const FilePtr file, File());
  if (const auto loaded = out->Load(*file); !loaded) return std::unexpected(Named(loaded.error()));
  return static_cast<uint32_t>(file->PageCount(kSeriesSection));
}

void Part::SetTombstones(Tombstones concerning) {
  std::lock_guard lock(mutex_);
  tombstones_ = std::move(concerning);
  if (hidden_ != nullptr) budget_.Release(hidden_->bytes());
  hidden_ = nullptr;
}

bool Part::has_tombstones() {
  std::lock_guard lock(mutex_);
  return !tombstones_.empty();
}

std::shared_ptr<const HiddenSamples> Part::Hidden(const PartIndex& index) {
  std::lock_guard lock(mutex_);
  if (tombstones_.empty()) return nullptr;
  if (hidden_ == nullptr) {
    hidden_ = HiddenSamples::Make(tombstones_, index);
    budget_.Reserve(hidden_->bytes());
  }
  return hidden_->empty() ? nullptr : hidden_;
}

size_t Part::DropIndex() {
  std::lock_guard lock(mutex_);
  if (index_ == nullptr) return 0;
  const size_t bytes = index_->bytes();
  budget_.Release(bytes);
  index_ = nullptr;
  return bytes;
}

size_t Part::index_bytes() {
  std::lock_guard lock(mutex_);
  return index_ != nullptr ? index_->bytes() : 0;
}

base::Result<PageCache::Page> Part::ReadPage(std::string_view section, uint32_t page, bool cached) {
  const PageCache::Key key{cache_id_, PageKey(section, page)};
  if (cached) {
    if (PageCache::Page found = cache_.Find(key)) return found;
  }
  PHAROS_TRY(const FilePtr file, File());
  if (page >= file->PageCount(section)) {
    return std::unexpected(
        Named({base::ErrorKind::kCorrupt,
               "no page " + std::to_string(page) + " in section " + std::string(section)}));
  }
  auto bytes = file->ReadPage(section, page);
  if (!bytes) return std::unexpected(Named(bytes.error()));
  auto made = std::make_shared<const std::string>(std::move(*bytes));
  if (cached) cache_.Put(key, made);
  return made;
}

base::Result<std::vector<std::pair<std::string, model::Metadata>>> Part::Metadata() {
  std::vector<std::pair<std::string, model::Metadata>> out;
  PHAROS_TRY(const FilePtr file, File());
  for (uint32_t page = 0; page < file->PageCount(kMetadataSection); ++page) {
    auto bytes = file->ReadPage(kMetadataSection, page);
    if (!bytes) return std::unexpected(Named(bytes.error()));
    codec::ByteReader in(*bytes);
    while (in.ok() && !in.AtEnd()) {
      std::string metric(in.Bytes());
      model::Metadata metadata;
      if (!DecodeMetadata(in, &metadata)) {
        return std::unexpected(Named({base::ErrorKind::kCorrupt, "bad metadata"}));
      }
      out.emplace_back(std::move(metric), std::move(metadata));
    }
  }
  return out;
}

base::Result<void> Part::Verify() {
  PHAROS_TRY(const FilePtr file, File());
  if (const auto verified = file->Verify(); !verified)
    return std::unexpected(Named(verified.error()));
  return {};
}

}  // namespace pharos::samples
