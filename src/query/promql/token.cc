#include "query/promql/token.h"

#include <unordered_map>

#include "base/hash.h"
#include "query/promql/go_quote.h"

namespace pharos::query::promql {
namespace {

using Words = std::unordered_map<std::string_view, Tok>;

const Words& Keywords() {
  static const Words words = {{"and", Tok::kAnd},
                              {"or", Tok::kOr},
                              {"unless", Tok::kUnless},
                              {"atan2", Tok::kAtan2},
                              {"sum", Tok::kSum},
                              {"avg", Tok::kAvg},
                              {"count", Tok::kCount},
                              {"min", Tok::kMin},
                              {"max", Tok::kMax},
                              {"group", Tok::kGroup},
                              {"stddev", Tok::kStddev},
                              {"stdvar", Tok::kStdvar},
                              {"topk", Tok::kTopk},
                              {"bottomk", Tok::kBottomk},
                              {"count_values", Tok::kCountValues},
                              {"quantile", Tok::kQuantile},
                              {"limitk", Tok::kLimitk},
                              {"limit_ratio", Tok::kLimitRatio},
                              {"offset", Tok::kOffset},
                              {"smoothed", Tok::kSmoothed},
                              {"anchored", Tok::kAnchored},
                              {"by", Tok::kBy},
                              {"without", Tok::kWithout},
                              {"on", Tok::kOn},
                              {"ignoring", Tok::kIgnoring},
                              {"group_left", Tok::kGroupLeft},
                              {"group_right", Tok::kGroupRight},
                              {"fill", Tok::kFill},
                              {"fill_left", Tok::kFillLeft},
                              {"fill_right", Tok::kFillRight},
                              {"bool", Tok::kBool},
                              {"start", Tok::kStart},
                              {"end", Tok::kEnd},
                              {"step", Tok::kStep},
                              {"range", Tok::kRange},
                              {"max_of", Tok::kMaxOf},
                              {"min_of", Tok::kMinOf},
                              {"inf", Tok::kNumber},
                              {"nan", Tok::kNumber}};
  return words;
}

const Words& Descriptors() {
  static const Words words = {{"sum", Tok::kSumDesc},
                              {"count", Tok::kCountDesc},
                              {"schema", Tok::kSchemaDesc},
                              {"offset", Tok::kOffsetDesc},
                              {"n_offset", Tok::kNegativeOffsetDesc},
                              {"buckets", Tok::kBucketsDesc},
                              {"n_buckets", Tok::kNegativeBucketsDesc},
                              {"z_bucket", Tok::kZeroBucketDesc},
                              {"z_bucket_w", Tok::kZeroBucketWidthDesc},
                              {"custom_values", Tok::kCustomValuesDesc},
                              {"counter_reset_hint", Tok::kCounterResetHintDesc}};
  return words;
}

std::string_view PunctuationText(Tok t) {
  switch (t) {
    case Tok::kOpenHist: return "{{";
    case Tok::kCloseHist: return "}}";
    case Tok::kLeftParen: return "(";
    case Tok::kRightParen: return ")";
    case Tok::kLeftBrace: return "{";
    case Tok::kRightBrace: return "}";
    case Tok::kLeftBracket: return "[";
    case Tok::kRightBracket: return "]";
    case Tok::kComma: return ",";
    case Tok::kEql: return "=";
    case Tok::kColon: return ":";
    case Tok::kBlank: return "_";
    case Tok::kTimes: return "x";
    case Tok::kSpace: return "<space>";
    case Tok::kSub: return "-";
    case Tok::kAdd: return "+";
    case Tok::kMul: return "*";
    case Tok::kMod: return "%";
    case Tok::kDiv: return "/";
    case Tok::kEqlc: return "==";
    case Tok::kNeq: return "!=";
    case Tok::kLte: return "<=";
    case Tok::kLss: return "<";
    case Tok::kGte: return ">=";
    case Tok::kGtr: return ">";
    case Tok::kTrimUpper: return "</";
    case Tok::kTrimLower: return ">/";
    case Tok::kEqlRegex: return "=~";
    case Tok::kNeqRegex: return "!~";
    case Tok::kPow: return "^";
    case Tok::kAt: return "@";
    default: return "";
  }
}

std::string_view KindName(Tok t) {
  switch (t) {
    case Tok::kError: return "error";
    case Tok::kEof: return "end of input";
    case Tok::kComment: return "comment";
    case Tok::kIdentifier: return "identifier";
    case Tok::kMetricIdentifier: return "metric identifier";
    case Tok::kString: return "string";
    case Tok::kNumber: return "number";
    case Tok::kDuration: return "duration";
    default: return "";
  }
}

std::string Written(const Token& token) {
  if (token.type == Tok::kError) return token.text;
  if (token.type == Tok::kIdentifier || token.type == Tok::kMetricIdentifier)
    return GoQuote(token.text);
  if (IsKeyword(token.type)) return "<" + token.text + ">";
  if (IsOperator(token.type)) return "<op:" + token.text + ">";
  if (IsAggregator(token.type)) return "<aggr:" + token.text + ">";
  return GoQuoteShort(token.text);
}

}  // namespace

std::string_view TokText(Tok t) {
  if (const auto text = PunctuationText(t); !text.empty()) return text;
  if (t == Tok::kNumber) return "";
  static const auto* const reverse = [] {
    auto* map = new std::unordered_map<int, std::string_view>;
    for (const auto& [word, type] : Keywords()) map->emplace(static_cast<int>(type), word);
    return map;
  }();
  const auto found = reverse->find(static_cast<int>(t));
  return found == reverse->end() ? std::string_view() : found->second;
}

Tok KeywordOf(std::string_view lower_case) {
  const auto found = Keywords().find(lower_case);
  return found == Keywords().end() ? Tok::kIdentifier : found->second;
}

Tok HistogramDescriptorOf(std::string_view lower_case) {
  const auto found = Descriptors().find(lower_case);
  return found == Descriptors().end() ? Tok::kError : found->second;
}

Tok ResetHintOf(std::string_view lower_case) {
  if (lower_case == "unknown") return Tok::kUnknownReset;
  if (lower_case == "reset") return Tok::kReset;
  if (lower_case == "not_reset") return Tok::kNotReset;
  if (lower_case == "gauge") return Tok::kGaugeType;
  return Tok::kError;
}

std::string Token::Describe() const {
  if (type == Tok::kEof) return "end of input";
  const std::string_view kind = KindName(type);
  if (kind.empty()) return Written(*this);
  return std::string(kind) + " " + Written(*this);
}

}  // namespace pharos::query::promql
