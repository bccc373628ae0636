// The sentences of a remote write 2.0 answer: one a refused thing, in the request's order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/labels.h"

namespace pharos::ingest::receive {

/// Owns: at most kMaxRemoteWriteSentences sentences; more are counted. Threads: one.
/// Errors: none. Cost: a string a refusal.
class RefusalsV2 {
 public:
  enum class Phase : uint8_t { kSeries, kSample, kHistogram, kExemplar };
  struct Place {
    size_t series = 0;
    Phase phase{};
    size_t index = 0;
    auto operator<=>(const Place&) const = default;
  };

  void Add(Place place, std::string sentence);
  /// As Add, without a sentence.
  void Count() { ++count_; }
  /// Whether a further sentence would be kept.
  bool Wants() const;
  size_t count() const { return count_; }
  /// One a line, "" for none; says how many were left out.
  std::string Text();

 private:
  struct Refusal {
    Place place;
    std::string sentence;
  };
  std::vector<Refusal> kept_;
  size_t count_ = 0, bytes_ = 0;
};

/// `{__name__="up", job="x"}`, as Prometheus's labels print. `labels` are sorted.
std::string LabelsText(std::span<const model::LabelView> labels);
/// `[1 2 3]`
std::string RefsText(std::span<const uint32_t> refs);

}  // namespace pharos::ingest::receive
