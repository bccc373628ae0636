#include "query/promql/printer.h"

#include <algorithm>
#include <cstdio>
#include <limits>

#include "query/promql/function_table.h"
#include "query/promql/go_duration.h"
#include "query/promql/go_quote.h"
#include "query/promql/limits.h"
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
  if (ns >= 0) return FormatGoDuration(ns);
  return "-" + FormatGoDuration(-std::max(ns, -std::numeric_limits<int64_t>::max()));
}

std::string PrintNumber(const NumberLiteral& node) {
  if (!node.duration) return text::GoFloat(node.value, 'f');
  return SignedDuration(static_cast<int64_t>(node.value * 1e9));
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

std::string_view PrintExtended(const VectorSelector& node) {
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

std::string AggregateHead(const AggregateExpr& node) {
  std::string out(TokText(node.op));
  if (node.without) {
    out += " without (" + JoinLabels(node.grouping) + ") ";
  } else if (!node.grouping.empty()) {
    out += " by (" + JoinLabels(node.grouping) + ") ";
  }
  return out;
}

/// Writes trees behind one another, each on one line. Cost: linear in what is written; when more
/// than `limit` bytes are there it stops.
class Line {
 public:
  explicit Line(std::string* out, size_t limit = std::string::npos) : out_(*out), limit_(limit) {}

  bool full() const { return out_.size() > limit_; }

  void Write(const Expr& expr) {
    if (full()) return;
    switch (expr.kind) {
      case NodeKind::kNumber: Add(PrintNumber(static_cast<const NumberLiteral&>(expr))); break;
      case NodeKind::kString: {
        const std::string& value = static_cast<const StringLiteral&>(expr).value;
        if (!TooLong(value.size())) Add(GoQuote(value));
        break;
      }
      case NodeKind::kVector: Vector(static_cast<const VectorSelector&>(expr)); break;
      case NodeKind::kMatrix: Matrix(static_cast<const MatrixSelector&>(expr)); break;
      case NodeKind::kSubquery: {
        const auto& node = static_cast<const SubqueryExpr&>(expr);
        Write(*node.expr);
        SubquerySuffix(node);
        break;
      }
      case NodeKind::kCall: CallNode(static_cast<const Call&>(expr)); break;
      case NodeKind::kAggregate: Aggregate(static_cast<const AggregateExpr&>(expr)); break;
      case NodeKind::kBinary: Binary(static_cast<const BinaryExpr&>(expr)); break;
      case NodeKind::kUnary: {
        const auto& node = static_cast<const UnaryExpr&>(expr);
        Add(TokText(node.op));
        Write(*node.expr);
        break;
      }
      case NodeKind::kParen:
        Add("(");
        Write(*static_cast<const ParenExpr&>(expr).expr);
        Add(")");
        break;
      case NodeKind::kDuration: Duration(static_cast<const DurationExpr&>(expr)); break;
      case NodeKind::kStepInvariant:
        Write(*static_cast<const StepInvariantExpr&>(expr).expr);
        break;
    }
  }

  void SubquerySuffix(const SubqueryExpr& node) {
    Add("[");
    Range(node.range_expr.get(), node.range_ns);
    Add(":");
    if (node.step_ns != 0)
      Add(FormatGoDuration(node.step_ns));
    else if (node.step_expr != nullptr)
      Duration(*node.step_expr);
    Add("]");
    Shift(node.shift);
  }

  void Shift(const TimeShift& shift) {
    Add(PrintAt(shift));
    Offset(shift);
  }

 private:
  void Add(std::string_view text) { out_ += text; }

  /// A leaf of at least so many bytes: it need not be written to see that it is too long.
  bool TooLong(size_t bytes) {
    if (limit_ == std::string::npos || bytes <= limit_) return false;
    out_.resize(limit_ + 1, ' ');
    return true;
  }
  bool TooLong(const VectorSelector& node) {
    size_t bytes = node.name.size();
    for (const model::Matcher& m : node.matchers)
      if (m.name() != model::kMetricName) bytes += m.name().size() + m.value().size();
    return TooLong(bytes);
  }
  bool TooLong(const std::vector<std::string>& labels) {
    size_t bytes = 0;
    for (const std::string& label : labels) bytes += label.size();
    return TooLong(bytes);
  }

  void Duration(const DurationExpr& node) {
    if (full()) return;
    if (node.wrapped) Add("(");
    if (node.op == Tok::kStep || node.op == Tok::kRange) {
      Add(TokText(node.op));
      Add("()");
    } else if (node.op == Tok::kMinOf || node.op == Tok::kMaxOf) {
      Add(TokText(node.op));
      Add("(");
      Write(*node.lhs);
      Add(", ");
      Write(*node.rhs);
      Add(")");
    } else if (node.lhs == nullptr) {
      if (node.op == Tok::kSub) Add("-");
      Write(*node.rhs);
    } else {
      Write(*node.lhs);
      Add(" ");
      Add(TokText(node.op));
      Add(" ");
      Write(*node.rhs);
    }
    if (node.wrapped) Add(")");
  }

  void Range(const DurationExpr* expr, int64_t ns) {
    expr != nullptr ? Duration(*expr) : Add(FormatGoDuration(ns));
  }

  void Offset(const TimeShift& shift) {
    if (shift.offset_expr != nullptr) {
      Add(" offset ");
      Duration(*shift.offset_expr);
    } else if (shift.original_offset_ns != 0) {
      Add(" offset ");
      Add(SignedDuration(shift.original_offset_ns));
    }
  }

  void Vector(const VectorSelector& node) {
    if (TooLong(node)) return;
    Add(PrintBareSelector(node));
    Add(PrintAt(node.shift));
    Add(PrintExtended(node));
    Offset(node.shift);
  }

  void Matrix(const MatrixSelector& node) {
    const VectorSelector& selector = *node.selector();
    if (TooLong(selector)) return;
    Add(PrintBareSelector(selector));
    Add("[");
    Range(node.range_expr.get(), node.range_ns);
    Add("]");
    Add(PrintExtended(selector));
    Shift(selector.shift);
  }

  void CallNode(const Call& node) {
    Add(node.function->name);
    Add("(");
    for (size_t i = 0; i < node.args.size(); ++i) {
      if (i > 0) Add(", ");
      Write(*node.args[i]);
    }
    Add(")");
  }

  void Aggregate(const AggregateExpr& node) {
    if (TooLong(node.grouping)) return;
    Add(AggregateHead(node));
    Add("(");
    if (node.param != nullptr) {
      Write(*node.param);
      Add(", ");
    }
    Write(*node.expr);
    Add(")");
  }

  void Binary(const BinaryExpr& node) {
    Write(*node.lhs);
    if (full() || (node.matching && TooLong(node.matching->labels))) return;
    Add(" ");
    Add(TokText(node.op));
    if (node.return_bool) Add(" bool");
    Add(PrintMatching(node));
    Add(" ");
    Write(*node.rhs);
  }

  std::string& out_;
  const size_t limit_;
};

/// Breaks over lines what is longer than `width` bytes.
class Page {
 public:
  Page(std::string* out, size_t width) : out_(*out), width_(width) {}

  bool too_long() const { return out_.size() > kMaxPrettyBytes; }

  /// `inside_line`: what stands before it is on the same line, so there is no indent.
  void Write(const Expr& expr, int level, bool inside_line) {
    if (too_long()) return;
    if (expr.kind == NodeKind::kUnary) {
      const auto& node = static_cast<const UnaryExpr&>(expr);
      Indent(level, inside_line);
      out_ += TokText(node.op);
      return Write(*node.expr, level, true);
    }
    if (expr.kind == NodeKind::kStepInvariant)
      return Write(*static_cast<const StepInvariantExpr&>(expr).expr, level, inside_line);
    std::string line;
    Line writer(&line, width_);
    writer.Write(expr);
    if (writer.full()) return Split(expr, level, inside_line);
    if (expr.kind != NodeKind::kSubquery) Indent(level, inside_line);
    out_ += line;
  }

 private:
  void Indent(int level, bool inside_line = false) {
    if (!inside_line) out_.append(static_cast<size_t>(level) * 2, ' ');
  }

  void Close(int level) {
    out_ += '\n';
    Indent(level);
    out_ += ')';
  }

  void Split(const Expr& expr, int level, bool inside_line) {
    switch (expr.kind) {
      case NodeKind::kAggregate: {
        const auto& node = static_cast<const AggregateExpr&>(expr);
        Indent(level, inside_line);
        out_ += AggregateHead(node) + "(\n";
        if (node.param != nullptr) {
          Write(*node.param, level + 1, false);
          out_ += ",\n";
        }
        Write(*node.expr, level + 1, false);
        return Close(level);
      }
      case NodeKind::kBinary: {
        const auto& node = static_cast<const BinaryExpr&>(expr);
        Write(*node.lhs, level + 1, inside_line);
        out_ += '\n';
        Indent(level);
        out_ += TokText(node.op);
        if (node.return_bool) out_ += " bool";
        out_ += PrintMatching(node) + "\n";
        return Write(*node.rhs, level + 1, false);
      }
      case NodeKind::kCall: {
        const auto& node = static_cast<const Call&>(expr);
        Indent(level, inside_line);
        out_.append(node.function->name).append("(\n");
        for (size_t i = 0; i < node.args.size(); ++i) {
          if (i > 0) out_ += ",\n";
          Write(*node.args[i], level + 1, false);
        }
        return Close(level);
      }
      case NodeKind::kParen:
        Indent(level, inside_line);
        out_ += "(\n";
        Write(*static_cast<const ParenExpr&>(expr).expr, level + 1, false);
        return Close(level);
      case NodeKind::kSubquery: {
        const auto& node = static_cast<const SubqueryExpr&>(expr);
        Write(*node.expr, level, inside_line);
        return Line(&out_).SubquerySuffix(node);
      }
      default: Indent(level, inside_line); Line(&out_).Write(expr);
    }
  }

  std::string& out_;
  const size_t width_;
};

}  // namespace

std::string PrintShift(const TimeShift& shift) {
  std::string out;
  Line(&out).Shift(shift);
  return out;
}

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
  std::string out;
  Line(&out).Write(expr);
  return out;
}

std::string Prettify(const Expr& expr, size_t width) {
  std::string out;
  Page page(&out, width);
  page.Write(expr, 0, false);
  return page.too_long() ? Print(expr) : out;
}

}  // namespace pharos::query::promql
