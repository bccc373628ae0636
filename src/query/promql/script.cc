#include "query/promql/script.h"

#include <re2/re2.h>

#include <cmath>
#include <map>

#include "query/promql/engine.h"
#include "query/promql/function_table.h"
#include "query/promql/go_duration.h"
#include "query/promql/go_quote.h"
#include "query/promql/memory_source.h"
#include "query/promql/parser.h"
#include "query/promql/preprocess.h"
#include "query/promql/printer.h"
#include "query/promql/script_compare.h"
#include "query/promql/script_starts.h"
#include "query/promql/series_description.h"
#include "text/go_float.h"

namespace pharos::query::promql {
namespace {

constexpr int64_t kMinuteMs = 60'000;

std::string Trim(std::string_view text) {
  const size_t from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return "";
  return std::string(text.substr(from, text.find_last_not_of(" \t\r") - from + 1));
}

std::vector<std::string> Lines(std::string_view script) {
  std::vector<std::string> lines;
  while (true) {
    const size_t end = script.find('\n');
    std::string line = Trim(script.substr(0, end));
    lines.push_back(line.starts_with('#') ? "" : std::move(line));
    if (end == std::string_view::npos) return lines;
    script.remove_prefix(end + 1);
  }
}

/// Milliseconds; false for what is no duration.
bool DurationMs(const std::string& text, int64_t* ms) {
  const auto ns = ParseGoDuration(text);
  if (ns) *ms = *ns / kNsPerMs;
  return ns.has_value();
}

/// Classic buckets, count and sum of one histogram at one time, on the way to a native one
/// with custom buckets.
struct ClassicHistogram {
  std::map<double, double> buckets;
  std::optional<double> count;
  std::optional<double> sum;

  std::optional<model::Histogram> Convert() const {
    model::Histogram h;
    h.schema = model::Histogram::kCustomBuckets;
    h.float_counts = true;
    double previous = 0;
    std::vector<double> counts;
    for (const auto& [upper, cumulative] : buckets) {
      if (!std::isinf(upper)) h.custom_bounds.push_back(upper);
      counts.push_back(cumulative - previous);
      previous = cumulative;
    }
    h.count = count.value_or(previous);
    if (buckets.empty() || !std::isinf(buckets.rbegin()->first))
      counts.push_back(h.count - previous);
    h.sum = sum.value_or(0);
    for (const double c : counts) {
      if (c < 0) return std::nullopt;
    }
    h.positive_spans = {{0, static_cast<uint32_t>(counts.size())}};
    h.positive_counts = std::move(counts);
    return h;
  }
};

/// Sets @ on every selector that has none, unless a subquery around it has one. False where
/// a function depends on the step's time anyway.
bool FixTime(Expr* expr, int64_t time_ms) {
  if (expr == nullptr) return true;
  const auto fix = [time_ms](TimeShift& shift) {
    if (!shift.at_ms.has_value() && shift.at_preprocessor == Tok::kEof) shift.at_ms = time_ms;
  };
  switch (expr->kind) {
    case NodeKind::kVector: fix(static_cast<VectorSelector*>(expr)->shift); return true;
    case NodeKind::kMatrix:
      return FixTime(static_cast<MatrixSelector*>(expr)->vector.get(), time_ms);
    case NodeKind::kSubquery: fix(static_cast<SubqueryExpr*>(expr)->shift); return true;
    case NodeKind::kParen: return FixTime(static_cast<ParenExpr*>(expr)->expr.get(), time_ms);
    case NodeKind::kUnary: return FixTime(static_cast<UnaryExpr*>(expr)->expr.get(), time_ms);
    case NodeKind::kAggregate: {
      auto* node = static_cast<AggregateExpr*>(expr);
      return FixTime(node->expr.get(), time_ms) && FixTime(node->param.get(), time_ms);
    }
    case NodeKind::kBinary: {
      auto* node = static_cast<BinaryExpr*>(expr);
      return FixTime(node->lhs.get(), time_ms) && FixTime(node->rhs.get(), time_ms);
    }
    case NodeKind::kCall: {
      auto* node = static_cast<Call*>(expr);
      if (DependsOnTime(node->function->name)) return false;
      for (const ExprPtr& arg : node->args) {
        if (!FixTime(arg.get(), time_ms)) return false;
      }
      return true;
    }
    default: return true;
  }
}

/// The value of a range answer at one time, as an instant one would be.
QueryValue SliceAt(const QueryValue& matrix, int64_t time_ms, ValueType type) {
  QueryValue out;
  out.type = type;
  for (const ResultSeries& series : matrix.series) {
    ResultSeries slice;
    slice.labels = series.labels;
    for (const FloatPoint& p : series.floats) {
      if (p.time_ms == time_ms) slice.floats.push_back(p);
    }
    for (const auto& h : series.histograms) {
      if (h.time_ms == time_ms) slice.histograms.push_back(h);
    }
    if (!slice.floats.empty() || !slice.histograms.empty()) out.series.push_back(std::move(slice));
  }
  return out;
}

/// Owns: the samples loaded so far. Errors: go into the report.
class Script {
 public:
  explicit Script(std::string_view text) : lines_(Lines(text)), engine_(&source_, Options()) {}

