// Reads series of a selection: from one source as they lie there, from several put together.
#pragma once

#include <memory>
#include <vector>

#include "samples/columns.h"
#include "samples/selection.h"
#include "samples/span_reader.h"

namespace pharos::samples {

/// Owns: buffers and a SpanReader. Borrows the selection. Threads: one. Errors:
/// kCorrupt names the part. Cost: decoding; where sources overlap in time, and for what is in
/// memory, a copy and a look at the order.
class EngineSelection::Reader final : public store::SelectionReader {
 public:
  explicit Reader(const EngineSelection& selection);
  base::Result<store::SeriesSpan> Read(size_t series) override;

 private:
  void Append(const store::SeriesSpan& span);
  base::Result<store::SeriesSpan> Merge(std::span<const Ref> refs);

  const EngineSelection& selection_;
  SpanReader parts_;
  store::SeriesColumns columns_;
};

}  // namespace pharos::samples
