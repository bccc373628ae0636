// Prometheus remote write 1.0 (prometheus.WriteRequest): a walk over the decompressed
// body. A series is given out with its label block as raw bytes, so that the engine can
// find it by their hash; labels are read only for series that it does not know.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"
#include "model/sample.h"
#include "wire/protobuf.h"

namespace pharos::wire {

struct RemoteSeries {
  std::string_view label_block;  ///< all label fields as sent, tags included
  std::span<const model::Sample> samples;
  std::span<const std::string_view> histograms;  ///< for ReadRemoteHistogram
  std::span<const std::string_view> exemplars;   ///< for ReadRemoteExemplar
};

struct RemoteMetadata {
  std::string_view family;
  model::Metadata metadata;
};

/// Owns: small buffers that are used again for every series; views in series() are valid
/// until the next Next. Threads: one. Errors: kBadInput with what protobuf says
/// ("unexpected EOF"); what was given out before stays valid. Cost: no allocation a series
/// once the buffers have grown.
class RemoteWriteReader {
 public:
  enum class Item : uint8_t { kSeries, kMetadata, kEnd };

  explicit RemoteWriteReader(std::string_view body) : request_(body) {}

  base::Result<Item> Next();
  const RemoteSeries& series() const { return series_; }
  const RemoteMetadata& metadata() const { return metadata_; }

 private:
  bool ReadSeries(std::string_view message);
  bool ReadMetadata(std::string_view message);
  void AddLabel(const PbReader& series);

  PbReader request_;
  const char* error_ = "";
  RemoteSeries series_;
  RemoteMetadata metadata_;
  std::vector<model::Sample> samples_;
  std::vector<std::string_view> histograms_, exemplars_;
  std::string gathered_labels_;  ///< only when a sender spreads labels between other fields
};

/// The labels of a block in sent order, views into the block.
base::Result<std::vector<model::LabelView>> ReadLabelBlock(std::string_view block);
base::Result<model::HistogramSample> ReadRemoteHistogram(std::string_view message);
/// The exemplar's labels as Labels (sorted).
base::Result<model::Exemplar> ReadRemoteExemplar(std::string_view message);

}  // namespace pharos::wire
