// A compiled pipeline: what turns stored lines into what a log query shows, or drops them.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "query/logql/ast.h"
#include "query/logql/entry.h"
#include "store/events.h"

namespace pharos::query::logql {

/// One stage at work.
///
/// Owns: its compiled form and scratch. Threads: one at a time. Errors: a line that a parser
/// cannot read keeps going with __error__ set, as in Loki. Cost: no allocation a line where
/// nothing changes.
class PipelineStage {
 public:
  virtual ~PipelineStage() = default;
  /// False drops the entry.
  virtual bool Process(Entry* entry) = 0;
};
using PipelineStagePtr = std::unique_ptr<PipelineStage>;

/// Compiles one stage. kBadInput with Loki's "stage '…' : …" text.
base::Result<PipelineStagePtr> CompileStage(const Stage& stage);
base::Result<PipelineStagePtr> CompileLabelFilter(const LabelFilter& filter);
/// How label filters compare.
bool CompareNumbers(CompareOp op, double left, double right);

class Pipeline {
 public:
  static base::Result<Pipeline> Compile(const std::vector<Stage>& stages);
  /// False when the entry is dropped.
  bool Process(Entry* entry) {
    for (const PipelineStagePtr& stage : stages_) {
      if (!stage->Process(entry)) return false;
    }
    return true;
  }
  /// What every line that passes must fulfil, for the source to test early. Necessary, not
  /// sufficient, unless `complete`.
  const store::Predicate& pushdown() const { return pushdown_; }
  bool complete() const { return complete_; }
  /// Runs only the stages from number `first` on.
  bool ProcessFrom(size_t first, Entry* entry) {
    for (size_t i = first; i < stages_.size(); ++i) {
      if (!stages_[i]->Process(entry)) return false;
    }
    return true;
  }
  /// What the source may know about fields of lines: names of labels that filters behind `| json`
  /// look at, and these filters.
  const store::FieldRequest& fields() const { return fields_; }
  /// Line filters that the source tests in full, then perhaps `| json`, then label filters: all
  /// that decides about a line are the fields above. `first_label_stage` begins the label filters.
  bool reducible() const { return reducible_; }
  size_t first_label_stage() const { return first_label_stage_; }
  /// The label filters are these of fields() and nothing else.
  bool filters_are_all() const { return filters_are_all_; }
  /// Only line filters: labels leave as they came.
  bool keeps_labels() const { return keeps_labels_; }

 private:
  void FindFields(const std::vector<Stage>& stages);

  std::vector<PipelineStagePtr> stages_;
  store::Predicate pushdown_;
  bool complete_ = true;
  bool keeps_labels_ = true;
  store::FieldRequest fields_;
  bool reducible_ = true;
  bool filters_are_all_ = true;
  size_t first_label_stage_ = 0;
};

// Makers of the single stages, one file each.
base::Result<PipelineStagePtr> MakeLineFilter(const LineFilterStage& stage);
base::Result<PipelineStagePtr> MakeJson(const JsonStage& stage);
base::Result<PipelineStagePtr> MakeUnpack();
base::Result<PipelineStagePtr> MakeLogfmt(const LogfmtStage& stage);
base::Result<PipelineStagePtr> MakeRegexp(const RegexpStage& stage);
base::Result<PipelineStagePtr> MakePattern(const PatternStage& stage);
base::Result<PipelineStagePtr> MakeDecolorize();
base::Result<PipelineStagePtr> MakeLineFormat(const LineFormatStage& stage);
base::Result<PipelineStagePtr> MakeLabelFormat(const LabelFormatStage& stage);
base::Result<PipelineStagePtr> MakeDrop(const DropStage& stage);
base::Result<PipelineStagePtr> MakeKeep(const KeepStage& stage);
base::Result<PipelineStagePtr> MakeDistinct(const DistinctStage& stage);

}  // namespace pharos::query::logql
