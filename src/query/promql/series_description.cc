#include "query/promql/series_description.h"

#include <charconv>
#include <cmath>
#include <map>

#include "query/promql/go_duration.h"
#include "query/promql/go_quote.h"
#include "query/promql/histogram_math.h"
#include "query/promql/lexer.h"
#include "query/promql/limits.h"
#include "query/promql/parser.h"

namespace pharos::query::promql {
namespace {

using base::ErrorKind;
using model::Histogram;

/// Owns: its tokens. Errors: the first one stops; see `problem`.
class SeriesParser {
 public:
  explicit SeriesParser(std::string_view input)
      : input_(input), lexer_(input, Lexer::Mode::kSeriesDescription) {
    Advance();
  }

  base::Result<SeriesDescription> Parse() {
    ParseMetric();
    while (problem_.empty() && !Is(Tok::kEof)) {
      if (!Is(Tok::kSpace)) {
        Unexpected("series values", "");
        break;
      }
      Advance();
      if (!Is(Tok::kEof) && !Is(Tok::kSpace)) ParseItem();
    }
    if (!problem_.empty()) return base::Fail(ErrorKind::kBadInput, problem_);
    out_.labels = model::Labels::FromPairs(Views());
    return std::move(out_);
  }

 private:
  bool Is(Tok type) const { return token_.type == type; }
  bool fine() const { return problem_.empty(); }

  void Advance() {
    do {
      token_ = lexer_.Next();
    } while (token_.type == Tok::kComment);
    if (token_.type == Tok::kError) Problem(lexer_.start(), token_.text);
  }
  void Problem(int position, std::string message) {
    if (fine()) problem_ = FormatParseError(input_, {{position, position}, std::move(message)});
  }
  void Unexpected(std::string_view where, std::string_view expected) {
    std::string message = "unexpected " + token_.Describe() + " in " + std::string(where);
    if (!expected.empty()) message.append(", expected ").append(expected);
    Problem(token_.pos, std::move(message));
  }
  bool Take(Tok type, std::string_view where, std::string_view expected) {
    if (!fine()) return false;
    if (!Is(type)) {
      Unexpected(where, expected);
      return false;
    }
    Advance();
    return fine();
  }
  std::vector<model::LabelView> Views() const {
    std::vector<model::LabelView> views;
    for (const auto& [name, value] : labels_) views.push_back({name, value});
    return views;
  }

  void ParseMetric() {
    if (!Is(Tok::kLeftBrace) && !Is(Tok::kSpace) && !Is(Tok::kEof) && fine()) {
      labels_.emplace_back(std::string(model::kMetricName), token_.text);
      Advance();
    }
    if (!Is(Tok::kLeftBrace)) return;
    Advance();
    while (fine() && !Is(Tok::kRightBrace)) {
      ParseLabel();
      if (Is(Tok::kComma))
        Advance();
      else if (!Is(Tok::kRightBrace) && fine())
        Unexpected("label set", "\",\" or \"}\"");
    }
    if (fine()) Advance();
  }

  void ParseLabel() {
    if (!Is(Tok::kIdentifier) && !Is(Tok::kString))
      return Unexpected("label set", "identifier or \"}\"");
    const bool quoted = Is(Tok::kString);
    const std::string name = quoted ? GoUnquote(token_.text).value_or("") : token_.text;
    Advance();
    if (quoted && !Is(Tok::kEql)) {
      labels_.emplace_back(std::string(model::kMetricName), name);
      return;
    }
    if (!Take(Tok::kEql, "label set", "\"=\"")) return;
    if (!Is(Tok::kString)) return Unexpected("label set", "string");
    labels_.emplace_back(name, GoUnquote(token_.text).value_or(""));
    Advance();
  }

  uint64_t ParseCount() {
    uint64_t count = 0;
    const std::string& text = token_.text;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (!Is(Tok::kNumber) || error != std::errc() || end != text.data() + text.size()) {
      Problem(token_.pos, "invalid repetition in series values: strconv.ParseUint: parsing " +
                              GoQuote(text) + ": invalid syntax");
      return 0;
    }
    if (count + out_.values.size() > kMaxSeriesValues) {
      Problem(token_.pos, "more than " + std::to_string(kMaxSeriesValues) + " values in a series");
      return 0;
    }
    Advance();
    return count;
  }

  void ParseItem() {
    if (Is(Tok::kBlank)) {
      Advance();
      uint64_t count = 1;
      if (Is(Tok::kTimes)) {
        Advance();
        count = ParseCount();
      }
      SequenceValue blank;
      blank.omitted = true;
      out_.values.insert(out_.values.end(), count, blank);
      return;
    }
    if (Is(Tok::kOpenHist)) return ParseHistogramItem();
    double value = 0;
    if (Is(Tok::kIdentifier)) {
      if (token_.text != "stale") return Unexpected("series values", "number or \"stale\"");
      value = model::StaleNan();
      Advance();
    } else {
      value = ParseSigned();
    }
    double delta = 0;
    const bool steps = Is(Tok::kAdd) || Is(Tok::kSub);
    if (steps) delta = ParseSigned();
    uint64_t count = 0;
    if (Is(Tok::kTimes)) {
      Advance();
      count = ParseCount();
    } else if (steps && fine()) {
      return Unexpected("series values", "");
    }
    for (uint64_t i = 0; i <= count && fine(); ++i) {
      SequenceValue v;
      v.value = value;
      out_.values.push_back(v);
      if (delta != 0) value += delta;
    }
  }

