// Samples of one request on their way into an appender: looks series up by their raw label
// bytes, resolves what is new, and writes again what met an evicted series.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "model/labels.h"
#include "store/samples.h"

namespace pharos::ingest::receive {

/// Owns: the writes until Flush. Threads: one. Errors: refusals are counted, the rest is
/// taken. Cost: a hash and a look-up a series; labels are read for new series only.
class SampleBatch {
 public:
  /// Reads the labels of a raw block; an error or an invalid set is the series' refusal.
  using ReadLabels = std::function<base::Result<model::Labels>(std::string_view raw)>;

  /// `format` sets the raw bytes of one format apart from equal bytes of another.
  SampleBatch(store::SampleAppender* appender, ReadLabels read_labels, uint64_t format = 0)
      : appender_(appender), read_labels_(std::move(read_labels)), format_(format) {}

  /// Makes `raw` the series of what is added next. False when the series cannot be had: see
  /// refused_series() and reason(). `raw` must live until Flush.
  bool Series(std::string_view raw);
  /// A series with one sample, by raw bytes that may not be what they seem: see AddAll.
  struct One {
    std::string_view raw;
    int64_t time_ms = 0;
    double value = 0;
  };
  /// Adds one after the other the samples whose raw bytes are known, and calls `unknown(i)` in
  /// the place of the others, until that fails. At most kMostAtOnce. Faster than one by one.
  static constexpr size_t kMostAtOnce = 32;
  template <class Unknown>
  base::Result<void> AddAll(std::span<const One> ones, Unknown unknown) {
    std::array<std::optional<store::SeriesHandle>, kMostAtOnce> found;
    LookupAll(ones, found);
    for (size_t i = 0; i < ones.size(); ++i) {
      const size_t known = AddKnown(ones.subspan(i), {found.data() + i, ones.size() - i});
      i += known;
      if (i < ones.size()) PHAROS_TRY_VOID(unknown(i));
    }
    return {};
  }
  /// Makes room for so many samples.
  void Expect(size_t samples) {
    samples_.reserve(samples);
    runs_.reserve(samples);
  }

  void Add(int64_t time_ms, double value) { samples_.push_back({handle_, time_ms, value}); }
  void Add(int64_t time_ms, std::shared_ptr<const model::Histogram> histogram) {
    histograms_.push_back({handle_, time_ms, std::move(histogram)});
  }
  void Add(model::Exemplar exemplar) { exemplars_.push_back({handle_, std::move(exemplar)}); }

  /// Appends everything that was added.
  void Flush();

  size_t appended() const { return appended_; }
  /// Samples that the engine refused, and why the first was.
  size_t refused() const { return refused_; }
  std::optional<store::SampleRefusal> first_refusal() const { return first_refusal_; }
  /// Series whose labels were invalid.
  size_t invalid_series() const { return invalid_series_; }
  /// Series that the engine did not make (limits), and its sentence.
  size_t refused_series() const { return refused_series_; }
  const std::string& reason() const { return reason_; }

 private:
  struct Run {  ///< where a series' writes start
    const char* raw;
    uint32_t raw_bytes, sample, histogram;
  };
  void Begin(std::string_view raw) {
    runs_.push_back({raw.data(), static_cast<uint32_t>(raw.size()),
                     static_cast<uint32_t>(samples_.size()),
                     static_cast<uint32_t>(histograms_.size())});
  }
  base::Hash128 HashOf(std::string_view raw) const {
    base::Hash128 hash = base::HashBytes128(raw);
    hash.low ^= format_;
    return hash;
  }
  void LookupAll(std::span<const One> ones, std::span<std::optional<store::SeriesHandle>> found);
  /// Adds samples up to the first that was not found; how many these are.
  size_t AddKnown(std::span<const One> ones,
                  std::span<const std::optional<store::SeriesHandle>> found);
  bool Resolve(std::string_view raw, base::Hash128 hash);
  std::string_view RawOf(size_t index, uint32_t Run::* start) const;
  template <class Write, class Append>
  void AppendAll(std::vector<Write>& writes, uint32_t Run::* start, Append append);

  store::SampleAppender* appender_;
  ReadLabels read_labels_;
  const uint64_t format_;
  store::SeriesHandle handle_;
  std::vector<Run> runs_;
  std::vector<store::SampleWrite> samples_;
  std::vector<store::HistogramWrite> histograms_;
  std::vector<store::ExemplarWrite> exemplars_;
  size_t appended_ = 0, refused_ = 0, invalid_series_ = 0, refused_series_ = 0;
  std::optional<store::SampleRefusal> first_refusal_;
  std::string reason_;
};

/// The sentence that Prometheus has for a refusal.
std::string_view RefusalText(store::SampleRefusal why);

}  // namespace pharos::ingest::receive
