// Any bytes as a Collector file: an error or a configuration, never a crash.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "conf/otelcol_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)pharos::conf::ParseOtelcolConfig(text, "fuzz", nullptr, [](const std::string& name) {
    return name.size() % 2 == 0 ? std::optional<std::string>("[" + name + "]") : std::nullopt;
  });
  return 0;
}
