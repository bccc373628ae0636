#include "query/logql/pipeline.h"

#include "query/logql/lexer.h"

namespace pharos::query::logql {
namespace {

using base::Result;

struct Compiler {
  Result<PipelineStagePtr> operator()(const LineFilterStage& s) { return MakeLineFilter(s); }
  Result<PipelineStagePtr> operator()(const JsonStage& s) { return MakeJson(s); }
  Result<PipelineStagePtr> operator()(const LogfmtStage& s) { return MakeLogfmt(s); }
  Result<PipelineStagePtr> operator()(const RegexpStage& s) { return MakeRegexp(s); }
  Result<PipelineStagePtr> operator()(const PatternStage& s) { return MakePattern(s); }
  Result<PipelineStagePtr> operator()(const UnpackStage&) { return MakeUnpack(); }
  Result<PipelineStagePtr> operator()(const DecolorizeStage&) { return MakeDecolorize(); }
  Result<PipelineStagePtr> operator()(const LabelFilterStage& s) {
    return CompileLabelFilter(s.filter);
  }
  Result<PipelineStagePtr> operator()(const LineFormatStage& s) { return MakeLineFormat(s); }
  Result<PipelineStagePtr> operator()(const LabelFormatStage& s) { return MakeLabelFormat(s); }
  Result<PipelineStagePtr> operator()(const DropStage& s) { return MakeDrop(s); }
  Result<PipelineStagePtr> operator()(const KeepStage& s) { return MakeKeep(s); }
  Result<PipelineStagePtr> operator()(const DistinctStage& s) { return MakeDistinct(s); }
};

bool ChangesLine(const Stage& stage) {
  return std::holds_alternative<LineFormatStage>(stage) ||
         std::holds_alternative<UnpackStage>(stage) ||
         std::holds_alternative<DecolorizeStage>(stage);
}

}  // namespace

Result<PipelineStagePtr> CompileStage(const Stage& stage) {
  auto compiled = std::visit(Compiler{}, stage);
  if (!compiled) {
    return std::unexpected(
        ParseError(0, 0, "stage '" + ToString(stage) + "' : " + compiled.error().message));
  }
  return compiled;
}

Result<Pipeline> Pipeline::Compile(const std::vector<Stage>& stages) {
  Pipeline pipeline;
  bool line_is_stored = true;
  for (const Stage& stage : stages) {
    PHAROS_TRY(PipelineStagePtr compiled, CompileStage(stage));
    pipeline.stages_.push_back(std::move(compiled));
    const auto* filter = std::get_if<LineFilterStage>(&stage);
    pipeline.keeps_labels_ = pipeline.keeps_labels_ && filter != nullptr;
    line_is_stored = line_is_stored && !ChangesLine(stage);
    if (filter == nullptr || !line_is_stored) {
      pipeline.complete_ = false;
      continue;
    }
    auto matcher = match::LineMatcher::Make(filter->op, filter->terms);
    if (!matcher || matcher->literal().empty()) {
      pipeline.complete_ = false;
      continue;
    }
    store::Predicate contains;
    contains.op = store::Predicate::Op::kLineContains;
    contains.text = matcher->literal();
    if (match::IsNegative(matcher->op())) {
      if (!matcher->exact()) {
        pipeline.complete_ = false;
        continue;  // a line may hold the literal and still not match
      }
      store::Predicate negated;
      negated.op = store::Predicate::Op::kNot;
      negated.children.push_back(std::move(contains));
      contains = std::move(negated);
    }
    pipeline.complete_ = pipeline.complete_ && matcher->exact();
    pipeline.pushdown_.children.push_back(std::move(contains));
  }
  return pipeline;
}

}  // namespace pharos::query::logql
