// Any text through the parsers of series descriptions, selectors and API times.
#include <cstdint>
#include <string_view>

#include "query/promql/go_duration.h"
#include "query/promql/parser.h"
#include "query/promql/series_description.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::query::promql;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)ParseSeriesDescription(text);
  (void)ParseMetricSelector(text);
  (void)ParseGoDuration(text);
  return 0;
}
