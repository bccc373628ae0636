// Remote write 2.0 bodies: walk every series, follow its references, read what hangs on it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/histogram_check.h"
#include "wire/histogram_reduce.h"
#include "wire/remote_write_v2.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos;
  wire::RemoteWriteV2Reader reader({reinterpret_cast<const char*>(data), size});
  if (!reader.ReadSymbols()) return 0;
  const wire::SymbolHashes hashes(reader.symbols());
  while (true) {
    const auto more = reader.Next();
    if (!more || !*more) return 0;
    const wire::RemoteSeriesV2& series = reader.series();
    if (!std::ranges::equal(wire::ReadLabelRefsV2(series.message), series.label_refs)) {
      __builtin_trap();
    }
    if (wire::ResolveLabelRefs(series.label_refs, reader.symbols())) {
      (void)hashes.Of(series.label_refs);
    }
    for (const auto raw : series.histograms) {
      const auto sample = wire::ReadRemoteHistogramV2(raw);
      if (!sample) continue;
      model::Histogram h = *sample->histogram;
      wire::ReduceToMaxSchema(&h);
      if (wire::CheckHistogram(*sample->histogram) && !wire::CheckHistogram(h)) __builtin_trap();
    }
    for (const auto raw : series.exemplars) (void)wire::ReadRemoteExemplarV2(raw);
  }
}
