// Remote read requests: any bytes give a request or an error; what was read has valid matchers.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/remote_read.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto request = pharos::wire::ReadReadRequest({reinterpret_cast<const char*>(data), size});
  if (!request) return request.error().message.empty() ? (std::abort(), 0) : 0;
  for (const auto& query : request->queries) {
    for (const auto& matcher : query.matchers) (void)matcher.Matches("value");
  }
  return 0;
}
