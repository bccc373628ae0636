// Decoding for readers: the rows of one granule or one block of a memtable that pass a
// query's tests, cheapest test first.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "events/deletion.h"
#include "events/line_fields.h"
#include "events/memtable.h"
#include "events/needle.h"
#include "events/part.h"
#include "events/predicate.h"
#include "model/event.h"

namespace pharos::events {

/// What rows must satisfy to be loaded.
struct RowFilter {
  int64_t start_ns = std::numeric_limits<int64_t>::min();  ///< inclusive
  int64_t end_ns = std::numeric_limits<int64_t>::max();    ///< exclusive
  const std::vector<bool>* streams = nullptr;              ///< by number in the source; null: all
  const CompiledPredicate* predicate = nullptr;            ///< null: all
  /// Of parts: where the predicate's substrings can stand, in their order.
  const std::vector<std::shared_ptr<const Needle>>* needles = nullptr;
  /// Likewise the literals of its clauses.
  const std::vector<std::vector<std::shared_ptr<const Needle>>>* clauses = nullptr;
  const PartFields* fields = nullptr;  ///< of parts: rows that fail a usable filter are left out
  const model::TraceId* trace_id = nullptr;  ///< null: all
  int64_t trace_number = 0;                  ///< its number in the part
  const HiddenRows* hidden = nullptr;        ///< what deletions hide of the source; null: nothing
  Keep keep = Keep::kAll;                    ///< of pages, for the next query
  bool bodies = true;                        ///< events of parts get their bodies
};

struct LoadedRow {
  model::Event event;
  const model::Labels* stream = nullptr;
  uint32_t stream_number = 0;  ///< in its source
  uint64_t order = 0;          ///< of arrival
};

/// (time, labels, arrival): the order of a forward query.
bool Before(const LoadedRow& a, const LoadedRow& b);

/// Owns: the memory behind its events, or shares in it. Immutable once loaded.
struct LoadedRows {
  std::vector<LoadedRow> rows;  ///< sorted by Before
  base::Arena arena;
  std::vector<PageBytes> pages;
  std::vector<std::shared_ptr<const void>> keep;

  size_t Bytes() const;
};

/// A memtable as it was at one moment.
struct MemSnapshot {
  std::shared_ptr<const Memtable> table;
  Memtable::Sizes sizes;

  size_t blocks() const { return (sizes.rows + kMemBlockRows - 1) / kMemBlockRows; }
};

/// `rank` orders sources by arrival.
base::Result<std::shared_ptr<LoadedRows>> LoadGranule(const std::shared_ptr<const Part>& part,
                                                      uint32_t granule, uint64_t rank,
                                                      const RowFilter& filter);
/// Rows of one granule as columns, for a scan: what LoadGranule would find, without the events.
struct GranuleRows {
  std::vector<int64_t> times;     ///< of all rows
  std::vector<uint32_t> streams;  ///< likewise
  std::vector<uint32_t> selected;
  std::unique_ptr<GranuleBodies> bodies;  ///< null where nothing needed them
  bool filtered = false;  ///< those of known shapes pass all filters of their fields
};
/// `needs_bodies`: also where no line is tested.
base::Result<std::unique_ptr<GranuleRows>> SelectRows(const std::shared_ptr<const Part>& part,
                                                      uint32_t granule, const RowFilter& filter,
                                                      bool needs_bodies);
/// The events of some rows of a granule, sorted by Before.
base::Result<std::shared_ptr<LoadedRows>> LoadRows(const std::shared_ptr<const Part>& part,
                                                   uint32_t granule, uint64_t rank,
                                                   const RowFilter& filter,
                                                   std::vector<uint32_t> rows);
base::Result<std::shared_ptr<LoadedRows>> LoadBlock(const MemSnapshot& memory, size_t block,
                                                    uint64_t rank, const RowFilter& filter);
/// Rows of filter.trace_id of the whole memtable, found by the blocks' hashes.
base::Result<std::shared_ptr<LoadedRows>> LoadTrace(const MemSnapshot& memory, uint64_t rank,
                                                    const RowFilter& filter);

}  // namespace pharos::events
