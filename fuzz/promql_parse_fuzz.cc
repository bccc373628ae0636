// Any text through the PromQL parser; what parses must print to something that parses to
// the same print.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "query/promql/parser.h"
#include "query/promql/printer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::query::promql;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto expr = ParseExpr(text);
  if (!expr) return 0;
  const std::string printed = Print(**expr);
  (void)Prettify(**expr);
  const auto again = ParseExpr(printed);
  if (again && Print(**again) != printed) std::abort();
  return 0;
}
