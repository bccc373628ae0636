// One file of pages with a footer: what every part of both engines is written in.
// Format: docs/format/part.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/fs.h"

namespace pharos::io {

/// Where a page lies and how it is stored. `codec` 0: as is, 1: zstd; others are the
/// engine's own and are returned as stored.
struct PageRef {
  uint64_t offset = 0;
  uint32_t stored_bytes = 0;
  uint32_t raw_bytes = 0;
  uint8_t codec = 0;
};
inline constexpr uint8_t kPageRaw = 0;
inline constexpr uint8_t kPageZstd = 1;

/// A page as it lies in a file, for a copy of it in another one.
struct StoredPage {
  std::string_view bytes;
  uint32_t raw_bytes = 0;
  uint8_t codec = 0;
  uint64_t checksum = 0;  ///< of `bytes`
};

using StoredVisitor = std::function<base::Result<void>(const StoredPage&)>;

/// A named run of pages ("index", "data", "labels"); the section table is in the footer.
struct Section {
  std::string name;
  std::vector<PageRef> pages;
};

/// Writes a part file from start to end. Threads: one. Errors: kIo, kFull.
class PartWriter {
 public:
  /// `kind` is four letters ("SMPL", "EVNT"); `version` the engine's format version.
  static base::Result<std::unique_ptr<PartWriter>> Create(Fs& fs, const std::string& path,
                                                          std::string_view kind, uint32_t version);
  virtual ~PartWriter() = default;
  /// Adds a page to a section (made on first use); with kPageZstd the bytes are compressed
  /// here unless that would grow them. Pages carry an XXH3-64 checksum. Returns the page's
  /// number within its section.
  virtual base::Result<uint32_t> AddPage(std::string_view section, std::string_view bytes,
                                         uint8_t codec = kPageRaw, int level = 1) = 0;
  /// Adds a page of another file as it is. Returns the same.
  virtual base::Result<uint32_t> AddStored(std::string_view section, const StoredPage& page) = 0;
  /// What the pages so far take as they are stored, with the file's head.
  virtual uint64_t stored_bytes() const = 0;
  /// Writes the footer and syncs the file. Nothing may be added afterwards.
  virtual base::Result<uint64_t> Finish() = 0;
};

/// Reads by ranges; the footer is read once at Open. Threads: any. Errors: kCorrupt with the
/// path and the page for a wrong checksum, an unknown format or codec.
class PartReader {
 public:
  static base::Result<std::unique_ptr<PartReader>> Open(Fs& fs, const std::string& path,
                                                        std::string_view kind,
                                                        uint32_t newest_version);
  virtual ~PartReader() = default;
  virtual size_t PageCount(std::string_view section) const = 0;
  virtual base::Result<std::string> ReadPage(std::string_view section, uint32_t page) const = 0;
  /// Page `page` of each of these sections, with one read for those that lie side by side.
  virtual base::Result<std::vector<std::string>> ReadPages(
      std::span<const std::string_view> sections, uint32_t page) const = 0;
  /// Says that these pages will be read soon; those that are not there are passed over.
  virtual void WillRead(std::string_view section, std::span<const uint32_t> pages) const = 0;
  /// `count` pages from `first` on as they are stored, in their order, checksums verified, with one
  /// read for those that lie side by side. A page lives for its visit, whose error ends the walk.
  virtual base::Result<void> VisitStored(std::string_view section, uint32_t first, size_t count,
                                         const StoredVisitor& visit) const = 0;
  virtual const std::vector<Section>& Sections() const = 0;
  virtual uint32_t version() const = 0;
  /// Reads and checks every page.
  virtual base::Result<void> Verify() const = 0;
};

}  // namespace pharos::io
