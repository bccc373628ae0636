// Batches as they stand in the WAL and records as they stand in the memtable: any bytes are
// refused or read without harm, and what is read can be written and read again.
#include <cstdlib>

#include "events/batch_codec.h"
#include "events/record_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto view = events::BatchView::Parse(bytes)) {
    base::Arena arena;
    for (const std::string_view origin : view->origins) {
      events::Reader in(origin);
      events::GetOrigin(in, arena);
    }
  }
  base::Arena arena;
  model::Event event;
  if (!events::GetRecord({bytes, {}}, nullptr, arena, &event)) return 0;
  if (event.attributes.size() > 4096) return 0;
  std::string again;
  if (!events::PutRecord(again, event, 0)) return 0;  // wider than we write ourselves
  model::Event back;
  if (!events::GetRecord({again, {}}, nullptr, arena, &back) || !model::SameEvent(event, back)) {
    std::abort();
  }
  return 0;
}
