// OpenTelemetry's SDKs give a histogram the bounds 0, 5, 10, 25 … 10000 unless a view says
// otherwise: meant for milliseconds. A duration recorded in seconds then falls, whole, into
// (0, 5], and histogram_quantile, which interpolates inside the bucket, answers φ × 5 s whatever
// the latency was: 2.5 s for p50, 4.95 s for p99. A rule that compares this with less than it
// always fires, one that compares with more never does.
//
// Only metrics that are known to arrive by OTLP are held for this: those that carry the
// namespace of a Collector's prometheus exporter and `_seconds` before `_bucket`.
#include <cmath>
#include <map>
#include <optional>

#include "query/promql/function_table.h"
#include "server/check/label_flow.h"
#include "server/check/traps.h"
#include "text/go_float.h"

namespace pharos::server::check {
namespace {

using namespace query::promql;  // NOLINT: the tree's own words

/// Upper bound of the first bucket that holds anything.
constexpr double kFirstBound = 5;

bool ArrivesByOtlp(const Stack& stack, std::string_view metric) {
  if (!metric.ends_with("_seconds_bucket")) return false;
  for (const StackExporter& exporter : stack.exporters) {
    if (!exporter.name_space.empty() && metric.starts_with(exporter.name_space + "_")) return true;
  }
  return false;
}

std::optional<double> Number(const Expr& expr) {
  const auto* number = As<NumberLiteral>(&Bare(expr), NodeKind::kNumber);
  return number == nullptr ? std::nullopt : std::optional(number->value);
}

/// φ of `histogram_quantile(φ, … x_seconds_bucket …)` over OTLP's metric, or nothing.
std::optional<double> Quantile(const Stack& stack, const Expr& expr, std::string* metric) {
  const auto* call = As<Call>(&Bare(expr), NodeKind::kCall);
  if (call == nullptr || call->function->name != "histogram_quantile" || call->args.size() != 2)
    return std::nullopt;
  bool arrives = false;
  EachSelector(*call->args[1], [&](const VectorSelector& selector) {
    if (!ArrivesByOtlp(stack, MetricOf(selector))) return;
    arrives = true;
    *metric = MetricOf(selector);
  });
  return arrives ? Number(*call->args[0]) : std::nullopt;
}

std::string Seconds(double value) { return text::GoFloat(std::round(value * 1000) / 1000) + " s"; }

/// True, false: the comparison always, never holds; nothing: it is none of ours.
std::optional<bool> Holds(const BinaryExpr& expr, double quantile, bool quantile_left) {
  const auto other = Number(quantile_left ? *expr.rhs : *expr.lhs);
  if (!other) return std::nullopt;
  const double left = quantile_left ? quantile * kFirstBound : *other;
  const double right = quantile_left ? *other : quantile * kFirstBound;
  switch (expr.op) {
    case Tok::kGtr: return left > right;
    case Tok::kGte: return left >= right;
    case Tok::kLss: return left < right;
    case Tok::kLte: return left <= right;
    default: return std::nullopt;
  }
}

void Thresholds(const Stack& stack, const StackRule& rule, Findings& out) {
  if (!rule.alert || rule.ast == nullptr) return;
  EachNode(*rule.ast, [&](const Expr& node) {
    const auto* binary = As<BinaryExpr>(&node, NodeKind::kBinary);
    if (binary == nullptr) return;
    for (const bool left : {true, false}) {
      std::string metric;
      const auto quantile = Quantile(stack, left ? *binary->lhs : *binary->rhs, &metric);
      const auto holds = quantile ? Holds(*binary, *quantile, left) : std::nullopt;
      if (!holds) continue;
      out.push_back(
          {rule.file->path, rule.expr_line, "default-buckets",
           rule.name +
               ": with the default buckets of OpenTelemetry's SDKs (0, 5, 10, 25 …, meant "
               "for milliseconds) every request below 5 s lies in le=\"5\" of " +
               metric + ", so this quantile reads " + Seconds(*quantile * kFirstBound) +
               " whatever the latency is, and the alert " +
               (*holds ? "always fires while there are requests" : "never fires") +
               ". Give the histogram bounds in seconds (a view, or the instrument's advice)."});
    }
  });
}

/// Quantiles that are shown: one finding a file.
void Shown(const Stack& stack, Findings& out) {
  std::map<const File*, std::pair<std::vector<int>, std::map<double, std::string>>> shown;
  for (const StackQuery& query : stack.queries) {
    if (query.promql == nullptr || query.file->kind == Kind::kRules ||
        query.file->kind == Kind::kRuleFragment)
      continue;
    EachNode(*query.promql, [&](const Expr& node) {
      std::string metric;
      const auto quantile = Quantile(stack, node, &metric);
      if (!quantile || node.kind == NodeKind::kParen) return;
      auto& [lines, values] = shown[query.file];
      lines.push_back(query.line);
      values[*quantile] = "p" + text::GoFloat(std::round(*quantile * 1e5) / 1e3) + " reads " +
                          Seconds(*quantile * kFirstBound);
    });
  }
  for (const auto& [file, what] : shown) {
    std::string values;
    for (const auto& [quantile, text] : what.second) values += (values.empty() ? "" : ", ") + text;
    out.push_back({file->path, what.first.front(), "default-buckets",
                   "with the default buckets of OpenTelemetry's SDKs (0, 5, 10 …, meant for "
                   "milliseconds) a histogram in seconds has everything in le=\"5\": " +
                       values + ", whatever the latency is (" + LinesText(what.first) +
                       "). Give the histogram bounds in seconds."});
  }
}

}  // namespace

void FindDefaultBuckets(const Stack& stack, Findings& out) {
  for (const StackRule& rule : stack.rules) Thresholds(stack, rule, out);
  Shown(stack, out);
}

}  // namespace pharos::server::check
