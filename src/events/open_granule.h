// A granule of a part that a query reads: the rows that pass are found once, their events are
// made piece by piece, in the order of time, as they are asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "events/loaded_rows.h"

namespace pharos::events {

/// Owns: its pages, and shares in the part; borrows what the filter points to. Threads: one at a
/// time. Errors: kCorrupt names the part. Cost: Open reads what the filter tests and nothing
/// else; Next about a microsecond an event.
class OpenGranule {
 public:
  static base::Result<std::unique_ptr<OpenGranule>> Open(std::shared_ptr<const Part> part,
                                                         uint32_t granule, uint64_t rank,
                                                         const RowFilter& filter);
  ~OpenGranule();

  /// No row is left.
  bool AtEnd() const;
  /// The time of the row that comes next, the first or (backward) the last of those left.
  int64_t next_time(bool backward) const;
  /// The events of about `most` rows more, whole nanoseconds at a time, sorted by Before; those
  /// that fail a test of the whole event are left out.
  base::Result<std::shared_ptr<LoadedRows>> Next(size_t most, bool backward);
  /// Of the pages it holds.
  size_t Bytes() const;

  class Impl;

 private:
  explicit OpenGranule(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pharos::events
