// What both halves of the parser (log.. and metric expressions) stand on. Internal.
#pragma once

#include <optional>
#include <string_view>

#include "query/logql/ast.h"
#include "query/logql/lexer.h"
#include "query/logql/limits.h"
#include "query/logql/parser.h"

namespace pharos::query::logql {

/// The cursor over the tokens.
class ParserBase {
 public:
  explicit ParserBase(Lexed lexed) : lexed_(std::move(lexed)) {}

 protected:
  const Lexeme& Now() const { return lexed_.tokens[at_]; }
  const Lexeme& Ahead(size_t by) const {
    return lexed_.tokens[std::min(at_ + by, lexed_.tokens.size() - 1)];
  }
  bool Is(Token token) const { return Now().token == token; }
  /// Moves on and gives what stood here.
  Lexeme Take() {
    Lexeme taken = lexed_.tokens[at_];
    if (at_ + 1 < lexed_.tokens.size()) ++at_;
    return taken;
  }
  bool TakeIf(Token token) {
    if (!Is(token)) return false;
    Take();
    return true;
  }
  /// The error for the token that stands here; `expecting` as yacc prints it, "" when it
  /// would list more than four.
  std::unexpected<base::Error> Unexpected(std::string_view expecting = {}) const;
  /// An error about the meaning: it has no place.
  static std::unexpected<base::Error> Meaning(std::string_view message) {
    return std::unexpected(ParseError(0, 0, message));
  }
  base::Result<Lexeme> Expect(Token token, std::string_view name);
  /// Counts a node against kMaxNodes.
  base::Result<void> Count();
  /// Counts an operator against kMaxOperators.
  base::Result<void> CountOperator();

  struct DepthGuard {
    explicit DepthGuard(int& depth) : depth_(depth) { ++depth_; }
    ~DepthGuard() { --depth_; }
    int& depth_;
  };
  base::Result<void> CheckDepth() const;

  int depth_ = 0;

 private:
  Lexed lexed_;
  size_t at_ = 0;
  size_t nodes_ = 0;
  size_t operators_ = 0;
};

/// Parses `{…}` and pipelines.
class LogParser : public ParserBase {
 public:
  using ParserBase::ParserBase;
  base::Result<std::vector<model::Matcher>> Selector();

 protected:
  /// Stages as long as there are some. With `unwrap` given, `| unwrap` may end them.
  base::Result<void> Pipeline(std::vector<Stage>* stages, std::optional<Unwrap>* unwrap);
  base::Result<double> SignedNumber();
  /// `(a, b)`, maybe empty.
  base::Result<std::vector<std::string>> NameList();

 private:
  base::Result<Stage> LineFilter();
  base::Result<match::LineTerm> LineTermOf();
  base::Result<Stage> OneStage();
  base::Result<Stage> Extractor();
  base::Result<std::vector<Extraction>> Extractions(bool json);
  base::Result<Stage> LabelFormats();
  base::Result<std::vector<NamedMatcher>> NamedMatchers();
  base::Result<LabelFilter> Filter(int least);
  base::Result<LabelFilter> FilterTerm();
  base::Result<LabelFilter> Quantity(std::string name, CompareOp op);
  base::Result<Unwrap> UnwrapStage();
};

}  // namespace pharos::query::logql
