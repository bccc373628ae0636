#include "match/quantity.h"
#include "query/logql/ast.h"
#include "text/go_float.h"

namespace pharos::query::logql {
namespace {

using match::FormatGoDuration;
using match::FormatPromDuration;
using match::GoQuote;

template <class... F>
struct Overload : F... {
  using F::operator()...;
};

std::string Join(const std::vector<std::string>& parts, std::string_view with = ",") {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += with;
    out += part;
  }
  return out;
}

std::string_view MatchOpText(model::MatchOp op) {
  switch (op) {
    case model::MatchOp::kEqual: return "=";
    case model::MatchOp::kNotEqual: return "!=";
    case model::MatchOp::kRegex: return "=~";
    case model::MatchOp::kNotRegex: return "!~";
  }
  return "";
}

std::string MatcherText(const model::Matcher& m) {
  return m.name() + std::string(MatchOpText(m.op())) + GoQuote(m.value());
}

std::string TermText(const match::LineTerm& term) {
  return term.ip ? "ip(" + GoQuote(term.text) + ")" : GoQuote(term.text);
}

std::string Extractions(const std::vector<Extraction>& all) {
  std::string out;
  for (const Extraction& e : all) {
    out += (out.empty() ? " " : ", ") + e.label + "=" + GoQuote(e.expression);
  }
  return out;
}

std::string Named(const std::vector<NamedMatcher>& all) {
  std::string out;
  for (const NamedMatcher& n : all) {
    out += out.empty() ? "" : ", ";
    out += n.matcher ? MatcherText(*n.matcher) : n.name;
  }
  return out;
}

std::string StageText(const Stage& stage) {
  return std::visit(
      Overload{
          [](const LineFilterStage& s) {
            std::string out = std::string(match::LineOpText(s.op)) + " ";
            for (size_t i = 0; i < s.terms.size(); ++i) {
              out += (i > 0 ? " or " : "") + TermText(s.terms[i]);
            }
            return out;
          },
          [](const JsonStage& s) { return "| json" + Extractions(s.extractions); },
          [](const LogfmtStage& s) {
            return std::string("| logfmt") + (s.strict ? " --strict" : "") +
                   (s.keep_empty ? " --keep-empty" : "") + Extractions(s.extractions);
          },
          [](const RegexpStage& s) { return "| regexp " + GoQuote(s.pattern); },
          [](const PatternStage& s) { return "| pattern " + GoQuote(s.pattern); },
          [](const UnpackStage&) { return std::string("| unpack"); },
          [](const DecolorizeStage&) { return std::string("| decolorize"); },
          [](const LabelFilterStage& s) { return "| " + ToString(s.filter); },
          [](const LineFormatStage& s) { return "| line_format " + GoQuote(s.format); },
          [](const LabelFormatStage& s) {
            std::string out;
            for (const LabelFormat& f : s.formats) {
              out += (out.empty() ? "| label_format " : ",") + f.name + "=" +
                     (f.rename ? f.value : GoQuote(f.value));
            }
            return out;
          },
          [](const DropStage& s) { return "| drop " + Named(s.labels); },
          [](const KeepStage& s) { return "| keep " + Named(s.labels); },
          [](const DistinctStage& s) { return "| distinct " + Join(s.labels); },
      },
      stage);
}

std::string GroupingText(const std::optional<Grouping>& grouping) {
  if (!grouping) return "";
  return (grouping->without ? " without (" : " by (") + Join(grouping->labels) + ")";
}

std::string UnwrapText(const Unwrap& unwrap) {
  std::string out = " | unwrap ";
  out += unwrap.conversion.empty() ? unwrap.label : unwrap.conversion + "(" + unwrap.label + ")";
  for (const LabelFilter& filter : unwrap.filters) out += " | " + ToString(filter);
  return out;
}

std::string Print(const RangeAggregation& call) {
  std::string out = call.function + "(";
  if (call.parameter) out += text::GoFloat(*call.parameter) + ",";
  out += ToString(call.log);
  if (call.unwrap) out += UnwrapText(*call.unwrap);
  out += "[" + FormatPromDuration(call.range_ns) + "]";
  if (call.offset_ns != 0) {
    out += " offset ";
    if (call.offset_ns < 0) out += '-';
    out += FormatGoDuration(call.offset_ns < 0 ? -call.offset_ns : call.offset_ns);
  }
  return out + ")" + GroupingText(call.grouping);
}

std::string Print(const VectorAggregation& call) {
  std::string out = call.function + GroupingText(call.grouping) + "(";
  if (call.function.ends_with("k")) out += std::to_string(call.parameter) + ",";
  return out + ToString(*call.inner) + ")";
}

std::string Print(const Binary& binary) {
  std::string op = " " + std::string(BinaryOpText(binary.op));
  if (binary.return_bool) op += " bool";
  const Matching& m = binary.matching;
  if (m.given) {
    op += (m.on ? " on (" : " ignoring (") + Join(m.labels) + ")";
    if (m.cardinality != Cardinality::kOneToOne) {
      op += m.cardinality == Cardinality::kManyToOne ? " group_left" : " group_right";
      op += " (" + Join(m.include) + ")";
    }
  }
  return "(" + ToString(*binary.left) + op + " " + ToString(*binary.right) + ")";
}

}  // namespace

