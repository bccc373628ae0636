#include "wire/exposition.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "text/go_float.h"
#include "wire/go_quote.h"
#include "wire/utf8.h"

namespace pharos::wire {
namespace {

using model::MetricType;
using T = ExpoToken;

std::string Unescape(std::string_view text, bool quotes) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '\\' && (next == '\\' || next == 'n' || (quotes && next == '"'))) {
      out += next == 'n' ? '\n' : next;
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool ParseFloat(std::string_view text, double* value) {
  if (text.find_first_of("pP_") != text.npos) return false;
  if (!text::ParseGoFloat(text, value)) return false;
  if (std::isnan(*value)) *value = std::numeric_limits<double>::quiet_NaN();
  return true;
}

}  // namespace

std::string OpenMetricsFloat(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::string out = text::GoFloat(value, 'g');
  if (out.find_first_of("e.") == out.npos) out += ".0";
  return out;
}

// The Prometheus format may lack its last newline; OpenMetrics ends with # EOF instead.
ExpositionParser::ExpositionParser(std::string_view page, ExpositionFormat format)
    : open_metrics_(format == ExpositionFormat::kOpenMetrics),
      owned_(open_metrics_ || page.ends_with('\n') ? std::string() : std::string(page) + '\n'),
      page_(owned_.empty() ? page : std::string_view(owned_)),
      lexer_(page_, open_metrics_) {}

std::unexpected<base::Error> ExpositionParser::Bad(std::string what) const {
  return base::Fail(base::ErrorKind::kBadInput, std::move(what));
}

std::unexpected<base::Error> ExpositionParser::Unexpected(std::string expected) const {
  const size_t end = std::min(page_.size(), lexer_.end() + 1);
  const std::string_view got = page_.substr(lexer_.start(), end - lexer_.start());
  return Bad(std::move(expected) + ", got " + GoQuote(got) + " (\"" +
             std::string(TokenName(token_)) +
             "\") while parsing: " + GoQuote(page_.substr(start_, end - start_)));
}

base::Result<ExpositionParser::Entry> ExpositionParser::Next() {
  while (true) {
    start_ = lexer_.end();
    has_exemplar_ = false;
    is_series_ = false;
    labels_.clear();
    switch (const T token = Take(); token) {
      case T::kEofWord:
        if (Take() != T::kEof) return Bad("unexpected data after # EOF");
        return Entry::kEnd;
      case T::kEof:
        if (open_metrics_) return Bad("data does not end with # EOF");
        return Entry::kEnd;
      case T::kLinebreak: continue;
      case T::kHelp:
      case T::kType:
      case T::kUnit: return MetadataEntry(token);
      case T::kComment:
        if (Take() != T::kLinebreak) return Unexpected("linebreak expected after comment");
        return Entry::kComment;
      case T::kBraceOpen: return Series(true);
      case T::kMName: return Series(false);
      default: return Unexpected("expected a valid start token");
    }
  }
}

base::Result<ExpositionParser::Entry> ExpositionParser::MetadataEntry(ExpoToken kind) {
  const std::string kind_name(TokenName(kind));
  if (Take() != T::kMName) return Unexpected("expected metric name after " + kind_name);
  name_ = {lexer_.start(), lexer_.end()};
  if (page_[name_.from] == '"') name_ = {name_.from + 1, name_.to - 1};
  if (Take() != T::kText) {
    return Bad("expected text in " + kind_name +
               (open_metrics_ ? "" : ", got " + std::string(TokenName(token_))));
  }
  text_ = {lexer_.start(), lexer_.end() - (open_metrics_ ? 1 : 0)};
  if (text_.from < text_.to) ++text_.from;
  if (kind == T::kType) PHAROS_TRY_VOID(SetType(At(text_)));
  if (kind == T::kHelp && !IsUtf8(At(text_))) {
    return Bad("help text " + GoQuote(At(text_)) + " is not a valid utf8 string");
  }
  if (kind == T::kUnit) PHAROS_TRY_VOID(CheckUnit());
  if (!open_metrics_ && Take() != T::kLinebreak) {
    return Unexpected("linebreak expected after metadata");
  }
  return kind == T::kType ? Entry::kType : kind == T::kHelp ? Entry::kHelp : Entry::kUnit;
}

base::Result<void> ExpositionParser::SetType(std::string_view word) {
  constexpr std::pair<std::string_view, MetricType> kBoth[] = {
      {"counter", MetricType::kCounter},
      {"gauge", MetricType::kGauge},
      {"histogram", MetricType::kHistogram},
      {"summary", MetricType::kSummary}};
  constexpr std::pair<std::string_view, MetricType> kOpenMetrics[] = {
      {"gaugehistogram", MetricType::kGaugeHistogram},
      {"info", MetricType::kInfo},
      {"stateset", MetricType::kStateSet},
      {"unknown", MetricType::kUnknown}};
  for (const auto& [name, type] : kBoth) {
    if (name == word) return type_ = type, base::Result<void>();
  }
  if (!open_metrics_ && word == "untyped") {
    type_ = MetricType::kUnknown;
    return {};
  }
  for (const auto& [name, type] : kOpenMetrics) {
    if (open_metrics_ && name == word) return type_ = type, base::Result<void>();
  }
  return Bad("invalid metric type " + GoQuote(word));
}

base::Result<void> ExpositionParser::CheckUnit() {
  const std::string_view metric = At(name_), unit = At(text_);
  if (unit.empty()) return {};
  if (!metric.ends_with(unit) || metric.size() < unit.size() + 1 ||
      metric[metric.size() - unit.size() - 1] != '_') {
    return Bad("unit " + GoQuote(unit) + " not a suffix of metric " + GoQuote(metric));
  }
  return {};
}

base::Result<void> ExpositionParser::LabelList(std::vector<LabelSpans>* labels, bool exemplar) {
  Take();
  while (true) {
    Span name{lexer_.start(), lexer_.end()};
    if (token_ == T::kBraceClose) return {};
    const bool quoted = token_ == T::kQString;
    if (token_ != T::kLName && !quoted) return Unexpected("expected label name");
    Take();
    if (quoted && (token_ == T::kComma || token_ == T::kBraceClose)) {
      // A quoted string alone is the metric's name.
      if (exemplar) return Unexpected("expected label name");
      if (has_name_) {
        return Bad("metric name already set while parsing: " +
                   GoQuote(page_.substr(start_, lexer_.end() - start_)));
      }
      has_name_ = true;
      name_ = {name.from + 1, name.to - 1};
      if (token_ == T::kBraceClose) return {};
      Take();
      continue;
    }
    if (quoted) name = {name.from + 1, name.to - 1};
    if (token_ != T::kEqual) return Unexpected("expected equal");
    if (Take() != T::kLValue) return Unexpected("expected label value");
    if (!IsUtf8(lexer_.token())) {
      return Bad("invalid UTF-8 label value: " + GoQuote(lexer_.token()));
    }
    labels->push_back({name, {lexer_.start() + 1, lexer_.end() - 1}});
    if (Take() == T::kComma) {
      Take();
    } else if (open_metrics_ && token_ != T::kBraceClose) {
      return Unexpected("expected comma or brace close");
    }
  }
}

base::Result<ExpositionParser::Entry> ExpositionParser::Series(bool brace) {
  has_name_ = !brace;
  if (!brace) {
    name_ = {lexer_.start(), lexer_.end()};
    series_ = page_.substr(start_, lexer_.end() - start_);
    if (Take() == T::kBraceOpen) brace = true;
  }
  if (brace) {
    PHAROS_TRY_VOID(LabelList(&labels_, false));
    series_ = page_.substr(start_, lexer_.end() - start_);
    Take();
  }
  if (!has_name_) {
    return Bad("metric name not set while parsing: " +
               GoQuote(page_.substr(start_, lexer_.end() - start_)));
  }
  PHAROS_TRY_VOID(ValueAndRest());
  is_series_ = true;
  return Entry::kSeries;
}

base::Result<double> ExpositionParser::FloatOf(std::string_view text) const {
  double value = 0;
  if (ParseFloat(text, &value)) return value;
  const std::string what = text.find_first_of("pP_") != text.npos
                               ? "unsupported character in float"
                               : "strconv.ParseFloat: parsing " + GoQuote(text) + ": " +
                                     (std::isinf(value) ? "value out of range" : "invalid syntax");
  return Bad(what + " while parsing: " + GoQuote(page_.substr(start_, lexer_.end() - start_)));
}

base::Result<void> ExpositionParser::ValueAndRest() {
  if (token_ != T::kValue) return Unexpected("expected value after metric");
  has_time_ = false;
  if (open_metrics_) return OpenMetricsRest();
  PHAROS_TRY(value_, FloatOf(lexer_.token()));
  if (Take() == T::kLinebreak) return {};
  if (token_ != T::kTimestamp) return Unexpected("expected timestamp or new record");
  const std::string_view digits = lexer_.token();
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), time_ms_);
  if (read.ec != std::errc()) {
    return Bad("strconv.ParseInt: parsing " + GoQuote(digits) +
               ": value out of range while parsing: " +
               GoQuote(page_.substr(start_, lexer_.end() - start_)));
  }
  has_time_ = true;
  if (Take() != T::kLinebreak) return Unexpected("expected next entry after timestamp");
  return {};
}