  ScriptReport Run() {
    for (at_ = 0; at_ < lines_.size(); ++at_) {
      const std::string& line = lines_[at_];
      if (line.empty()) continue;
      if (line == "clear")
        source_.Clear();
      else if (line.starts_with("load"))
        Load();
      else if (line.starts_with("eval"))
        Eval();
      else
        Fail(at_, "invalid command " + GoQuote(line));
    }
    return std::move(report_);
  }

 private:
  static EngineOptions Options() {
    EngineOptions options;
    options.delayed_name_removal = true;
    options.use_start_timestamps = true;
    return options;
  }
  void Fail(size_t line, const std::string& problem) {
    ++report_.failed;
    report_.failures.push_back("line " + std::to_string(line + 1) + ": " + problem);
  }

  void Load() {
    static const RE2 pattern(R"(load(?:_(with_nhcb))?\s+(.+?))");
    std::string nhcb;
    std::string step;
    int64_t gap_ms = 0;
    if (!RE2::FullMatch(lines_[at_], pattern, &nhcb, &step) || !DurationMs(step, &gap_ms))
      return Fail(at_, "invalid load command");
    std::map<std::pair<model::Labels, int64_t>, ClassicHistogram> classic;
    std::map<model::Labels, std::vector<std::optional<int64_t>>> starts;
    while (at_ + 1 < lines_.size() && !lines_[at_ + 1].empty()) {
      const std::string& line = lines_[++at_];
      if (IsStartsLine(line)) {
        auto parsed = ParseStartsLine(line);
        if (parsed)
          starts[parsed->labels] = std::move(parsed->offsets_ms);
        else
          Fail(at_, parsed.error().message);
        continue;
      }
      const auto series = ParseSeriesDescription(line);
      if (!series) {
        Fail(at_, series.error().message);
        continue;
      }
      const auto& began = starts[series->labels];
      int64_t time_ms = 0;
      for (size_t i = 0; i < series->values.size(); ++i) {
        const SequenceValue& value = series->values[i];
        const bool known = i < began.size() && began[i].has_value();
        const int64_t start_ms = known ? time_ms + *began[i] : 0;
        if (value.histogram.has_value())
          source_.AddHistogram(series->labels, time_ms, *value.histogram, start_ms);
        else if (!value.omitted)
          source_.Add(series->labels, time_ms, value.value, start_ms);
        if (!nhcb.empty() && !value.omitted && !value.histogram.has_value())
          Gather(series->labels, time_ms, value.value, &classic);
        time_ms += gap_ms;
      }
    }
    for (const auto& [key, histogram] : classic) {
      if (auto native = histogram.Convert())
        source_.AddHistogram(key.first, key.second, *std::move(native));
    }
  }

  static void Gather(const model::Labels& labels, int64_t time_ms, double value,
                     std::map<std::pair<model::Labels, int64_t>, ClassicHistogram>* out) {
    const std::string name(labels.Name());
    const auto base = [&](std::string_view suffix) {
      model::LabelsBuilder builder(labels);
      const std::string cut = name.substr(0, name.size() - suffix.size());
      builder.Set(model::kMetricName, cut).Delete("le");
      return std::pair(builder.Build(), time_ms);
    };
    if (name.ends_with("_bucket")) {
      double upper = 0;
      if (text::ParseGoFloat(labels.Get("le"), &upper) && !std::isnan(upper))
        (*out)[base("_bucket")].buckets[upper] = value;
    } else if (name.ends_with("_count")) {
      (*out)[base("_count")].count = value;
    } else if (name.ends_with("_sum")) {
      (*out)[base("_sum")].sum = value;
    }
  }

