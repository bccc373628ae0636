// Pages of scrape targets in both formats: every entry, its labels and exemplars; and the quick
// way through a known page, which must give the same.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/exposition.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::wire;
  const std::string_view page(reinterpret_cast<const char*>(data), size);
  for (const auto format : {ExpositionFormat::kPrometheusText, ExpositionFormat::kOpenMetrics}) {
    ExpositionParser parser(page, format), again(page, format);
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
      const auto key = parser.line_key();
      const bool series = *entry == ExpositionParser::Entry::kSeries;
      if (!(series ? again.TakeSeries(key) : again.TakeComment(key, parser.type()))) {
        if (!again.Next()) __builtin_trap();
      }
      if (again.line_key() != key || again.type() != parser.type()) __builtin_trap();
      if (series &&
          (std::bit_cast<uint64_t>(again.value()) != std::bit_cast<uint64_t>(parser.value()) ||
           again.has_time() != parser.has_time() ||
           again.has_exemplar() != parser.has_exemplar())) {
        __builtin_trap();
      }
    }
  }
  return 0;
}
