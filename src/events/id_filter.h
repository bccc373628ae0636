// Which granules of a part may hold a binary id (hex digits or a UUID), told by a few bits that
// lie beside each other for 256 granules: one small page a group of granules says it.
// Format: docs/format/events.md, "Id filter".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "events/granule_set.h"
#include "events/skeleton.h"
#include "io/part_file.h"

namespace pharos::events {

class Part;

/// True for ids of a type and length that the filter knows.
bool IsFiltered(VarType type);
/// What the filter knows an id by; `bytes` as PutId makes them.
uint32_t IdKey(std::string_view bytes);

/// Which of a group's granules may hold the key, by the page of its block: a bit each, the lowest
/// first; those beyond say nothing. False for a page that is none.
bool GranulesWithKey(std::string_view page, size_t granules, uint32_t key,
                     std::vector<uint8_t>* out);

/// The directory of a part's filter. Immutable.
class IdFilter {
 public:
  static base::Result<std::shared_ptr<const IdFilter>> Decode(std::string_view page,
                                                              size_t granules);
  /// The granules of `part` that may hold the id. One page a group of granules.
  base::Result<GranuleSet> Find(const Part& part, uint32_t key) const;

  struct Group {
    uint32_t first_granule = 0;
    uint32_t granules = 0;
    uint32_t first_page = 0;
    uint32_t blocks = 0;  ///< pages
  };
  const std::vector<Group>& groups() const { return groups_; }

 private:
  std::vector<Group> groups_;
  size_t granules_ = 0;
};

/// Owns: the keys of up to 256 granules; of parts that are added, pages of up to kMaxJoinedBytes.
/// Threads: one. Cost: some 20 ns an id, about 1 ns a byte of a part's pages.
class IdFilterWriter {
 public:
  /// Ids of the open granule, end to end.
  void Add(VarType type, std::string_view ids);
  base::Result<void> FinishGranule(io::PartWriter& writer);
  /// The next granules are those of `part`. Not while a granule is open. Groups that have as many
  /// pages as those before become one with them: a look-up reads a page a group.
  base::Result<void> AddPart(const Part& part, io::PartWriter& writer);
  /// Writes what is left, and the directory.
  base::Result<void> Finish(io::PartWriter& writer);

 private:
  /// A group of a part that is to become one with its neighbours.
  struct Piece {
    size_t granules = 0;
    size_t page_bytes = 0;
    std::string pages;
  };
  static base::Result<Piece> ReadPiece(const Part& part, const IdFilter::Group& group);
  base::Result<void> FlushGroup(io::PartWriter& writer);
  base::Result<void> FlushPieces(io::PartWriter& writer);
  base::Result<void> AddPage(std::string_view page, io::PartWriter& writer);
  void NoteGroup(size_t granules, size_t blocks);

  std::vector<uint32_t> open_;                   // keys of the open granule
  std::vector<uint32_t> table_;                  // scratch: those seen
  std::vector<std::vector<uint32_t>> granules_;  // distinct keys of the group's granules
  std::vector<Piece> pieces_;                    // behind which no granule has come
  size_t piece_granules_ = 0;                    // together
  size_t piece_blocks_ = 0;                      // of each
  std::string directory_;
  uint32_t groups_ = 0;
};

}  // namespace pharos::events
