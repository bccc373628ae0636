// LogQL's syntax tree, as the parser makes it, the printer prints it and the evaluator
// walks it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "match/line_matcher.h"
#include "model/matcher.h"

namespace pharos::query::logql {

// ---- stages of a pipeline --------------------------------------------------------------

struct LineFilterStage {
  match::LineOp op = match::LineOp::kContains;
  std::vector<match::LineTerm> terms;  ///< joined by `or`
};

struct Extraction {
  std::string label;
  std::string expression;
};
struct JsonStage {
  std::vector<Extraction> extractions;  ///< empty: all fields
};
struct LogfmtStage {
  bool strict = false;
  bool keep_empty = false;
  std::vector<Extraction> extractions;
};
struct RegexpStage {
  std::string pattern;
};
struct PatternStage {
  std::string pattern;
};
struct UnpackStage {};
struct DecolorizeStage {};

enum class CompareOp : uint8_t { kEqual, kNotEqual, kGreater, kGreaterEqual, kLess, kLessEqual };
std::string_view CompareOpText(CompareOp op);

/// A tree of tests over labels.
struct LabelFilter {
  enum class Kind : uint8_t { kAnd, kOr, kString, kNumber, kDuration, kBytes, kIp };
  Kind kind = Kind::kString;
  std::vector<LabelFilter> children;      ///< two of them, kAnd and kOr
  std::optional<model::Matcher> matcher;  ///< kString
  std::string name;                       ///< all others
  CompareOp op = CompareOp::kEqual;
  double number = 0;
  int64_t duration_ns = 0;
  uint64_t bytes = 0;
  std::string ip;
};
struct LabelFilterStage {
  LabelFilter filter;
};

struct LineFormatStage {
  std::string format;
};
struct LabelFormat {
  std::string name;
  std::string value;  ///< a label's name when `rename`, else a template
  bool rename = false;
};
struct LabelFormatStage {
  std::vector<LabelFormat> formats;
};
struct NamedMatcher {
  std::string name;
  std::optional<model::Matcher> matcher;
};
struct DropStage {
  std::vector<NamedMatcher> labels;
};
struct KeepStage {
  std::vector<NamedMatcher> labels;
};
struct DistinctStage {
  std::vector<std::string> labels;
};

using Stage = std::variant<LineFilterStage, JsonStage, LogfmtStage, RegexpStage, PatternStage,
                           UnpackStage, DecolorizeStage, LabelFilterStage, LineFormatStage,
                           LabelFormatStage, DropStage, KeepStage, DistinctStage>;

/// `{…} | stage | stage`
struct LogExpr {
  std::vector<model::Matcher> matchers;
  std::vector<Stage> stages;
};

// ---- metric expressions ------------------------------------------------------------------

struct Grouping {
  bool without = false;
  std::vector<std::string> labels;
};

/// `| unwrap duration(x) | filters`
struct Unwrap {
  std::string label;
  std::string conversion;  ///< "", "duration", "duration_seconds", "bytes"
  std::vector<LabelFilter> filters;
};

enum class BinaryOp : uint8_t {
  kOr,
  kAnd,
  kUnless,
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kEqual,
  kNotEqual,
  kGreater,
  kGreaterEqual,
  kLess,
  kLessEqual,
};
std::string_view BinaryOpText(BinaryOp op);
inline bool IsComparison(BinaryOp op) { return op >= BinaryOp::kEqual; }
inline bool IsSetOp(BinaryOp op) { return op <= BinaryOp::kUnless; }

enum class Cardinality : uint8_t { kOneToOne, kManyToOne, kOneToMany };

struct Matching {
  bool on = false;     ///< `on`, else `ignoring`
  bool given = false;  ///< one of them was written
  std::vector<std::string> labels;
  Cardinality cardinality = Cardinality::kOneToOne;
  std::vector<std::string> include;
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

/// rate(…), quantile_over_time(0.9, …) by (x)
struct RangeAggregation {
  std::string function;
  LogExpr log;
  std::optional<Unwrap> unwrap;
  int64_t range_ns = 0;
  int64_t offset_ns = 0;
  std::optional<double> parameter;
  std::optional<Grouping> grouping;
};
/// sum by (x) (…), topk(3, …)
struct VectorAggregation {
  std::string function;
  ExprPtr inner;
  int64_t parameter = 0;
  std::optional<Grouping> grouping;
};
struct Binary {
  BinaryOp op = BinaryOp::kAdd;
  ExprPtr left;
  ExprPtr right;
  bool return_bool = false;
  Matching matching;
};
struct Literal {
  double value = 0;
};
/// vector(1)
struct VectorExpr {
  double value = 0;
};
struct LabelReplace {
  ExprPtr inner;
  std::string destination;
  std::string replacement;
  std::string source;
  std::string regex;
};

struct Expr {
  std::variant<LogExpr, RangeAggregation, VectorAggregation, Binary, Literal, VectorExpr,
               LabelReplace>
      node;

  template <class T>
  const T* As() const {
    return std::get_if<T>(&node);
  }
  bool IsLog() const { return As<LogExpr>() != nullptr; }
};

/// The query as Loki prints it, on one line.
std::string ToString(const Expr& expr);
std::string ToString(const LogExpr& log);
std::string ToString(const LabelFilter& filter);
std::string ToString(const Stage& stage);

}  // namespace pharos::query::logql
