// Pages of scrape targets in both formats: every entry, its labels and exemplars.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/exposition.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::wire;
  const std::string_view page(reinterpret_cast<const char*>(data), size);
  for (const auto format : {ExpositionFormat::kPrometheusText, ExpositionFormat::kOpenMetrics}) {
    ExpositionParser parser(page, format);
    size_t entries = 0;
    while (true) {
      const auto entry = parser.Next();
      if (!entry || *entry == ExpositionParser::Entry::kEnd) break;
      if (++entries > size + 1) __builtin_trap();  // every entry takes a byte at least
      if (*entry == ExpositionParser::Entry::kSeries) {
        (void)parser.Labels();
        if (parser.has_exemplar()) (void)parser.Exemplar();
      } else if (*entry != ExpositionParser::Entry::kComment) {
        (void)parser.family();
        (void)parser.text();
      }
    }
  }
  return 0;
}
