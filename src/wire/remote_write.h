// Prometheus remote write 1.0 (prometheus.WriteRequest): a walk over the decompressed
// body. A series is given out with its label block as raw bytes, so that the engine can
// find it by their hash; labels are read only for series that it does not know.
#pragma once

#include <cstring>
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

/// A series with one sample, which is what most senders send: as its last bytes look.
struct PlainSeries {
  std::string_view label_block;
  int64_t time_ms = 0;
  double value = 0;
};

/// Guesses from the end of a series' message that a sample without further fields stands
/// there, and takes all before it for the label block; false when it does not look so. The
/// guess is proved when `label_block` is known to have been a whole label block before: then
/// the sample begins where a field begins.
inline bool GuessPlain(std::string_view message, PlainSeries* series) {
  // Tag and length of the sample, tag and value, tag and time; a value of 0 is left out. Times
  // of our age have six bytes.
  constexpr size_t kTimeBytes = 6, kWithValue = 12 + kTimeBytes, kWithoutValue = 3 + kTimeBytes;
  if (message.size() <= kWithValue) return false;
  const char* end = message.data() + message.size();
  uint64_t last;
  std::memcpy(&last, end - 8, 8);
  if ((last & 0x8080808080800000) != 0x0080808080800000) return false;
  const char* at = end - kWithValue;
  if (std::memcmp(at, "\x12\x10\x09", 3) == 0 && at[11] == 0x10) {
    std::memcpy(&series->value, at + 3, 8);
  } else {
    at = end - kWithoutValue;
    if (std::memcmp(at, "\x12\x07\x10", 3) != 0) return false;
    series->value = 0;
  }
  uint64_t time_ms = 0;
  for (size_t i = 0; i < kTimeBytes; ++i) time_ms |= (last >> (16 + 8 * i) & 0x7F) << (7 * i);
  series->time_ms = static_cast<int64_t>(time_ms);
  series->label_block = {message.data(), static_cast<size_t>(at - message.data())};
  return true;
}

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
  /// As Next, but a series is not read yet: message() has its bytes, which live as long as the
  /// body, and ReadSeries reads them.
  base::Result<Item> NextUnread();
  std::string_view message() const { return message_; }
  /// Reads a message() of now or before into series().
  base::Result<void> ReadSeries(std::string_view message);

  const RemoteSeries& series() const { return series_; }
  const RemoteMetadata& metadata() const { return metadata_; }

 private:
  bool ReadFields(std::string_view message);
  bool ReadMetadata(std::string_view message);
  void AddLabel(const PbReader& series);

  PbReader request_;
  std::string_view message_;
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
