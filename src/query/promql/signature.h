// on (…) and ignoring (…): what must be equal for two series to belong together.
#pragma once

#include <string>
#include <vector>

#include "query/promql/ast.h"

namespace pharos::query::promql {

class Signature {
 public:
  explicit Signature(const VectorMatching& matching) : on_(matching.on), names_(matching.labels) {}
  std::string KeyOf(const model::Labels& labels) const;
  /// The labels the key is made of: what error texts show of a match group.
  model::Labels MatchLabels(const model::Labels& labels) const;

 private:
  bool Kept(std::string_view name) const;
  bool on_;
  std::vector<std::string> names_;
};

/// `{__name__="a", b="c"}`: how error texts show a series.
std::string LabelsText(const model::Labels& labels);

/// The labels of a result: those of `many`, changed by the operator and its modifiers.
model::Labels ResultLabels(const model::Labels& many, const model::Labels& one,
                           const VectorMatching& matching, bool drop_name);

}  // namespace pharos::query::promql
