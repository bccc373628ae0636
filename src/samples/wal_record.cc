#include "samples/wal_record.h"

#include <bit>

#include "codec/varint.h"
#include "samples/histogram_codec.h"

namespace pharos::samples {
namespace {

/// Tags of the entries behind the sample runs.
enum Tag : uint8_t { kHistogramTag = 1, kMetadataTag = 3, kStartedTag = 4 };

base::Error Broken(std::string_view what) {
  return {base::ErrorKind::kCorrupt, "samples WAL record: " + std::string(what)};
}

base::Result<void> ReadSeries(codec::ByteReader& in, RecordVisitor& visitor) {
  for (size_t left = in.Count(); left > 0; --left) {
    const auto ref = static_cast<uint32_t>(in.Varint());
    auto labels = model::Labels::Decode(in.Bytes());
    if (!in.ok() || !labels) return std::unexpected(Broken("bad series"));
    PHAROS_TRY_VOID(visitor.OnSeries(ref, std::move(*labels)));
  }
  return {};
}

base::Result<void> ReadSamples(codec::ByteReader& in, RecordVisitor& visitor) {
  uint32_t ref = 0;
  int64_t time_ms = 0;
  for (size_t left = in.Count(); left > 0; --left) {
    ref = static_cast<uint32_t>(ref + static_cast<uint64_t>(in.Signed()));
    time_ms =
        static_cast<int64_t>(static_cast<uint64_t>(time_ms) + static_cast<uint64_t>(in.Signed()));
    const uint64_t bits = in.Fixed64();
    if (!in.ok()) return std::unexpected(Broken("bad sample"));
    PHAROS_TRY_VOID(visitor.OnSample(ref, time_ms, std::bit_cast<double>(bits), 0));
  }
  return {};
}

base::Result<void> ReadEntry(codec::ByteReader& in, RecordVisitor& visitor) {
  switch (in.Byte()) {
    case kHistogramTag: {
      const auto ref = static_cast<uint32_t>(in.Varint());
      const int64_t time_ms = in.Signed();
      const int64_t start_ms = in.Signed();
      auto histogram = std::make_shared<model::Histogram>();
      if (!DecodeHistogram(in, nullptr, histogram.get())) break;
      return visitor.OnHistogram(ref, {time_ms, std::move(histogram), start_ms});
    }
    case kStartedTag: {
      const auto ref = static_cast<uint32_t>(in.Varint());
      const int64_t time_ms = in.Signed();
      const int64_t start_ms = in.Signed();
      const uint64_t bits = in.Fixed64();
      if (!in.ok()) break;
      return visitor.OnSample(ref, time_ms, std::bit_cast<double>(bits), start_ms);
    }
    case kMetadataTag: {
      const std::string_view metric = in.Bytes();
      model::Metadata metadata;
      if (!DecodeMetadata(in, &metadata)) break;
      return visitor.OnMetadata(metric, std::move(metadata));
    }
  }
  return std::unexpected(Broken("bad entry"));
}

}  // namespace

void RecordWriter::Reserve(size_t samples) {
  const size_t wanted = used_ + samples * kMostSampleBytes;
  if (wanted <= room_) return;
  const size_t room = std::max(room_ * 2, wanted);
  auto larger = std::make_unique_for_overwrite<char[]>(room);
  if (used_ > 0) std::memcpy(larger.get(), runs_.get(), used_);
  runs_ = std::move(larger);
  room_ = room;
}

void RecordWriter::DeclareSeries(uint32_t ref, std::string_view labels) {
  codec::PutVarint(declared_, ref);
  codec::PutBytes(declared_, labels);
  ++series_;
}

void RecordWriter::AddStarted(uint32_t ref, int64_t time_ms, double value, int64_t start_ms) {
  started_ = true;  // what follows stays behind it
  rest_ += static_cast<char>(kStartedTag);
  codec::PutVarint(rest_, ref);
  codec::PutSigned(rest_, time_ms);
  codec::PutSigned(rest_, start_ms);
  codec::PutFixed64(rest_, std::bit_cast<uint64_t>(value));
  ++entries_;
}

void RecordWriter::AddHistogram(uint32_t ref, int64_t time_ms, int64_t start_ms,
                                const model::Histogram& histogram) {
  rest_ += static_cast<char>(kHistogramTag);
  codec::PutVarint(rest_, ref);
  codec::PutSigned(rest_, time_ms);
  codec::PutSigned(rest_, start_ms);
  EncodeHistogram(histogram, nullptr, rest_);
  ++entries_;
}

void RecordWriter::AddMetadata(std::string_view metric, const model::Metadata& metadata) {
  rest_ += static_cast<char>(kMetadataTag);
  codec::PutBytes(rest_, metric);
  EncodeMetadata(metadata, rest_);
  ++entries_;
}

std::string RecordWriter::Payload() const {
  std::string out;
  out.reserve(declared_.size() + used_ + rest_.size() + 32);
  codec::PutVarint(out, series_);
  out += declared_;
  codec::PutVarint(out, samples_);
  if (used_ > 0) out.append(runs_.get(), used_);
  codec::PutVarint(out, entries_);
  out += rest_;
  return out;
}

std::string RecordWriter::Finish() {
  std::string out = Payload();
  declared_.clear();
  rest_.clear();
  used_ = series_ = samples_ = entries_ = 0;
  started_ = false;
  last_ref_ = 0;
  last_time_ms_ = 0;
  return out;
}

std::vector<uint32_t> RecordWriter::Refs() const {
  struct Collector final : RecordVisitor {
    std::vector<uint32_t> refs;
    base::Result<void> Add(uint32_t ref) { return refs.push_back(ref), base::Result<void>(); }
    base::Result<void> OnSeries(uint32_t, model::Labels) override { return {}; }
    base::Result<void> OnSample(uint32_t ref, int64_t, double, int64_t) override {
      return Add(ref);
    }
    base::Result<void> OnHistogram(uint32_t ref, model::HistogramSample) override {
      return Add(ref);
    }
    base::Result<void> OnMetadata(std::string_view, model::Metadata) override { return {}; }
  };
  Collector collector;
  const auto read = ReadRecord(Payload(), collector);
  PHAROS_CHECK(read.has_value(), "own WAL record does not read back");
  return std::move(collector.refs);
}

base::Result<void> ReadRecord(std::string_view payload, RecordVisitor& visitor) {
  codec::ByteReader in(payload);
  PHAROS_TRY_VOID(ReadSeries(in, visitor));
  PHAROS_TRY_VOID(ReadSamples(in, visitor));
  for (size_t left = in.Count(); left > 0; --left) PHAROS_TRY_VOID(ReadEntry(in, visitor));
  if (!in.ok() || !in.AtEnd()) return std::unexpected(Broken("bytes left over"));
  return {};
}

}  // namespace pharos::samples