  double ParseSigned() {
    const bool negative = Is(Tok::kSub);
    if (negative || Is(Tok::kAdd)) Advance();
    double value = 0;
    if (Is(Tok::kDuration)) {
      value = static_cast<double>(ParseGoDuration(token_.text).value_or(0)) / 1e9;
    } else if (!Is(Tok::kNumber) || !ParseNumberLiteral(token_.text, &value)) {
      Unexpected("series values", "");
      return 0;
    }
    Advance();
    return negative ? -value : value;
  }

  /// A schema or an offset.
  int32_t ParseSmall() {
    const double value = ParseSigned();
    if (std::fabs(value) <= 1e9) return static_cast<int32_t>(value);
    Problem(token_.pos, "a schema or an offset is out of range");
    return 0;
  }

  void ParseHistogramItem() {
    bool hint = false;
    Histogram h = ParseHistogram(&hint);
    Histogram step;
    double sign = 0;
    if (Is(Tok::kAdd) || Is(Tok::kSub)) {
      sign = Is(Tok::kAdd) ? 1 : -1;
      Advance();
      step = ParseHistogram(&hint);
    }
    uint64_t count = 0;
    if (Is(Tok::kTimes)) {
      Advance();
      count = ParseCount();
    } else if (sign != 0 && fine()) {
      return Unexpected("series values", "");
    }
    for (uint64_t i = 0; i <= count && fine(); ++i) {
      buckets_ += h.positive_counts.size() + h.negative_counts.size() + h.positive_spans.size() +
                  h.negative_spans.size() + h.custom_bounds.size();
      if (buckets_ > kMaxSeriesBuckets) {
        return Problem(token_.pos,
                       "more than " + std::to_string(kMaxSeriesBuckets) + " buckets in a series");
      }
      SequenceValue v;
      v.histogram = h;
      v.reset_hint_given = hint;
      out_.values.push_back(std::move(v));
      if (sign == 0) continue;
      CombineNotes notes;
      if (h.schema > step.schema && i < count) {
        return Problem(token_.pos, "error combining histograms: cannot merge from schema " +
                                       std::to_string(step.schema) + " to " +
                                       std::to_string(h.schema));
      }
      if (!(sign > 0 ? AddHistogram(h, step, &notes) : SubtractHistogram(h, step, &notes))) {
        return Problem(token_.pos,
                       "cannot apply this operation on histograms with a mix of exponential and "
                       "custom bucket schemas");
      }
    }
  }

  Histogram ParseHistogram(bool* hint) {
    Histogram h;
    h.float_counts = true;
    int32_t offset = 0;
    int32_t negative_offset = 0;
    std::map<Tok, bool> seen;
    Take(Tok::kOpenHist, "series values", "");
    while (fine() && !Is(Tok::kCloseHist)) {
      if (Is(Tok::kSpace)) {
        Advance();
        continue;
      }
      const Token key = token_;
      if (key.type < Tok::kSumDesc || key.type > Tok::kCounterResetHintDesc) {
        Unexpected("histogram description", "histogram description key, e.g. buckets:[5 10 7]");
        break;
      }
      if (seen[key.type]) Problem(0, "duplicate key \"" + key.text + "\" in histogram");
      seen[key.type] = true;
      Advance();
      if (!Take(Tok::kColon, "histogram description", "\":\"")) break;
      switch (key.type) {
        case Tok::kSchemaDesc: h.schema = ParseSmall(); break;
        case Tok::kSumDesc: h.sum = ParseSigned(); break;
        case Tok::kCountDesc: h.count = ParseSigned(); break;
        case Tok::kZeroBucketDesc: h.zero_count = ParseSigned(); break;
        case Tok::kZeroBucketWidthDesc: h.zero_threshold = ParseSigned(); break;
        case Tok::kOffsetDesc: offset = ParseSmall(); break;
        case Tok::kNegativeOffsetDesc: negative_offset = ParseSmall(); break;
        case Tok::kCustomValuesDesc: h.custom_bounds = ParseList(); break;
        case Tok::kBucketsDesc: h.positive_counts = ParseList(); break;
        case Tok::kNegativeBucketsDesc: h.negative_counts = ParseList(); break;
        default:
          h.reset = ParseHint();
          *hint = true;
          break;
      }
    }
    if (fine()) Advance();
    if (!h.positive_counts.empty())
      h.positive_spans = {{offset, static_cast<uint32_t>(h.positive_counts.size())}};
    if (!h.negative_counts.empty())
      h.negative_spans = {{negative_offset, static_cast<uint32_t>(h.negative_counts.size())}};
    return h;
  }

  Histogram::Reset ParseHint() {
    const Tok type = token_.type;
    Advance();
    switch (type) {
      case Tok::kReset: return Histogram::Reset::kYes;
      case Tok::kNotReset: return Histogram::Reset::kNo;
      case Tok::kGaugeType: return Histogram::Reset::kGauge;
      case Tok::kUnknownReset: return Histogram::Reset::kUnknown;
      default:
        Unexpected("histogram description", "counter reset hint");
        return Histogram::Reset::kUnknown;
    }
  }

  std::vector<double> ParseList() {
    std::vector<double> out;
    Take(Tok::kLeftBracket, "histogram description", "\"[\"");
    while (fine() && !Is(Tok::kRightBracket)) {
      if (Is(Tok::kSpace))
        Advance();
      else
        out.push_back(ParseSigned());
    }
    if (fine()) Advance();
    return out;
  }

  std::string_view input_;
  Lexer lexer_;
  Token token_;
  uint64_t buckets_ = 0;  ///< of all histograms so far
  std::string problem_;
  std::vector<std::pair<std::string, std::string>> labels_;
  SeriesDescription out_;
};

}  // namespace

base::Result<SeriesDescription> ParseSeriesDescription(std::string_view input) {
  return SeriesParser(input).Parse();
}

}  // namespace pharos::query::promql