  // Reads an eval with its expectations and runs it.
  void Eval() {
    const size_t line = at_;
    Expectation expected;
    std::string problem = ReadHead(&expected);
    bool range_vector = false;
    for (int position = 1; at_ + 1 < lines_.size() && !lines_[at_ + 1].empty(); ++position) {
      const std::string& text = lines_[++at_];
      if (!problem.empty()) continue;
      if (text.starts_with("expect range vector")) {
        problem = ReadRangeVector(text, &expected);
        range_vector = true;
      } else if (text.starts_with("expect string")) {
        const auto value = GoUnquote(Trim(text.substr(13)));
        if (!value.has_value())
          problem = "expected string literal not valid";
        else
          expected.text = *value;
        expected.no_range_check = true;
      } else if (text.starts_with("expect ") || text == "expect") {
        problem = ReadExpect(text, &expected);
        --position;
      } else if (text.starts_with("expected_fail_")) {
        problem = ReadExpectedFail(text, &expected);
      } else {
        problem = ReadSeries(text, position, range_vector, &expected);
      }
    }
    if (problem.empty()) problem = expected.is_range ? RunRange(expected) : RunInstant(expected);
    if (problem.empty())
      ++report_.passed;
    else
      Fail(line, expected.query + ": " + problem);
  }

  std::string ReadHead(Expectation* out) const {
    static const RE2 instant(
        R"(eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(.+?))?\s+(.+))");
    static const RE2 range(
        R"(eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+?)\s+(.+))");
    std::string mode, at, from, to, step;
    out->line = static_cast<int>(at_) + 1;
    if (RE2::FullMatch(lines_[at_], instant, &mode, &at, &out->query)) {
      if (!DurationMs(at, &out->eval_ms)) return "invalid timestamp definition " + GoQuote(at);
      out->start_ms = out->end_ms = out->eval_ms;
    } else if (RE2::FullMatch(lines_[at_], range, &mode, &from, &to, &step, &out->query)) {
      out->is_range = true;
      if (!DurationMs(from, &out->start_ms) || !DurationMs(to, &out->end_ms) ||
          !DurationMs(step, &out->step_ms)) {
        return "invalid range definition";
      }
    } else {
      return "invalid evaluation command";
    }
    out->fail = mode == "fail";
    out->warn = mode == "warn";
    out->info = mode == "info";
    out->ordered = mode == "ordered";
    return "";
  }

  static std::string ReadRangeVector(const std::string& text, Expectation* out) {
    static const RE2 pattern(R"(expect range vector\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+))");
    std::string from, to, step;
    if (!RE2::FullMatch(text, pattern, &from, &to, &step) || !DurationMs(from, &out->start_ms) ||
        !DurationMs(to, &out->end_ms) || !DurationMs(step, &out->step_ms)) {
      return "invalid range vector definition " + GoQuote(text);
    }
    out->eval_ms = out->end_ms;
    out->no_range_check = true;
    return "";
  }

  static std::string ReadExpect(const std::string& text, Expectation* out) {
    static const RE2 pattern(
        R"(expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?)");
    std::string mode, kind, value;
    if (!RE2::FullMatch(text, pattern, &mode, &kind, &value))
      return "invalid expect statement " + GoQuote(text);
    value = Trim(value);
    ExpectedText want = kind == "msg" ? ExpectedText::Message(value) : ExpectedText::Anything();
    if (kind == "regex" && !ExpectedText::Regex(value, &want)) return "invalid regex " + value;
    if (mode == "ordered") out->ordered = true;
    if (mode == "no_warn") out->no_warn = true;
    if (mode == "no_info") out->no_info = true;
    if (mode == "warn") out->warn_texts.push_back(want);
    if (mode == "info") out->info_texts.push_back(want);
    if (mode == "fail") {
      out->fail = true;
      out->fail_texts.push_back(want);
    }
    return "";
  }

  static std::string ReadExpectedFail(const std::string& text, Expectation* out) {
    const bool regex = text.starts_with("expected_fail_regexp");
    const std::string value = Trim(text.substr(regex ? 20 : 21));
    ExpectedText want = ExpectedText::Message(value);
    if (regex && !ExpectedText::Regex(value, &want)) return "invalid regex " + value;
    out->fail_texts.push_back(want);
    return "";
  }

