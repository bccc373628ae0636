#include "query/promql/script_compare.h"

#include <re2/re2.h>

#include <algorithm>
#include <set>

#include "query/promql/go_quote.h"
#include "query/promql/histogram_math.h"
#include "query/promql/quantile.h"
#include "query/promql/sparse_histogram.h"
#include "text/go_float.h"

namespace pharos::query::promql {
namespace {

constexpr double kEpsilon = 1e-6;  // relative

using Pairs = std::vector<std::pair<int32_t, double>>;

bool SameBuckets(const Pairs& a, const Pairs& b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) {
           return x.first == y.first && AlmostEqual(x.second, y.second, kEpsilon);
         });
}

bool SameHistograms(const SequenceValue& expected, model::Histogram actual) {
  model::Histogram want = *expected.histogram;
  CompactHistogram(want);
  CompactHistogram(actual);
  return want.schema == actual.schema && AlmostEqual(want.count, actual.count, kEpsilon) &&
         AlmostEqual(want.sum, actual.sum, kEpsilon) &&
         want.custom_bounds == actual.custom_bounds &&
         want.zero_threshold == actual.zero_threshold &&
         AlmostEqual(want.zero_count, actual.zero_count, kEpsilon) &&
         SameBuckets(Unpack(want.positive_spans, want.positive_counts),
                     Unpack(actual.positive_spans, actual.positive_counts)) &&
         SameBuckets(Unpack(want.negative_spans, want.negative_counts),
                     Unpack(actual.negative_spans, actual.negative_counts)) &&
         (!expected.reset_hint_given || want.reset == actual.reset);
}

std::string Text(double v) { return text::GoFloat(v, 'g'); }
std::string Text(const SequenceValue& v) {
  return v.omitted ? "_" : v.histogram.has_value() ? HistogramText(*v.histogram) : Text(v.value);
}

std::string CompareValue(const SequenceValue& expected, const double* value,
                         const model::Histogram* histogram) {
  if (expected.histogram.has_value() != (histogram != nullptr)) {
    return "expected " + Text(expected) + " but got " +
           (histogram != nullptr ? HistogramText(*histogram) : Text(*value));
  }
  if (histogram != nullptr) {
    return SameHistograms(expected, *histogram)
               ? ""
               : "expected " + Text(expected) + " but got " + HistogramText(*histogram) +
                     " (reset hint " + std::to_string(static_cast<int>(histogram->reset)) + ")";
  }
  return AlmostEqual(expected.value, *value, kEpsilon)
             ? ""
             : "expected " + Text(expected) + " but got " + Text(*value);
}

std::string CompareVector(const Expectation& expected, const QueryValue& actual) {
  std::set<model::Labels> seen;
  int position = 0;
  for (const ResultSeries& series : actual.series) {
    ++position;
    const std::string name = model::ToString(series.labels);
    const auto found = expected.series.find(series.labels);
    if (found == expected.series.end()) return "unexpected metric " + name + " in result";
    if (expected.ordered && found->second.position != position) {
      return "expected metric " + name + " at position " + std::to_string(found->second.position) +
             " but was at " + std::to_string(position);
    }
    const double* value = series.floats.empty() ? nullptr : &series.floats[0].value;
    const model::Histogram* histogram =
        series.histograms.empty() ? nullptr : series.histograms[0].histogram.get();
    if (found->second.values.empty()) return "no value is expected for " + name;
    if (std::string problem = CompareValue(found->second.values[0], value, histogram);
        !problem.empty())
      return name + ": " + problem;
    seen.insert(series.labels);
  }
  for (const auto& [labels, entry] : expected.series) {
    if (!seen.contains(labels)) return "expected metric " + model::ToString(labels) + " not found";
  }
  return "";
}

std::string CompareSeries(const Expectation& expected, const Expectation::Entry& entry,
                          const ResultSeries& series) {
  size_t f = 0;
  size_t h = 0;
  for (size_t i = 0; i < entry.values.size(); ++i) {
    const SequenceValue& want = entry.values[i];
    const int64_t time = expected.start_ms + static_cast<int64_t>(i) * expected.step_ms;
    if (time > expected.end_ms) return "more points are expected than the range has";
    if (want.omitted) continue;
    const std::string at = " at " + std::to_string(time);
    if (want.histogram.has_value()) {
      if (h >= series.histograms.size() || series.histograms[h].time_ms != time)
        return "a histogram is missing" + at;
      if (std::string problem = CompareValue(want, nullptr, series.histograms[h++].histogram.get());
          !problem.empty())
        return problem + at;
    } else {
      if (f >= series.floats.size() || series.floats[f].time_ms != time)
        return "a float is missing" + at;
      if (std::string problem = CompareValue(want, &series.floats[f++].value, nullptr);
          !problem.empty())
        return problem + at;
    }
  }
  return f == series.floats.size() && h == series.histograms.size()
             ? ""
             : "has more points than expected";
}

