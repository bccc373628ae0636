// Rows of a selector, a range function or a subquery's function, made tile by tile on several
// cores and handed on in order of labels: what is aggregated at once is never kept.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "query/promql/row_maker.h"
#include "store/samples.h"

namespace pharos::query::promql {

struct RowStream {
  std::unique_ptr<store::Selection> selection;
  RowRecipe recipe;
  std::string metric;      ///< the only name that series have; "" where they may differ
  bool same_name = false;  ///< all series have one name
  bool drops_name = false;
  std::vector<bool> input_drop_name;  ///< a series, of a subquery; empty: none
  int64_t held = 0;  ///< samples that the subquery's points take, until the rows are made
};

/// Takes rows one by one, in order.
class RowSink {
 public:
  virtual ~RowSink() = default;
  /// Whether rows need their labels.
  virtual bool wants_labels() const = 0;
  /// Not called for empty rows. `row` may be moved from; `count` samples are in it.
  virtual base::Result<void> Take(size_t series, Row& row, int64_t count) = 0;
};

/// Owns nothing. Errors: of the source, of functions, of the context (cancelled, timeout, too
/// many series). Cost: a worker more a core when there is much to do.
base::Result<void> RunRows(const RowStream& stream, exec::QueryContext& context, RowSink& sink);

}  // namespace pharos::query::promql
