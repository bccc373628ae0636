// The pages that scrape targets show: Prometheus text 0.0.4 and OpenMetrics 1.0, entry by
// entry. A series is given out as raw bytes, so that a scraper finds it by their hash and
// reads labels only of series that it does not know.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "model/labels.h"
#include "model/sample.h"
#include "wire/exposition_lexer.h"

namespace pharos::wire {

enum class ExpositionFormat : uint8_t { kPrometheusText, kOpenMetrics, kProtobuf };

/// "1" → "1.0": as OpenMetrics writes floats.
std::string OpenMetricsFloat(double value);

/// Owns: a copy of the page when it lacks its last newline; else borrows it. Threads: one.
/// Errors: kBadInput in Prometheus's words; the page ends there. Cost: one pass; no
/// allocation a series.
class ExpositionParser {
 public:
  enum class Entry : uint8_t { kSeries, kType, kHelp, kUnit, kComment, kEnd };

  ExpositionParser(std::string_view page, ExpositionFormat format);
  ExpositionParser(const ExpositionParser&) = delete;
  ExpositionParser& operator=(const ExpositionParser&) = delete;

  base::Result<Entry> Next();

  /// What a line is found again by: a hash of its bytes (of a series: up to its value, and of
  /// the type in force), and their number.
  struct LineKey {
    base::Hash128 hash;
    uint32_t length = 0;
    bool operator==(const LineKey&) const = default;
  };
  /// Of the last entry, not kEnd.
  LineKey line_key() const;
  /// When the next line shows the series of `known` and a plain value, takes it as Next would,
  /// without reading a label, and is true. Labels() is not to be asked for then.
  bool TakeSeries(const LineKey& known);
  /// When the next line is the comment of `known`, takes it and is true. `type` is what type()
  /// was behind it.
  bool TakeComment(const LineKey& known, model::MetricType type);

  // After kSeries:
  /// Metric name and labels as written: `foo{a="b"}`.
  std::string_view raw_series() const { return series_; }
  double value() const { return value_; }
  bool has_time() const { return has_time_; }
  int64_t time_ms() const { return time_ms_; }
  /// The labels, unescaped, with the metric name as __name__, in written order; `le` and
  /// `quantile` of histograms and summaries in OpenMetrics's float form ("1.0").
  std::vector<std::pair<std::string, std::string>> Labels() const;
  bool has_exemplar() const { return has_exemplar_; }
  /// The exemplar; without has_time when the page gives no time.
  model::Exemplar Exemplar() const;
  /// The type said last; part of what raw_series() means.
  model::MetricType type() const { return type_; }

  // After kType, kHelp, kUnit:
  std::string family() const;  ///< unescaped
  std::string text() const;    ///< help (unescaped) or unit

 private:
  struct Span {
    size_t from, to;
  };
  struct LabelSpans {
    Span name, value;
  };

  ExpoToken Take() { return token_ = lexer_.Next(); }
  base::Result<Entry> MetadataEntry(ExpoToken kind);
  base::Result<void> SetType(std::string_view word);
  base::Result<void> CheckUnit();
  base::Result<void> LabelList(std::vector<LabelSpans>* labels, bool exemplar);
  base::Result<Entry> Series(bool brace);
  base::Result<void> ValueAndRest();
  base::Result<void> OpenMetricsRest();
  base::Result<void> ExemplarRest();
  bool TakeValue(size_t at);
  base::Result<double> FloatOf(std::string_view text) const;
  std::unexpected<base::Error> Unexpected(std::string expected) const;
  std::unexpected<base::Error> Bad(std::string what) const;
  std::string_view At(Span span) const { return page_.substr(span.from, span.to - span.from); }

  const bool open_metrics_;
  std::string owned_;
  std::string_view page_;
  ExpositionLexer lexer_;
  ExpoToken token_ = ExpoToken::kEof;
  size_t start_ = 0;
  bool is_series_ = false;  ///< the last entry
  bool has_name_ = false;
  Span name_{}, text_{};
  std::vector<LabelSpans> labels_, exemplar_labels_;
  std::string_view series_;
  double value_ = 0;
  bool has_time_ = false;
  int64_t time_ms_ = 0;
  bool has_exemplar_ = false;
  double exemplar_value_ = 0;
  int64_t exemplar_time_ms_ = 0;
  bool exemplar_has_time_ = false;
  model::MetricType type_ = model::MetricType::kUnknown;
};

}  // namespace pharos::wire
