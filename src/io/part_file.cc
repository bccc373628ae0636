#include "io/part_file.h"

#include <map>

#include "base/compress.h"
#include "base/hash.h"
#include "base/spares.h"
#include "io/limits.h"
#include "io/little_endian.h"

namespace pharos::io {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

constexpr std::string_view kHeadMagic = "PHRSPART";
constexpr std::string_view kEndMagic = "PHRSPEND";
constexpr uint32_t kContainerVersion = 1;
constexpr uint64_t kKnownFeatures = 0;
constexpr size_t kKindBytes = 4;
constexpr size_t kHeadBytes = 16;     // magic 8, kind 4, container version 4
constexpr size_t kTrailerBytes = 20;  // footer length 4, footer checksum 8, magic 8
constexpr size_t kPageEntryBytes = 25;

struct StoredSection {
  Section section;
  std::vector<uint64_t> checksums;  ///< of the stored bytes, a page each
};

std::string EncodeFooter(uint32_t version, const std::vector<StoredSection>& sections) {
  std::string out;
  PutInt(out, kKnownFeatures);
  PutInt(out, version);  // the engine's format
  PutInt(out, version);  // the least reader that can read it
  PutInt(out, static_cast<uint32_t>(sections.size()));
  for (const StoredSection& stored : sections) {
    PutInt(out, static_cast<uint8_t>(stored.section.name.size()));
    out.append(stored.section.name);
    PutInt(out, static_cast<uint32_t>(stored.section.pages.size()));
    for (size_t i = 0; i < stored.section.pages.size(); ++i) {
      const PageRef& page = stored.section.pages[i];
      PutInt(out, page.codec);
      PutInt(out, page.offset);
      PutInt(out, page.stored_bytes);
      PutInt(out, page.raw_bytes);
      PutInt(out, stored.checksums[i]);
    }
  }
  return out;
}

class FilePartWriter final : public PartWriter {
 public:
  FilePartWriter(std::unique_ptr<File> file, std::string path, std::string_view kind,
                 uint32_t version)
      : file_(std::move(file)), path_(std::move(path)), version_(version) {
    buffer_.reserve(kPartWriteBytes + kPartWriteBytes / 4);  // only what is filled takes pages
    buffer_.append(kHeadMagic).append(kind);
    PutInt(buffer_, kContainerVersion);
  }

  ~FilePartWriter() override { base::Spares<std::string>::Give(std::move(buffer_)); }

  Result<uint32_t> AddPage(std::string_view section, std::string_view bytes, uint8_t codec,
                           int level) override {
    PHAROS_CHECK(!finished_, path_);
    PHAROS_CHECK(section.size() <= kSectionNameBytes, path_);
    if (bytes.size() > kPageBytes) {
      return Fail(ErrorKind::kTooLarge,
                  "a page of " + std::to_string(bytes.size()) + " bytes is too large for " + path_);
    }
    PageRef page{.offset = stored_bytes(),
                 .stored_bytes = static_cast<uint32_t>(bytes.size()),
                 .raw_bytes = static_cast<uint32_t>(bytes.size()),
                 .codec = codec};
    std::string packed;
    if (codec == kPageZstd) {
      packed = base::ZstdCompress(bytes, level);
      if (packed.size() < bytes.size()) {
        bytes = packed;
        page.stored_bytes = static_cast<uint32_t>(bytes.size());
      } else {
        page.codec = kPageRaw;
      }
    }
    return Append(section, bytes, page, base::HashBytes64(bytes));
  }

  Result<uint32_t> AddStored(std::string_view section, const StoredPage& page) override {
    PHAROS_CHECK(!finished_, path_);
    const PageRef ref{.offset = stored_bytes(),
                      .stored_bytes = static_cast<uint32_t>(page.bytes.size()),
                      .raw_bytes = page.raw_bytes,
                      .codec = page.codec};
    return Append(section, page.bytes, ref, page.checksum);
  }

  uint64_t stored_bytes() const override { return written_ + buffer_.size(); }

  Result<uint64_t> Finish() override {
    PHAROS_CHECK(!finished_, path_);
    finished_ = true;
    const std::string footer = EncodeFooter(version_, sections_);
    if (footer.size() > kFooterBytes) {
      return Fail(ErrorKind::kTooLarge, path_ + " has too many pages for one part");
    }
    buffer_.append(footer);
    PutInt(buffer_, static_cast<uint32_t>(footer.size()));
    PutInt(buffer_, base::HashBytes64(footer));
    buffer_.append(kEndMagic);
    PHAROS_TRY_VOID(Flush());
    PHAROS_TRY_VOID(file_->Sync());
    return written_;
  }

