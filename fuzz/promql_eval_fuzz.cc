// Any query over a small fixed store, with small limits: every operator and function must
// end in an answer or an error, and the fast ways in the same one as the plain way.
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
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

using pharos::query::promql::QueryAnswer;

bool Same(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

/// Aborts where two answers differ.
void Compare(const QueryAnswer& a, const QueryAnswer& b) {
  if (a.value.series.size() != b.value.series.size() || a.warnings != b.warnings) std::abort();
  for (size_t i = 0; i < a.value.series.size(); ++i) {
    const auto& x = a.value.series[i];
    const auto& y = b.value.series[i];
    if (x.labels != y.labels || x.floats.size() != y.floats.size() ||
        x.histograms.size() != y.histograms.size()) {
      std::abort();
    }
    for (size_t k = 0; k < x.floats.size(); ++k) {
      if (x.floats[k].time_ms != y.floats[k].time_ms || !Same(x.floats[k].value, y.floats[k].value))
        std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::query;
  const std::string_view query(reinterpret_cast<const char*>(data), size);
  promql::EngineOptions options;
  promql::EngineOptions plain;
  plain.plain = true;
  exec::QueryLimits limits;
  limits.timeout_ms = 1'000;
  limits.max_samples = 20'000;
  const auto instant = [&](const promql::EngineOptions& with) {
    exec::QueryContext context(limits, "default");
    return promql::Engine(&Source(), with).Instant(query, 120'000, context);
  };
  const auto range = [&](const promql::EngineOptions& with) {
    exec::QueryContext context(limits, "default");
    return promql::Engine(&Source(), with).Range(query, 0, 240'000, 30'000, context);
  };
  const auto compare = [](const auto& a, const auto& b) {
    if (a && b) Compare(*a, *b);
  };
  compare(instant(options), instant(plain));
  compare(range(options), range(plain));
  return 0;
}
