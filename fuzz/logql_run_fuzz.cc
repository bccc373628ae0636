// A LogQL query over a few lines: the first input line is the query, the rest are the log.
#include <cstdint>
#include <string_view>

#include "query/logql/engine.h"
#include "query/logql/parser.h"
#include "query/logql/testing/memory_events.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(text.find('\n'), text.size());
  const auto parsed = query::logql::Parse(text.substr(0, end));
  if (!parsed) return 0;
  query::logql::testing::MemoryEvents events;
  text.remove_prefix(end);
  for (int64_t time = 1; !text.empty() && time < 50; ++time) {
    text.remove_prefix(1);
    const size_t next = std::min(text.find('\n'), text.size());
    events.AddLine({{"app", "a"}}, time * 1'000'000'000, text.substr(0, next));
    text.remove_prefix(next);
  }
  query::logql::Params params;
  params.end_ns = 60'000'000'000;
  params.step_ns = 10'000'000'000;
  params.deadline_ns = params.clock->MonotonicNs() + 2'000'000'000;
  (void)query::logql::Run(**parsed, params, events);
  return 0;
}
