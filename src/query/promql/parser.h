// Text → checked syntax tree, with Prometheus's error texts and positions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"
#include "query/promql/ast.h"

namespace pharos::query::promql {

struct ParseError {
  Span where;
  std::string message;
};

/// What the parser found. `expr` is set exactly when `errors` is empty.
struct ParseOutcome {
  ExprPtr expr;
  std::vector<ParseError> errors;  ///< the first is the one to show
};

/// All of the grammar, all functions. Type-checks when the syntax is right.
ParseOutcome ParseAll(std::string_view input);

/// The tree, or kBadInput with `1:5: parse error: …` for the first error.
base::Result<ExprPtr> ParseExpr(std::string_view input);

/// `{a="b"}` or `name{a="b"}` only, as the parameter match[] has it.
base::Result<std::vector<model::Matcher>> ParseMetricSelector(std::string_view input);

/// "line:column" of a byte offset, "unknown position" for an empty input.
std::string PositionText(std::string_view input, int offset, int line_offset = 0);
std::string FormatParseError(std::string_view input, const ParseError& error);

/// Reads a number as PromQL's literals are written: decimal, hex, octal, binary,
/// underscores, Inf, NaN. False when it is none or out of range.
bool ParseNumberLiteral(std::string_view text, double* value);

}  // namespace pharos::query::promql
