// Any bytes as alertmanager.yml and as matchers: an error or a result, never a crash; what is
// printed can be read again, unless a name is empty: Alertmanager prints it without its quotes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "conf/alertmanager_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)pharos::conf::ParseClassicMatcher(text);
  if (const auto matchers = pharos::conf::ParseUtf8Matchers(text)) {
    const std::string printed = ToString(*matchers);
    const auto again = pharos::conf::ParseUtf8Matchers(printed);
    const bool nameless = std::any_of(matchers->begin(), matchers->end(),
                                      [](const auto& matcher) { return matcher.name().empty(); });
    if (!nameless && (!again || *again != *matchers)) std::abort();
  }
  (void)pharos::conf::ParseAlertMatchers(text);
  if (const auto config = pharos::conf::ParseAlertmanagerConfig(text, "fuzz")) {
    (void)pharos::conf::ToYaml(*config);
  }
  return 0;
}
