// Prometheus remote write 2.0 (io.prometheus.write.v2.Request): a walk over the
// decompressed body. Labels are references into the request's own table of symbols, so a
// series is known by the hash of the symbols that it refers to (SymbolHashes), and labels
// are put together only for series that the engine does not know.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "model/labels.h"
#include "model/sample.h"
#include "wire/protobuf.h"

namespace pharos::wire {

struct RemoteSampleV2 {
  int64_t time_ms = 0;
  double value = 0;
  int64_t start_ms = 0;  ///< 0: not told
};

struct RemoteSeriesV2 {
  std::string_view message;  ///< all of it, for ReadLabelRefsV2
  std::span<const uint32_t> label_refs;
  std::span<const RemoteSampleV2> samples;
  std::span<const std::string_view> histograms;  ///< for ReadRemoteHistogramV2
  std::span<const std::string_view> exemplars;   ///< for ReadRemoteExemplarV2
  model::MetricType type{};
  uint32_t help_ref = 0, unit_ref = 0;
  int64_t created_ms = 0;  ///< of the whole series, as release candidates of 2.0 had it
};

/// Owns: the table of symbols (views into the body) and small buffers that are used again for
/// every series; views in series() are valid until the next Next, `message` and what
/// `histograms` and `exemplars` point to as long as the body. Threads: one. Errors: kBadInput
/// with what protobuf says. Cost: no allocation a series once the buffers have grown.
class RemoteWriteV2Reader {
 public:
  explicit RemoteWriteV2Reader(std::string_view body) : body_(body), request_(body) {}

  /// Gathers the symbols, which may lie anywhere in the body. First of all.
  base::Result<void> ReadSymbols();
  std::span<const std::string_view> symbols() const { return symbols_; }
  /// False at the end.
  base::Result<bool> Next();
  const RemoteSeriesV2& series() const { return series_; }

 private:
  bool ReadSeries(std::string_view message);
  bool ReadMetadata(std::string_view message);

  std::string_view body_;
  PbReader request_;
  const char* error_ = "";
  std::vector<std::string_view> symbols_;
  RemoteSeriesV2 series_;
  std::vector<uint32_t> refs_;
  std::vector<RemoteSampleV2> samples_;
  std::vector<std::string_view> histograms_, exemplars_;
};

/// Makes a hash of 128 bits for a list of references: equal for equal lists of symbols,
/// whatever the request numbers them.
///
/// Each symbol is hashed once a request (XXH3-128); a list is the sum of its symbols' hashes,
/// each multiplied by an odd constant of its place, in two lanes of 64 bits. For symbols whose
/// hashes are random that collides with probability 2^-128, and its multiplications do not
/// wait for each other.
/// Owns: a hash a symbol. Threads: any once made. Errors: none. Cost: two multiplications a
/// reference.
class SymbolHashes {
 public:
  explicit SymbolHashes(std::span<const std::string_view> symbols);
  /// Every reference must be below the number of symbols.
  base::Hash128 Of(std::span<const uint32_t> refs) const;
  const base::Hash128& operator[](uint32_t ref) const { return hashes_[ref]; }

 private:
  std::vector<base::Hash128> hashes_;
};

/// The label references of a series' message, as it has them.
std::vector<uint32_t> ReadLabelRefsV2(std::string_view message);
/// The labels in sent order. kUnprocessable with Prometheus's sentence when a reference leads
/// nowhere or a name has no value.
base::Result<std::vector<model::LabelView>> ResolveLabelRefs(
    std::span<const uint32_t> refs, std::span<const std::string_view> symbols);

base::Result<model::HistogramSample> ReadRemoteHistogramV2(std::string_view message);

struct RemoteExemplarV2 {
  std::vector<uint32_t> label_refs;
  double value = 0;
  int64_t time_ms = 0;
};
base::Result<RemoteExemplarV2> ReadRemoteExemplarV2(std::string_view message);

}  // namespace pharos::wire
