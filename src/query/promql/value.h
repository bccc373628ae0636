// What evaluation works on and what it answers. Inside, a value is a matrix: series × all
// steps of the query, dense, so that every operator is a loop over arrays.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/labels.h"
#include "model/sample.h"
#include "query/promql/ast.h"

namespace pharos::query::promql {

using HistogramPtr = std::shared_ptr<const model::Histogram>;

/// Marks a step without a float. The stale marker's bits: no arithmetic yields them (the
/// NaN is signalling), and selectors never let a stale sample through.
inline double Absent() { return std::bit_cast<double>(model::kStaleNanBits); }
inline bool IsAbsent(double v) { return std::bit_cast<uint64_t>(v) == model::kStaleNanBits; }

/// One series over all steps. At a step there is a float, a histogram, or nothing.
struct Row {
  model::Labels labels;
  std::vector<double> values;            ///< one a step
  std::vector<HistogramPtr> histograms;  ///< empty, or one a step; null where there is none
  bool drop_name = false;                ///< the name goes when the query is done

  const model::Histogram* HistogramAt(size_t step) const {
    return histograms.empty() ? nullptr : histograms[step].get();
  }
  bool Has(size_t step) const { return !IsAbsent(values[step]) || HistogramAt(step) != nullptr; }
  void SetHistogram(size_t step, HistogramPtr histogram) {
    if (histograms.empty()) histograms.resize(values.size());
    histograms[step] = std::move(histogram);
  }
  /// Steps that hold something.
  int64_t Count() const;
  /// Of memory, about: a histogram that goes on over several steps is one.
  int64_t Bytes() const;
};

/// Scalars are a matrix of one row without labels.
struct Matrix {
  std::vector<Row> rows;
};

/// The steps of an evaluation: start, start + step, … ≤ end, in milliseconds.
struct Grid {
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t step_ms = 1;
  size_t Steps() const { return static_cast<size_t>((end_ms - start_ms) / step_ms) + 1; }
  int64_t At(size_t step) const { return start_ms + static_cast<int64_t>(step) * step_ms; }
};

struct FloatPoint {
  int64_t time_ms = 0;
  double value = 0;
};

/// A series of an answer.
struct ResultSeries {
  model::Labels labels;
  std::vector<FloatPoint> floats;
  std::vector<model::HistogramSample> histograms;
};

/// The answer of a query. kVector: every series has one point; kScalar: one series.
struct QueryValue {
  ValueType type = ValueType::kVector;
  int64_t time_ms = 0;  ///< instant queries
  std::vector<ResultSeries> series;
  /// Instead of `series`, where the caller wants rows and the answer is no range vector.
  std::vector<Row> rows;
  Grid grid;         ///< of the rows
  std::string text;  ///< kString
};

}  // namespace pharos::query::promql
