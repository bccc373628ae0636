// The distinct labels ("name=value") of a part, sorted, as its "pairs" section has them: what the
// numbers in its series mean.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/varint.h"
#include "io/part_file.h"
#include "samples/part_format.h"

namespace pharos::samples {

/// Owns: the bytes. Threads: immutable after Load. Errors: kCorrupt for bytes that are no such
/// list. Cost: 12 bytes a label and its own.
class PairList {
 public:
  base::Result<void> Load(const io::PartReader& file);

  uint32_t size() const { return static_cast<uint32_t>(begin_.size() - 1); }
  /// Canonical label bytes of one.
  std::string_view Pair(uint32_t pair) const {
    return std::string_view(bytes_).substr(begin_[pair], begin_[pair + 1] - begin_[pair]);
  }
  /// Rank of its name; and a name's first pair, by rank.
  uint32_t NameOf(uint32_t pair) const { return name_of_[pair]; }
  const std::vector<uint32_t>& name_begin() const { return name_begin_; }
  size_t bytes() const { return bytes_.size() + begin_.size() * 8; }

 private:
  bool AddPage(std::string_view page);

  std::string bytes_;
  std::vector<uint32_t> begin_{0};
  std::vector<uint32_t> name_of_;
  std::vector<uint32_t> name_begin_;
};

/// Reads a page of the "series" section, series by series.
class SeriesPageReader {
 public:
  /// `pairs` and the page live as long.
  SeriesPageReader(const PairList& pairs, std::string_view page) : list_(&pairs), in_(page) {}

  /// Goes to the next series; false at the end, or where the bytes are none.
  bool Next();
  bool ok() const { return ok_; }

  /// Its labels, rising.
  const std::vector<uint32_t>& pairs() const { return pairs_; }
  const SeriesPlace& place() const { return place_; }

 private:
  bool Read();

  const PairList* list_;
  codec::ByteReader in_;
  std::vector<uint32_t> pairs_;
  SeriesPlace place_;
  bool ok_ = true;
};

}  // namespace pharos::samples
