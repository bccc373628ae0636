// The ids of a part. Each trace id is stored once, numbered by its first time; the span ids
// of a trace stand beside it, so that a row names its own id, its parent and its trace with
// three small numbers. Format: docs/format/events.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "events/coding.h"
#include "io/part_file.h"
#include "model/event.h"

namespace pharos::events {

/// How a row names its ids.
struct TraceRef {
  int64_t trace = 0;   ///< 1 + number in the part; 0: the row has no id at all
  int64_t span = 0;    ///< 1 + number in the trace; 0: no span id
  int64_t parent = 0;  ///< likewise
};

/// One page of traces, decoded.
struct TracePage {
  std::vector<model::TraceId> ids;
  std::vector<uint32_t> first_span;  ///< ids.size() + 1 entries
  std::vector<model::SpanId> spans;

  static base::Result<TracePage> Decode(std::string_view bytes);
};

/// Where pages begin; in memory for each open part.
struct TraceDirectory {
  int64_t traces = 0;
  std::vector<int64_t> page_first;    ///< number of each page's first trace
  std::vector<uint32_t> index_first;  ///< fingerprint at each index page's start

  void Put(std::string& out) const;
  static TraceDirectory Get(Reader& in);
};

/// An entry of the index: fingerprint and trace number, sorted.
struct TraceIndexEntry {
  uint32_t fingerprint = 0;
  int64_t trace = 0;
};
/// The numbers of the traces with this fingerprint that a page of the index has.
base::Result<std::vector<int64_t>> FindInTraceIndex(std::string_view page, uint32_t fingerprint);

/// Adds all entries of a page of the index, their numbers raised by `more`.
base::Result<void> ReadTraceIndex(std::string_view page, int64_t more,
                                  std::vector<TraceIndexEntry>* out);
/// Writes the index and the filter, and notes its pages in the directory.
base::Result<void> WriteTraceIndex(std::vector<TraceIndexEntry> entries, io::PartWriter& writer,
                                   TraceDirectory* directory);

class SpanNumbers;  // of one trace

/// Collects the ids of all rows of a part, then numbers them.
/// Owns: 36 bytes a row, 48 a trace. Threads: one. Cost: a hash look-up where the trace is not that
/// of the row before.
class TraceTableBuilder {
 public:
  /// The ids of the next row. Rows of one trace should come close to each other.
  void Add(const model::TraceId& trace, const model::SpanId& span, const model::SpanId& parent,
           int64_t time_ns);
  /// After the last Add.
  void Build();
  /// The three numbers of the ids of the `row`th call of Add; of none where nothing was added.
  TraceRef Of(size_t row) const;
  base::Result<TraceDirectory> Write(io::PartWriter& writer) const;

 private:
  struct Trace {
    model::TraceId id;
    int64_t first_time = 0;
    size_t first = 0;  // of its span ids in distinct_
    uint32_t rows = 0;
    uint32_t count = 0;   // of its span ids
    uint32_t number = 0;  // 1-based, by first time
    uint32_t fingerprint = 0;
  };
  /// Ids are numbers that are less where their bytes are, 0 for none; Build makes the numbers of
  /// them, 1-based, by time within the trace.
  struct Row {
    uint64_t span = 0;
    uint64_t parent = 0;
    int64_t time = 0;
    uint32_t trace = 0;  // 1 + index; 0: no id at all. After Build: the trace's number
  };
  uint32_t* Slot(const model::TraceId& id, uint32_t fingerprint);
  void GrowSlots();
  void NumberSpans(Trace& trace, std::span<const uint32_t> rows, SpanNumbers& numbers);

  std::vector<Trace> traces_;
  std::vector<uint32_t> slots_;  // open addressing: 1 + index into traces_
  std::vector<Row> rows_;
  std::vector<uint32_t> order_;     // after Build: traces by number
  std::vector<uint64_t> distinct_;  // after Build: span ids by trace and number
};

}  // namespace pharos::events
