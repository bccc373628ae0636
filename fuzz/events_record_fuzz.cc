// Batches as they stand in the WAL and records as they stand in the memtable: any bytes are
// refused or read without harm, and what is read can be written and read again.
#include <cstdlib>
#include <memory>
#include <string>

#include "events/batch_codec.h"
#include "events/memtable.h"
#include "events/record_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto view = events::BatchView::Parse(bytes)) {
    const auto frame = std::make_shared<const std::string>(bytes);
    base::MemoryBudget budget(256 << 20);
    events::Memtable table(budget);
    for (const auto kind : {model::EventKind::kLog, model::EventKind::kSpan}) {
      (void)table.Insert(*view, kind, {frame, frame});
    }
    base::Arena arena;
    model::Event event;
    for (size_t i = 0; i < table.sizes().rows; ++i) {
      const events::MemRow& row = table.row(i);
      if (events::GetRecord(table.View(row), table.origin(row.origin), arena, &event)) continue;
      if (row.is_plain) std::abort();
    }
  }
  base::Arena arena;
  model::Event event;
  if (!events::GetRecord({bytes, {}, {}}, nullptr, arena, &event)) return 0;
  if (event.attributes.size() > 4096) return 0;
  std::string again;
  if (!events::PutRecord(again, event, 0)) return 0;  // wider than we write ourselves
  model::Event back;
  if (!events::GetRecord({again, {}, {}}, nullptr, arena, &back) ||
      !model::SameEvent(event, back)) {
    std::abort();
  }
  return 0;
}
