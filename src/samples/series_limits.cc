#include "samples/series_limits.h"

#include "base/metrics.h"
#include "model/labels.h"
#include "samples/label_bytes.h"
#include "samples/label_index.h"

namespace pharos::samples {
namespace {

using base::ErrorKind;

std::unexpected<base::Error> Refuse(std::string_view reason, std::string message) {
  base::GetCounter("pharos_samples_series_refused_total", "New series refused, by limit.",
                   "reason=\"" + std::string(reason) + "\"")
      .Add();
  return base::Fail(ErrorKind::kLimit, std::move(message));
}

/// `metric "up"`, or its beginning when it is long.
std::string Metric(std::string_view labels) {
  std::string_view name;
  ForEachLabel(labels, [&](model::LabelView label, std::string_view) {
    if (label.name == model::kMetricName) name = label.value;
  });
  return "metric \"" + std::string(name.substr(0, 200)) + "\"";
}

std::string N(size_t n) { return std::to_string(n); }

size_t Raised(size_t limit, Priority priority) {
  return priority == Priority::kReserved ? limit + limit / 10 + 1 : limit;
}

base::Result<void> CheckLabels(const SeriesLimits& limits, const LabelIndex& index,
                               std::string_view labels) {
  size_t count = 0;
  base::Result<void> verdict;
  ForEachLabel(labels, [&](model::LabelView label, std::string_view) {
    ++count;
    if (!verdict) return;
    const std::string name = "label \"" + std::string(label.name.substr(0, 200)) + "\"";
    if (limits.label_name_bytes > 0 && label.name.size() > limits.label_name_bytes) {
      verdict =
          Refuse("label_name_length",
                 Metric(labels) + ": the name of " + name + " has " + N(label.name.size()) +
                     " bytes, over limits.label_name_length of " + N(limits.label_name_bytes));
    } else if (limits.label_value_bytes > 0 && label.value.size() > limits.label_value_bytes) {
      verdict =
          Refuse("label_value_length",
                 Metric(labels) + ": the value of " + name + " has " + N(label.value.size()) +
                     " bytes, over limits.label_value_length of " + N(limits.label_value_bytes));
    } else if (limits.values_a_label > 0 && index.ValueCount(label.name) >= limits.values_a_label &&
               index.SeriesCount(label.name, label.value) == 0) {
      verdict =
          Refuse("label_values", Metric(labels) + ": " + name + " has " + N(limits.values_a_label) +
                                     " values already, the most that limits.label_values "
                                     "allows; keep ids out of labels or raise it");
    }
  });
  if (verdict && limits.labels_a_series > 0 && count > limits.labels_a_series) {
    verdict = Refuse("labels", Metric(labels) + ": a series has " + N(count) +
                                   " labels, over limits.labels_per_series of " +
                                   N(limits.labels_a_series));
  }
  return verdict;
}

}  // namespace

base::Result<void> CheckNewSeries(const SeriesLimits& limits, const LabelIndex& index,
                                  size_t series, std::string_view labels, Priority priority,
                                  const base::MemoryBudget& budget, size_t cost) {
  if (limits.series > 0 && series >= Raised(limits.series, priority)) {
    return Refuse("series", "series limit reached: " + N(series) + " series; " + Metric(labels) +
                                " got no new one; raise limits.series or reduce cardinality");
  }
  const size_t used = budget.used_bytes() + cost;
  const size_t most =
      priority == Priority::kReserved ? budget.limit_bytes() : budget.limit_bytes() / 10 * 9;
  if (used > most) {
    return Refuse("memory", "memory budget reached: " + N(series) + " series; " + Metric(labels) +
                                " got no new one; raise limits.memory or reduce cardinality");
  }
  if (limits.series_a_metric > 0) {
    std::string_view name;
    ForEachLabel(labels, [&](model::LabelView label, std::string_view) {
      if (label.name == model::kMetricName) name = label.value;
    });
    if (index.SeriesCount(model::kMetricName, name) >= limits.series_a_metric) {
      return Refuse("metric_series", Metric(labels) + " has " + N(limits.series_a_metric) +
                                         " series already, the most that limits.series_per_metric "
                                         "allows; reduce its labels or raise it");
    }
  }
  return CheckLabels(limits, index, labels);
}

base::Result<void> CheckSamples(Priority priority, const base::MemoryBudget& budget) {
  const size_t tenths = priority == Priority::kReserved ? 12 : 11;
  if (budget.used_bytes() <= budget.limit_bytes() / 10 * tenths) return {};
  return base::Fail(ErrorKind::kBusy,
                    "the memory budget is used up (" + N(budget.used_bytes()) + " of " +
                        N(budget.limit_bytes()) +
                        " bytes) until samples are on disk; try again, or raise limits.memory");
}

void CountRefusedSamples(std::string_view reason, uint64_t samples) {
  base::GetCounter("pharos_samples_refused_total", "Samples refused, by reason.",
                   "reason=\"" + std::string(reason) + "\"")
      .Add(samples);
}

}  // namespace pharos::samples
