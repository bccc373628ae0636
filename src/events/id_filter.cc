#include "events/id_filter.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/compress.h"
#include "base/hash.h"
#include "events/coding.h"
#include "events/part.h"

namespace pharos::events {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

constexpr size_t kGroupGranules = 256;
constexpr uint32_t kBlockRows = 512;  // of bits, one a granule: what one page holds
constexpr size_t kBitsAnId = 9;
constexpr int kHashes = 6;
constexpr size_t kLeastIdBytes = 4;
constexpr uint32_t kMaxBlocks = 1 << 20;
constexpr size_t kMaxJoinedBytes = 4 << 20;  // of groups that become one

uint32_t BlockOf(uint32_t key, uint32_t blocks) {
  return static_cast<uint32_t>(uint64_t{key} * blocks >> 32);
}

/// The six rows of a block that have a key's bits, nine bits of this each.
uint64_t RowBits(uint32_t key) {
  uint64_t v = (key + 0x9E3779B97F4A7C15u) * 0xBF58476D1CE4E5B9u;
  v = (v ^ v >> 29) * 0x94D049BB133111EBu;
  return v ^ v >> 32;
}

/// Rows end to end, a bit a granule.
size_t PageBytesOf(size_t granules) { return kBlockRows * granules / 8; }
/// Of parts before version 7: each row begins with a byte of its own.
size_t OldPageBytesOf(size_t granules) { return kBlockRows * ((granules + 7) / 8); }

/// Eight bits of the page, fewer at its end.
uint8_t EightBits(std::string_view page, size_t bit) {
  const size_t at = bit / 8;
  unsigned bits = static_cast<uint8_t>(page[at]);
  if (at + 1 < page.size()) bits |= unsigned{static_cast<uint8_t>(page[at + 1])} << 8;
  return static_cast<uint8_t>(bits >> bit % 8);
}

/// Blocks for that many keys a granule: one of few numbers, so that groups have the same.
uint32_t BlocksFor(size_t keys) {
  const size_t need = (keys * kBitsAnId + kBlockRows - 1) / kBlockRows;
  const int past = std::max(0, static_cast<int>(std::bit_width(need)) - 4);
  return static_cast<uint32_t>((need + (size_t{1} << past) - 1) >> past << past);
}

/// Puts `count` bits of each row of one page into each row of another, whose bits there are 0.
void CopyColumns(std::string_view from, size_t from_row_bits, size_t count, char* to,
                 size_t to_row_bits, size_t to_bit) {
  if (from_row_bits % 8 == 0 && count % 8 == 0 && to_row_bits % 8 == 0 && to_bit % 8 == 0) {
    const size_t from_row = from_row_bits / 8, to_row = to_row_bits / 8;
    to += to_bit / 8;
    if (count == 8) {  // most often
      for (size_t r = 0; r < kBlockRows; ++r) to[r * to_row] = from[r * from_row];
    } else {
      for (size_t r = 0; r < kBlockRows; ++r) {
        std::memcpy(to + r * to_row, from.data() + r * from_row, count / 8);
      }
    }
    return;
  }
  for (size_t r = 0; r < kBlockRows; ++r) {
    for (size_t i = 0; i < count; i += 8) {
      const size_t left = std::min<size_t>(count - i, 8), bit = r * to_row_bits + to_bit + i;
      const unsigned bits = EightBits(from, r * from_row_bits + i) & ((1u << left) - 1);
      to[bit / 8] |= static_cast<char>(bits << bit % 8);
      if (bit % 8 + left > 8) to[bit / 8 + 1] |= static_cast<char>(bits >> (8 - bit % 8));
    }
  }
}

base::Error BadPage(const Part& part) {
  return {ErrorKind::kCorrupt,
          "part " + part.entry().path + ": a page of the id filter cannot be read"};
}

/// Half the bits of a full page are set, and zstd makes nothing of it.
bool IsFull(std::string_view page) {
  constexpr size_t kFull = 42;  // percent
  size_t set = 0;
  for (size_t at = 0; at < page.size(); at += sizeof(uint64_t)) {  // pages are rows of 512
    uint64_t word;
    std::memcpy(&word, page.data() + at, sizeof word);
    set += static_cast<size_t>(std::popcount(word));
  }
  return set * 100 >= page.size() * 8 * kFull;
}

}  // namespace

bool IsFiltered(VarType type) { return type.IdBytes() >= kLeastIdBytes; }

uint32_t IdKey(std::string_view bytes) {
  const uint64_t hash = base::HashBytes64(bytes);
  return static_cast<uint32_t>(hash >> 32 ^ hash) | 1;  // never 0
}