 private:
  StoredSection& SectionNamed(std::string_view name) {
    const auto [it, added] = by_name_.emplace(name, sections_.size());
    if (added) sections_.push_back({.section = {.name = std::string(name)}});
    return sections_[it->second];
  }

  Result<uint32_t> Append(std::string_view section, std::string_view bytes, const PageRef& page,
                          uint64_t checksum) {
    StoredSection& stored = SectionNamed(section);
    stored.section.pages.push_back(page);
    stored.checksums.push_back(checksum);
    const auto number = static_cast<uint32_t>(stored.section.pages.size() - 1);
    buffer_.append(bytes);
    if (buffer_.size() >= kPartWriteBytes) PHAROS_TRY_VOID(Flush());
    return number;
  }

  Result<void> Flush() {
    PHAROS_TRY_VOID(file_->Append(buffer_));
    written_ += buffer_.size();
    buffer_.clear();
    return {};
  }

  const std::unique_ptr<File> file_;
  const std::string path_;
  const uint32_t version_;
  std::string buffer_ = base::Spares<std::string>::Take();  ///< not yet written
  uint64_t written_ = 0;
  std::vector<StoredSection> sections_;
  std::map<std::string, size_t, std::less<>> by_name_;
  bool finished_ = false;
};

/// The footer's sections as read; an error says what is wrong with it.
Result<std::vector<StoredSection>> ParseSections(ByteReader& reader, uint64_t pages_end) {
  std::vector<StoredSection> sections;
  const auto count = reader.Int<uint32_t>();
  for (uint32_t s = 0; s < count && reader.ok(); ++s) {
    StoredSection stored;
    stored.section.name = reader.Bytes(reader.Int<uint8_t>());
    const auto pages = reader.Int<uint32_t>();
    if (uint64_t{pages} * kPageEntryBytes > reader.left()) {
      return Fail(ErrorKind::kCorrupt, "its section table is cut short");
    }
    stored.section.pages.reserve(pages);
    stored.checksums.reserve(pages);
    for (uint32_t i = 0; i < pages; ++i) {
      PageRef page;
      page.codec = reader.Int<uint8_t>();
      page.offset = reader.Int<uint64_t>();
      page.stored_bytes = reader.Int<uint32_t>();
      page.raw_bytes = reader.Int<uint32_t>();
      stored.checksums.push_back(reader.Int<uint64_t>());
      const bool inside = page.offset >= kHeadBytes && page.offset <= pages_end &&
                          page.stored_bytes <= pages_end - page.offset;
      if (!inside || page.raw_bytes > kPageBytes) {
        return Fail(ErrorKind::kCorrupt, "section " + stored.section.name + " page " +
                                             std::to_string(i) + " lies outside of the file");
      }
      stored.section.pages.push_back(page);
    }
    sections.push_back(std::move(stored));
  }
  if (!reader.ok() || reader.left() != 0) {
    return Fail(ErrorKind::kCorrupt, "its section table is cut short");
  }
  return sections;
}

class FilePartReader final : public PartReader {
 public:
  FilePartReader(std::unique_ptr<File> file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}

  Result<void> Load(std::string_view kind, uint32_t newest_version) {
    PHAROS_TRY(const uint64_t size, file_->Size());
    if (size < kHeadBytes + kTrailerBytes) return Bad("it is too short to be a part file");
    PHAROS_TRY(const std::string head, file_->ReadAt(0, kHeadBytes));
    PHAROS_TRY_VOID(CheckHead(head, kind));
    PHAROS_TRY(const std::string trailer, file_->ReadAt(size - kTrailerBytes, kTrailerBytes));
    ByteReader reader(trailer);
    const auto length = reader.Int<uint32_t>();
    const auto checksum = reader.Int<uint64_t>();
    if (reader.Bytes(kEndMagic.size()) != kEndMagic) return Bad("it has no end mark");
    if (length > kFooterBytes || length > size - kHeadBytes - kTrailerBytes) {
      return Bad("its footer would begin before the file");
    }
    const uint64_t pages_end = size - kTrailerBytes - length;
    PHAROS_TRY(const std::string footer, file_->ReadAt(pages_end, length));
    if (base::HashBytes64(footer) != checksum) return Bad("its footer fails its checksum");
    return ReadFooter(footer, pages_end, newest_version);
  }

