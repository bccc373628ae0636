// Reads series of a selection: from one source as they lie there, from several put together.
#pragma once

#include <memory>
#include <vector>

#include "samples/columns.h"
#include "samples/selection.h"
#include "samples/span_reader.h"

namespace pharos::samples {

/// Owns: buffers and one SpanReader a part. Borrows the selection. Threads: one. Errors:
/// kCorrupt names the part. Cost: decoding; from several sources a copy and a look at the order.
class EngineSelection::Reader final : public store::SelectionReader {
 public:
  explicit Reader(const EngineSelection& selection);
  base::Result<store::SeriesSpan> Read(size_t series) override;

 private:
  void Append(const store::SeriesSpan& span);

  const EngineSelection& selection_;
  std::vector<SpanReader> parts_;
  store::SeriesColumns columns_;
};

}  // namespace pharos::samples
