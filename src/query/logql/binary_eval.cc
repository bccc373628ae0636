// Binary operations between vectors and scalars, with Prometheus's matching.
#include <algorithm>
#include <unordered_map>

#include "query/logql/binary_arithmetic.h"
#include "query/logql/run_context.h"

namespace pharos::query::logql {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

/// The bytes of the labels that must be equal on both sides.
std::string Signature(const model::Labels& labels, const Matching& matching) {
  if (!matching.given) return labels.bytes();
  return GroupLabels(labels, {!matching.on, matching.labels}).bytes();
}

/// Small numbers for signatures, shared by both sides.
struct Signatures {
  std::vector<size_t> left;
  std::vector<size_t> right;
  size_t count = 0;

  Signatures(const StepVector& a, const StepVector& b, const Matching& matching) {
    std::unordered_map<std::string, size_t> index;
    const auto number = [&](const StepVector& side, std::vector<size_t>* out) {
      for (const StepSeries& series : side.series) {
        out->push_back(
            index.try_emplace(Signature(series.labels, matching), index.size()).first->second);
      }
    };
    number(a, &left);
    number(b, &right);
    count = index.size();
  }
};

StepVector SetOperation(const Binary& binary, StepVector left, StepVector right, size_t steps) {
  const Signatures signatures(left, right, binary.matching);
  std::vector<uint8_t> in_left(signatures.count);
  std::vector<uint8_t> in_right(signatures.count);
  for (size_t step = 0; step < steps; ++step) {
    std::fill(in_left.begin(), in_left.end(), 0);
    std::fill(in_right.begin(), in_right.end(), 0);
    for (size_t i = 0; i < left.series.size(); ++i)
      in_left[signatures.left[i]] |= left.series[i].present[step];
    for (size_t i = 0; i < right.series.size(); ++i)
      in_right[signatures.right[i]] |= right.series[i].present[step];
    for (size_t i = 0; i < left.series.size(); ++i) {
      const bool matched = in_right[signatures.left[i]] != 0;
      if (binary.op == BinaryOp::kAnd && !matched) left.series[i].present[step] = 0;
      if (binary.op == BinaryOp::kUnless && matched) left.series[i].present[step] = 0;
    }
    for (size_t i = 0; i < right.series.size(); ++i) {
      if (in_left[signatures.right[i]] != 0) right.series[i].present[step] = 0;
    }
  }
  if (binary.op == BinaryOp::kOr) {
    std::unordered_map<std::string, size_t> index;
    for (size_t i = 0; i < left.series.size(); ++i) index.emplace(left.series[i].labels.bytes(), i);
    for (StepSeries& series : right.series) {
      const auto same = index.find(series.labels.bytes());
      if (same == index.end()) {
        left.series.push_back(std::move(series));
        continue;
      }
      StepSeries& joined = left.series[same->second];
      for (size_t step = 0; step < steps; ++step) {
        if (series.present[step] == 0) continue;
        joined.present[step] = 1;
        joined.values[step] = series.values[step];
      }
    }
  }
  return left;
}

/// The vector's value against the literal; a comparison without bool keeps the vector's.
StepVector WithScalar(const Binary& binary, StepVector vector, const StepVector& scalar,
                      bool scalar_left) {
  for (StepSeries& series : vector.series) {
    for (size_t step = 0; step < series.values.size(); ++step) {
      if (series.present[step] == 0) continue;
      double a = series.values[step];
      double b = scalar.series[0].values[step];
      if (scalar_left) std::swap(a, b);
      if (IsComparison(binary.op) && !binary.return_bool) {
        series.present[step] = Compare(binary.op, a, b) ? 1 : 0;
      } else {
        series.values[step] = CombineScalars(binary.op, a, b);
      }
    }
  }
  return vector;
}

class VectorMatch {
 public:
  VectorMatch(const Binary& binary, StepVector left, StepVector right, size_t steps)
      : binary_(binary),
        swapped_(binary.matching.cardinality == Cardinality::kOneToMany),
        many_(swapped_ ? std::move(right) : std::move(left)),
        one_(swapped_ ? std::move(left) : std::move(right)),
        signatures_(many_, one_, binary.matching),
        steps_(steps) {}

