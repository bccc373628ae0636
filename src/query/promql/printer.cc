#include "query/promql/printer.h"

#include <algorithm>
#include <cstdio>

#include "query/promql/function_table.h"
#include "query/promql/go_duration.h"
#include "query/promql/go_quote.h"
#include "text/go_float.h"

namespace pharos::query::promql {
namespace {

bool LegacyLabel(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
}

std::string JoinLabels(const std::vector<std::string>& labels) {
  std::string out;
  for (const std::string& label : labels) {
    if (!out.empty()) out += ", ";
    out += LegacyLabel(label) ? label : GoQuote(label);
  }
  return out;
}

std::string SignedDuration(int64_t ns) {
  return ns < 0 ? "-" + FormatGoDuration(-ns) : FormatGoDuration(ns);
}

std::string PrintNumber(const NumberLiteral& node) {
  if (!node.duration) return text::GoFloat(node.value, 'f');
  return SignedDuration(static_cast<int64_t>(node.value * 1e9));
}

std::string PrintDuration(const DurationExpr& node) {
  std::string out;
  if (node.op == Tok::kStep || node.op == Tok::kRange) {
    out = std::string(TokText(node.op)) + "()";
  } else if (node.op == Tok::kMinOf || node.op == Tok::kMaxOf) {
    out = std::string(TokText(node.op)) + "(" + Print(*node.lhs) + ", " + Print(*node.rhs) + ")";
  } else if (node.lhs == nullptr) {
    out = (node.op == Tok::kSub ? "-" : "") + Print(*node.rhs);
  } else {
    out = Print(*node.lhs) + " " + std::string(TokText(node.op)) + " " + Print(*node.rhs);
  }
  return node.wrapped ? "(" + out + ")" : out;
}

std::string PrintAt(const TimeShift& shift) {
  if (shift.at_ms.has_value()) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, " @ %.3f", static_cast<double>(*shift.at_ms) / 1000.0);
    return buffer;
  }
  if (shift.at_preprocessor == Tok::kStart) return " @ start()";
  if (shift.at_preprocessor == Tok::kEnd) return " @ end()";
  return "";
}

std::string PrintOffset(const TimeShift& shift) {
  if (shift.offset_expr != nullptr) return " offset " + PrintDuration(*shift.offset_expr);
  return shift.original_offset_ns == 0 ? "" : " offset " + SignedDuration(shift.original_offset_ns);
}

std::string PrintExtended(const VectorSelector& node) {
  return node.anchored ? " anchored" : node.smoothed ? " smoothed" : "";
}

std::string PrintBareSelector(const VectorSelector& node) {
  std::vector<std::string> matchers;
  for (const model::Matcher& m : node.matchers) {
    const bool is_name = m.name() == model::kMetricName && m.op() == model::MatchOp::kEqual &&
                         m.value() == node.name && !m.value().empty();
    if (is_name) continue;
    const char* op = m.op() == model::MatchOp::kEqual      ? "="
                     : m.op() == model::MatchOp::kNotEqual ? "!="
                     : m.op() == model::MatchOp::kRegex    ? "=~"
                                                           : "!~";
    matchers.push_back((LegacyLabel(m.name()) ? m.name() : GoQuote(m.name())) + op +
                       GoQuote(m.value()));
  }
  std::sort(matchers.begin(), matchers.end());
  std::string out = node.name;
  if (matchers.empty()) return out;
  out += '{';
  for (size_t i = 0; i < matchers.size(); ++i) out += (i > 0 ? "," : "") + matchers[i];
  return out + '}';
}

std::string PrintMatrix(const MatrixSelector& node) {
  const VectorSelector& selector = *node.selector();
  const std::string range = node.range_expr != nullptr ? PrintDuration(*node.range_expr)
                                                       : FormatGoDuration(node.range_ns);
  return PrintBareSelector(selector) + "[" + range + "]" + PrintExtended(selector) +
         PrintShift(selector.shift);
}

std::string SubquerySuffix(const SubqueryExpr& node) {
  const std::string range = node.range_expr != nullptr ? PrintDuration(*node.range_expr)
                                                       : FormatGoDuration(node.range_ns);
  std::string step;
  if (node.step_ns != 0) {
    step = FormatGoDuration(node.step_ns);
  } else if (node.step_expr != nullptr) {
    step = PrintDuration(*node.step_expr);
  }
  return "[" + range + ":" + step + "]" + PrintShift(node.shift);
}

std::string AggregateHead(const AggregateExpr& node) {
  std::string out(TokText(node.op));
  if (node.without) {
    out += " without (" + JoinLabels(node.grouping) + ") ";
  } else if (!node.grouping.empty()) {
    out += " by (" + JoinLabels(node.grouping) + ") ";
  }
  return out;
}

std::string PrintArgs(const std::vector<ExprPtr>& args) {
  std::string out;
  for (const ExprPtr& arg : args) {
    if (!out.empty()) out += ", ";
    out += Print(*arg);
  }
  return out;
}

std::string PrintBinary(const BinaryExpr& node) {
  return Print(*node.lhs) + " " + std::string(TokText(node.op)) +
         (node.return_bool ? " bool" : "") + PrintMatching(node) + " " + Print(*node.rhs);
}

std::string Pretty(const Expr& expr, int level, size_t width);

