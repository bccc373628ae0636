// The words of PromQL and of the series descriptions that scripts and rule tests use.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pharos::query::promql {

enum class Tok : uint8_t {
  kEof,
  kError,
  kComment,
  kIdentifier,
  kMetricIdentifier,
  kString,
  kNumber,
  kDuration,
  // Punctuation.
  kEql,
  kBlank,
  kColon,
  kComma,
  kLeftBrace,
  kLeftBracket,
  kLeftParen,
  kOpenHist,
  kCloseHist,
  kRightBrace,
  kRightBracket,
  kRightParen,
  kSpace,
  kTimes,
  // Histogram descriptors.
  kSumDesc,
  kCountDesc,
  kSchemaDesc,
  kOffsetDesc,
  kNegativeOffsetDesc,
  kBucketsDesc,
  kNegativeBucketsDesc,
  kZeroBucketDesc,
  kZeroBucketWidthDesc,
  kCustomValuesDesc,
  kCounterResetHintDesc,
  kUnknownReset,
  kReset,
  kNotReset,
  kGaugeType,
  // Operators.
  kAdd,
  kDiv,
  kEqlc,
  kEqlRegex,
  kGte,
  kGtr,
  kTrimUpper,
  kTrimLower,
  kAnd,
  kOr,
  kLss,
  kLte,
  kUnless,
  kMod,
  kMul,
  kNeq,
  kNeqRegex,
  kPow,
  kSub,
  kAt,
  kAtan2,
  // Aggregations.
  kAvg,
  kBottomk,
  kCount,
  kCountValues,
  kGroup,
  kMax,
  kMin,
  kQuantile,
  kStddev,
  kStdvar,
  kSum,
  kTopk,
  kLimitk,
  kLimitRatio,
  // Keywords.
  kBool,
  kBy,
  kGroupLeft,
  kGroupRight,
  kFill,
  kFillLeft,
  kFillRight,
  kIgnoring,
  kOffset,
  kSmoothed,
  kAnchored,
  kOn,
  kWithout,
  // What @ and durations are computed from.
  kStart,
  kEnd,
  kStep,
  kRange,
  kMaxOf,
  kMinOf,
};

constexpr bool IsOperator(Tok t) { return t >= Tok::kAdd && t <= Tok::kAtan2; }
constexpr bool IsAggregator(Tok t) { return t >= Tok::kAvg && t <= Tok::kLimitRatio; }
constexpr bool IsKeyword(Tok t) { return t >= Tok::kBool && t <= Tok::kWithout; }
constexpr bool IsSetOperator(Tok t) { return t == Tok::kAnd || t == Tok::kOr || t == Tok::kUnless; }
constexpr bool IsComparison(Tok t) {
  return t == Tok::kEqlc || t == Tok::kNeq || t == Tok::kLte || t == Tok::kLss || t == Tok::kGte ||
         t == Tok::kGtr;
}
/// topk, bottomk, count_values, quantile, limitk, limit_ratio.
constexpr bool TakesParameter(Tok t) {
  return t == Tok::kTopk || t == Tok::kBottomk || t == Tok::kCountValues || t == Tok::kQuantile ||
         t == Tok::kLimitk || t == Tok::kLimitRatio;
}

/// How the word is written ("+", "sum", "group_left"); "" for kinds with varying text.
std::string_view TokText(Tok t);
/// The keyword, operator word, aggregation or number word (inf, nan) of that name in lower
/// case; kIdentifier when it is none.
Tok KeywordOf(std::string_view lower_case);
/// Descriptor of a native histogram ("buckets", "z_bucket"), or kError.
Tok HistogramDescriptorOf(std::string_view lower_case);
/// "unknown", "reset", "not_reset", "gauge", or kError.
Tok ResetHintOf(std::string_view lower_case);

/// Byte offsets into the expression; half-open.
struct Span {
  int start = 0;
  int end = 0;
  bool operator==(const Span&) const = default;
};

struct Token {
  Tok type = Tok::kEof;
  int pos = 0;
  std::string text;  ///< as written; the message for kError

  Span span() const { return {pos, pos + static_cast<int>(text.size())}; }
  /// As error texts name it: `identifier "a"`, `<by>`, `"]"`, `end of input`.
  std::string Describe() const;
};

}  // namespace pharos::query::promql
