// Field extraction from hostile lines: JSON, logfmt, patterns, ip filters, quantities.
#include <cstdint>
#include <string_view>

#include "match/ip_filter.h"
#include "match/json_fields.h"
#include "match/line_matcher.h"
#include "match/logfmt.h"
#include "match/pattern.h"
#include "match/quantity.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::match;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string scratch;
  FlattenJson(text,
              [&](std::string_view, const JsonSlice& value) { (void)JsonText(value, &scratch); });
  LogfmtScanner scanner(text);
  for (int errors = 0; errors < 10'000; ++errors) {
    while (scanner.Next()) {
    }
    if (scanner.error().empty()) break;
    scanner.Skip();
  }
  const size_t half = size / 2;
  if (const auto path = ParseJsonPath(text.substr(0, half))) {
    JsonSlice found;
    (void)FindJsonPath(text.substr(half), *path, &found);
  }
  if (const auto pattern = Pattern::ForCaptures(text.substr(0, half))) {
    pattern->Capture(text.substr(half), [](std::string_view, std::string_view) {});
  }
  if (const auto filter = Pattern::ForFilter(text.substr(0, half)))
    (void)filter->Test(text.substr(half));
  if (const auto ip = IpFilter::Make("10.0.0.0/8")) (void)ip->FoundIn(text);
  (void)IpFilter::Make(text);
  if (half < 200) {
    const auto regex = LineMatcher::Make(LineOp::kRegex, {{std::string(text.substr(0, half))}});
    if (regex) (void)regex->Matches(text.substr(half));
  }
  (void)ParseGoDuration(text);
  (void)ParsePromDuration(text);
  (void)ParseHumanBytes(text);
  return 0;
}
