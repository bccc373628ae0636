#include "query/logql/pipeline.h"

#include <algorithm>
#include <optional>

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

store::Predicate Leaf(store::Predicate::Op op, const std::string& text) {
  store::Predicate leaf;
  leaf.op = op;
  leaf.text = text;
  return leaf;
}

/// The filter as the source can test it; nothing for one that it does not know.
std::optional<store::Predicate> AsPredicate(const LineFilterStage& filter) {
  using Op = store::Predicate::Op;
  const bool regex = filter.op == match::LineOp::kRegex || filter.op == match::LineOp::kNotRegex;
  const bool substring =
      filter.op == match::LineOp::kContains || filter.op == match::LineOp::kNotContains;
  if (!regex && !substring) return std::nullopt;
  store::Predicate any;
  any.op = Op::kOr;
  for (const match::LineTerm& term : filter.terms) {
    if (term.ip) return std::nullopt;
    bool whole = substring;
    std::string text = term.text;
    if (regex) text = match::RequiredLiteral(term.text, &whole);
    any.children.push_back(whole ? Leaf(Op::kLineContains, text) : Leaf(Op::kLineRegex, term.text));
  }
  store::Predicate out = any.children.size() == 1 ? any.children[0] : std::move(any);
  if (!match::IsNegative(filter.op)) return out;
  store::Predicate negated;
  negated.op = Op::kNot;
  negated.children.push_back(std::move(out));
  return negated;
}

/// Adds the tests of labels that a filter's conjunction has. False for a name whose label may
/// come from elsewhere.
bool AddFilter(const LabelFilter& filter, store::FieldRequest* out) {
  using Kind = LabelFilter::Kind;
  if (filter.kind == Kind::kAnd || filter.kind == Kind::kOr) {
    store::FieldRequest ignored = *out;
    store::FieldRequest* to = filter.kind == Kind::kAnd ? out : &ignored;
    const bool both = AddFilter(filter.children[0], to) && AddFilter(filter.children[1], to);
    out->names = to->names;
    return both;
  }
  const std::string name(filter.kind == Kind::kString ? filter.matcher->name() : filter.name);
  if (name.starts_with("__error")) return true;  // fields that were read have none
  if (name.ends_with(kExtractedSuffix)) return false;
  const auto it = std::find(out->names.begin(), out->names.end(), name);
  const auto number = static_cast<size_t>(it - out->names.begin());
  if (it == out->names.end()) out->names.push_back(name);
  if (filter.kind == Kind::kString) {
    out->filters.push_back(
        {number,
         [matcher = *filter.matcher](std::string_view value) { return matcher.Matches(value); },
         {}});
  } else if (filter.kind == Kind::kNumber) {
    out->filters.push_back({number, {}, [op = filter.op, want = filter.number](double value) {
                              return CompareNumbers(op, value, want);
                            }});
  }
  return true;
}

/// All of the filter is what AddFilter takes of it.
bool IsConjunction(const LabelFilter& filter) {
  using Kind = LabelFilter::Kind;
  if (filter.kind == Kind::kAnd) {
    return IsConjunction(filter.children[0]) && IsConjunction(filter.children[1]);
  }
  if (filter.kind == Kind::kString) return !filter.matcher->name().starts_with("__error");
  return filter.kind == Kind::kNumber && !filter.name.starts_with("__error");
}

}  // namespace

bool CompareNumbers(CompareOp op, double left, double right) {
  switch (op) {
    case CompareOp::kEqual: return left == right;
    case CompareOp::kNotEqual: return left != right;
    case CompareOp::kGreater: return left > right;
    case CompareOp::kGreaterEqual: return left >= right;
    case CompareOp::kLess: return left < right;
    case CompareOp::kLessEqual: return left <= right;
  }
  return false;
}

void Pipeline::FindFields(const std::vector<Stage>& stages) {
  size_t at = 0;
  while (at < stages.size() && std::holds_alternative<LineFilterStage>(stages[at])) ++at;
  bool line_filters_done = true;
  for (size_t i = 0; i < at; ++i) {
    line_filters_done =
        line_filters_done && AsPredicate(std::get<LineFilterStage>(stages[i])).has_value();
  }
  if (at < stages.size()) {
    const auto* json = std::get_if<JsonStage>(&stages[at]);
    if (json != nullptr && json->extractions.empty()) {
      fields_.json = true;
      ++at;
    }
  }
  first_label_stage_ = at;
  bool plain_names = true;
  for (; at < stages.size(); ++at) {
    const auto* filter = std::get_if<LabelFilterStage>(&stages[at]);
    if (filter == nullptr) break;
    plain_names = AddFilter(filter->filter, &fields_) && plain_names;
    filters_are_all_ = filters_are_all_ && IsConjunction(filter->filter);
  }
  reducible_ = line_filters_done && plain_names && at == stages.size();
  filters_are_all_ = reducible_ && filters_are_all_;
  if (!plain_names || !fields_.json) fields_.filters.clear();
}

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
    std::optional<store::Predicate> pushed = AsPredicate(*filter);
    if (!pushed) {
      pipeline.complete_ = false;
      continue;
    }
    auto& tests = pipeline.pushdown_.children;
    // Substrings first, the later ones before the earlier ones: who writes them narrows down.
    const bool first = pushed->op == store::Predicate::Op::kLineContains;
    tests.insert(first ? tests.begin() : tests.end(), *std::move(pushed));
  }
  pipeline.FindFields(stages);
  return pipeline;
}

}  // namespace pharos::query::logql
