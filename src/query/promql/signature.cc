#include "query/promql/signature.h"

#include <algorithm>

#include "query/promql/go_quote.h"

namespace pharos::query::promql {

bool Signature::Kept(std::string_view name) const {
  const bool listed = std::find(names_.begin(), names_.end(), name) != names_.end();
  return on_ ? listed : !listed && name != model::kMetricName;
}

std::string Signature::KeyOf(const model::Labels& labels) const {
  std::string key;
  for (const model::LabelView label : labels) {
    if (!Kept(label.name)) continue;
    key.append(label.name);
    key += '\xFF';
    key.append(label.value);
    key += '\xFF';
  }
  return key;
}

model::Labels Signature::MatchLabels(const model::Labels& labels) const {
  std::vector<model::LabelView> kept;
  for (const model::LabelView label : labels) {
    if (Kept(label.name)) kept.push_back(label);
  }
  return model::Labels::FromPairs(std::move(kept));
}

std::string LabelsText(const model::Labels& labels) {
  const auto legacy = [](std::string_view name) {
    return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
           std::all_of(name.begin(), name.end(), [](char c) {
             return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    (c >= '0' && c <= '9');
           });
  };
  std::string out = "{";
  for (const model::LabelView label : labels) {
    if (out.size() > 1) out += ", ";
    out += legacy(label.name) ? std::string(label.name) : GoQuote(label.name);
    out += "=" + GoQuote(label.value);
  }
  return out + "}";
}

model::Labels ResultLabels(const model::Labels& many, const model::Labels& one,
                           const VectorMatching& matching, bool drop_name) {
  const bool one_to_one = matching.card == Cardinality::kOneToOne;
  std::vector<model::LabelView> kept;
  for (const model::LabelView label : many) {
    if (drop_name &&
        (label.name == model::kMetricName || label.name == "__type__" || label.name == "__unit__"))
      continue;
    const bool listed = std::find(matching.labels.begin(), matching.labels.end(), label.name) !=
                        matching.labels.end();
    if (one_to_one && listed != matching.on) continue;
    const bool included = std::find(matching.include.begin(), matching.include.end(), label.name) !=
                          matching.include.end();
    if (!included) kept.push_back(label);
  }
  for (const std::string& name : matching.include) {
    if (const std::string_view value = one.Get(name); !value.empty()) kept.push_back({name, value});
  }
  return model::Labels::FromPairs(std::move(kept));
}

}  // namespace pharos::query::promql