  size_t PageCount(std::string_view section) const override {
    const auto it = by_name_.find(section);
    return it == by_name_.end() ? 0 : sections_[it->second].pages.size();
  }

  Result<void> VisitStored(std::string_view section, uint32_t first, size_t count,
                           const StoredVisitor& visit) const override {
    std::vector<Place> places;
    for (size_t i = 0; i < count; ++i) {
      PHAROS_TRY(const Place place, PlaceOf(section, first + static_cast<uint32_t>(i)));
      places.push_back(place);
    }
    for (std::span<const Place> rest = places; !rest.empty();) {
      PHAROS_TRY(const SideBySide run, ReadRun(rest));
      for (size_t i = 0; i < run.pages; ++i) {
        const PageRef& ref = *rest[i].ref;
        const std::string_view stored = run.StoredOf(ref);
        PHAROS_TRY_VOID(Check(rest[i], stored));
        PHAROS_TRY_VOID(visit({stored, ref.raw_bytes, ref.codec, rest[i].checksum}));
      }
      rest = rest.subspan(run.pages);
    }
    return {};
  }

  Result<std::string> ReadPage(std::string_view section, uint32_t page) const override {
    PHAROS_TRY(const Place place, PlaceOf(section, page));
    PHAROS_TRY(std::string stored, BytesAt(place));
    if (place.ref->codec != kPageZstd) return stored;
    return Unpack(place, stored);
  }

  Result<std::vector<std::string>> ReadPages(std::span<const std::string_view> sections,
                                             uint32_t page) const override {
    std::vector<Place> places;
    for (const std::string_view section : sections) {
      PHAROS_TRY(const Place place, PlaceOf(section, page));
      places.push_back(place);
    }
    std::vector<std::string> out;
    for (std::span<const Place> rest = places; !rest.empty();) {
      PHAROS_TRY(const SideBySide run, ReadRun(rest));
      for (size_t i = 0; i < run.pages; ++i) {
        const std::string_view stored = run.StoredOf(*rest[i].ref);
        PHAROS_TRY_VOID(Check(rest[i], stored));
        PHAROS_TRY(std::string raw, Unpack(rest[i], stored));
        out.push_back(std::move(raw));
      }
      rest = rest.subspan(run.pages);
    }
    return out;
  }

  void WillRead(std::string_view section, std::span<const uint32_t> pages) const override {
    for (const uint32_t page : pages) {
      if (const auto place = PlaceOf(section, page)) {
        file_->WillRead(place->ref->offset, place->ref->stored_bytes);
      }
    }
  }

  const std::vector<Section>& Sections() const override { return sections_; }
  uint32_t version() const override { return version_; }

  Result<void> Verify() const override {
    for (const Section& section : sections_) {
      for (uint32_t i = 0; i < section.pages.size(); ++i) {
        PHAROS_TRY([[maybe_unused]] const std::string page, ReadPage(section.name, i));
      }
    }
    return {};
  }

 private:
  /// Where a page is, and what it is called.
  struct Place {
    std::string_view section;
    uint32_t page = 0;
    const PageRef* ref = nullptr;
    uint64_t checksum = 0;
  };
  Result<Place> PlaceOf(std::string_view section, uint32_t page) const {
    const auto it = by_name_.find(section);
    if (it == by_name_.end() || page >= sections_[it->second].pages.size()) {
      return BadPage(section, page, "is missing");
    }
    return Place{section, page, &sections_[it->second].pages[page], checksums_[it->second][page]};
  }
  /// Pages that lie side by side, read at once.
  struct SideBySide {
    size_t pages = 0;
    uint64_t begin = 0;
    std::string bytes;

