#include "wire/remote_read.h"

#include <protozero/pbf_writer.hpp>

#include "base/hash.h"
#include "wire/pb_writer.h"
#include "wire/protobuf.h"

namespace pharos::wire {
namespace {

using base::ErrorKind;

base::Result<model::Matcher> ReadMatcher(std::string_view message) {
  PbReader in(message);
  int32_t type = 0;
  std::string name, value;
  while (in.Next()) {
    switch (in.field()) {
      case 1: type = in.Int32(); break;
      case 2: name = in.Bytes(); break;
      case 3: value = in.Bytes(); break;
      default: break;
    }
  }
  PHAROS_TRY_VOID(in.Status());
  if (type < 0 || type > 3) return base::Fail(ErrorKind::kBadInput, "invalid matcher type");
  return model::Matcher::Make(static_cast<model::MatchOp>(type), std::move(name), std::move(value));
}

base::Result<ReadQuery> ReadOne(std::string_view message) {
  PbReader in(message);
  ReadQuery query;
  while (in.Next()) {
    switch (in.field()) {
      case 1: query.start_ms = in.Int64(); break;
      case 2: query.end_ms = in.Int64(); break;
      case 3: {
        PHAROS_TRY(model::Matcher matcher, ReadMatcher(in.Bytes()));
        query.matchers.push_back(std::move(matcher));
        break;
      }
      default: break;
    }
  }
  PHAROS_TRY_VOID(in.Status());
  return query;
}

void WriteLabels(PbWriter& out, const model::Labels& labels) {
  for (const model::LabelView label : labels) {
    PbWriter pair(out, 1);
    pair->add_string(1, label.name.data(), label.name.size());
    pair->add_string(2, label.value.data(), label.value.size());
  }
}

void WriteSpans(PbWriter& out, uint32_t field, const std::vector<model::BucketSpan>& spans) {
  for (const model::BucketSpan& span : spans) {
    PbWriter one(out, field);
    one->add_sint32(1, span.offset);
    one->add_uint32(2, span.length);
  }
}

/// Integer counts as differences, floats as they are.
void WriteCounts(PbWriter& out, const model::Histogram& h, uint32_t deltas, uint32_t floats,
                 const std::vector<double>& counts) {
  if (h.float_counts) return out->add_packed_double(floats, counts.begin(), counts.end());
  std::vector<int64_t> changes;
  int64_t before = 0;
  for (const double count : counts) {
    changes.push_back(static_cast<int64_t>(count) - before);
    before = static_cast<int64_t>(count);
  }
  out->add_packed_sint64(deltas, changes.begin(), changes.end());
}

void WriteHistogram(PbWriter& out, const model::HistogramSample& sample) {
  const model::Histogram& h = *sample.histogram;
  if (h.float_counts)
    out->add_double(2, h.count);
  else
    out->add_uint64(1, static_cast<uint64_t>(h.count));
  out->add_double(3, h.sum);
  out->add_sint32(4, h.schema);
  out->add_double(5, h.zero_threshold);
  if (h.float_counts)
    out->add_double(7, h.zero_count);
  else
    out->add_uint64(6, static_cast<uint64_t>(h.zero_count));
  WriteSpans(out, 8, h.negative_spans);
  WriteCounts(out, h, 9, 10, h.negative_counts);
  WriteSpans(out, 11, h.positive_spans);
  WriteCounts(out, h, 12, 13, h.positive_counts);
  out->add_enum(14, static_cast<int32_t>(h.reset));
  out->add_int64(15, sample.time_ms);
  out->add_packed_double(16, h.custom_bounds.begin(), h.custom_bounds.end());
}

}  // namespace

base::Result<ReadRequest> ReadReadRequest(std::string_view body) {
  PbReader in(body);
  ReadRequest request;
  while (in.Next()) {
    if (in.field() == 1) {
      PHAROS_TRY(ReadQuery query, ReadOne(in.Bytes()));
      request.queries.push_back(std::move(query));
    } else if (in.field() == 2) {
      in.EachVarint([&](uint64_t v) { request.accepted.push_back(static_cast<int32_t>(v)); });
    }
  }
  PHAROS_TRY_VOID(in.Status());
  return request;
}

void AppendTimeSeries(std::string& out, uint32_t field, const model::Labels& labels,
                      std::span<const int64_t> times_ms, std::span<const double> values,
                      std::span<const model::HistogramSample> histograms) {
  PbWriter message(out);
  PbWriter series(message, field);
  WriteLabels(series, labels);
  for (size_t i = 0; i < times_ms.size(); ++i) {
    PbWriter sample(series, 2);
    sample->add_double(1, values[i]);
    sample->add_int64(2, times_ms[i]);
  }
  for (const model::HistogramSample& histogram : histograms) {
    PbWriter one(series, 4);
    WriteHistogram(one, histogram);
  }
}

void AppendChunkedFrame(std::string& out, const model::Labels& labels,
                        std::span<const PrometheusChunk> chunks, int64_t query_index) {
  std::string bytes;
  {
    PbWriter response(bytes);
    {
      PbWriter series(response, 1);
      WriteLabels(series, labels);
      for (const PrometheusChunk& chunk : chunks) {
        PbWriter one(series, 2);
        one->add_int64(1, chunk.min_time_ms);
        one->add_int64(2, chunk.max_time_ms);
        one->add_enum(3, static_cast<int32_t>(chunk.encoding));
        one->add_bytes(4, chunk.data);
      }
    }
    if (query_index != 0) response->add_int64(2, query_index);
  }
  for (size_t n = bytes.size();; n >>= 7) {
    out += static_cast<char>(n > 127 ? (n & 127) | 128 : n);
    if (n <= 127) break;
  }
  const uint32_t checksum = base::Crc32c(bytes);
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(checksum >> shift & 255);
  out += bytes;
}

}  // namespace pharos::wire
