// Rows on their way into a part: from a memtable that is sealed, or from parts that are
// merged.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "events/kept_rows.h"
#include "events/memtable.h"
#include "events/part.h"
#include "model/event.h"

namespace pharos::events {

class GranuleBodies;

/// A row, until Release.
struct InputRow {
  int64_t time_ns = 0;
  std::span<const model::KeyValue> attributes;  ///< rows with the same ones may share them
  model::Value body;                            ///< of rows from memory
  /// All but these three; many rows may have one.
  const model::Event* event = nullptr;
  uint32_t stream = 0;  ///< number in streams()
  size_t visit = 0;     ///< VisitIds came to it as the one of that number, from 0
  /// Rows of parts: where the body is.
  GranuleBodies* bodies = nullptr;
  uint32_t row = 0;     ///< in `bodies`
  uint32_t source = 0;  ///< number of the part
};

/// Threads: one at a time. Errors: kCorrupt of what is read.
class RowInput {
 public:
  using IdVisitor = std::function<void(const model::TraceId&, const model::SpanId&,
                                       const model::SpanId& parent, int64_t time_ns)>;
  virtual ~RowInput() = default;
  /// The streams of all rows, sorted; Next numbers them so.
  virtual const std::vector<model::Labels>& streams() const = 0;
  /// Every row's ids and time, in any order; nothing where no row has an id.
  virtual base::Result<void> VisitIds(const IdVisitor& visit) = 0;
  /// The next rows, as many as there is room for at most, sorted by stream, time, arrival. How
  /// many; 0 at the end. More than one only of those that stay over a Release.
  virtual base::Result<size_t> Next(std::span<InputRow> rows) = 0;
  /// Rows that were given out are not needed any more.
  virtual void Release() = 0;
};

/// The row as one event; `arena` keeps it, and its body where that is in a part.
base::Result<const model::Event*> WholeEvent(const InputRow& row, base::Arena& arena);

/// The rows of `table` with start ≤ time < end. The table must not grow any more.
std::unique_ptr<RowInput> ReadMemtable(std::shared_ptr<const Memtable> table, int64_t start_ns,
                                       int64_t end_ns);
/// The rows of a part that stay.
std::unique_ptr<RowInput> ReadPart(std::shared_ptr<const Part> part, KeptRows kept);
/// All rows of `parts`, which are in the order of arrival.
std::unique_ptr<RowInput> ReadParts(std::vector<std::shared_ptr<const Part>> parts);

}  // namespace pharos::events