namespace {

/// Seconds to milliseconds as Go's int64(ts * 1000); out of range saturates.
int64_t Millis(double seconds) {
  const double ms = seconds * 1000;
  if (ms >= 9.2e18) return std::numeric_limits<int64_t>::max();
  if (ms <= -9.2e18) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(ms);
}

}  // namespace

base::Result<void> ExpositionParser::OpenMetricsRest() {
  PHAROS_TRY(value_, FloatOf(lexer_.token().substr(1)));
  switch (Take()) {
    case T::kEof: return Bad("data does not end with # EOF");
    case T::kLinebreak: return {};
    case T::kComment: return ExemplarRest();
    case T::kTimestamp: break;
    default: return Unexpected("expected timestamp or new record");
  }
  PHAROS_TRY(const double seconds, FloatOf(lexer_.token().substr(1)));
  if (!std::isfinite(seconds)) return Bad("invalid timestamp " + OpenMetricsFloat(seconds));
  has_time_ = true;
  time_ms_ = Millis(seconds);
  if (Take() == T::kLinebreak) return {};
  if (token_ == T::kComment) return ExemplarRest();
  return Unexpected("expected next entry after timestamp");
}

base::Result<void> ExpositionParser::ExemplarRest() {
  exemplar_labels_.clear();
  exemplar_time_ms_ = 0;
  exemplar_has_time_ = false;
  PHAROS_TRY_VOID(LabelList(&exemplar_labels_, true));
  if (Take() != T::kValue) return Unexpected("expected value after exemplar labels");
  PHAROS_TRY(exemplar_value_, FloatOf(lexer_.token().substr(1)));
  has_exemplar_ = true;
  if (Take() == T::kEof) return Bad("data does not end with # EOF");
  if (token_ == T::kLinebreak) return {};
  if (token_ != T::kTimestamp) return Unexpected("expected timestamp or comment");
  PHAROS_TRY(const double seconds, FloatOf(lexer_.token().substr(1)));
  if (!std::isfinite(seconds)) {
    return Bad("invalid exemplar timestamp " + OpenMetricsFloat(seconds));
  }
  exemplar_time_ms_ = Millis(seconds);
  exemplar_has_time_ = true;
  if (Take() != T::kLinebreak) return Unexpected("expected next entry after exemplar timestamp");
  return {};
}