void IdFilterWriter::Add(VarType type, std::string_view ids) {
  if (!IsFiltered(type)) return;
  const size_t size = type.IdBytes();
  for (size_t at = 0; at + size <= ids.size(); at += size) {
    const uint32_t key = IdKey(ids.substr(at, size));
    if (open_.empty() || open_.back() != key) open_.push_back(key);
  }
}

Result<void> IdFilterWriter::FinishGranule(io::PartWriter& writer) {
  std::vector<uint32_t>& keys = granules_.emplace_back();
  // Most of those that are there more than once are found by what was seen last in their slot.
  const size_t slots = std::bit_ceil(2 * open_.size() + 1);
  table_.assign(slots, 0);
  keys.reserve(open_.size());
  for (const uint32_t key : open_) {
    uint32_t& seen = table_[key * 0x9E3779B1u & (slots - 1)];
    if (seen == key) continue;
    seen = key;
    keys.push_back(key);
  }
  open_.clear();
  return granules_.size() == kGroupGranules ? FlushGroup(writer) : Result<void>();
}

Result<void> IdFilterWriter::FlushGroup(io::PartWriter& writer) {
  PHAROS_TRY_VOID(FlushPieces(writer));
  size_t most = 0;
  for (const auto& keys : granules_) most = std::max(most, keys.size());
  const uint32_t blocks = BlocksFor(most);
  const size_t row_bits = granules_.size(), page = PageBytesOf(row_bits);
  std::string bits(blocks * page, '\0');
  for (size_t g = 0; g < row_bits; ++g) {
    for (const uint32_t key : granules_[g]) {
      char* block = bits.data() + BlockOf(key, blocks) * page;
      uint64_t rows = RowBits(key);
      for (int i = 0; i < kHashes; ++i, rows >>= 9) {
        const size_t bit = (rows & 511) * row_bits + g;
        block[bit / 8] |= static_cast<char>(1 << bit % 8);
      }
    }
  }
  for (uint32_t b = 0; b < blocks; ++b) {
    PHAROS_TRY_VOID(AddPage(std::string_view(bits).substr(b * page, page), writer));
  }
  NoteGroup(row_bits, blocks);
  granules_.clear();
  return {};
}

Result<void> IdFilterWriter::AddPage(std::string_view page, io::PartWriter& writer) {
  PHAROS_TRY([[maybe_unused]] const uint32_t number,
             writer.AddPage("id_filter", page, IsFull(page) ? io::kPageRaw : io::kPageZstd, 1));
  return {};
}

void IdFilterWriter::NoteGroup(size_t granules, size_t blocks) {
  PutVarint(directory_, granules);
  PutVarint(directory_, blocks);
  ++groups_;
}

Result<IdFilterWriter::Piece> IdFilterWriter::ReadPiece(const Part& part,
                                                        const IdFilter::Group& group) {
  Piece piece{group.granules, 0, {}};
  const auto take = [&](const io::StoredPage& stored) -> Result<void> {
    std::string unpacked;
    if (stored.codec == io::kPageZstd) {
      auto raw = base::ZstdDecompress(stored.bytes, stored.raw_bytes);
      if (!raw) return std::unexpected(BadPage(part));
      unpacked = *std::move(raw);
    }
    const std::string_view page = stored.codec == io::kPageZstd ? unpacked : stored.bytes;
    if (page.size() != PageBytesOf(group.granules) &&
        page.size() != OldPageBytesOf(group.granules)) {
      return std::unexpected(BadPage(part));
    }
    if (piece.page_bytes == 0) {
      piece.page_bytes = page.size();
      piece.pages.reserve(page.size() * group.blocks);
    }
    if (page.size() != piece.page_bytes) return std::unexpected(BadPage(part));
    piece.pages += page;
    return {};
  };
  PHAROS_TRY_VOID(part.VisitStored("id_filter", group.first_page, group.blocks, take));
  return piece;
}

Result<void> IdFilterWriter::AddPart(const Part& part, io::PartWriter& writer) {
  if (!granules_.empty()) PHAROS_TRY_VOID(FlushGroup(writer));
  PHAROS_TRY(const auto filter, part.Ids());
  for (const IdFilter::Group& group : filter->groups()) {
    const size_t together = piece_granules_ + group.granules;
    if (group.blocks != piece_blocks_ || together > kGroupGranules ||
        group.blocks * PageBytesOf(together) > kMaxJoinedBytes) {
      PHAROS_TRY_VOID(FlushPieces(writer));
    }
    if (group.granules == kGroupGranules ||
        group.blocks * PageBytesOf(group.granules) > kMaxJoinedBytes) {  // as it is
      PHAROS_TRY_VOID(FlushPieces(writer));
      PHAROS_TRY_VOID(CopyPages(part, "id_filter", group.first_page, group.blocks, writer));
      NoteGroup(group.granules, group.blocks);
      continue;
    }
    PHAROS_TRY(Piece piece, ReadPiece(part, group));
    pieces_.push_back(std::move(piece));
    piece_granules_ += group.granules;
    piece_blocks_ = group.blocks;
  }
  return {};
}

