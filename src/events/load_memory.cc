// Blocks of a memtable, for a reader.
#include <algorithm>

#include "events/loaded_rows.h"
#include "events/record_codec.h"

namespace pharos::events {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

std::unexpected<base::Error> Corrupt() {
  return Fail(ErrorKind::kCorrupt, "an event in memory cannot be read");
}

bool Wanted(const MemRow& row, const RowFilter& filter) {
  if (row.time_ns < filter.start_ns || row.time_ns >= filter.end_ns) return false;
  if (filter.streams == nullptr) return true;
  return row.stream < filter.streams->size() && (*filter.streams)[row.stream];
}

/// True where a deletion hides the event.
bool Hidden(const HiddenRows& hidden, const MemRow& row, const model::Event& event) {
  for (const HiddenRows::One& one : hidden.all()) {
    if (!one.Covers(row.stream, row.time_ns)) continue;
    if (!one.deletion->TestsLine()) return true;
    const bool is_line = event.body.type == model::Value::Type::kString;
    if (one.deletion->TestLine(is_line ? std::string(event.body.text)
                                       : model::ValueToString(event.body))) {
      return true;
    }
  }
  return false;
}

/// Adds the row when it passes all tests.
Result<void> AddRow(const MemSnapshot& memory, size_t number, uint64_t rank,
                    const RowFilter& filter, LoadedRows& out) {
  const MemRow& row = memory.table->row(number);
  if (!Wanted(row, filter)) return {};
  const bool tests_line = filter.predicate != nullptr && filter.predicate->TestsLine();
  std::optional<std::string_view> line;  // nothing for a body that must be decoded to be a line
  if (tests_line) {
    if (!PeekRecordLine(memory.table->View(row), &line)) return Corrupt();
    if (line && !filter.predicate->TestLine(*line)) return {};
  }
  LoadedRow loaded;
  const model::Origin* origin = memory.table->origin(row.origin);
  if (!GetRecord(memory.table->View(row), origin, out.arena, &loaded.event)) return Corrupt();
  if (tests_line && !line && !filter.predicate->TestLine(model::ValueToString(loaded.event.body))) {
    return {};
  }
  if (filter.trace_id != nullptr && loaded.event.trace_id != *filter.trace_id) return {};
  if (filter.predicate != nullptr && !filter.predicate->TestEvent(loaded.event)) return {};
  if (filter.hidden != nullptr && Hidden(*filter.hidden, row, loaded.event)) return {};
  loaded.stream = &memory.table->stream(row.stream).labels;
  loaded.stream_number = row.stream;
  loaded.order = rank << 32 | number;
  out.rows.push_back(loaded);
  return {};
}

void Finish(const MemSnapshot& memory, LoadedRows& out) {
  if (!out.rows.empty()) out.keep.push_back(memory.table);
  std::sort(out.rows.begin(), out.rows.end(), Before);
}

}  // namespace

Result<std::shared_ptr<LoadedRows>> LoadBlock(const MemSnapshot& memory, size_t block,
                                              uint64_t rank, const RowFilter& filter) {
  auto out = std::make_shared<LoadedRows>();
  const size_t end = std::min(memory.sizes.rows, (block + 1) * kMemBlockRows);
  for (size_t i = block * kMemBlockRows; i < end; ++i) {
    PHAROS_TRY_VOID(AddRow(memory, i, rank, filter, *out));
  }
  Finish(memory, *out);
  return out;
}

Result<std::shared_ptr<LoadedRows>> LoadTrace(const MemSnapshot& memory, uint64_t rank,
                                              const RowFilter& filter) {
  auto out = std::make_shared<LoadedRows>();
  const uint32_t fingerprint = Fingerprint(*filter.trace_id);
  for (size_t b = 0; b < memory.blocks(); ++b) {
    const TraceChains* chains = memory.table->block(b).chains.load(std::memory_order_acquire);
    if (chains == nullptr) continue;
    uint16_t at = chains->heads[fingerprint % TraceChains::kHeads].load(std::memory_order_acquire);
    for (; at != 0; at = chains->next[at - 1]) {
      const size_t number = b * kMemBlockRows + at - 1;
      if (number >= memory.sizes.rows) continue;  // came after the snapshot
      if (memory.table->row(number).fingerprint != fingerprint) continue;
      PHAROS_TRY_VOID(AddRow(memory, number, rank, filter, *out));
    }
  }
  Finish(memory, *out);
  return out;
}

}  // namespace pharos::events