std::string CompareMatrix(const Expectation& expected, const QueryValue& actual) {
  if (expected.ordered) return "expected ordered result, but query returned a matrix";
  std::set<model::Labels> seen;
  for (size_t i = 0; i < actual.series.size(); ++i) {
    const ResultSeries& series = actual.series[i];
    if (i > 0 && series.labels < actual.series[i - 1].labels)
      return "series are not sorted by labels";
    const auto found = expected.series.find(series.labels);
    if (found == expected.series.end())
      return "unexpected metric " + model::ToString(series.labels) + " in result";
    if (std::string problem = CompareSeries(expected, found->second, series); !problem.empty()) {
      return model::ToString(series.labels) + ": " + problem;
    }
    seen.insert(series.labels);
  }
  for (const auto& [labels, entry] : expected.series) {
    if (!seen.contains(labels)) return "expected metric " + model::ToString(labels) + " not found";
  }
  return "";
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : "; ") + text;
  return out;
}

std::string CompareTexts(const std::vector<ExpectedText>& expected,
                         const std::vector<std::string>& actual, const std::string& kind) {
  if (expected.empty()) return "";
  if (actual.empty()) return "expected " + kind + " annotations but none were found";
  for (const ExpectedText& want : expected) {
    if (std::none_of(actual.begin(), actual.end(),
                     [&](const auto& text) { return want.Matches(text); })) {
      return "no " + kind + " annotation matches " + GoQuote(want.ToString()) +
             ", found: " + Joined(actual);
    }
  }
  for (const std::string& text : actual) {
    if (std::none_of(expected.begin(), expected.end(),
                     [&](const auto& want) { return want.Matches(text); })) {
      return "unexpected " + kind + " annotation " + GoQuote(text);
    }
  }
  return "";
}

}  // namespace

ExpectedText ExpectedText::Message(std::string text) {
  ExpectedText out;
  out.kind_ = Kind::kMessage;
  out.text_ = std::move(text);
  return out;
}

bool ExpectedText::Regex(const std::string& pattern, ExpectedText* out) {
  out->kind_ = Kind::kRegex;
  out->text_ = pattern;
  return RE2(pattern, RE2::Quiet).ok();
}

bool ExpectedText::Matches(const std::string& text) const {
  if (kind_ == Kind::kAnything) return true;
  return kind_ == Kind::kMessage ? text == text_ : RE2::PartialMatch(text, RE2(text_, RE2::Quiet));
}

std::string CompareAnswer(const Expectation& expected, const QueryValue& actual) {
  switch (actual.type) {
    case ValueType::kString:
      return expected.text == actual.text
                 ? ""
                 : "expected string " + GoQuote(expected.text) + " but got " + GoQuote(actual.text);
    case ValueType::kScalar: {
      if (!expected.expect_scalar) return "expected vector or matrix result, but got a scalar";
      const double value = actual.series.at(0).floats.at(0).value;
      return AlmostEqual(expected.scalar.value, value, kEpsilon)
                 ? ""
                 : "expected scalar " + Text(expected.scalar.value) + " but got " + Text(value);
    }
    case ValueType::kVector:
      return expected.expect_scalar ? "expected scalar result, but got a vector"
                                    : CompareVector(expected, actual);
    default:
      return expected.expect_scalar ? "expected scalar result, but got a matrix"
                                    : CompareMatrix(expected, actual);
  }
}

std::string CompareRemarks(const Expectation& expected, const std::vector<std::string>& warnings,
                           const std::vector<std::string>& infos) {
  if (expected.warn && warnings.empty()) return "expected warnings but got none";
  if (expected.info && infos.empty()) return "expected info annotations but got none";
  if (std::string problem = CompareTexts(expected.warn_texts, warnings, "warn"); !problem.empty())
    return problem;
  if (std::string problem = CompareTexts(expected.info_texts, infos, "info"); !problem.empty())
    return problem;
  if (expected.no_warn && !warnings.empty())
    return "unexpected warning annotations: " + Joined(warnings);
  if (expected.no_info && !infos.empty()) return "unexpected info annotations: " + Joined(infos);
  return "";
}

std::string CompareFailure(const Expectation& expected, const std::string& message) {
  for (const ExpectedText& want : expected.fail_texts) {
    if (!want.Matches(message))
      return "expected error matching " + GoQuote(want.ToString()) + " but got: " + message;
  }
  return "";
}

}  // namespace pharos::query::promql
