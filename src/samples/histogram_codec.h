// Native histograms to bytes and back, bit by bit. In a run each is told by its difference
// from the one before, where the bucket layout is the same.
// Format: docs/format/samples.md, "Histogram".
#pragma once

#include <memory>
#include <string>

#include "codec/varint.h"
#include "model/sample.h"

namespace pharos::samples {

/// `previous` may be null; the reader must then be given null too.
void EncodeHistogram(const model::Histogram& histogram, const model::Histogram* previous,
                     std::string& out);
/// False when the bytes are no histogram.
bool DecodeHistogram(codec::ByteReader& in, const model::Histogram* previous,
                     model::Histogram* out);

/// Whether both have the same buckets.
bool SameHistogramLayout(const model::Histogram& a, const model::Histogram& b);
/// The buckets without their counts; decoding sizes the counts.
void EncodeHistogramLayout(const model::Histogram& histogram, std::string& out);
bool DecodeHistogramLayout(codec::ByteReader& in, model::Histogram* out);

/// Metadata, as WAL records and parts hold them.
void EncodeMetadata(const model::Metadata& metadata, std::string& out);
bool DecodeMetadata(codec::ByteReader& in, model::Metadata* out);

}  // namespace pharos::samples
