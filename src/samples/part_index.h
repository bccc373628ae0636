// A part's series and their labels, as loaded from its "pairs" and "series" sections: which
// series match, what they are called, where their blocks lie.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "io/part_file.h"
#include "model/labels.h"
#include "samples/pair_list.h"
#include "samples/part_format.h"
#include "samples/postings.h"

namespace pharos::samples {

/// Series are numbered in rising order of their labels; pairs ("name=value") likewise.
///
/// Owns: about 24 bytes a series and 8 a label. Threads: immutable after Load. Errors:
/// kCorrupt for bytes that are not an index. Cost: Load reads both sections; Find is a binary
/// search.
class PartIndex final : public PostingSource {
 public:
  static base::Result<std::unique_ptr<PartIndex>> Load(const io::PartReader& file,
                                                       const PartInfo& info);

  size_t series_count() const { return places_.size(); }
  const SeriesPlace& place(uint32_t series) const { return places_[series]; }
  model::Labels LabelsOf(uint32_t series) const;
  /// The series' labels as pair numbers, rising.
  std::span<const uint32_t> PairsOf(uint32_t series) const {
    return {label_pairs_.data() + label_begin_[series],
            label_begin_[series + 1] - label_begin_[series]};
  }
  uint32_t pair_count() const { return pairs_.size(); }
  /// A hash of all labels of all series: indexes that have the same one number their series alike.
  base::Hash128 numbering() const { return numbering_; }
  /// Canonical label bytes of one pair.
  std::string_view Pair(uint32_t pair) const { return pairs_.Pair(pair); }
  std::vector<uint32_t> Select(const std::vector<model::Matcher>& matchers) const {
    return SelectSeries(*this, matchers);
  }
  /// The series with exactly these labels.
  std::optional<uint32_t> FindSeries(const model::Labels& labels) const;
  std::vector<std::string> Names() const;
  size_t bytes() const;

  std::span<const uint32_t> Find(std::string_view name, std::string_view value) const override;
  /// In rising order.
  void ForEachValue(std::string_view name, std::string_view from, std::string_view to,
                    const OnValue& on_value) const override;
  void ForEachValue(std::string_view name, const OnValue& on_value) const {
    ForEachValue(name, {}, kEndOfValues, on_value);
  }
  size_t ValueCount(std::string_view name) const override;
  std::vector<uint32_t> All() const override;
  bool KnowsValues() const override { return true; }
  std::string_view ValueOf(uint32_t series, std::string_view name) const override;

 private:
  bool AddSeries(std::string_view page);
  void BuildPostings();
  void HashNumbering();
  /// The first pair at or after (name, value).
  uint32_t LowerBound(std::string_view name, std::string_view value) const;
  /// The first pair of a later name.
  uint32_t EndOfName(std::string_view name) const;
  std::span<const uint32_t> Postings(uint32_t pair) const {
    return {postings_.data() + postings_begin_[pair],
            postings_begin_[pair + 1] - postings_begin_[pair]};
  }

  PairList pairs_;
  std::vector<uint32_t> label_pairs_;
  std::vector<uint32_t> label_begin_{0};  // a series
  std::vector<SeriesPlace> places_;       // a series
  std::vector<uint32_t> postings_;
  std::vector<uint32_t> postings_begin_;  // a pair
  base::Hash128 numbering_;
};

}  // namespace pharos::samples
