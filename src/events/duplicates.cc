#include "events/duplicates.h"

#include <string>

#include "events/record_codec.h"

namespace pharos::events {

base::Hash128 ContentHash(const model::Event& event) {
  thread_local std::string bytes;
  bytes.clear();
  model::Event content = event;
  content.observed_ns = 0;
  bool whole = true;
  if (content.origin != nullptr) whole = PutOrigin(bytes, *content.origin);
  content.origin = nullptr;
  whole = PutRecord(bytes, content, event.origin != nullptr ? 1 : 0) && whole;
  PHAROS_CHECK(whole, "an event that was stored once is too deep");
  return base::HashBytes128(bytes);
}

}  // namespace pharos::events