    std::string_view StoredOf(const PageRef& page) const {
      return std::string_view(bytes).substr(page.offset - begin, page.stored_bytes);
    }
  };
  /// The first of the places, and those that lie right behind it, up to kPartReadBytes.
  Result<SideBySide> ReadRun(std::span<const Place> places) const {
    SideBySide run{.begin = places[0].ref->offset};
    uint64_t end = run.begin;
    for (const Place& place : places) {
      const bool fits =
          run.pages == 0 || end + place.ref->stored_bytes - run.begin <= kPartReadBytes;
      if (place.ref->offset != end || !fits) break;
      end += place.ref->stored_bytes;
      ++run.pages;
    }
    auto stored = file_->ReadAt(run.begin, end - run.begin);
    if (!stored) return base::Wrap(stored.error(), PageName(places[0].section, places[0].page));
    run.bytes = *std::move(stored);
    return run;
  }
  /// As they are stored, checked.
  Result<std::string> BytesAt(const Place& place) const {
    auto stored = file_->ReadAt(place.ref->offset, place.ref->stored_bytes);
    if (!stored) return base::Wrap(stored.error(), PageName(place.section, place.page));
    PHAROS_TRY_VOID(Check(place, *stored));
    return stored;
  }
  Result<void> Check(const Place& place, std::string_view stored) const {
    if (base::HashBytes64(stored) == place.checksum) return {};
    return BadPage(place.section, place.page, "fails its checksum");
  }
  Result<std::string> Unpack(const Place& place, std::string_view stored) const {
    if (place.ref->codec != kPageZstd) return std::string(stored);
    auto raw = base::ZstdDecompress(stored, place.ref->raw_bytes);
    if (!raw || raw->size() != place.ref->raw_bytes) {
      return BadPage(place.section, place.page, "does not decompress to its length");
    }
    return raw;
  }

  std::unexpected<base::Error> Bad(std::string_view what) const {
    return Fail(ErrorKind::kCorrupt, "part file " + path_ + ": " + std::string(what));
  }
  std::string PageName(std::string_view section, uint32_t page) const {
    return "part file " + path_ + ": section " + std::string(section) + " page " +
           std::to_string(page);
  }
  std::unexpected<base::Error> BadPage(std::string_view section, uint32_t page,
                                       std::string_view what) const {
    return Fail(ErrorKind::kCorrupt, PageName(section, page) + " " + std::string(what));
  }

  Result<void> CheckHead(std::string_view head, std::string_view kind) const {
    ByteReader reader(head);
    if (reader.Bytes(kHeadMagic.size()) != kHeadMagic) return Bad("it is not a part file");
    const std::string_view found = reader.Bytes(kKindBytes);
    const auto container = reader.Int<uint32_t>();
    if (container != kContainerVersion) {
      return Bad("its container version " + std::to_string(container) + " is not known");
    }
    if (found != kind) return Bad("it is not of kind " + std::string(kind));
    return {};
  }

  Result<void> ReadFooter(std::string_view footer, uint64_t pages_end, uint32_t newest_version) {
    ByteReader reader(footer);
    const auto features = reader.Int<uint64_t>();
    version_ = reader.Int<uint32_t>();
    const auto least_reader = reader.Int<uint32_t>();
    if ((features & ~kKnownFeatures) != 0) return Bad("it uses features of a later version");
    if (least_reader > newest_version) {
      return Bad("it needs a reader of format " + std::to_string(least_reader) +
                 "; this one reads up to " + std::to_string(newest_version));
    }
    auto stored = ParseSections(reader, pages_end);
    if (!stored) return Bad(stored.error().message);
    for (StoredSection& section : *stored) {
      if (!by_name_.emplace(section.section.name, sections_.size()).second) {
        return Bad("section " + section.section.name + " is there twice");
      }
      sections_.push_back(std::move(section.section));
      checksums_.push_back(std::move(section.checksums));
    }
    return {};
  }

  const std::unique_ptr<File> file_;
  const std::string path_;
  uint32_t version_ = 0;
  std::vector<Section> sections_;
  std::vector<std::vector<uint64_t>> checksums_;  ///< as sections_
  std::map<std::string, size_t, std::less<>> by_name_;
};

}  // namespace

Result<std::unique_ptr<PartWriter>> PartWriter::Create(Fs& fs, const std::string& path,
                                                       std::string_view kind, uint32_t version) {
  PHAROS_CHECK(kind.size() == kKindBytes, path);
  PHAROS_TRY(std::unique_ptr<File> file, fs.Create(path));
  return std::make_unique<FilePartWriter>(std::move(file), path, kind, version);
}

Result<std::unique_ptr<PartReader>> PartReader::Open(Fs& fs, const std::string& path,
                                                     std::string_view kind,
                                                     uint32_t newest_version) {
  PHAROS_TRY(std::unique_ptr<File> file, fs.OpenRead(path));
  auto reader = std::make_unique<FilePartReader>(std::move(file), path);
  PHAROS_TRY_VOID(reader->Load(kind, newest_version));
  return reader;
}

}  // namespace pharos::io
