// info(v, {selectors}): adds the data labels of info metrics with the same identity.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "query/promql/evaluator.h"
#include "query/promql/go_duration.h"
#include "query/promql/signature.h"

namespace pharos::query::promql {
namespace {

constexpr std::string_view kTargetInfo = "target_info";

std::string IdentityOf(const model::Labels& labels) {
  std::string key(labels.Get("instance"));
  key += '\xFF';
  key.append(labels.Get("job"));
  return key;
}

/// Which info metrics (matchers on the name) and which of their labels are asked for.
struct InfoSelector {
  std::vector<model::Matcher> names;
  std::map<std::string, std::vector<model::Matcher>> data;

  bool IsInfo(const model::Labels& labels) const {
    return std::all_of(names.begin(), names.end(),
                       [&](const model::Matcher& m) { return m.Matches(labels.Name()); });
  }
  /// Some label must be there: a series without it is left out.
  bool DemandsMatch() const {
    return std::any_of(data.begin(), data.end(), [](const auto& item) {
      return std::any_of(item.second.begin(), item.second.end(),
                         [](const model::Matcher& m) { return !m.MatchesEmpty(); });
    });
  }
};

InfoSelector ReadSelector(const Call& node) {
  InfoSelector out;
  if (node.args.size() > 1) {
    const Expr* arg = node.args[1].get();
    if (const auto* wrapped = As<StepInvariantExpr>(arg, NodeKind::kStepInvariant))
      arg = wrapped->expr.get();
    for (const model::Matcher& m : static_cast<const VectorSelector*>(arg)->matchers) {
      if (m.name() == model::kMetricName)
        out.names.push_back(m);
      else
        out.data[m.name()].push_back(m);
    }
  }
  const bool positive =
      std::any_of(out.names.begin(), out.names.end(), [](const model::Matcher& m) {
        return m.op() == model::MatchOp::kEqual || m.op() == model::MatchOp::kRegex;
      });
  const std::string name(model::kMetricName);
  if (out.names.empty()) {
    out.names.push_back(model::Matcher::Equal(name, std::string(kTargetInfo)));
  } else if (!positive) {
    if (auto any = model::Matcher::Make(model::MatchOp::kRegex, name, ".+_info"))
      out.names.insert(out.names.begin(), *std::move(any));
  }
  return out;
}

/// @ and offset of the first selector in the argument, with those of the subqueries around
/// it: info series are looked up at the time the samples come from.
struct FoundShift {
  bool found = false;
  int64_t offset_ns = 0;
  std::optional<int64_t> at_ms;
};

void FindShift(const Expr* expr, FoundShift* out) {
  if (expr == nullptr || out->found) return;
  switch (expr->kind) {
    case NodeKind::kVector: {
      const TimeShift& shift = static_cast<const VectorSelector*>(expr)->shift;
      *out = {true, shift.original_offset_ns, shift.at_ms};
      break;
    }
    case NodeKind::kSubquery: {
      const auto* node = static_cast<const SubqueryExpr*>(expr);
      FindShift(node->expr.get(), out);
      if (!out->found || out->at_ms.has_value()) break;
      out->offset_ns += node->shift.original_offset_ns;
      out->at_ms = node->shift.at_ms;
      break;
    }
    case NodeKind::kMatrix:
      FindShift(static_cast<const MatrixSelector*>(expr)->vector.get(), out);
      break;
    case NodeKind::kParen: FindShift(static_cast<const ParenExpr*>(expr)->expr.get(), out); break;
    case NodeKind::kUnary: FindShift(static_cast<const UnaryExpr*>(expr)->expr.get(), out); break;
    case NodeKind::kStepInvariant:
      FindShift(static_cast<const StepInvariantExpr*>(expr)->expr.get(), out);
      break;
    case NodeKind::kAggregate:
      FindShift(static_cast<const AggregateExpr*>(expr)->expr.get(), out);
      FindShift(static_cast<const AggregateExpr*>(expr)->param.get(), out);
      break;
    case NodeKind::kBinary:
      FindShift(static_cast<const BinaryExpr*>(expr)->lhs.get(), out);
      FindShift(static_cast<const BinaryExpr*>(expr)->rhs.get(), out);
      break;
    case NodeKind::kCall:
      for (const ExprPtr& arg : static_cast<const Call*>(expr)->args) FindShift(arg.get(), out);
      break;
    default: break;
  }
}

}  // namespace

/// Joins base series with info series, step by step.
///
/// Owns: the answer in the making. Threads: one. Errors: two info series of one identity at
/// one time; labels that contradict each other. Cost: linear in the cells.
class InfoJoin {
 public:
  InfoJoin(Evaluator& evaluator, InfoSelector selector)
      : ev_(evaluator), selector_(std::move(selector)) {}

