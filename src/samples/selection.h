// The series that a query chose from memory and parts, put in one order: what the same series
// is called in each of them, and how to group by labels without making label sets.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "samples/head.h"
#include "samples/part.h"
#include "samples/span_reader.h"
#include "samples/time_runs.h"
#include "store/samples.h"

namespace pharos::samples {

/// Owns: the snapshot and the parts it reads. Threads: any; const once made. Errors: readers
/// name the corrupt part. Cost: with one part, or several of the same series (of a fleet that did
/// not change), nothing but their lists; else a comparison of label numbers a series and source.
class EngineSelection final : public store::Selection {
 public:
  /// `parts` oldest generation first; `runs` outlives it.
  EngineSelection(HeadSnapshot head, std::vector<PartChoice> parts, const store::SampleQuery& query,
                  TimeRuns& runs);

  size_t size() const override { return first_ref_.size() - 1; }
  model::Labels LabelsOf(size_t series) const override;
  store::SeriesGroups GroupBy(const std::vector<std::string>& names, bool without) const override;
  std::unique_ptr<store::SelectionReader> NewReader() const override;

 private:
  class Reader;
  /// A series in one source: a part by its number, or the head (behind the parts) and an index
  /// into head_.series.
  using Ref = SourceRef;
  struct Row;

  /// The labels as numbers of pairs, rising: the first part's own numbers, or ranks_.
  std::span<const uint32_t> PairsOf(size_t series) const;
  std::string_view Pair(uint32_t pair) const;
  std::span<const Ref> RefsOf(size_t series) const {
    return {refs_.data() + first_ref_[series], first_ref_[series + 1] - first_ref_[series]};
  }
  /// Gives all pairs of all sources common numbers, in order.
  std::vector<Row> RankRows();
  /// Adds pairs, which come in order, to pairs_.
  void UnitePairs(const std::vector<std::string_view>& more);
  std::span<const uint32_t> RanksOf(const Row& row) const;
  /// Whether all that was chosen numbers its series alike, so that these numbers order them.
  bool NumbersAlike() const;
  void MergeByNumber();
  void Merge(std::vector<Row> rows);
  void MergeTwo(const std::vector<Row>& rows, size_t middle);

  HeadSnapshot head_;
  std::vector<PartChoice> parts_;
  const int64_t start_ms_, end_ms_;
  const bool presence_only_;
  std::vector<Ref> refs_;
  std::vector<uint32_t> first_ref_{0};  // a series
  bool alike_ = false;
  std::vector<std::string_view> pairs_;  // by rank; views into indexes and head_
  std::vector<uint32_t> ranks_;
  std::vector<std::span<const uint32_t>> labels_;  // a series; into ranks_
  TimeRuns& runs_;                                 // its readers'
};

}  // namespace pharos::samples
