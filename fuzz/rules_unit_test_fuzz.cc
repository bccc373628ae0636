// Any bytes as a file of rule tests: an error or a result, never a crash.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "rules/rule.h"
#include "rules/unit_test_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 4096) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)pharos::rules::ParseUnitTestFile(text, "fuzz");
  (void)pharos::rules::CheckTemplate("fuzz", std::string(text));
  return 0;
}
