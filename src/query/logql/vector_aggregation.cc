// sum, avg, min, max, count, stddev, stdvar, topk, bottomk, sort over the series of a step.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "query/logql/run_context.h"

namespace pharos::query::logql {
namespace {

using base::Result;

/// A running aggregate of one group at one step.
struct Cell {
  double value = 0;
  double mean = 0;
  double count = 0;
};

void Fold(std::string_view function, double v, Cell* cell) {
  ++cell->count;
  if (function == "sum") {
    cell->value += v;
  } else if (function == "avg") {
    cell->mean += (v - cell->mean) / cell->count;
  } else if (function == "max") {
    if (cell->count == 1 || v > cell->value || std::isnan(cell->value)) cell->value = v;
  } else if (function == "min") {
    if (cell->count == 1 || v < cell->value || std::isnan(cell->value)) cell->value = v;
  } else if (function == "stddev" || function == "stdvar") {
    const double delta = v - cell->mean;
    cell->mean += delta / cell->count;
    cell->value += delta * (v - cell->mean);
  }
}

double Value(std::string_view function, const Cell& cell) {
  if (function == "avg") return cell.mean;
  if (function == "count") return cell.count;
  if (function == "stdvar") return cell.value / cell.count;
  if (function == "stddev") return std::sqrt(cell.value / cell.count);
  return cell.value;
}

/// Which group each input series is in.
struct Groups {
  std::vector<size_t> of;
  std::vector<model::Labels> labels;
};

Groups GroupSeries(const VectorAggregation& call, const StepVector& input) {
  Groups groups;
  std::unordered_map<std::string, size_t> index;
  const Grouping all{false, {}};
  for (const StepSeries& series : input.series) {
    model::Labels labels = GroupLabels(series.labels, call.grouping.value_or(all));
    const auto [found, fresh] = index.try_emplace(labels.bytes(), groups.labels.size());
    if (fresh) groups.labels.push_back(std::move(labels));
    groups.of.push_back(found->second);
  }
  return groups;
}

StepVector FoldGroups(const VectorAggregation& call, const StepVector& input, size_t steps) {
  Groups groups = GroupSeries(call, input);
  StepVector out;
  for (model::Labels& labels : groups.labels)
    out.series.push_back(MakeSeries(std::move(labels), steps));
  std::vector<Cell> cells(out.series.size());
  for (size_t step = 0; step < steps; ++step) {
    std::fill(cells.begin(), cells.end(), Cell{});
    for (size_t i = 0; i < input.series.size(); ++i) {
      if (input.series[i].present[step] != 0) {
        Fold(call.function, input.series[i].values[step], &cells[groups.of[i]]);
      }
    }
    for (size_t g = 0; g < cells.size(); ++g) {
      if (cells[g].count == 0) continue;
      out.series[g].present[step] = 1;
      out.series[g].values[step] = Value(call.function, cells[g]);
    }
  }
  return out;
}

/// True when `a` comes before `b`; NaN last, ties by labels so that answers are stable.
bool Before(const StepSeries& a, const StepSeries& b, size_t step, bool descending) {
  const double x = a.values[step];
  const double y = b.values[step];
  if (std::isnan(x) != std::isnan(y)) return std::isnan(y);
  if (x != y && !std::isnan(x)) return descending ? x > y : x < y;
  return a.labels < b.labels;
}

StepVector Top(const VectorAggregation& call, StepVector input, size_t steps) {
  const bool descending = call.function != "bottomk";
  const Groups groups = GroupSeries(call, input);
  std::vector<std::vector<size_t>> members(groups.labels.size());
  std::vector<size_t> last_order;
  for (size_t step = 0; step < steps; ++step) {
    for (auto& group : members) group.clear();
    for (size_t i = 0; i < input.series.size(); ++i) {
      if (input.series[i].present[step] != 0) members[groups.of[i]].push_back(i);
    }
    last_order.clear();
    for (auto& group : members) {
      std::sort(group.begin(), group.end(), [&](size_t a, size_t b) {
        return Before(input.series[a], input.series[b], step, descending);
      });
      for (size_t k = 0; k < group.size(); ++k) {
        if (k < static_cast<size_t>(call.parameter)) {
          last_order.push_back(group[k]);
        } else {
          input.series[group[k]].present[step] = 0;
        }
      }
    }
  }
  if (steps != 1) return input;
  StepVector out;  // an instant answer comes best first
  out.sorted = true;
  for (const size_t i : last_order) out.series.push_back(std::move(input.series[i]));
  return out;
}

}  // namespace

Result<StepVector> Aggregate(const VectorAggregation& call, StepVector input, RunContext& context) {
  const size_t steps = context.Steps();
  input.scalar = false;
  if (call.function == "sort" || call.function == "sort_desc") {
    if (steps == 1) {
      std::erase_if(input.series, [](const StepSeries& s) { return s.present[0] == 0; });
      std::sort(input.series.begin(), input.series.end(),
                [&](const StepSeries& a, const StepSeries& b) {
                  return Before(a, b, 0, call.function == "sort_desc");
                });
      input.sorted = true;
    }
    return input;
  }
  if (call.function == "approx_topk" && !context.params.instant) {
    return base::Fail(base::ErrorKind::kBadInput,
                      "approx_topk is only supported on instant queries");
  }
  if (call.function.ends_with("k")) return Top(call, std::move(input), steps);
  return FoldGroups(call, input, steps);
}

}  // namespace pharos::query::logql
