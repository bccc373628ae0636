#include "query/promql/parser.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "query/promql/go_quote.h"
#include "query/promql/limits.h"
#include "query/promql/parser_impl.h"
#include "text/go_float.h"

namespace pharos::query::promql {
namespace {

/// Go's rule: underscores stand between digits, or between a base prefix and a digit.
bool UnderscoresFine(std::string_view text) {
  char last = '^';
  size_t i = 0;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) ++i;
  bool hex = false;
  if (text.size() >= i + 2 && text[i] == '0') {
    const char base = static_cast<char>(text[i + 1] | 0x20);
    if (base == 'b' || base == 'o' || base == 'x') {
      i += 2;
      last = '0';
      hex = base == 'x';
    }
  }
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= '0' && c <= '9') || (hex && (c | 0x20) >= 'a' && (c | 0x20) <= 'f')) {
      last = '0';
    } else if (c == '_') {
      if (last != '0') return false;
      last = '_';
    } else {
      if (last == '_') return false;
      last = '!';
    }
  }
  return last != '_';
}

/// strconv.ParseInt with base 0.
bool ParseGoInt(std::string_view text, int64_t* value) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char kind = static_cast<char>(text[1] | 0x20);
    if (text.size() > 2 && (kind == 'x' || kind == 'b' || kind == 'o')) {
      base = kind == 'x' ? 16 : kind == 'b' ? 2 : 8;
      text.remove_prefix(2);
    } else {
      base = 8;
      text.remove_prefix(1);
    }
  }
  if (text.empty()) return false;
  uint64_t total = 0;
  const uint64_t limit =
      static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) + (negative ? 1 : 0);
  for (const char c : text) {
    if (c == '_') continue;
    const int digit = c >= '0' && c <= '9'                     ? c - '0'
                      : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                               : 99;
    if (digit >= base) return false;
    if (total > (limit - static_cast<uint64_t>(digit)) / static_cast<uint64_t>(base)) return false;
    total = total * static_cast<uint64_t>(base) + static_cast<uint64_t>(digit);
  }
  *value = negative ? static_cast<int64_t>(0 - total) : static_cast<int64_t>(total);
  return true;
}

}  // namespace

bool ParseNumberLiteral(std::string_view text, double* value) {
  const bool underscores = text.find('_') != std::string_view::npos;
  if (underscores && !UnderscoresFine(text)) return false;
  int64_t integer = 0;
  if (ParseGoInt(text, &integer)) {
    *value = static_cast<double>(integer);
    return true;
  }
  if (!underscores) return text::ParseGoFloat(text, value);
  std::string plain(text);
  std::erase(plain, '_');
  return text::ParseGoFloat(plain, value);
}

std::string PositionText(std::string_view input, int offset, int line_offset) {
  if (input.empty()) return "unknown position";
  if (offset < 0 || static_cast<size_t>(offset) > input.size()) return "invalid position";
  const std::string_view before = input.substr(0, static_cast<size_t>(offset));
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const size_t last_break = before.rfind('\n');
  const int column =
      offset - (last_break == std::string_view::npos ? -1 : static_cast<int>(last_break));
  return std::to_string(line_offset + 1 + lines) + ":" + std::to_string(column);
}

std::string FormatParseError(std::string_view input, const ParseError& error) {
  return PositionText(input, error.where.start) + ": parse error: " + error.message;
}

Parser::DepthScope::DepthScope(Parser* parser) : parser_(parser) {
  if (++parser_->depth_ <= kMaxDepth) return;
  ok = false;
  if (!parser_->stopped_) {
    parser_->AddError(parser_->token_.span(), "expression is nested too deeply (limit " +
                                                  std::to_string(kMaxDepth) + " levels)");
  }
  parser_->stopped_ = true;
}

void Parser::Advance() {
  if (stopped_) return;
  switch (token_.type) {
    case Tok::kRightBrace:
    case Tok::kRightParen:
    case Tok::kRightBracket:
    case Tok::kDuration:
    case Tok::kNumber: last_closing_ = token_.span().end; break;
    default: break;
  }
  do {
    token_ = lexer_.Next();
  } while (token_.type == Tok::kComment);
  if (token_.type != Tok::kError) return;
  AddError({lexer_.start(), static_cast<int>(input_.size())}, token_.text);
  stopped_ = true;
}

void Parser::Unexpected(std::string_view context, std::string_view expected) {
  stopped_ = true;
  if (token_.type == Tok::kError) return;  // reported when it was read
  std::string message = "unexpected " + token_.Describe();
  if (!context.empty()) message.append(" in ").append(context);
  if (!expected.empty()) message.append(", expected ").append(expected);
  AddError(token_.span(), std::move(message));
}

std::nullptr_t Parser::SyntaxError() {
  if (stopped_) return nullptr;
  if (contexts_.empty()) {
    Unexpected("", "");
  } else {
    Unexpected(contexts_.back().where, contexts_.back().expected);
  }
  return nullptr;
}

bool Parser::Expect(Tok type) {
  if (stopped_) return false;
  if (!Is(type)) {
    SyntaxError();
    return false;
  }
  Advance();
  return true;
}

ParseOutcome ParseAll(std::string_view input) {
  ParseOutcome outcome;
  if (input.size() > kMaxExpressionBytes) {
    outcome.errors.push_back(
        {{}, "expression is longer than " + std::to_string(kMaxExpressionBytes) + " bytes"});
    return outcome;
  }
  Parser parser(input);
  outcome.expr = parser.ParseExpression();
  if (parser.errors().empty() && outcome.expr != nullptr) parser.Check(outcome.expr.get());
  outcome.errors = std::move(parser.errors());
  if (!outcome.errors.empty()) outcome.expr = nullptr;
  return outcome;
}

base::Result<ExprPtr> ParseExpr(std::string_view input) {
  ParseOutcome outcome = ParseAll(input);
  if (outcome.expr != nullptr) return std::move(outcome.expr);
  return base::Fail(base::ErrorKind::kBadInput, FormatParseError(input, outcome.errors.front()));
}

base::Result<std::vector<model::Matcher>> ParseMetricSelector(std::string_view input) {
  if (input.size() > kMaxExpressionBytes) {
    return base::Fail(base::ErrorKind::kBadInput, "selector is too long");
  }
  Parser parser(input);
  const ExprPtr expr = parser.ParseSelectorOnly();
  if (!parser.errors().empty() || expr == nullptr) {
    const ParseError fallback{{}, "unexpected end of input"};
    const auto& errors = parser.errors();
    return base::Fail(base::ErrorKind::kBadInput,
                      FormatParseError(input, errors.empty() ? fallback : errors.front()));
  }
  return std::move(static_cast<VectorSelector*>(expr.get())->matchers);
}

}  // namespace pharos::query::promql
