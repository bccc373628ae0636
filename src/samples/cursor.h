// One series after the other of a selection, as columns of one's own.
#pragma once

#include <memory>

#include "store/samples.h"

namespace pharos::samples {

/// Owns: the selection. Threads: one. Errors: kCorrupt names the part; kLimit when there are
/// more series than the query allows. Cost: as the selection's reader, and a copy.
class SelectionCursor final : public store::SeriesCursor {
 public:
  SelectionCursor(std::unique_ptr<store::Selection> selection, size_t series_limit)
      : selection_(std::move(selection)),
        reader_(selection_->NewReader()),
        series_limit_(series_limit) {}

  base::Result<bool> Next(store::SeriesColumns* out) override;

 private:
  const std::unique_ptr<store::Selection> selection_;
  const std::unique_ptr<store::SelectionReader> reader_;
  const size_t series_limit_;
  size_t next_ = 0;
  size_t series_ = 0;
};

}  // namespace pharos::samples
