#include "wire/remote_write.h"

#include <bit>
#include <memory>
#include <utility>

#include "wire/limits.h"

namespace pharos::wire {
namespace {

// prometheus.TimeSeries
constexpr uint32_t kLabels = 1, kSamples = 2, kExemplars = 3, kHistograms = 4;

bool ReadSample(std::string_view message, model::Sample* sample, const char** error) {
  PbReader in(message);
  *sample = {};
  while (in.Next()) {
    if (in.field() == 1) {
      sample->value = in.Double();
    } else if (in.field() == 2) {
      sample->time_ms = in.Int64();
    }
  }
  *error = in.error();
  return in.ok();
}

bool ReadLabel(std::string_view message, model::LabelView* label, const char** error) {
  PbReader in(message);
  *label = {};
  while (in.Next()) {
    if (in.field() == 1) {
      label->name = in.Bytes();
    } else if (in.field() == 2) {
      label->value = in.Bytes();
    }
  }
  *error = in.error();
  return in.ok();
}

bool ReadSpan(std::string_view message, std::vector<model::BucketSpan>* spans) {
  PbReader in(message);
  model::BucketSpan span;
  while (in.Next()) {
    if (in.field() == 1) {
      span.offset = static_cast<int32_t>(in.Sint64());
    } else if (in.field() == 2) {
      span.length = in.Uint32();
    }
  }
  spans->push_back(span);
  return in.ok() && spans->size() <= kMaxBuckets;
}

/// Reads a histogram's fields; deltas become absolute counts at the end.
class HistogramReader {
 public:
  explicit HistogramReader(std::string_view message) : in_(message) {}

  base::Result<model::HistogramSample> Read() {
    while (in_.Next()) Field();
    if (in_.ok() && !Fits()) in_.Fail("histogram has more buckets than are allowed");
    PHAROS_TRY_VOID(in_.Status());
    sample_.histogram = std::make_shared<const model::Histogram>(std::move(h_));
    return sample_;
  }

 private:
  void Field() {
    switch (in_.field()) {
      case 1: h_.count = static_cast<double>(in_.Varint()); break;
      case 2:
        h_.count = in_.Double();
        h_.float_counts = true;
        break;
      case 3: h_.sum = in_.Double(); break;
      case 4: h_.schema = static_cast<int32_t>(in_.Sint64()); break;
      case 5: h_.zero_threshold = in_.Double(); break;
      case 6: h_.zero_count = static_cast<double>(in_.Varint()); break;
      case 7:
        h_.zero_count = in_.Double();
        h_.float_counts = true;
        break;
      case 8: Span(&h_.negative_spans); break;
      case 9: Deltas(&h_.negative_counts, &negative_); break;
      case 10: Counts(&h_.negative_counts); break;
      case 11: Span(&h_.positive_spans); break;
      case 12: Deltas(&h_.positive_counts, &positive_); break;
      case 13: Counts(&h_.positive_counts); break;
      case 14: h_.reset = static_cast<model::Histogram::Reset>(in_.Varint() & 3); break;
      case 15: sample_.time_ms = in_.Int64(); break;
      case 16: Counts(&h_.custom_bounds); break;
      default: break;
    }
  }
  void Span(std::vector<model::BucketSpan>* spans) {
    if (!ReadSpan(in_.Bytes(), spans)) in_.Fail("unexpected EOF");
  }
  void Deltas(std::vector<double>* counts, uint64_t* last) {
    in_.EachVarint([&](uint64_t v) {
      *last += (v >> 1) ^ (~(v & 1) + 1);  // zigzag; wraps for hostile deltas
      if (counts->size() <= kMaxBuckets) {
        counts->push_back(static_cast<double>(static_cast<int64_t>(*last)));
      }
    });
  }
  void Counts(std::vector<double>* counts) {
    in_.EachFixed64([&](uint64_t v) {
      if (counts->size() <= kMaxBuckets) counts->push_back(std::bit_cast<double>(v));
    });
  }
  bool Fits() const {
    return h_.positive_counts.size() <= kMaxBuckets && h_.negative_counts.size() <= kMaxBuckets &&
           h_.custom_bounds.size() <= kMaxBuckets;
  }

