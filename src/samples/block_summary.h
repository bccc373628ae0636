// What is known of a block without decoding it: enough to skip it, or to answer from it what
// Prometheus would compute from its samples.
// Format: docs/format/samples.md, "Block head".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "codec/varint.h"

namespace pharos::samples {

/// The head of one block.
///
/// `plain`: no value is a NaN, an infinity or −0. Without it only count, times, first and last
/// mean something, and the block is to be decoded for anything else.
///
/// `exact`: plain, and all values are whole numbers whose absolute values add up to no more
/// than 2^53. So every sum of some of them, in any order, with or without Kahan's compensation
/// (which is then 0), is the same double: `sum` is to the bit what Prometheus adds up for
/// sum_over_time, and sum / count what it gives for avg_over_time, over just these samples.
/// Sums of several exact blocks may be added while the total of their absolute values (at most
/// count × max(|min|, |max|) each) stays within 2^53.
///
/// `drop_sum_known`: first, last, drops and drop_sum give increase() to the bit:
/// (last − first) + drop_sum is what Prometheus's loop (last − first, then plus each value
/// before a drop, in order) comes to over just these samples. It is so where nothing drops,
/// one value drops, or the block is exact. Between two blocks a drop is for the reader to see:
/// last of the one > first of the other.
struct BlockSummary {
  uint32_t count = 0;
  int64_t first_ms = 0, last_ms = 0;  ///< inclusive
  bool histograms = false;            ///< of native histograms; nothing below is known then
  bool constant = false;              ///< all values have the same bits
  bool plain = false;
  bool exact = false;
  bool stale = false;       ///< has stale markers (they count as samples here; never plain)
  bool has_starts = false;  ///< of some sample it is known when its count began
  bool drop_sum_known = false;
  double first = 0, last = 0;
  double min = 0, max = 0;  ///< plain
  double sum = 0;           ///< exact
  uint32_t drops = 0;       ///< plain; counter resets within the block
  double drop_sum = 0;      ///< drop_sum_known; of the values before each drop

  /// Reset-adjusted increase from the first to the last sample; drop_sum_known.
  double Increase() const { return (last - first) + drop_sum; }
};

/// Appends the head of a float block: what `values` are, of which `body` is the encoding
/// (codec::EncodeValues with the first value known), empty when they are all the same.
void EncodeSummary(std::span<const double> values, std::string_view body, std::string& out);

/// The first byte of a head; the starts are bits that come on top of it.
inline constexpr uint8_t kHeadHistograms = 3, kHeadOneStart = 0x40, kHeadStarts = 0x80;

/// Reads a head into `summary`, whose count and times are set already (the time column has
/// them). `flags`: its first byte. `one_start` with kHeadOneStart: every sample's. False when
/// the bytes are no head.
bool DecodeSummary(codec::ByteReader& in, uint8_t* flags, int64_t* one_start,
                   BlockSummary* summary);
/// The same without min, max, sum and drop_sum: what a reader of all values wants to know.
bool SkimSummary(codec::ByteReader& in, uint8_t* flags, int64_t* one_start, BlockSummary* summary);

}  // namespace pharos::samples
