// by (…) and without (…): which group a series belongs to, and that group's labels.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "query/promql/ast.h"
#include "query/promql/value.h"

namespace pharos::query::promql {

class Grouping {
 public:
  /// `extra` is grouped by besides (the label of count_values).
  explicit Grouping(const AggregateExpr& node, std::string_view extra = {});
  model::Labels LabelsOf(const model::Labels& labels) const;
  /// The canonical bytes of LabelsOf, without building it.
  void AppendKey(const model::Labels& labels, std::string* key) const;

 private:
  bool Kept(std::string_view name) const;
  bool without_;
  std::vector<std::string> names_;
};

/// Groups in the order in which they first occur.
struct Groups {
  std::vector<model::Labels> labels;
  std::vector<std::vector<uint32_t>> members;  ///< indexes of rows, rising
  std::vector<uint32_t> group_of;              ///< a row
};
Groups GroupRows(const std::vector<Row>& rows, const AggregateExpr& node);

}  // namespace pharos::query::promql
