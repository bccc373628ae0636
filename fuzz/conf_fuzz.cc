// Any bytes as a configuration file: an error or a result, never a crash.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "conf/prometheus_config.h"
#include "conf/rule_file.h"
#include "conf/slo_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)pharos::conf::ParsePrometheusConfig(text, "fuzz");
  if (const auto node = pharos::conf::ParseYaml(text, "fuzz"); node) {
    pharos::conf::Faults faults("fuzz");
    (void)pharos::conf::ReadSlos(*node, faults);
  }
  (void)pharos::conf::ParseRuleFile(text, "fuzz", [](std::string_view) { return std::string(); });
  return 0;
}
