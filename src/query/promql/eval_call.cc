// Calls over instant vectors and scalars.
#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "query/promql/evaluator.h"
#include "query/promql/function_table.h"
#include "query/promql/go_math.h"
#include "query/promql/natural_order.h"

namespace pharos::query::promql {
namespace {

constexpr double kPi = 3.14159265358979323846264338327950288;

double Sign(double v) { return v < 0 ? -1 : v > 0 ? 1 : v; }
double Radians(double v) { return v * kPi / 180; }
double Degrees(double v) { return v * 180 / kPi; }

using Math = double (*)(double);

Math FindMath(std::string_view name) {
  static const std::unordered_map<std::string_view, Math> functions = {
      {"abs", [](double v) { return std::abs(v); }},
      {"acos", GoAcos},
      {"acosh", GoAcosh},
      {"asin", GoAsin},
      {"asinh", GoAsinh},
      {"atan", GoAtan},
      {"atanh", GoAtanh},
      {"ceil", [](double v) { return std::ceil(v); }},
      {"cos", GoCos},
      {"cosh", GoCosh},
      {"deg", Degrees},
      {"exp", GoExp},
      {"floor", [](double v) { return std::floor(v); }},
      {"ln", GoLog},
      {"log10", GoLog10},
      {"log2", GoLog2},
      {"rad", Radians},
      {"sgn", Sign},
      {"sin", GoSin},
      {"sinh", GoSinh},
      {"sqrt", [](double v) { return std::sqrt(v); }},
      {"tan", GoTan},
      {"tanh", GoTanh}};
  const auto found = functions.find(name);
  return found == functions.end() ? nullptr : found->second;
}

/// A day in UTC, by the proleptic Gregorian calendar.
struct Date {
  int64_t year;
  int month;  ///< 1…12
  int day;
  int weekday;   ///< Sunday is 0
  int year_day;  ///< 1…366
  int hour;
  int minute;
};

bool LeapYear(int64_t y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; }

int DaysInMonth(int64_t year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && LeapYear(year) ? 29 : kDays[month - 1];
}

Date DateOf(int64_t seconds) {
  int64_t days = seconds / 86400;
  int64_t rest = seconds % 86400;
  if (rest < 0) {
    rest += 86400;
    --days;
  }
  const int64_t z = days + 719468;
  const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const int64_t doe = z - era * 146097;
  const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const int64_t mp = (5 * doy + 2) / 153;
  Date date{};
  date.day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
  date.month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  date.year = yoe + era * 400 + (date.month <= 2 ? 1 : 0);
  date.weekday = static_cast<int>(((days % 7) + 11) % 7);
  for (int m = 1; m < date.month; ++m) date.year_day += DaysInMonth(date.year, m);
  date.year_day += date.day;
  date.hour = static_cast<int>(rest / 3600);
  date.minute = static_cast<int>(rest % 3600 / 60);
  return date;
}

using DatePart = double (*)(const Date&);

DatePart FindDatePart(std::string_view name) {
  static const std::unordered_map<std::string_view, DatePart> parts = {
      {"day_of_month", [](const Date& d) -> double { return d.day; }},
      {"day_of_week", [](const Date& d) -> double { return d.weekday; }},
      {"day_of_year", [](const Date& d) -> double { return d.year_day; }},
      {"days_in_month", [](const Date& d) -> double { return DaysInMonth(d.year, d.month); }},
      {"hour", [](const Date& d) -> double { return d.hour; }},
      {"minute", [](const Date& d) -> double { return d.minute; }},
      {"month", [](const Date& d) -> double { return d.month; }},
      {"year", [](const Date& d) { return static_cast<double>(d.year); }}};
  const auto found = parts.find(name);
  return found == parts.end() ? nullptr : found->second;
}

/// Go's conversion: what does not fit becomes the smallest integer.
int64_t ToInt64(double v) {
  if (!(v >= -9223372036854775808.0 && v < 9223372036854775808.0))
    return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(v);
}

double GoMax(double a, double b) {
  if (std::isinf(a) && a > 0) return a;
  if (std::isinf(b) && b > 0) return b;
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  if (a == 0 && a == b) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

double GoMin(double a, double b) {
  if (std::isinf(a) && a < 0) return a;
  if (std::isinf(b) && b < 0) return b;
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  if (a == 0 && a == b) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}

}  // namespace

base::Result<Matrix> Evaluator::EvalCall(const Call& node) {
  const std::string_view name = node.function->name;
  for (size_t i = 0; i < node.args.size(); ++i) {
    if (node.args[i]->type() == ValueType::kMatrix) return EvalRangeCall(node, i);
  }
  if ((name == "timestamp" || name == "start_timestamp") &&
      node.args[0]->kind == NodeKind::kVector) {
    return EvalTimestamp(static_cast<const VectorSelector&>(*node.args[0]),
                         name == "start_timestamp");
  }
  if (FindMath(name) != nullptr) return EvalMath(node);
  if (FindDatePart(name) != nullptr) return EvalDate(node);
  if (name == "time" || name == "timestamp" || name == "start_timestamp") return EvalTime(node);
  if (name == "pi") return Constant(kPi);
  if (name == "vector") return Eval(*node.args[0]);
  if (name == "scalar" || name == "max_of" || name == "min_of") return EvalScalar(node);
  if (name == "absent") return EvalAbsent(node);
  if (name.starts_with("clamp")) return EvalClamp(node);
  if (name == "round") return EvalRound(node);
  if (name.starts_with("sort")) return EvalSort(node);
  if (name == "label_replace") return EvalLabelReplace(node);
  if (name == "label_join") return EvalLabelJoin(node);
  if (name == "histogram_quantile") return EvalHistogramQuantile(node);
  if (name == "histogram_quantiles") return EvalHistogramQuantiles(node);
  if (name == "histogram_fraction") return EvalHistogramFraction(node);
  if (name.starts_with("histogram_")) return EvalHistogramValue(node);
  if (name == "info") return EvalInfo(node);
  return EvalError("function \"" + std::string(name) + "\" is not implemented");
}

// Floats go through `f`, histograms are left out, the name is dropped.
base::Result<Matrix> Evaluator::MapFloats(Matrix matrix,
                                          const std::function<double(double, size_t)>& f) {
  int64_t before = 0;
  for (Row& row : matrix.rows) {
    before += row.Count();
    DropName(&row);
    row.histograms.clear();
    for (size_t step = 0; step < steps_; ++step) {
      if (!IsAbsent(row.values[step])) row.values[step] = f(row.values[step], step);
    }
  }
  PHAROS_TRY_VOID(Finish(&matrix, before));
  return delayed() ? base::Result<Matrix>(std::move(matrix)) : MergeSameLabels(std::move(matrix));
}

base::Result<Matrix> Evaluator::EvalMath(const Call& node) {
  PHAROS_TRY(Matrix matrix, Eval(*node.args[0]));
  const Math math = FindMath(node.function->name);
  return MapFloats(std::move(matrix), [math](double v, size_t) { return math(v); });
}

base::Result<Matrix> Evaluator::EvalDate(const Call& node) {
  const DatePart part = FindDatePart(node.function->name);
  if (node.args.empty()) {
    Matrix matrix = Constant(0);
    for (size_t step = 0; step < steps_; ++step)
      matrix.rows[0].values[step] = part(DateOf(grid_.At(step) / 1000));
    return matrix;
  }
  PHAROS_TRY(Matrix matrix, Eval(*node.args[0]));
  // Years are kept within what the calendar arithmetic can hold.
  return MapFloats(std::move(matrix), [part](double v, size_t) {
    return part(
        DateOf(std::clamp<int64_t>(ToInt64(v), -9'000'000'000'000'000, 9'000'000'000'000'000)));
  });
}

base::Result<Matrix> Evaluator::EvalTime(const Call& node) {
  if (node.function->name == "time") {
    Matrix matrix = Constant(0);
    for (size_t step = 0; step < steps_; ++step) {
      matrix.rows[0].values[step] = static_cast<double>(grid_.At(step)) / 1000;
    }
    return matrix;
  }
  // Over anything but a selector a sample's time is the step's.
  PHAROS_TRY(Matrix matrix, Eval(*node.args[0]));
  if (node.function->name == "start_timestamp") return Matrix{};  // nothing has one any more
  for (Row& row : matrix.rows) {
    for (size_t step = 0; step < steps_; ++step) {
      if (row.Has(step)) row.values[step] = static_cast<double>(grid_.At(step)) / 1000;
    }
    row.histograms.clear();
    DropName(&row);
  }
  return delayed() ? base::Result<Matrix>(std::move(matrix)) : MergeSameLabels(std::move(matrix));
}

base::Result<Matrix> Evaluator::EvalScalar(const Call& node) {
  PHAROS_TRY(Matrix first, Eval(*node.args[0]));
  if (node.function->name != "scalar") {
    PHAROS_TRY(const Matrix second, Eval(*node.args[1]));
    const bool max = node.function->name == "max_of";
    for (size_t step = 0; step < steps_; ++step) {
      double& v = first.rows[0].values[step];
      v = max ? GoMax(v, second.rows[0].values[step]) : GoMin(v, second.rows[0].values[step]);
    }
    return first;
  }
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  Matrix out = Constant(kNan);
  for (size_t step = 0; step < steps_; ++step) {
    int found = 0;
    double value = kNan;
    for (const Row& row : first.rows) {
      if (IsAbsent(row.values[step])) continue;
      value = row.values[step];
      if (++found > 1) break;
    }
    if (found == 1) out.rows[0].values[step] = value;
  }
  return out;
}

base::Result<Matrix> Evaluator::EvalAbsent(const Call& node) {
  PHAROS_TRY(const Matrix input, Eval(*node.args[0]));
  Row row = NewRow(AbsentLabels(*node.args[0]));
  for (size_t step = 0; step < steps_; ++step) {
    const bool found = std::any_of(input.rows.begin(), input.rows.end(),
                                   [step](const Row& r) { return r.Has(step); });
    if (!found) row.values[step] = 1;
  }
  Matrix matrix;
  matrix.rows.push_back(std::move(row));
  PHAROS_TRY_VOID(Finish(&matrix));
  return matrix;
}

base::Result<Matrix> Evaluator::EvalClamp(const Call& node) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  PHAROS_TRY(Matrix matrix, Eval(*node.args[0]));
  std::vector<double> low(steps_, -kInf);
  std::vector<double> high(steps_, kInf);
  PHAROS_TRY(Matrix bound, Eval(*node.args[1]));
  (node.function->name == "clamp_max" ? high : low) = std::move(bound.rows[0].values);
  if (node.args.size() > 2) {
    PHAROS_TRY(Matrix upper, Eval(*node.args[2]));
    high = std::move(upper.rows[0].values);
  }
  return MapFloats(std::move(matrix), [&](double v, size_t step) {
    return high[step] < low[step] ? Absent() : GoMax(low[step], GoMin(high[step], v));
  });
}

base::Result<Matrix> Evaluator::EvalRound(const Call& node) {
  PHAROS_TRY(Matrix matrix, Eval(*node.args[0]));
  std::vector<double> nearest(steps_, 1.0);
  if (node.args.size() > 1) {
    PHAROS_TRY(Matrix to, Eval(*node.args[1]));
    nearest = std::move(to.rows[0].values);
  }
  return MapFloats(std::move(matrix), [&](double v, size_t step) {
    const double inverse = 1.0 / nearest[step];
    return std::floor(v * inverse + 0.5) / inverse;
  });
}

base::Result<Matrix> Evaluator::EvalSort(const Call& node) {
  const std::string_view name = node.function->name;
  PHAROS_TRY(Matrix matrix, Eval(*node.args[0]));
  if (steps_ > 1 || grid_.start_ms != grid_.end_ms) run_.remarks.SortInRange(node.where);
  if (name == "sort" || name == "sort_desc") {
    for (Row& row : matrix.rows) row.histograms.clear();
    PHAROS_TRY_VOID(Finish(&matrix));
    if (steps_ > 1) return matrix;
    const bool descending = name == "sort_desc";
    std::stable_sort(matrix.rows.begin(), matrix.rows.end(),
                     [descending](const Row& a, const Row& b) {
                       const double x = a.values[0];
                       const double y = b.values[0];
                       if (std::isnan(x) || std::isnan(y))
                         return !std::isnan(x) && std::isnan(y);  // NaN comes last
                       return descending ? x > y : x < y;
                     });
    return matrix;
  }
  std::vector<std::string> labels;
  for (size_t i = 1; i < node.args.size(); ++i)
    labels.push_back(static_cast<const StringLiteral&>(*node.args[i]).value);
  const bool descending = name == "sort_by_label_desc";
  std::stable_sort(matrix.rows.begin(), matrix.rows.end(), [&](const Row& left, const Row& right) {
    const Row& a = descending ? right : left;
    const Row& b = descending ? left : right;
    for (const std::string& label : labels) {
      const std::string_view x = a.labels.Get(label);
      const std::string_view y = b.labels.Get(label);
      if (x != y) return NaturalLess(x, y);
    }
    return a.labels < b.labels;
  });
  return matrix;
}

model::Labels AbsentLabels(const Expr& arg) {
  const auto* selector = As<VectorSelector>(&arg, NodeKind::kVector);
  if (const auto* matrix = As<MatrixSelector>(&arg, NodeKind::kMatrix))
    selector = matrix->selector();
  if (const auto* wrapped = As<StepInvariantExpr>(&arg, NodeKind::kStepInvariant))
    return AbsentLabels(*wrapped->expr);
  if (selector == nullptr) return {};
  std::unordered_map<std::string_view, bool> seen;
  model::LabelsBuilder builder;
  for (const model::Matcher& m : selector->matchers) {
    if (m.name() == model::kMetricName) continue;
    if (m.op() == model::MatchOp::kEqual && !seen.contains(m.name())) {
      builder.Set(m.name(), m.value());
      seen[m.name()] = true;
    } else {
      builder.Delete(m.name());
    }
  }
  return builder.Build();
}

}  // namespace pharos::query::promql
