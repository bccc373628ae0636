#include "query/promql/grouping.h"

#include <algorithm>
#include <unordered_map>

namespace pharos::query::promql {

Grouping::Grouping(const AggregateExpr& node, std::string_view extra)
    : without_(node.without), names_(node.grouping) {
  if (!extra.empty() && !without_) names_.emplace_back(extra);
  std::sort(names_.begin(), names_.end());
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
}

bool Grouping::Kept(std::string_view name) const {
  const bool listed = std::find(names_.begin(), names_.end(), name) != names_.end();
  return without_ ? !listed && name != model::kMetricName : listed;
}

model::Labels Grouping::LabelsOf(const model::Labels& labels) const {
  std::vector<model::LabelView> kept;
  for (const model::LabelView label : labels) {
    if (Kept(label.name)) kept.push_back(label);
  }
  return model::Labels::FromPairs(std::move(kept));
}

void Grouping::AppendKey(const model::Labels& labels, std::string* key) const {
  if (!without_ && names_.empty()) return;
  for (const model::LabelView label : labels) {
    if (!Kept(label.name)) continue;
    key->append(label.name);
    *key += '\xFF';
    key->append(label.value);
    *key += '\xFF';
  }
}

Groups GroupRows(const std::vector<Row>& rows, const AggregateExpr& node) {
  const Grouping grouping(node);
  Groups groups;
  std::unordered_map<std::string, uint32_t> index;
  std::string key;
  for (size_t i = 0; i < rows.size(); ++i) {
    key.clear();
    grouping.AppendKey(rows[i].labels, &key);
    const auto [found, fresh] =
        index.try_emplace(key, static_cast<uint32_t>(groups.members.size()));
    if (fresh) {
      groups.labels.push_back(grouping.LabelsOf(rows[i].labels));
      groups.members.emplace_back();
    }
    groups.members[found->second].push_back(static_cast<uint32_t>(i));
    groups.group_of.push_back(found->second);
  }
  return groups;
}

}  // namespace pharos::query::promql