std::vector<std::pair<std::string, std::string>> ExpositionParser::Labels() const {
  std::vector<std::pair<std::string, std::string>> out;
  out.reserve(labels_.size() + 1);
  out.emplace_back(model::kMetricName, Unescape(At(name_), true));
  const bool le = type_ == MetricType::kHistogram || type_ == MetricType::kGaugeHistogram;
  for (const LabelSpans& spans : labels_) {
    std::string name = Unescape(At(spans.name), true), value = Unescape(At(spans.value), true);
    double number;
    if (((le && name == "le") || (type_ == MetricType::kSummary && name == "quantile")) &&
        text::ParseGoFloat(value, &number)) {
      value = OpenMetricsFloat(number);
    }
    out.emplace_back(std::move(name), std::move(value));
  }
  return out;
}

model::Exemplar ExpositionParser::Exemplar() const {
  std::vector<model::LabelView> views;
  std::vector<std::pair<std::string, std::string>> owned;
  for (const LabelSpans& spans : exemplar_labels_) {
    owned.emplace_back(Unescape(At(spans.name), true), Unescape(At(spans.value), true));
  }
  for (const auto& [name, value] : owned) views.push_back({name, value});
  return {model::Labels::FromPairs(std::move(views)), exemplar_value_, exemplar_time_ms_,
          exemplar_has_time_};
}

std::string ExpositionParser::family() const { return Unescape(At(name_), true); }
std::string ExpositionParser::text() const { return Unescape(At(text_), open_metrics_); }

}  // namespace pharos::wire
