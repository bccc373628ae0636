// A granule: up to 4,096 rows of a part as pages of columns, so that a search reads only what
// it tests. Bodies: body_writer.h, body_reader.h. Format: docs/format/events.md.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "events/trace_table.h"
#include "model/event.h"

namespace pharos::events {

/// One row on its way into a part. Attributes and event live elsewhere.
struct GranuleRow {
  uint32_t stream = 0;  ///< number in the part, rising
  TraceRef ids;
  int64_t origin = 0;  ///< 1 + number in the part, 0 for none
  int64_t time_ns = 0;
  std::span<const model::KeyValue> attributes;
  const model::Event* event = nullptr;  ///< all but these, ids and body
};

/// What the directory of a part says of a granule.
struct GranuleMeta {
  uint32_t rows = 0;
  uint32_t first_stream = 0;
  uint32_t last_stream = 0;
  int64_t min_time = 0;
  int64_t max_time = 0;
  int64_t min_trace = 0;  ///< 0 where no row has one
  int64_t max_trace = 0;
  int64_t first_origin = 0;  ///< the least number; 0 where no row has one
  uint32_t gap_after = 0;    ///< behind this one from the least, no row has any of
  uint32_t gap_traces = 0;   ///< so many trace numbers

  bool MayHaveTrace(int64_t number) const {
    if (number < min_trace || number > max_trace) return false;
    const int64_t beyond = number - min_trace - gap_after;
    return beyond <= 0 || beyond > gap_traces;
  }
};

struct GranulePages {
  GranuleMeta meta;
  std::string key;   ///< streams and times
  std::string ids;   ///< trace, span and parent numbers
  std::string rest;  ///< span fields, severity, attributes, …
};

/// `rows` is not empty and sorted by (stream, time).
GranulePages EncodeGranule(std::span<const GranuleRow> rows);

/// The `key` page of a granule whose streams get other numbers: `streams` has them by their
/// present ones, and rises. All other pages of a granule but `body` name nothing of the part.
base::Result<std::string> RenumberKeys(std::string_view page, const GranuleMeta& meta,
                                       const std::vector<uint32_t>& streams);

/// Streams and times of a granule.
struct GranuleKeys {
  std::vector<uint32_t> streams;
  std::vector<int64_t> times;

  static base::Result<GranuleKeys> Decode(std::string_view page, const GranuleMeta& meta);
};

/// The ids of a granule's rows, by columns.
struct GranuleIds {
  std::vector<int64_t> traces;
  std::vector<int64_t> spans;
  std::vector<int64_t> parents;

  static base::Result<GranuleIds> Decode(std::string_view page, const GranuleMeta& meta);
  TraceRef Of(size_t row) const { return {traces[row], spans[row], parents[row]}; }
};

/// Fills all fields of `events[i]` that are in the `rest` page for each row `selected[i]`
/// (rising); kind and time_ns are set already. `origins[i]` becomes 1 + the origin's number.
/// Views point into the page and the arena.
base::Result<void> DecodeGranuleRest(std::string_view page, const GranuleMeta& meta,
                                     std::span<const uint32_t> selected, base::Arena& arena,
                                     std::span<model::Event> events, std::span<int64_t> origins);

}  // namespace pharos::events
