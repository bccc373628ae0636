// Any text through the PromQL parser; what parses must print to something that parses to
// the same print. Not so in Prometheus, and therefore here: durations of more than 18 years, which
// are seconds in a double and may lose a millisecond each time; `Inf ^ x`, which prints `+Inf ^ x`,
// which is `+(Inf ^ x)`.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "query/promql/parser.h"
#include "query/promql/printer.h"

namespace {

/// Days from 1,000 on, or years from 10 on.
bool HasLongDuration(std::string_view text) {
  size_t digits = 0;
  for (const char c : text) {
    if ((c == 'd' && digits >= 4) || (c == 'y' && digits >= 2)) return true;
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
  }
  return false;
}

std::string WithoutDurations(std::string text) {
  std::erase_if(text, [](char c) {
    return std::string_view("0123456789ywdhms").find(c) != std::string_view::npos;
  });
  return text;
}

bool SamePrint(const std::string& a, const std::string& b) {
  return a == b || a.find("Inf ^") != std::string::npos ||
         (HasLongDuration(a) && WithoutDurations(a) == WithoutDurations(b));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::query::promql;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto expr = ParseExpr(text);
  if (!expr) return 0;
  const std::string printed = Print(**expr);
  (void)Prettify(**expr);
  const auto again = ParseExpr(printed);
  if (again && !SamePrint(printed, Print(**again))) std::abort();
  return 0;
}