  base::Result<Matrix> Run(const Matrix& base, const Call& node) {
    const bool enriches = std::any_of(base.rows.begin(), base.rows.end(), [this](const Row& row) {
      return !selector_.IsInfo(row.labels) && (row.labels.Has("instance") || row.labels.Has("job"));
    });
    if (enriches) PHAROS_TRY_VOID(Fetch(node));
    const bool demands = selector_.DemandsMatch();
    for (const Row& row : base.rows) {
      PHAROS_TRY_VOID(ev_.run_.context->Check("expression evaluation"));
      const bool is_info = selector_.IsInfo(row.labels);
      for (size_t step = 0; step < ev_.steps_; ++step) {
        if (!row.Has(step)) continue;
        std::map<std::string_view, size_t> found;
        if (!is_info) {
          PHAROS_TRY(found, NewestAt(row, step));
          if (found.empty() && demands) continue;
        }
        PHAROS_TRY_VOID(Put(row, step, found));
      }
    }
    PHAROS_TRY_VOID(ev_.Finish(&out_));
    return std::move(out_);
  }

 private:
  // Times of the info samples: the newest of one identity wins.
  base::Result<void> Fetch(const Call& node) {
    VectorSelector info;
    info.matchers = selector_.names;
    for (const auto& [label, matchers] : selector_.data)
      info.matchers.insert(info.matchers.end(), matchers.begin(), matchers.end());
    FoundShift shift;
    FindShift(node.args[0].get(), &shift);
    info.shift.original_offset_ns = shift.offset_ns;
    info.shift.at_ms = shift.at_ms;
    PHAROS_TRY(const Matrix samples, ev_.Eval(info));
    for (const Row& row : samples.rows) {
      if (!row.histograms.empty()) {
        return EvalError("this should be an info metric, with float samples: " +
                         LabelsText(row.labels));
      }
    }
    PHAROS_TRY(times_, ev_.SampleTimes(info, info.shift));
    for (size_t i = 0; i < times_.rows.size(); ++i)
      by_identity_[IdentityOf(times_.rows[i].labels)].push_back(i);
    return {};
  }

  /// By metric name: the newest info series of this identity at a step.
  base::Result<std::map<std::string_view, size_t>> NewestAt(const Row& row, size_t step) const {
    std::map<std::string_view, size_t> newest;
    const auto candidates = by_identity_.find(IdentityOf(row.labels));
    if (candidates == by_identity_.end()) return newest;
    for (const size_t i : candidates->second) {
      const Row& info = times_.rows[i];
      if (IsAbsent(info.values[step])) continue;
      const auto [found, fresh] = newest.try_emplace(info.labels.Name(), i);
      if (fresh) continue;
      const Row& other = times_.rows[found->second];
      if (info.values[step] == other.values[step]) {
        return EvalError("found duplicate series for info metric: existing " +
                         LabelsText(other.labels) + " @ " + Millis(other.values[step]) + ", new " +
                         LabelsText(info.labels) + " @ " + Millis(info.values[step]));
      }
      if (info.values[step] > other.values[step]) found->second = i;
    }
    return newest;
  }
  static std::string Millis(double seconds) {
    return std::to_string(static_cast<int64_t>(seconds * 1000));
  }

  base::Result<void> Put(const Row& row, size_t step,
                         const std::map<std::string_view, size_t>& infos) {
    model::LabelsBuilder added;
    for (const auto& [metric, i] : infos) {
      for (const model::LabelView label : times_.rows[i].labels) {
        if (label.name == model::kMetricName) continue;
        if (!selector_.data.empty() && !selector_.data.contains(std::string(label.name))) continue;
        const std::string_view had = added.Get(label.name);
        if (!had.empty() && had != label.value)
          return EvalError("conflicting label: " + std::string(label.name));
        if (!row.labels.Has(label.name)) added.Set(label.name, label.value);
      }
    }
    model::LabelsBuilder builder(row.labels);
    const model::Labels extra = added.Build();
    for (const model::LabelView label : extra) builder.Set(label.name, label.value);
    model::Labels labels = builder.Build();
    const auto [found, fresh] = rows_.try_emplace(labels.bytes(), out_.rows.size());
    if (fresh) {
      Row made = ev_.NewRow(std::move(labels));
      made.drop_name = row.drop_name;
      out_.rows.push_back(std::move(made));
      PHAROS_TRY_VOID(ev_.CheckCells(out_.rows.size()));
    }
    Row& into = out_.rows[found->second];
    if (into.Has(step)) return EvalError(std::string(kSameLabels));
    into.values[step] = row.values[step];
    if (row.HistogramAt(step) != nullptr) into.SetHistogram(step, row.histograms[step]);
    return {};
  }

  Evaluator& ev_;
  const InfoSelector selector_;
  Matrix times_;
  std::unordered_map<std::string, std::vector<size_t>> by_identity_;
  std::unordered_map<std::string, size_t> rows_;
  Matrix out_;
};

base::Result<Matrix> Evaluator::EvalInfo(const Call& node) {
  PHAROS_TRY(const Matrix base, Eval(*node.args[0]));
  return InfoJoin(*this, ReadSelector(node)).Run(base, node);
}

}  // namespace pharos::query::promql
