// Any bytes as a tombstone, and as the file of tombstones with a right checksum: a Result, and what
// is read is written the same.
#include <cstdlib>
#include <string>

#include "base/hash.h"
#include "codec/varint.h"
#include "samples/tombstones.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto one = samples::DecodeTombstone(input)) {
    const auto again = samples::DecodeTombstone(samples::EncodeTombstone(*one));
    if (!again || again->matchers != one->matchers || again->part_limit != one->part_limit) abort();
  }
  (void)samples::DecodeTombstoneFile(input);
  std::string file = "PHRSTMB1" + std::string(input);
  codec::PutFixed64(file, base::HashBytes64(file));
  if (const auto all = samples::DecodeTombstoneFile(file)) {
    if (!samples::DecodeTombstoneFile(samples::EncodeTombstoneFile(*all))) abort();
  }
  return 0;
}
