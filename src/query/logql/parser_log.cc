#include <algorithm>
#include <set>

#include "match/ip_filter.h"
#include "match/json_fields.h"
#include "match/label_name.h"
#include "match/pattern.h"
#include "match/quantity.h"
#include "query/logql/parser_base.h"
#include "query/logql/regexp_names.h"

namespace pharos::query::logql {

using base::Result;
using model::Matcher;
using model::MatchOp;

std::unexpected<base::Error> ParserBase::Unexpected(std::string_view expecting) const {
  if (Is(Token::kEnd) && !lexed_.error.empty()) {
    return std::unexpected(ParseError(lexed_.line, lexed_.column, lexed_.error));
  }
  std::string message = "syntax error: unexpected " + TokenName(Now());
  if (!expecting.empty()) message += ", expecting " + std::string(expecting);
  return std::unexpected(ParseError(Now().line, Now().column, message));
}

Result<Lexeme> ParserBase::Expect(Token token, std::string_view name) {
  if (!Is(token)) return Unexpected(name);
  return Take();
}

Result<void> ParserBase::Count() {
  if (++nodes_ > kMaxNodes) {
    return Meaning("the query has more than " + std::to_string(kMaxNodes) + " parts");
  }
  return {};
}

Result<void> ParserBase::CountOperator() {
  if (++operators_ > kMaxOperators) {
    return Meaning("the query has more than " + std::to_string(kMaxOperators) + " operators");
  }
  return {};
}

Result<void> ParserBase::CheckDepth() const {
  if (depth_ > kMaxDepth) {
    return Meaning("the query is nested more than " + std::to_string(kMaxDepth) + " levels deep");
  }
  return {};
}

namespace {

std::optional<MatchOp> MatchOpOf(Token token) {
  switch (token) {
    case Token::kEq: return MatchOp::kEqual;
    case Token::kNeq: return MatchOp::kNotEqual;
    case Token::kRe: return MatchOp::kRegex;
    case Token::kNre: return MatchOp::kNotRegex;
    default: return std::nullopt;
  }
}

std::optional<CompareOp> CompareOpOf(Token token) {
  switch (token) {
    case Token::kEq:
    case Token::kCompareEq: return CompareOp::kEqual;
    case Token::kNeq: return CompareOp::kNotEqual;
    case Token::kGt: return CompareOp::kGreater;
    case Token::kGte: return CompareOp::kGreaterEqual;
    case Token::kLt: return CompareOp::kLess;
    case Token::kLte: return CompareOp::kLessEqual;
    default: return std::nullopt;
  }
}

std::optional<match::LineOp> LineOpOf(Token token) {
  switch (token) {
    case Token::kPipeExact: return match::LineOp::kContains;
    case Token::kNeq: return match::LineOp::kNotContains;
    case Token::kPipeMatch: return match::LineOp::kRegex;
    case Token::kNre: return match::LineOp::kNotRegex;
    case Token::kPipePattern: return match::LineOp::kPattern;
    case Token::kNotPattern: return match::LineOp::kNotPattern;
    default: return std::nullopt;
  }
}

Result<Matcher> MakeMatcher(MatchOp op, std::string name, std::string value) {
  auto matcher = Matcher::Make(op, std::move(name), std::move(value));
  if (!matcher) return std::unexpected(ParseError(0, 0, matcher.error().message));
  return matcher;
}

}  // namespace

Result<std::vector<Matcher>> LogParser::Selector() {
  std::vector<Matcher> matchers;
  PHAROS_TRY(const Lexeme open, Expect(Token::kOpenBrace, "{"));
  if (TakeIf(Token::kCloseBrace)) return matchers;
  while (true) {
    PHAROS_TRY_VOID(Count());
    PHAROS_TRY(Lexeme name,
               Expect(Token::kIdentifier, matchers.empty() ? "IDENTIFIER or }" : "IDENTIFIER"));
    const auto op = MatchOpOf(Now().token);
    if (!op) return Unexpected("= or =~ or !~ or !=");
    Take();
    PHAROS_TRY(Lexeme value, Expect(Token::kString, "STRING"));
    PHAROS_TRY(Matcher matcher, MakeMatcher(*op, std::move(name.text), std::move(value.text)));
    matchers.push_back(std::move(matcher));
    if (TakeIf(Token::kCloseBrace)) return matchers;
    if (!TakeIf(Token::kComma)) return Unexpected("} or ,");
  }
}

Result<void> LogParser::Pipeline(std::vector<Stage>* stages, std::optional<Unwrap>* unwrap) {
  while (true) {
    PHAROS_TRY_VOID(Count());
    if (const auto op = LineOpOf(Now().token)) {
      // `!=` may also compare two metric expressions.
      const bool text_follows = Ahead(1).token == Token::kString || Ahead(1).token == Token::kIp;
      if (*op == match::LineOp::kNotContains && !text_follows && unwrap == nullptr) return {};
      PHAROS_TRY(Stage stage, LineFilter());
      stages->push_back(std::move(stage));
      continue;
    }
    if (!Is(Token::kPipe)) return {};
    if (Ahead(1).token == Token::kUnwrap && unwrap != nullptr && !unwrap->has_value()) {
      Take();
      PHAROS_TRY(*unwrap, UnwrapStage());
      return {};
    }
    Take();
    PHAROS_TRY(Stage stage, OneStage());
    stages->push_back(std::move(stage));
  }
}

Result<match::LineTerm> LogParser::LineTermOf() {
  if (Is(Token::kString)) return match::LineTerm{Take().text, false};
  if (!TakeIf(Token::kIp)) return Unexpected("STRING or ip");
  PHAROS_TRY(const Lexeme open, Expect(Token::kOpenParenthesis, "("));
  PHAROS_TRY(Lexeme text, Expect(Token::kString, "STRING"));
  PHAROS_TRY(const Lexeme close, Expect(Token::kCloseParenthesis, ")"));
  return match::LineTerm{std::move(text.text), true};
}

Result<Stage> LogParser::LineFilter() {
  LineFilterStage stage;
  stage.op = *LineOpOf(Take().token);
  do {
    PHAROS_TRY_VOID(Count());
    PHAROS_TRY(match::LineTerm term, LineTermOf());
    if (term.ip && stage.op != match::LineOp::kContains &&
        stage.op != match::LineOp::kNotContains) {
      return Meaning("ip: invalid operation");
    }
    stage.terms.push_back(std::move(term));
  } while (TakeIf(Token::kOr));
  return Stage(std::move(stage));
}

Result<Stage> LogParser::OneStage() {
  switch (Now().token) {
    case Token::kJson:
    case Token::kLogfmt:
    case Token::kRegexp:
    case Token::kPattern:
    case Token::kUnpack: return Extractor();
    case Token::kDecolorize: Take(); return Stage(DecolorizeStage{});
    case Token::kLineFormat: {
      Take();
      PHAROS_TRY(Lexeme text, Expect(Token::kString, "STRING"));
      return Stage(LineFormatStage{std::move(text.text)});
    }
    case Token::kLabelFormat: Take(); return LabelFormats();
    case Token::kDrop: {
      Take();
      PHAROS_TRY(auto labels, NamedMatchers());
      return Stage(DropStage{std::move(labels)});
    }
    case Token::kKeep: {
      Take();
      PHAROS_TRY(auto labels, NamedMatchers());
      return Stage(KeepStage{std::move(labels)});
    }
    case Token::kDistinct: {
      Take();
      DistinctStage stage;
      do {
        PHAROS_TRY(Lexeme name, Expect(Token::kIdentifier, "IDENTIFIER"));
        stage.labels.push_back(std::move(name.text));
      } while (TakeIf(Token::kComma));
      return Stage(std::move(stage));
    }
    case Token::kIdentifier:
    case Token::kOpenParenthesis: {
      PHAROS_TRY(LabelFilter filter, Filter(0));
      return Stage(LabelFilterStage{std::move(filter)});
    }
    default: return Unexpected();
  }
}

Result<Stage> LogParser::Extractor() {
  const Token kind = Take().token;
  if (kind == Token::kUnpack) return Stage(UnpackStage{});
  if (kind == Token::kRegexp || kind == Token::kPattern) {
    PHAROS_TRY(Lexeme text, Expect(Token::kString, "STRING"));
    if (kind == Token::kPattern) {
      if (auto pattern = match::Pattern::ForCaptures(text.text); !pattern) {
        return Meaning("invalid pattern parser: " + pattern.error().message);
      }
      return Stage(PatternStage{std::move(text.text)});
    }
    if (auto names = CheckRegexpNames(text.text); !names) {
      return Meaning("invalid regexp parser: " + names.error().message);
    }
    return Stage(RegexpStage{std::move(text.text)});
  }
  if (kind == Token::kJson) {
    PHAROS_TRY(auto extractions, Extractions(true));
    return Stage(JsonStage{std::move(extractions)});
  }
  LogfmtStage stage;
  while (Is(Token::kStrict) || Is(Token::kKeepEmpty)) {
    (Take().token == Token::kStrict ? stage.strict : stage.keep_empty) = true;
  }
  PHAROS_TRY(stage.extractions, Extractions(false));
  return Stage(std::move(stage));
}

Result<std::vector<Extraction>> LogParser::Extractions(bool json) {
  std::vector<Extraction> all;
  if (!Is(Token::kIdentifier)) return all;
  do {
    PHAROS_TRY_VOID(Count());
    PHAROS_TRY(Lexeme name, Expect(Token::kIdentifier, "IDENTIFIER"));
    Extraction extraction{name.text, name.text};
    if (TakeIf(Token::kEq)) {
      PHAROS_TRY(Lexeme text, Expect(Token::kString, "STRING"));
      extraction.expression = std::move(text.text);
    }
    if (json) {
      if (auto path = match::ParseJsonPath(extraction.expression); !path) {
        return Meaning("invalid json expression parser: " + path.error().message);
      }
    } else if (extraction.expression.empty() ||
               extraction.expression.find_first_of(" =\"") != std::string::npos) {
      return Meaning("cannot parse expression [" + extraction.expression +
                     "]: syntax error: unexpected KEY");
    }
    all.push_back(std::move(extraction));
  } while (TakeIf(Token::kComma));
  return all;
}

Result<Stage> LogParser::LabelFormats() {
  LabelFormatStage stage;
  std::set<std::string> names;
  do {
    PHAROS_TRY_VOID(Count());
    PHAROS_TRY(Lexeme name, Expect(Token::kIdentifier, "IDENTIFIER"));
    PHAROS_TRY(const Lexeme eq, Expect(Token::kEq, "="));
    if (!Is(Token::kIdentifier) && !Is(Token::kString)) return Unexpected("IDENTIFIER or STRING");
    const bool rename = Is(Token::kIdentifier);
    if (name.text == "__error__") {
      return Meaning("__error__ cannot be formatted");
    }
    if (!names.insert(name.text).second) {
      return Meaning("multiple label name '" + name.text +
                     "' not allowed in a single format operation");
    }
    stage.formats.push_back({std::move(name.text), Take().text, rename});
  } while (TakeIf(Token::kComma));
  return Stage(std::move(stage));
}

Result<std::vector<NamedMatcher>> LogParser::NamedMatchers() {
  std::vector<NamedMatcher> all;
  do {
    PHAROS_TRY_VOID(Count());
    PHAROS_TRY(Lexeme name, Expect(Token::kIdentifier, "IDENTIFIER"));
    NamedMatcher named{name.text, std::nullopt};
    if (const auto op = MatchOpOf(Now().token)) {
      Take();
      PHAROS_TRY(Lexeme value, Expect(Token::kString, "STRING"));
      PHAROS_TRY(named.matcher, MakeMatcher(*op, std::move(name.text), std::move(value.text)));
    }
    all.push_back(std::move(named));
  } while (TakeIf(Token::kComma));
  return all;
}

Result<LabelFilter> LogParser::Filter(int least) {
  const DepthGuard guard(depth_);
  PHAROS_TRY_VOID(CheckDepth());
  PHAROS_TRY(LabelFilter left, FilterTerm());
  while (true) {
    PHAROS_TRY_VOID(Count());
    const Token token = Now().token;
    // A comma takes everything behind it, as Loki's grammar does; `and` binds before `or`.
    // Two filters side by side are joined as by a comma.
    const bool side_by_side = token == Token::kIdentifier || token == Token::kOpenParenthesis;
    const bool comma = token == Token::kComma || side_by_side;
    const int strength = comma ? 3 : token == Token::kAnd ? 2 : token == Token::kOr ? 1 : 0;
    if (strength == 0 || strength < least) return left;
    PHAROS_TRY_VOID(CountOperator());
    if (!side_by_side) Take();
    PHAROS_TRY(LabelFilter right, Filter(comma ? 0 : strength + 1));
    LabelFilter joined;
    joined.kind = token == Token::kOr ? LabelFilter::Kind::kOr : LabelFilter::Kind::kAnd;
    joined.children.push_back(std::move(left));
    joined.children.push_back(std::move(right));
    left = std::move(joined);
  }
}

Result<LabelFilter> LogParser::FilterTerm() {
  if (TakeIf(Token::kOpenParenthesis)) {
    PHAROS_TRY(LabelFilter inner, Filter(0));
    if (!TakeIf(Token::kCloseParenthesis)) return Unexpected();
    return inner;
  }
  PHAROS_TRY(Lexeme name, Expect(Token::kIdentifier, "IDENTIFIER or ("));
  const Token token = Now().token;
  const auto match_op = MatchOpOf(token);
  const auto compare_op = CompareOpOf(token);
  if (!match_op && !compare_op) return Unexpected();
  Take();
  LabelFilter filter;
  if (match_op && Is(Token::kString)) {
    PHAROS_TRY(filter.matcher, MakeMatcher(*match_op, std::move(name.text), Take().text));
    return filter;
  }
  if (!compare_op) return Unexpected("STRING");
  if (match_op && Is(Token::kIp)) {
    PHAROS_TRY(match::LineTerm ip, LineTermOf());
    if (auto made = match::IpFilter::Make(ip.text); !made) return Meaning(made.error().message);
    filter.kind = LabelFilter::Kind::kIp;
    filter.name = std::move(name.text);
    filter.op = *compare_op;
    filter.ip = std::move(ip.text);
    return filter;
  }
  return Quantity(std::move(name.text), *compare_op);
}

Result<LabelFilter> LogParser::Quantity(std::string name, CompareOp op) {
  LabelFilter filter;
  filter.name = std::move(name);
  filter.op = op;
  const bool negative = Is(Token::kSub) && Ahead(1).token == Token::kDuration;
  if (Is(Token::kDuration) || negative) {
    if (negative) Take();
    filter.kind = LabelFilter::Kind::kDuration;
    filter.duration_ns = Take().duration_ns;
    if (negative) filter.duration_ns = -filter.duration_ns;
  } else if (Is(Token::kBytes)) {
    filter.kind = LabelFilter::Kind::kBytes;
    filter.bytes = Take().bytes;
  } else {
    filter.kind = LabelFilter::Kind::kNumber;
    if (!Is(Token::kNumber) && !Is(Token::kAdd) && !Is(Token::kSub)) return Unexpected();
    PHAROS_TRY(filter.number, SignedNumber());
  }
  return filter;
}

Result<double> LogParser::SignedNumber() {
  double sign = 1;
  if (Is(Token::kAdd) || Is(Token::kSub)) sign = Take().token == Token::kSub ? -1 : 1;
  PHAROS_TRY(const Lexeme number, Expect(Token::kNumber, "NUMBER"));
  const bool other_base =
      number.text.size() > 1 && number.text[0] == '0' &&
      std::string_view("xXoObB").find(number.text[1]) != std::string_view::npos &&
      number.text.find_first_of("pP") == std::string::npos;
  auto value = match::ParseNumber(number.text);
  if (other_base || !value) {
    return Meaning("unable to parse literal as a float: strconv.ParseFloat: parsing " +
                   match::GoQuote(number.text) + ": invalid syntax");
  }
  return sign * *value;
}

Result<std::vector<std::string>> LogParser::NameList() {
  std::vector<std::string> names;
  PHAROS_TRY(const Lexeme open, Expect(Token::kOpenParenthesis, "("));
  if (TakeIf(Token::kCloseParenthesis)) return names;
  while (true) {
    PHAROS_TRY_VOID(Count());
    PHAROS_TRY(Lexeme name,
               Expect(Token::kIdentifier, names.empty() ? "IDENTIFIER or )" : "IDENTIFIER"));
    names.push_back(std::move(name.text));
    if (TakeIf(Token::kCloseParenthesis)) return names;
    if (!TakeIf(Token::kComma)) return Unexpected(") or ,");
  }
}

Result<Unwrap> LogParser::UnwrapStage() {
  Take();
  Unwrap unwrap;
  if (Is(Token::kConversion)) {
    unwrap.conversion = Take().text;
    PHAROS_TRY(const Lexeme open, Expect(Token::kOpenParenthesis, "("));
    PHAROS_TRY(Lexeme name, Expect(Token::kIdentifier, "IDENTIFIER"));
    PHAROS_TRY(const Lexeme close, Expect(Token::kCloseParenthesis, ")"));
    unwrap.label = std::move(name.text);
  } else {
    PHAROS_TRY(Lexeme name, Expect(Token::kIdentifier, ""));
    unwrap.label = std::move(name.text);
  }
  while (Is(Token::kPipe)) {
    Take();
    PHAROS_TRY(LabelFilter filter, Filter(0));
    unwrap.filters.push_back(std::move(filter));
  }
  return unwrap;
}

}  // namespace pharos::query::logql
