// Cuts a LogQL query into tokens.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "query/logql/token.h"

namespace pharos::query::logql {

/// "parse error at line 1, col 5: …"; without a place "parse error : …".
base::Error ParseError(int line, int column, std::string_view message);

/// All tokens, ended by one kEnd. kBadInput with Loki's text and place. One pass.
/// Where the text cannot be read on, the tokens so far are kept and `error` is set: the
/// parser reports it only when it gets there, so an earlier error wins.
struct Lexed {
  std::vector<Lexeme> tokens;
  std::string error;
  int line = 0;
  int column = 0;
};
Lexed Lex(std::string_view text);

}  // namespace pharos::query::logql
