// Rows of a selector, a range function or a subquery's function, made tile by tile on several
// cores and handed on in order of labels: what is aggregated at once is never kept.
#pragma once

#include <memory>
#include <span>
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

/// A row of a stream; it has `count` samples, at least one.
struct MadeRow {
  size_t series = 0;
  Row* row = nullptr;
  int64_t count = 0;
};

/// Takes rows tile by tile, in order.
class RowSink {
 public:
  virtual ~RowSink() = default;
  /// Whether rows need their labels.
  virtual bool wants_labels() const = 0;
  /// Those of a tile that are not empty; they may be moved from.
  virtual base::Result<void> Take(std::span<const MadeRow> rows) = 0;
};

/// Owns nothing. Errors: of the source, of functions, of the context (cancelled, timeout, too
/// many series). Cost: a worker more a core when there is much to do.
base::Result<void> RunRows(const RowStream& stream, exec::QueryContext& context, RowSink& sink);

}  // namespace pharos::query::promql
