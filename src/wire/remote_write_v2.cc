#include "wire/remote_write_v2.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "wire/limits.h"
#include "wire/remote_write.h"

namespace pharos::wire {
namespace {

// io.prometheus.write.v2.Request and its TimeSeries. Field 6 of a series was its created
// timestamp until the samples got start timestamps of their own.
constexpr uint32_t kSymbols = 4, kTimeSeries = 5;
constexpr uint32_t kLabelRefs = 1, kSamples = 2, kHistograms = 3, kExemplars = 4, kMetadata = 5,
                   kCreated = 6;
constexpr uint32_t kHistogramStart = 17;

bool ReadSample(std::string_view message, RemoteSampleV2* sample, const char** error) {
  PbReader in(message);
  while (in.Next()) {
    switch (in.field()) {
      case 1: sample->value = in.Double(); break;
      case 2: sample->time_ms = in.Int64(); break;
      case 3: sample->start_ms = in.Int64(); break;
      default: break;
    }
  }
  *error = in.error();
  return in.ok();
}

/// Odd constants, one a place of a list; splitmix64 of the place.
constexpr uint64_t Constant(uint64_t place) {
  uint64_t z = (place + 1) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return (z ^ (z >> 31)) | 1;
}

constexpr size_t kTabledPlaces = 128;
constexpr auto kConstants = [] {
  std::array<base::Hash128, kTabledPlaces> out{};
  for (size_t i = 0; i < out.size(); ++i) out[i] = {Constant(2 * i), Constant(2 * i + 1)};
  return out;
}();

}  // namespace

base::Result<void> RemoteWriteV2Reader::ReadSymbols() {
  PbReader in(body_);
  while (in.Next()) {
    if (in.field() != kSymbols) continue;
    if (symbols_.size() == kMaxSymbols) in.Fail("request has more symbols than are allowed");
    symbols_.push_back(in.Bytes());
  }
  return in.Status();
}

base::Result<bool> RemoteWriteV2Reader::Next() {
  while (request_.Next()) {
    if (request_.field() != kTimeSeries) continue;
    if (!ReadSeries(request_.Bytes()) || !request_.ok()) break;
    return true;
  }
  if (*error_ == '\0') error_ = request_.error();
  if (*error_ != '\0') return base::Fail(base::ErrorKind::kBadInput, error_);
  return false;
}

bool RemoteWriteV2Reader::ReadSeries(std::string_view message) {
  PbReader in(message);
  refs_.clear();
  samples_.clear();
  histograms_.clear();
  exemplars_.clear();
  series_ = {.message = message};
  while (in.Next()) {
    switch (in.field()) {
      case kLabelRefs:
        in.EachVarint([&](uint64_t ref) { refs_.push_back(static_cast<uint32_t>(ref)); });
        break;
      case kSamples:
        if (!ReadSample(in.Bytes(), &samples_.emplace_back(), &error_)) return false;
        break;
      case kHistograms: histograms_.push_back(in.Bytes()); break;
      case kExemplars: exemplars_.push_back(in.Bytes()); break;
      case kMetadata:
        if (!ReadMetadata(in.Bytes())) return false;
        break;
      case kCreated: series_.created_ms = in.Int64(); break;
      default: break;
    }
  }
  error_ = in.error();
  series_.label_refs = refs_;
  series_.samples = samples_;
  series_.histograms = histograms_;
  series_.exemplars = exemplars_;
  return in.ok();
}

bool RemoteWriteV2Reader::ReadMetadata(std::string_view message) {
  using model::MetricType;
  constexpr MetricType kTypes[] = {
      MetricType::kUnknown,        MetricType::kCounter, MetricType::kGauge, MetricType::kHistogram,
      MetricType::kGaugeHistogram, MetricType::kSummary, MetricType::kInfo,  MetricType::kStateSet};
  PbReader in(message);
  while (in.Next()) {
    switch (in.field()) {
      case 1: {
        const uint64_t type = in.Varint();
        series_.type = type < std::size(kTypes) ? kTypes[type] : MetricType::kUnknown;
        break;
      }
      case 3: series_.help_ref = in.Uint32(); break;
      case 4: series_.unit_ref = in.Uint32(); break;
      default: break;
    }
  }
  error_ = in.error();
  return in.ok();
}

SymbolHashes::SymbolHashes(std::span<const std::string_view> symbols) {
  hashes_.reserve(symbols.size());
  for (const std::string_view symbol : symbols) hashes_.push_back(base::HashBytes128(symbol));
}

base::Hash128 SymbolHashes::Of(std::span<const uint32_t> refs) const {
  base::Hash128 sum{refs.size(), ~refs.size()};
  const size_t tabled = std::min(refs.size(), kTabledPlaces);
  for (size_t i = 0; i < tabled; ++i) {
    const base::Hash128& symbol = hashes_[refs[i]];
    sum.low += symbol.low * kConstants[i].low;
    sum.high += symbol.high * kConstants[i].high;
  }
  for (size_t i = tabled; i < refs.size(); ++i) {
    const base::Hash128& symbol = hashes_[refs[i]];
    sum.low += symbol.low * Constant(2 * i);
    sum.high += symbol.high * Constant(2 * i + 1);
  }
  return sum;
}

std::vector<uint32_t> ReadLabelRefsV2(std::string_view message) {
  std::vector<uint32_t> refs;
  PbReader in(message);
  while (in.Next()) {
    if (in.field() != kLabelRefs) continue;
    in.EachVarint([&](uint64_t ref) { refs.push_back(static_cast<uint32_t>(ref)); });
  }
  return refs;
}

base::Result<std::vector<model::LabelView>> ResolveLabelRefs(
    std::span<const uint32_t> refs, std::span<const std::string_view> symbols) {
  if (refs.size() % 2 != 0) {
    return base::Fail(base::ErrorKind::kUnprocessable,
                      "invalid labelRefs length " + std::to_string(refs.size()));
  }
  std::vector<model::LabelView> labels;
  labels.reserve(refs.size() / 2);
  for (size_t i = 0; i < refs.size(); i += 2) {
    const uint32_t name = refs[i], value = refs[i + 1];
    if (name >= symbols.size() || value >= symbols.size()) {
      return base::Fail(base::ErrorKind::kUnprocessable,
                        "labelRefs " + std::to_string(name) + " (name) = " + std::to_string(value) +
                            " (value) outside of symbols table (size " +
                            std::to_string(symbols.size()) + ")");
    }
    labels.push_back({symbols[name], symbols[value]});
  }
  return labels;
}

base::Result<model::HistogramSample> ReadRemoteHistogramV2(std::string_view message) {
  PHAROS_TRY(model::HistogramSample sample, ReadRemoteHistogram(message));
  PbReader in(message);
  while (in.Next()) {
    if (in.field() == kHistogramStart) sample.start_ms = in.Int64();
  }
  PHAROS_TRY_VOID(in.Status());
  return sample;
}

base::Result<RemoteExemplarV2> ReadRemoteExemplarV2(std::string_view message) {
  RemoteExemplarV2 exemplar;
  PbReader in(message);
  while (in.Next()) {
    switch (in.field()) {
      case 1:
        in.EachVarint(
            [&](uint64_t ref) { exemplar.label_refs.push_back(static_cast<uint32_t>(ref)); });
        break;
      case 2: exemplar.value = in.Double(); break;
      case 3: exemplar.time_ms = in.Int64(); break;
      default: break;
    }
  }
  PHAROS_TRY_VOID(in.Status());
  return exemplar;
}

}  // namespace pharos::wire