std::string PrettySplit(const Expr& expr, int level, const std::string& indent, size_t width) {
  switch (expr.kind) {
    case NodeKind::kAggregate: {
      const auto& node = static_cast<const AggregateExpr&>(expr);
      std::string out = indent + AggregateHead(node) + "(\n";
      if (node.param != nullptr) out += Pretty(*node.param, level + 1, width) + ",\n";
      return out + Pretty(*node.expr, level + 1, width) + "\n" + indent + ")";
    }
    case NodeKind::kBinary: {
      const auto& node = static_cast<const BinaryExpr&>(expr);
      return Pretty(*node.lhs, level + 1, width) + "\n" + indent + std::string(TokText(node.op)) +
             (node.return_bool ? " bool" : "") + PrintMatching(node) + "\n" +
             Pretty(*node.rhs, level + 1, width);
    }
    case NodeKind::kCall: {
      const auto& node = static_cast<const Call&>(expr);
      std::string out = indent + std::string(node.function->name) + "(\n";
      for (size_t i = 0; i < node.args.size(); ++i) {
        out += (i > 0 ? ",\n" : "") + Pretty(*node.args[i], level + 1, width);
      }
      return out + "\n" + indent + ")";
    }
    case NodeKind::kParen:
      return indent + "(\n" + Pretty(*static_cast<const ParenExpr&>(expr).expr, level + 1, width) +
             "\n" + indent + ")";
    case NodeKind::kSubquery: {
      const auto& node = static_cast<const SubqueryExpr&>(expr);
      return Pretty(*node.expr, level, width) + SubquerySuffix(node);
    }
    default: return indent + Print(expr);
  }
}

std::string Pretty(const Expr& expr, int level, size_t width) {
  const std::string indent(static_cast<size_t>(level) * 2, ' ');
  if (expr.kind == NodeKind::kUnary) {
    const auto& node = static_cast<const UnaryExpr&>(expr);
    std::string child = Pretty(*node.expr, level, width);
    child.erase(0, std::min(child.find_first_not_of(" \n\t"), child.size()));
    return indent + std::string(TokText(node.op)) + child;
  }
  if (expr.kind == NodeKind::kStepInvariant)
    return Pretty(*static_cast<const StepInvariantExpr&>(expr).expr, level, width);
  std::string line = Print(expr);
  if (line.size() > width) return PrettySplit(expr, level, indent, width);
  return expr.kind == NodeKind::kSubquery ? line : indent + line;
}

}  // namespace

std::string PrintShift(const TimeShift& shift) { return PrintAt(shift) + PrintOffset(shift); }

std::string PrintMatching(const BinaryExpr& node) {
  if (!node.matching.has_value()) return "";
  const VectorMatching& m = *node.matching;
  const bool grouped = m.card == Cardinality::kManyToOne || m.card == Cardinality::kOneToMany;
  std::string out;
  if (!m.labels.empty() || m.on || grouped) {
    out += std::string(m.on ? " on (" : " ignoring (") + JoinLabels(m.labels) + ")";
  }
  if (grouped) {
    out += std::string(m.card == Cardinality::kManyToOne ? " group_left (" : " group_right (") +
           JoinLabels(m.include) + ")";
  }
  const auto fill = [&out](std::string_view word, double value) {
    out.append(" ").append(word).append(" (").append(text::GoFloat(value, 'g')).append(")");
  };
  if (m.fill_lhs.has_value() && m.fill_rhs.has_value() && *m.fill_lhs == *m.fill_rhs) {
    fill("fill", *m.fill_lhs);
  } else {
    if (m.fill_lhs.has_value()) fill("fill_left", *m.fill_lhs);
    if (m.fill_rhs.has_value()) fill("fill_right", *m.fill_rhs);
  }
  return out;
}

std::string Print(const Expr& expr) {
  switch (expr.kind) {
    case NodeKind::kNumber: return PrintNumber(static_cast<const NumberLiteral&>(expr));
    case NodeKind::kString: return GoQuote(static_cast<const StringLiteral&>(expr).value);
    case NodeKind::kVector: {
      const auto& node = static_cast<const VectorSelector&>(expr);
      return PrintBareSelector(node) + PrintAt(node.shift) + PrintExtended(node) +
             PrintOffset(node.shift);
    }
    case NodeKind::kMatrix: return PrintMatrix(static_cast<const MatrixSelector&>(expr));
    case NodeKind::kSubquery: {
      const auto& node = static_cast<const SubqueryExpr&>(expr);
      return Print(*node.expr) + SubquerySuffix(node);
    }
    case NodeKind::kCall: {
      const auto& node = static_cast<const Call&>(expr);
      return std::string(node.function->name) + "(" + PrintArgs(node.args) + ")";
    }
    case NodeKind::kAggregate: {
      const auto& node = static_cast<const AggregateExpr&>(expr);
      const std::string param = node.param != nullptr ? Print(*node.param) + ", " : "";
      return AggregateHead(node) + "(" + param + Print(*node.expr) + ")";
    }
    case NodeKind::kBinary: return PrintBinary(static_cast<const BinaryExpr&>(expr));
    case NodeKind::kUnary: {
      const auto& node = static_cast<const UnaryExpr&>(expr);
      return std::string(TokText(node.op)) + Print(*node.expr);
    }
    case NodeKind::kParen: return "(" + Print(*static_cast<const ParenExpr&>(expr).expr) + ")";
    case NodeKind::kDuration: return PrintDuration(static_cast<const DurationExpr&>(expr));
    case NodeKind::kStepInvariant: return Print(*static_cast<const StepInvariantExpr&>(expr).expr);
  }
  return "";
}

std::string Prettify(const Expr& expr, size_t width) { return Pretty(expr, 0, width); }

}  // namespace pharos::query::promql
