// An expression up to a zero byte, a JSON text behind it; what is written is JSON again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "match/jmespath.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::match;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t zero = text.find('\0');
  const auto path = JmesPath::Compile(text.substr(0, zero));
  const auto value = ParseJson(zero == std::string_view::npos ? text : text.substr(zero + 1));
  if (!value) return 0;
  std::string written;
  AppendGoJson(written, *value);
  const auto again = ParseJson(written);
  if (!again) std::abort();
  if (path) (void)path->Search(*value);
  return 0;
}