Result<void> IdFilterWriter::FlushPieces(io::PartWriter& writer) {
  if (pieces_.empty()) return {};
  std::string page;
  for (size_t b = 0; b < piece_blocks_; ++b) {
    page.assign(PageBytesOf(piece_granules_), '\0');
    size_t bit = 0;
    for (const Piece& piece : pieces_) {
      const auto from =
          std::string_view(piece.pages).substr(b * piece.page_bytes, piece.page_bytes);
      CopyColumns(from, piece.page_bytes * 8 / kBlockRows, piece.granules, page.data(),
                  piece_granules_, bit);
      bit += piece.granules;
    }
    PHAROS_TRY_VOID(AddPage(page, writer));
  }
  NoteGroup(piece_granules_, piece_blocks_);
  pieces_.clear();
  piece_granules_ = 0;
  return {};
}

Result<void> IdFilterWriter::Finish(io::PartWriter& writer) {
  if (!granules_.empty()) PHAROS_TRY_VOID(FlushGroup(writer));
  PHAROS_TRY_VOID(FlushPieces(writer));
  std::string page;
  PutVarint(page, groups_);
  page += directory_;
  PHAROS_TRY([[maybe_unused]] const uint32_t number, writer.AddPage("id_groups", page));
  return {};
}

Result<std::shared_ptr<const IdFilter>> IdFilter::Decode(std::string_view page, size_t granules) {
  auto out = std::make_shared<IdFilter>();
  out->granules_ = granules;
  Reader in(page);
  uint64_t first_page = 0, first_granule = 0;
  for (uint64_t left = in.Count(2); left > 0 && in.ok(); --left) {
    const uint64_t count = in.Varint();
    const uint64_t blocks = in.Varint();
    if (count == 0 || count > kGroupGranules || blocks > kMaxBlocks ||
        first_page + blocks > UINT32_MAX) {
      in.Fail();
      break;
    }
    out->groups_.push_back({static_cast<uint32_t>(first_granule), static_cast<uint32_t>(count),
                            static_cast<uint32_t>(first_page), static_cast<uint32_t>(blocks)});
    first_granule += count;
    first_page += blocks;
  }
  if (!in.ok() || !in.AtEnd() || first_granule != granules) {
    return Fail(ErrorKind::kCorrupt, "the directory of the id filter cannot be read");
  }
  return out;
}

bool GranulesWithKey(std::string_view page, size_t granules, uint32_t key,
                     std::vector<uint8_t>* out) {
  if (page.size() != PageBytesOf(granules) && page.size() != OldPageBytesOf(granules)) return false;
  const size_t row_bits = page.size() * 8 / kBlockRows;
  out->assign((granules + 7) / 8, 0xFF);
  uint64_t rows = RowBits(key);
  for (int i = 0; i < kHashes; ++i, rows >>= 9) {
    const size_t row = (rows & 511) * row_bits;
    for (size_t b = 0; b < out->size(); ++b) (*out)[b] &= EightBits(page, row + 8 * b);
  }
  return true;
}

Result<GranuleSet> IdFilter::Find(const Part& part, uint32_t key) const {
  GranuleSet out(granules_);
  std::vector<uint8_t> may;
  const auto page_of = [&](const Group& group) {
    return group.first_page + BlockOf(key, group.blocks);
  };
  std::vector<uint32_t> pages;
  for (const Group& group : groups_) {
    if (group.blocks != 0) pages.push_back(page_of(group));
  }
  part.WillRead("id_filter", pages);
  for (const Group& group : groups_) {
    if (group.blocks == 0) continue;  // no ids at all
    PHAROS_TRY(const PageBytes page, part.SharedPage("id_filter", page_of(group), Keep::kAll));
    if (!GranulesWithKey(*page, group.granules, key, &may)) {
      return std::unexpected(BadPage(part));
    }
    for (size_t g = 0; g < group.granules; ++g) {
      if (may[g / 8] >> g % 8 & 1) out.Insert(group.first_granule + g);
    }
  }
  return out;
}

}  // namespace pharos::events
