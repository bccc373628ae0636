// Any bytes as a positions file and as an intent file; what is read is written and read again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "ingest/tail/glob.h"
#include "ingest/tail/intents.h"
#include "ingest/tail/positions.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::ingest::tail;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)ParsePositions(text, "fuzz");
  (void)ParseIntents(text);
  // Past the checksum.
  char crc[16];
  std::snprintf(crc, sizeof crc, "%08x ", pharos::base::Crc32c(text));
  (void)ParseIntents(crc + std::string(text) + "\n");
  const size_t middle = size / 2;
  (void)GlobMatches(text.substr(0, middle), text.substr(middle));
  return 0;
}
