// LogQL's tokens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pharos::query::logql {

enum class Token : uint8_t {
  kEnd,
  kIdentifier,
  kString,
  kNumber,
  kDuration,
  kBytes,
  kRange,
  // marks
  kOpenBrace,
  kCloseBrace,
  kOpenParenthesis,
  kCloseParenthesis,
  kComma,
  kDot,
  kEq,
  kNeq,
  kRe,
  kNre,
  kPipeExact,
  kPipeMatch,
  kPipePattern,
  kNotPattern,
  kPipe,
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kCompareEq,
  kGt,
  kGte,
  kLt,
  kLte,
  // words
  kBy,
  kWithout,
  kBool,
  kOn,
  kIgnoring,
  kGroupLeft,
  kGroupRight,
  kOffset,
  kAnd,
  kOr,
  kUnless,
  kJson,
  kLogfmt,
  kRegexp,
  kPattern,
  kUnpack,
  kLineFormat,
  kLabelFormat,
  kDecolorize,
  kUnwrap,
  kDrop,
  kKeep,
  kDistinct,
  kStrict,
  kKeepEmpty,
  // words that count only in front of a parenthesis
  kIp,
  kConversion,
  kRangeFunction,
  kVectorFunction,
  kVector,
  kLabelReplace,
};

struct Lexeme {
  Token token = Token::kEnd;
  std::string text;         ///< identifier, word, number as written, string unquoted
  int64_t duration_ns = 0;  ///< kDuration, kRange
  uint64_t bytes = 0;       ///< kBytes
  int line = 0;
  int column = 0;
};

/// How an error names it: "IDENTIFIER", "by", "RANGE", "$end".
std::string TokenName(const Lexeme& lexeme);

}  // namespace pharos::query::logql
