// Any bytes as Loki's or Tempo's configuration, or as a dashboard: an error or a result, never a
// crash.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "conf/json_tree.h"
#include "conf/loki_config.h"
#include "conf/tempo_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<pharos::conf::KeyNote> notes;
  (void)pharos::conf::ParseLokiConfig(text, "fuzz", &notes);
  (void)pharos::conf::ParseTempoConfig(text, "fuzz", &notes);
  (void)pharos::conf::ParseJsonTree(text, "fuzz");
  return 0;
}
