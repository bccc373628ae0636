// info(v, {selectors}): adds the data labels of info metrics with the same identity.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "query/promql/evaluator.h"
#include "query/promql/go_duration.h"

namespace pharos::query::promql {
namespace {

constexpr std::string_view kTargetInfo = "target_info";
constexpr std::string_view kIdentity[] = {"instance", "job"};

std::string IdentityOf(const model::Labels& labels) {
  std::string key;
  for (const std::string_view name : kIdentity) key.append(labels.Get(name)).append("\xFF");
  return key;
}

bool IsIdentity(std::string_view name) { return name == kIdentity[0] || name == kIdentity[1]; }

/// Matchers of the second argument: which info metrics, and which of their labels.
struct InfoSelector {
  std::vector<model::Matcher> names;               ///< on __name__
  std::map<std::string, std::vector<model::Matcher>> data;  ///< by label
};

InfoSelector ReadSelector(const Call& node) {
  InfoSelector out;
  if (node.args.size() < 2) return out;
  const Expr* arg = node.args[1].get();
  if (const auto* wrapped = As<StepInvariantExpr>(arg, NodeKind::kStepInvariant)) arg = wrapped->expr.get();
  for (const model::Matcher& m : static_cast<const VectorSelector*>(arg)->matchers) {
    if (m.name() == model::kMetricName) out.names.push_back(m);
    else out.data[m.name()].push_back(m);
  }
  return out;
}

}  // namespace

base::Result<Matrix> Evaluator::EvalInfo(const Call& node) {
  PHAROS_TRY(Matrix base, Eval(*node.args[0]));
  const InfoSelector selector = ReadSelector(node);
  // Info metrics themselves pass through unchanged.
  const auto is_info = [&selector](const model::Labels& labels) {
    if (selector.names.empty()) return labels.Name() == kTargetInfo;
    return std::all_of(selector.names.begin(), selector.names.end(), [&](const model::Matcher& m) { return m.Matches(labels.Name()); });
  };
  VectorSelector info;
  info.matchers = selector.names;
  if (selector.names.empty()) info.matchers.push_back(model::Matcher::Equal(std::string(model::kMetricName), std::string(kTargetInfo)));
  for (const auto& [label, matchers] : selector.data) {
    for (const model::Matcher& m : matchers) info.matchers.push_back(m);
  }
  PHAROS_TRY(const Matrix infos, Eval(info));
  // The newest sample decides between info series of one identity: times come along.
  Call stamp;
  PHAROS_TRY(const Matrix stamps, EvalTimestamp(stamp, info));
  std::unordered_map<std::string, std::vector<size_t>> by_identity;
  for (size_t i = 0; i < infos.rows.size(); ++i) by_identity[IdentityOf(infos.rows[i].labels)].push_back(i);
  const bool wants_match = std::any_of(selector.data.begin(), selector.data.end(), [](const auto& item) {
    return std::none_of(item.second.begin(), item.second.end(), [](const model::Matcher& m) { return m.MatchesEmpty(); });
  });
  std::unordered_map<std::string, size_t> rows;
  Matrix out;
  for (Row& row : base.rows) {
    PHAROS_TRY_VOID(run_.context->Check("expression evaluation"));
    if (is_info(row.labels)) {
      rows.try_emplace(row.labels.bytes(), out.rows.size());
      out.rows.push_back(row);
      continue;
    }
    const auto candidates = by_identity.find(IdentityOf(row.labels));
    for (size_t step = 0; step < steps_; ++step) {
      if (!row.Has(step)) continue;
      // By metric name: the newest info series at this step.
      std::map<std::string_view, size_t> newest;
      if (candidates != by_identity.end()) {
        for (const size_t i : candidates->second) {
          if (!infos.rows[i].Has(step)) continue;
          const auto [found, fresh] = newest.try_emplace(infos.rows[i].labels.Name(), i);
          if (fresh) continue;
          const double theirs = stamps.rows[found->second].values[step];
          const double mine = stamps.rows[i].values[step];
          if (mine == theirs) {
            return EvalError("found duplicate series for info metric: existing " + model::ToString(infos.rows[found->second].labels) +
                             " @ " + std::to_string(static_cast<int64_t>(theirs * 1000)) + ", new " +
                             model::ToString(infos.rows[i].labels) + " @ " + std::to_string(static_cast<int64_t>(mine * 1000)));
          }
          if (mine > theirs) found->second = i;
        }
      }
      if (newest.empty() && wants_match) continue;
      model::LabelsBuilder builder(row.labels);
      for (const auto& [metric, i] : newest) {
        for (const model::LabelView label : infos.rows[i].labels) {
          if (label.name == model::kMetricName || IsIdentity(label.name) || row.labels.Has(label.name)) continue;
          if (!selector.data.empty() && !selector.data.contains(std::string(label.name))) continue;
          const std::string_view had = builder.Get(label.name);
          if (!had.empty() && had != label.value) {
            return EvalError("conflicting label: " + std::string(label.name));
          }
          builder.Set(label.name, label.value);
        }
      }
      model::Labels labels = builder.Build();
      const auto [found, fresh] = rows.try_emplace(labels.bytes(), out.rows.size());
      if (fresh) {
        Row made = NewRow(std::move(labels));
        made.drop_name = row.drop_name;
        out.rows.push_back(std::move(made));
        PHAROS_TRY_VOID(CheckCells(out.rows.size()));
      }
      Row& into = out.rows[found->second];
      if (into.Has(step)) return EvalError(std::string(kSameLabels));
      into.values[step] = row.values[step];
      if (row.HistogramAt(step) != nullptr) into.SetHistogram(step, row.histograms[step]);
    }
  }
  PHAROS_TRY_VOID(Finish(&out));
  return out;
}

}  // namespace pharos::query::promql
