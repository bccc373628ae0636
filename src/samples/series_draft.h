// The series of a part in the making, in order, until the part ends and their labels have final
// numbers: what the "series" section will say, in temporary numbers. Never on disk.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "codec/varint.h"
#include "samples/part_format.h"

namespace pharos::samples {

/// Owns: about a dozen bytes a series. Threads: one. Errors: those of whom it calls. Cost: what
/// a series has in common with the one before it costs a byte.
class SeriesDraft {
 public:
  void Add(std::span<const uint32_t> pairs, const SeriesPlace& place);
  /// Calls `on_series(std::vector<uint32_t>& pairs, const SeriesPlace&)` for each, in order,
  /// until one fails; the callee may take the pairs' contents only by copy.
  template <class OnSeries>
  base::Result<void> ForEach(OnSeries on_series) const {
    for (const std::string& piece : pieces_) {
      Entry entry;
      for (codec::ByteReader in(piece); !in.AtEnd();) {
        Read(in, entry);
        PHAROS_TRY_VOID(on_series(std::as_const(entry.pairs), std::as_const(entry.place)));
      }
    }
    return {};
  }

 private:
  struct Entry {
    std::vector<uint32_t> pairs;
    SeriesPlace place;
  };
  static void Read(codec::ByteReader& in, Entry& entry);

  std::vector<std::string> pieces_;  // each readable by itself
  Entry last_;
};

}  // namespace pharos::samples
