// Rows of a granule as events, once it is known which are wanted.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "events/granule.h"
#include "events/limits.h"
#include "events/loaded_rows.h"
#include "events/part.h"

namespace pharos::events {

/// Owns: the last pages of ids and origins that it read; borrows the part. Threads: one. Errors:
/// kCorrupt names the part. Cost: about a microsecond an event.
class EventMaker {
 public:
  /// `rank` orders sources by arrival.
  EventMaker(const Part& part, uint32_t granule, uint64_t rank)
      : part_(part), granule_(granule), rank_(rank) {}

  struct Pages {
    const GranuleKeys& keys;
    const GranuleIds& ids;            ///< empty where no row has one
    GranuleBodies* bodies = nullptr;  ///< open for the rows; null where filter.bodies is false
    const PageBytes& rest;
  };
  /// Appends the events of the rows, which rise, that pass the tests of whole events.
  base::Result<void> Make(const Pages& pages, const RowFilter& filter,
                          const std::vector<uint32_t>& rows, LoadedRows& out);
  /// A few rows are copied, so that they do not hold the pages of all.
  static void Compact(LoadedRows& out);

 private:
  base::Result<void> FillIds(const TraceRef& ref, model::Event* event);
  base::Result<model::SpanId> SpanIdOf(size_t trace, int64_t number) const;
  base::Result<void> FillOrigin(int64_t number, LoadedRows& out, model::Event* event);
  std::unexpected<base::Error> Corrupt(const char* what) const;

  const Part& part_;
  const uint32_t granule_;
  const uint64_t rank_;
  std::shared_ptr<const TracePage> traces_;
  int64_t traces_first_ = 0;
  std::shared_ptr<const OriginPage> origins_;
  int64_t origins_first_ = 0;
};

}  // namespace pharos::events
