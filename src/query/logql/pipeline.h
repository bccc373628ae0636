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
  /// Only line filters: labels leave as they came.
  bool keeps_labels() const { return keeps_labels_; }

 private:
  std::vector<PipelineStagePtr> stages_;
  store::Predicate pushdown_;
  bool complete_ = true;
  bool keeps_labels_ = true;
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
