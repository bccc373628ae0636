// Remote write bodies: walk every series and read what hangs on it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/histogram_check.h"
#include "wire/remote_write.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos;
  wire::RemoteWriteReader reader({reinterpret_cast<const char*>(data), size});
  while (true) {
    const auto item = reader.Next();
    if (!item || *item == wire::RemoteWriteReader::Item::kEnd) return 0;
    if (*item != wire::RemoteWriteReader::Item::kSeries) continue;
    (void)wire::ReadLabelBlock(reader.series().label_block);
    for (const auto raw : reader.series().histograms) {
      if (const auto sample = wire::ReadRemoteHistogram(raw)) {
        (void)wire::CheckHistogram(*sample->histogram);
      }
    }
    for (const auto raw : reader.series().exemplars) (void)wire::ReadRemoteExemplar(raw);
  }
}
