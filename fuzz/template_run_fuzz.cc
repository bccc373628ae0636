// Templates: any text parses and runs, or is refused, within its limits.
#include <cstdint>
#include <string>

#include "template/template.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::tmpl;
  if (size > 4096) return 0;
  const auto parsed = Template::Parse(
      "fuzz", std::string(reinterpret_cast<const char*>(data), size), TextFunctions());
  if (!parsed) return 0;
  const Value dot = Value::Of(Map{{"a", Value::Of("text")},
                                  {"n", Value(int64_t{7})},
                                  {"l", Value::Of(List{Value::Of("x"), Value(2.5)})}});
  std::string out;
  (void)parsed->Run(dot, &out);
  return 0;
}