std::string_view CompareOpText(CompareOp op) {
  constexpr std::string_view kTexts[] = {"==", "!=", ">", ">=", "<", "<="};
  return kTexts[static_cast<size_t>(op)];
}

std::string_view BinaryOpText(BinaryOp op) {
  constexpr std::string_view kTexts[] = {"or", "and", "unless", "+", "-",  "*", "/", "%",
                                         "^",  "==",  "!=",     ">", ">=", "<", "<="};
  return kTexts[static_cast<size_t>(op)];
}

std::string ToString(const LabelFilter& f) {
  using Kind = LabelFilter::Kind;
  const std::string front = f.name + std::string(CompareOpText(f.op));
  switch (f.kind) {
    case Kind::kAnd: return "( " + ToString(f.children[0]) + " , " + ToString(f.children[1]) + " )";
    case Kind::kOr: return "( " + ToString(f.children[0]) + " or " + ToString(f.children[1]) + " )";
    case Kind::kString: return MatcherText(*f.matcher);
    case Kind::kNumber: return front + text::GoFloat(f.number);
    case Kind::kDuration: return front + FormatGoDuration(f.duration_ns);
    case Kind::kBytes: {
      std::string bytes = match::FormatHumanBytes(f.bytes);
      std::erase(bytes, ' ');
      return front + bytes;
    }
    case Kind::kIp:
      return f.name + (f.op == CompareOp::kEqual ? "=" : "!=") + "ip(" + GoQuote(f.ip) + ")";
  }
  return "";
}

std::string ToString(const Stage& stage) { return StageText(stage); }

std::string ToString(const LogExpr& log) {
  std::string out = "{";
  for (const model::Matcher& matcher : log.matchers) {
    if (out.size() > 1) out += ", ";
    out += MatcherText(matcher);
  }
  out += '}';
  for (const Stage& stage : log.stages) out += " " + StageText(stage);
  return out;
}

std::string ToString(const Expr& expr) {
  return std::visit(
      Overload{[](const LogExpr& e) { return ToString(e); },
               [](const RangeAggregation& e) { return Print(e); },
               [](const VectorAggregation& e) { return Print(e); },
               [](const Binary& e) { return Print(e); },
               [](const Literal& e) { return text::GoFloat(e.value, 'g'); },
               [](const VectorExpr& e) { return "vector(" + text::GoFloat(e.value) + ")"; },
               [](const LabelReplace& e) {
                 return "label_replace(" + ToString(*e.inner) + "," + GoQuote(e.destination) + "," +
                        GoQuote(e.replacement) + "," + GoQuote(e.source) + "," + GoQuote(e.regex) +
                        ")";
               }},
      expr.node);
}

}  // namespace pharos::query::logql
