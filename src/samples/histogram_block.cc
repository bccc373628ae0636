#include "samples/histogram_block.h"

#include "codec/int_block.h"
#include "codec/limits.h"
#include "codec/value_block.h"
#include "samples/histogram_codec.h"
#include "samples/limits.h"

namespace pharos::samples {
namespace {

using model::Histogram;
using Samples = std::span<const model::HistogramSample>;
using Out = std::vector<std::shared_ptr<Histogram>>;

/// Columns of one histogram: threshold, sum, zero count, count, then the buckets.
size_t ColumnCount(const Histogram& h) {
  return 4 + h.positive_counts.size() + h.negative_counts.size();
}

/// The number that stands in this column; `H` is Histogram or const Histogram.
template <class H>
auto& Cell(H& h, size_t column) {
  switch (column) {
    case 0: return h.zero_threshold;
    case 1: return h.sum;
    case 2: return h.zero_count;
    case 3: return h.count;
    default: break;
  }
  column -= 4;
  return column < h.positive_counts.size() ? h.positive_counts[column]
                                           : h.negative_counts[column - h.positive_counts.size()];
}

int64_t Flags(const Histogram& h) {
  return static_cast<int64_t>(h.reset) << 1 | (h.float_counts ? 1 : 0);
}

/// How many from the front have the same buckets.
size_t RunLength(Samples histograms) {
  size_t run = 1;
  while (run < histograms.size() &&
         SameHistogramLayout(*histograms[0].histogram, *histograms[run].histogram))
    ++run;
  return run;
}

void WriteRows(Samples run, std::string& out) {
  const Histogram* previous = nullptr;
  for (const model::HistogramSample& sample : run) {
    EncodeHistogram(*sample.histogram, previous, out);
    previous = sample.histogram.get();
  }
}

void WriteColumns(Samples run, std::string& out) {
  EncodeHistogramLayout(*run[0].histogram, out);
  std::vector<int64_t> flags(run.size());
  for (size_t i = 0; i < run.size(); ++i) flags[i] = Flags(*run[i].histogram);
  codec::EncodeInts(flags, out);
  std::vector<double> values(run.size());
  for (size_t column = 0; column < ColumnCount(*run[0].histogram); ++column) {
    for (size_t i = 0; i < run.size(); ++i) values[i] = Cell(*run[i].histogram, column);
    codec::EncodeValues(values, out);
  }
}

bool ReadRows(codec::ByteReader& in, size_t count, Out* out) {
  const Histogram* previous = nullptr;
  for (size_t i = 0; i < count; ++i) {
    auto histogram = std::make_shared<Histogram>();
    if (!DecodeHistogram(in, previous, histogram.get())) return false;
    previous = histogram.get();
    out->push_back(std::move(histogram));
  }
  return true;
}

bool ReadColumns(codec::ByteReader& in, size_t count, Out* out) {
  Histogram layout;
  if (count > codec::kMaxBlockValues || !DecodeHistogramLayout(in, &layout) ||
      ColumnCount(layout) * count > kMaxHistogramColumns) {
    return false;
  }
  std::vector<int64_t> flags(count);
  if (!codec::DecodeInts(in, flags)) return false;
  const size_t first = out->size();
  for (const int64_t flag : flags) {
    if (flag < 0 || flag > 7) return false;
    Histogram& made = *out->emplace_back(std::make_shared<Histogram>(layout));
    made.float_counts = flag & 1;
    made.reset = static_cast<Histogram::Reset>(flag >> 1);
  }
  std::vector<double> values(count);
  for (size_t column = 0; column < ColumnCount(layout); ++column) {
    if (!codec::DecodeValues(in, values)) return false;
    for (size_t i = 0; i < count; ++i) Cell(*(*out)[first + i], column) = values[i];
  }
  return true;
}

}  // namespace

void EncodeHistograms(Samples histograms, std::string& out) {
  while (!histograms.empty()) {
    const size_t run = RunLength(histograms);
    const bool columns = run >= kHistogramColumnRun &&
                         ColumnCount(*histograms[0].histogram) * run <= kMaxHistogramColumns;
    codec::PutVarint(out, run << 1 | (columns ? 1 : 0));
    columns ? WriteColumns(histograms.first(run), out) : WriteRows(histograms.first(run), out);
    histograms = histograms.subspan(run);
  }
}

bool DecodeHistograms(codec::ByteReader& in, size_t count, Out* out) {
  out->clear();
  while (out->size() < count) {
    const uint64_t head = in.Varint();
    const uint64_t run = head >> 1;
    if (!in.ok() || run == 0 || run > count - out->size()) return false;
    if (!(head & 1 ? ReadColumns(in, run, out) : ReadRows(in, run, out))) return false;
  }
  return true;
}

}  // namespace pharos::samples
