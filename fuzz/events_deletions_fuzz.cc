// The file of deletions: any bytes are refused or read, and what is read comes back the same.
#include <cstdlib>
#include <string>

#include "base/hash.h"
#include "events/deletion.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  (void)events::DecodeDeletions(bytes);
  const uint64_t sum = base::HashBytes64(bytes);  // with its checksum, or nothing gets far
  bytes.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  const auto read = events::DecodeDeletions(bytes);
  if (!read) return 0;
  const std::string again = events::EncodeDeletions(*read);
  const auto back = events::DecodeDeletions(again);
  if (!back || events::EncodeDeletions(*back) != again) std::abort();
  return 0;
}
