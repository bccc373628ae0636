#include "codec/time_block.h"

#include <array>

#include "codec/int_block.h"
#include "codec/limits.h"

namespace pharos::codec {
namespace {

/// The grid step that both ends imply; wraps like all arithmetic here.
uint64_t StepOf(uint64_t span, size_t count) { return count > 1 ? span / (count - 1) : 0; }

}  // namespace

void EncodeTimes(std::span<const int64_t> times, std::string& out) {
  const size_t n = times.size();
  const auto first = static_cast<uint64_t>(times[0]);
  const uint64_t span = static_cast<uint64_t>(times[n - 1]) - first;
  const uint64_t step = StepOf(span, n);
  bool regular = true;
  uint64_t grid = first;
  for (size_t i = 0; i < n; ++i, grid += step) regular &= static_cast<uint64_t>(times[i]) == grid;
  PutSigned(out, times[0]);
  PutVarint(out, span);
  out += static_cast<char>(regular ? 0 : 1);
  if (regular) return;
  std::array<int64_t, kMaxBlockValues> residuals;
  grid = first;
  for (size_t i = 0; i < n; ++i, grid += step) {
    residuals[i] = static_cast<int64_t>(static_cast<uint64_t>(times[i]) - grid);
  }
  EncodeInts({residuals.data(), n}, out);
}

bool DecodeTimes(ByteReader& in, std::span<int64_t> times) {
  uint64_t grid = static_cast<uint64_t>(in.Signed());
  const uint64_t step = StepOf(in.Varint(), times.size());
  const uint8_t kind = in.Byte();
  if (!in.ok() || kind > 1 || times.empty()) return false;
  if (kind == 0) {
    for (size_t i = 0; i < times.size(); ++i, grid += step) times[i] = static_cast<int64_t>(grid);
    return true;
  }
  if (!DecodeInts(in, times)) return false;
  for (size_t i = 0; i < times.size(); ++i, grid += step) {
    times[i] = static_cast<int64_t>(static_cast<uint64_t>(times[i]) + grid);
  }
  return true;
}

bool PeekTimes(ByteReader in, TimeBounds* bounds) {
  bounds->first = in.Signed();
  bounds->last = static_cast<int64_t>(static_cast<uint64_t>(bounds->first) + in.Varint());
  return in.ok();
}

}  // namespace pharos::codec