  PbReader in_;
  model::Histogram h_;
  model::HistogramSample sample_;
  uint64_t negative_ = 0, positive_ = 0;
};

}  // namespace

base::Result<RemoteWriteReader::Item> RemoteWriteReader::NextUnread() {
  while (request_.Next()) {
    if (request_.field() == 1) {
      message_ = request_.Bytes();
      if (!request_.ok()) break;
      return Item::kSeries;
    }
    if (request_.field() == 3) {
      if (!ReadMetadata(request_.Bytes()) || !request_.ok()) break;
      return Item::kMetadata;
    }
  }
  if (*error_ == '\0') error_ = request_.error();
  if (*error_ != '\0') return base::Fail(base::ErrorKind::kBadInput, error_);
  return Item::kEnd;
}

base::Result<void> RemoteWriteReader::ReadSeries(std::string_view message) {
  if (ReadFields(message)) return {};
  return base::Fail(base::ErrorKind::kBadInput, error_);
}

base::Result<RemoteWriteReader::Item> RemoteWriteReader::Next() {
  PHAROS_TRY(const Item item, NextUnread());
  if (item == Item::kSeries) PHAROS_TRY_VOID(ReadSeries(message_));
  return item;
}

bool RemoteWriteReader::ReadFields(std::string_view message) {
  PbReader in(message);
  samples_.clear();
  histograms_.clear();
  exemplars_.clear();
  series_.label_block = {};
  while (in.Next()) {
    switch (in.field()) {
      case kLabels:
        if (in.type() != WireType::kBytes) in.Bytes();  // marks the error
        AddLabel(in);
        break;
      case kSamples:
        if (!ReadSample(in.Bytes(), &samples_.emplace_back(), &error_)) return false;
        break;
      case kExemplars: exemplars_.push_back(in.Bytes()); break;
      case kHistograms: histograms_.push_back(in.Bytes()); break;
      default: break;
    }
  }
  error_ = in.error();
  series_.samples = samples_;
  series_.histograms = histograms_;
  series_.exemplars = exemplars_;
  return in.ok();
}

// Senders write the labels in a row, which makes the block one view; else they are gathered.
void RemoteWriteReader::AddLabel(const PbReader& series) {
  const std::string_view field = series.raw_field();
  std::string_view& block = series_.label_block;
  if (block.empty()) {
    block = field;
  } else if (block.data() + block.size() == field.data()) {
    block = {block.data(), block.size() + field.size()};
  } else {
    if (block.data() != gathered_labels_.data()) gathered_labels_ = block;
    gathered_labels_ += field;
    block = gathered_labels_;
  }
}

bool RemoteWriteReader::ReadMetadata(std::string_view message) {
  using model::MetricType;
  constexpr MetricType kTypes[] = {
      MetricType::kUnknown,        MetricType::kCounter, MetricType::kGauge, MetricType::kHistogram,
      MetricType::kGaugeHistogram, MetricType::kSummary, MetricType::kInfo,  MetricType::kStateSet};
  PbReader in(message);
  metadata_ = {};
  while (in.Next()) {
    switch (in.field()) {
      case 1: {
        const uint64_t type = in.Varint();
        metadata_.metadata.type = type < std::size(kTypes) ? kTypes[type] : MetricType::kUnknown;
        break;
      }
      case 2: metadata_.family = in.Bytes(); break;
      case 4: metadata_.metadata.help = in.Bytes(); break;
      case 5: metadata_.metadata.unit = in.Bytes(); break;
      default: break;
    }
  }
  error_ = in.error();
  return in.ok();
}

base::Result<std::vector<model::LabelView>> ReadLabelBlock(std::string_view block) {
  std::vector<model::LabelView> labels;
  PbReader in(block);
  const char* error = "";
  while (in.Next()) {
    if (!ReadLabel(in.Bytes(), &labels.emplace_back(), &error)) {
      return base::Fail(base::ErrorKind::kBadInput, error);
    }
  }
  PHAROS_TRY_VOID(in.Status());
  return labels;
}

base::Result<model::HistogramSample> ReadRemoteHistogram(std::string_view message) {
  return HistogramReader(message).Read();
}

base::Result<model::Exemplar> ReadRemoteExemplar(std::string_view message) {
  model::Exemplar exemplar;
  std::vector<model::LabelView> labels;
  const char* error = "";
  PbReader in(message);
  while (in.Next()) {
    switch (in.field()) {
      case 1:
        if (!ReadLabel(in.Bytes(), &labels.emplace_back(), &error)) in.Fail(error);
        break;
      case 2: exemplar.value = in.Double(); break;
      case 3: exemplar.time_ms = in.Int64(); break;
      default: break;
    }
  }
  PHAROS_TRY_VOID(in.Status());
  exemplar.labels = model::Labels::FromPairs(std::move(labels));
  return exemplar;
}

}  // namespace pharos::wire
