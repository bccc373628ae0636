#include "query/logql/pipeline.h"

namespace pharos::query::logql {
namespace {

class LineFilterRun final : public PipelineStage {
 public:
  explicit LineFilterRun(match::LineMatcher matcher) : matcher_(std::move(matcher)) {}
  bool Process(Entry* entry) override { return matcher_.Matches(entry->line); }

 private:
  match::LineMatcher matcher_;
};

}  // namespace

base::Result<PipelineStagePtr> MakeLineFilter(const LineFilterStage& stage) {
  PHAROS_TRY(auto matcher, match::LineMatcher::Make(stage.op, stage.terms));
  return std::make_unique<LineFilterRun>(std::move(matcher));
}

}  // namespace pharos::query::logql