  static std::string ReadSeries(const std::string& text, int position, bool range_vector,
                                Expectation* out) {
    double number = 0;
    if (ParseNumberLiteral(text, &number)) {
      out->expect_scalar = true;
      out->scalar.value = number;
      return "";
    }
    auto series = ParseSeriesDescription(text);
    if (!series) return series.error().message;
    if (series->values.size() > 1 && !out->is_range && !range_vector) {
      return "expecting multiple values in instant evaluation not allowed";
    }
    out->expect_scalar = false;
    out->series[series->labels] = {position, std::move(series->values)};
    return "";
  }

  exec::QueryContext NewContext() const {
    return exec::QueryContext(exec::QueryLimits{}, "default");
  }

  /// Checks failure and remarks; `value` is set when there is a value to compare.
  std::string Judge(const Expectation& expected, const std::string& query,
                    base::Result<QueryAnswer> answer, exec::QueryContext& context,
                    std::optional<QueryValue>* value) const {
    if (!answer) {
      return expected.fail ? CompareFailure(expected, answer.error().message)
                           : "error evaluating: " + answer.error().message;
    }
    if (expected.fail) return "expected an error but got none";
    std::vector<std::string> warnings;
    std::vector<std::string> infos;
    RenderAnnotations(context.annotations(), query, 0, &warnings, &infos);
    if (std::string problem = CompareRemarks(expected, warnings, infos); !problem.empty())
      return problem;
    *value = std::move(answer->value);
    return "";
  }

  std::string RunRange(const Expectation& expected) {
    auto context = NewContext();
    std::optional<QueryValue> value;
    auto answer = engine_.Range(expected.query, expected.start_ms, expected.end_ms,
                                expected.step_ms, context);
    std::string problem = Judge(expected, expected.query, std::move(answer), context, &value);
    return problem.empty() && value.has_value() ? CompareAnswer(expected, *value) : problem;
  }

  std::string RunInstant(const Expectation& expected) {
    if (std::string problem = RunAt(expected, expected.query, expected.eval_ms); !problem.empty())
      return problem;
    auto expr = ParseExpr(expected.query);
    if (!expr || !FixTime(expr->get(), expected.eval_ms)) return "";
    // With every selector's time fixed, the time of evaluation must not matter.
    const std::string fixed = Print(**expr);
    const int64_t t = expected.eval_ms;
    const std::vector<int64_t> times = t == 0 ? std::vector<int64_t>{-1000, 0, 1000}
                                              : std::vector<int64_t>{-10 * t, 0, t / 5, t, 10 * t};
    for (const int64_t time : times) {
      if (std::string problem = RunAt(expected, fixed, time); !problem.empty()) {
        return problem + " (as " + fixed + " at " + std::to_string(time) + ")";
      }
    }
    return "";
  }

  std::string RunAt(const Expectation& expected, const std::string& query, int64_t time_ms) {
    auto context = NewContext();
    std::optional<QueryValue> value;
    std::string problem =
        Judge(expected, query, engine_.Instant(query, time_ms, context), context, &value);
    if (!problem.empty() || !value.has_value()) return problem;
    if (problem = CompareAnswer(expected, *value); !problem.empty()) return problem;
    static const RE2 depends(R"((start|end|range|step)\(\))");
    const bool plain = value->type == ValueType::kVector || value->type == ValueType::kScalar;
    if (expected.no_range_check || !plain || RE2::PartialMatch(query, depends)) return "";
    auto range_context = NewContext();
    const auto range =
        engine_.Range(query, time_ms - kMinuteMs, time_ms + kMinuteMs, kMinuteMs, range_context);
    if (!range) return "in range mode: " + range.error().message;
    if (expected.ordered) return "";
    problem = CompareAnswer(expected, SliceAt(range->value, time_ms, value->type));
    return problem.empty() ? "" : problem + " (range mode)";
  }

  std::vector<std::string> lines_;
  size_t at_ = 0;
  MemorySource source_;
  Engine engine_;
  ScriptReport report_;
};

}  // namespace

ScriptReport RunScript(std::string_view script) { return Script(script).Run(); }

}  // namespace pharos::query::promql
