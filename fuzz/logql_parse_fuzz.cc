// LogQL's parser: any text parses or is refused; what parses prints and parses again.
#include <cstdint>
#include <cstdlib>

#include "query/logql/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = pharos::query::logql::Parse(text);
  if (parsed && size < 1000) {
    // NaN and infinities come out of folded literals; LogQL has no way to write them.
    const std::string printed = ToString(**parsed);
    const bool writable =
        printed.find("NaN") == std::string::npos && printed.find("Inf") == std::string::npos;
    if (writable && !pharos::query::logql::Parse(printed)) std::abort();
  }
  (void)pharos::query::logql::ParseSelector(text);
  return 0;
}