  Result<StepVector> Run() {
    std::vector<int64_t> one_at(signatures_.count);
    for (size_t step = 0; step < steps_; ++step) {
      std::fill(one_at.begin(), one_at.end(), -1);
      for (size_t i = 0; i < one_.series.size(); ++i) {
        if (one_.series[i].present[step] == 0) continue;
        int64_t& slot = one_at[signatures_.right[i]];
        if (slot >= 0) {
          return Fail(ErrorKind::kBadInput, std::string("found duplicate series on the ") +
                                                (swapped_ ? "left" : "right") +
                                                " hand-side;many-to-many matching not allowed: "
                                                "matching labels must be unique on one side");
        }
        slot = static_cast<int64_t>(i);
      }
      PHAROS_TRY_VOID(Step(step, one_at));
    }
    return std::move(out_);
  }

 private:
  Result<void> Step(size_t step, const std::vector<int64_t>& one_at) {
    used_.assign(signatures_.count, 0);
    for (size_t i = 0; i < many_.series.size(); ++i) {
      if (many_.series[i].present[step] == 0) continue;
      const size_t signature = signatures_.left[i];
      if (one_at[signature] < 0) continue;
      const auto partner = static_cast<size_t>(one_at[signature]);
      double a = many_.series[i].values[step];
      double b = one_.series[partner].values[step];
      if (swapped_) std::swap(a, b);
      double value = a;
      if (IsComparison(binary_.op) && !binary_.return_bool) {
        if (!Compare(binary_.op, a, b)) continue;
      } else {
        value = CombineScalars(binary_.op, a, b);
      }
      if (binary_.matching.cardinality == Cardinality::kOneToOne) {
        if (used_[signature]++ != 0) {
          return Fail(ErrorKind::kBadInput,
                      "multiple matches for labels: many-to-one matching must be explicit "
                      "(group_left/group_right)");
        }
      }
      PHAROS_TRY(const size_t at, OutputFor(i, partner));
      StepSeries& series = out_.series[at];
      if (series.present[step] != 0) {
        return Fail(ErrorKind::kBadInput,
                    "multiple matches for labels: grouping labels must ensure unique matches");
      }
      series.present[step] = 1;
      series.values[step] = value;
    }
    return {};
  }

  Result<size_t> OutputFor(size_t many, size_t one) {
    const uint64_t pair = static_cast<uint64_t>(many) << 32 | one;
    if (const auto known = pairs_.find(pair); known != pairs_.end()) return known->second;
    model::Labels labels = ResultLabels(many_.series[many].labels, one_.series[one].labels);
    const auto [found, fresh] = index_.try_emplace(labels.bytes(), out_.series.size());
    if (fresh) {
      if (out_.series.size() >= kMaxInnerSeries) {
        return Fail(ErrorKind::kLimit,
                    "the query makes more than " + std::to_string(kMaxInnerSeries) + " series");
      }
      out_.series.push_back(MakeSeries(std::move(labels), steps_));
    }
    pairs_.emplace(pair, found->second);
    return found->second;
  }

  model::Labels ResultLabels(const model::Labels& many, const model::Labels& one) const {
    const Matching& m = binary_.matching;
    if (m.cardinality == Cardinality::kOneToOne) {
      return m.given ? GroupLabels(many, {!m.on, m.labels}) : many;
    }
    model::LabelsBuilder builder(many);
    for (const std::string& name : m.include) builder.Set(name, one.Get(name));
    return builder.Build();
  }

  const Binary& binary_;
  const bool swapped_;
  StepVector many_;
  StepVector one_;
  Signatures signatures_;
  const size_t steps_;
  StepVector out_;
  std::vector<uint32_t> used_;
  std::unordered_map<uint64_t, size_t> pairs_;
  std::unordered_map<std::string, size_t> index_;
};

}  // namespace

Result<StepVector> EvaluateBinary(const Binary& binary, StepVector left, StepVector right,
                                  RunContext& context) {
  left.sorted = right.sorted = false;
  if (IsSetOp(binary.op))
    return SetOperation(binary, std::move(left), std::move(right), context.Steps());
  if (left.scalar) return WithScalar(binary, std::move(right), left, true);
  if (right.scalar) return WithScalar(binary, std::move(left), right, false);
  return VectorMatch(binary, std::move(left), std::move(right), context.Steps()).Run();
}

}  // namespace pharos::query::logql
