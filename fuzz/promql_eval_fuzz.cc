// Any query over a small fixed store, with small limits: every operator and function must
// end in an answer or an error.
#include <cstdint>
#include <string_view>

#include "query/promql/engine.h"
#include "query/promql/memory_source.h"
#include "query/promql/series_description.h"

namespace {

pharos::query::promql::MemorySource& Source() {
  using namespace pharos::query::promql;
  static auto* source = [] {
    auto* made = new MemorySource;
    for (const char* line :
         {"a{x=\"1\"} 0+1x20", "a{x=\"2\"} 5 NaN Inf -Inf stale _x3 1+2x9",
          "b_bucket{le=\"1\"} 0+1x9", "b_bucket{le=\"+Inf\"} 0+2x9",
          "h {{schema:0 sum:1 count:2 buckets:[1 1]}}x9",
          "h{x=\"c\"} {{schema:-53 sum:1 count:2 custom_values:[5] buckets:[1 1]}}x9"}) {
      const auto series = ParseSeriesDescription(line);
      int64_t time = 0;
      for (const auto& value : series->values) {
        if (value.histogram)
          made->AddHistogram(series->labels, time, *value.histogram);
        else if (!value.omitted)
          made->Add(series->labels, time, value.value);
        time += 15'000;
      }
    }
    return made;
  }();
  return *source;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::query;
  const std::string_view query(reinterpret_cast<const char*>(data), size);
  const promql::Engine engine(&Source(), {});
  exec::QueryLimits limits;
  limits.timeout_ms = 1'000;
  limits.max_samples = 20'000;
  exec::QueryContext instant(limits, "default");
  (void)engine.Instant(query, 120'000, instant);
  exec::QueryContext range(limits, "default");
  (void)engine.Range(query, 0, 240'000, 30'000, range);
  return 0;
}
