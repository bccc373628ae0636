#include "samples/series_draft.h"

#include <algorithm>

namespace pharos::samples {
namespace {

constexpr size_t kPieceBytes = 64 * 1024;

int64_t Step(int64_t from, int64_t to) {
  return static_cast<int64_t>(static_cast<uint64_t>(to) - static_cast<uint64_t>(from));
}
int64_t Moved(int64_t from, int64_t step) {
  return static_cast<int64_t>(static_cast<uint64_t>(from) + static_cast<uint64_t>(step));
}

}  // namespace

void SeriesDraft::Add(std::span<const uint32_t> pairs, const SeriesPlace& place) {
  if (pieces_.empty() || pieces_.back().size() >= kPieceBytes) {
    pieces_.emplace_back().reserve(kPieceBytes + kPieceBytes / 16);
    last_ = {};
  }
  std::string& out = pieces_.back();
  const auto differ = std::ranges::mismatch(pairs, last_.pairs);
  const auto shared = static_cast<size_t>(differ.in1 - pairs.begin());
  codec::PutVarint(out, shared);
  codec::PutVarint(out, pairs.size() - shared);
  for (size_t i = shared; i < pairs.size(); ++i)
    codec::PutSigned(out, int64_t{pairs[i]} - (i > 0 ? int64_t{pairs[i - 1]} : 0));
  codec::PutSigned(out, int64_t{place.page} - last_.place.page);
  codec::PutSigned(out, int64_t{place.offset} - last_.place.offset);
  codec::PutSigned(out, Step(last_.place.min_ms, place.min_ms));
  codec::PutSigned(out, Step(last_.place.max_ms, place.max_ms));
  last_.pairs.assign(pairs.begin(), pairs.end());
  last_.place = place;
}

void SeriesDraft::Read(codec::ByteReader& in, Entry& entry) {
  entry.pairs.resize(in.Varint());
  for (uint64_t own = in.Varint(); own > 0; --own) {
    const int64_t before = entry.pairs.empty() ? 0 : entry.pairs.back();
    entry.pairs.push_back(static_cast<uint32_t>(before + in.Signed()));
  }
  SeriesPlace& place = entry.place;
  place.page = static_cast<uint32_t>(place.page + in.Signed());
  place.offset = static_cast<uint32_t>(place.offset + in.Signed());
  place.min_ms = Moved(place.min_ms, in.Signed());
  place.max_ms = Moved(place.max_ms, in.Signed());
}

}  // namespace pharos::samples
