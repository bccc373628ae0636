// A block of native histograms: runs with the same buckets are stored by column (all sums, all
// counts of the first bucket, …), each column as a value block, so that a bucket that rarely
// changes costs next to nothing. Bit-exact.
// Format: docs/format/samples.md, "Histogram block".
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codec/varint.h"
#include "model/sample.h"

namespace pharos::samples {

/// Appends the block; the count and the times are not stored.
void EncodeHistograms(std::span<const model::HistogramSample> histograms, std::string& out);

/// Reads `count` histograms into `out` (cleared first). False when the bytes are not that.
bool DecodeHistograms(codec::ByteReader& in, size_t count,
                      std::vector<std::shared_ptr<model::Histogram>>* out);

}  // namespace pharos::samples
