// Any bytes as a snappy block: our reader and the library's agree.
#include <cstdlib>

#include "base/compress.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  base::Scratch scratch;
  const auto ours = base::SnappyDecompress(bytes, 1u << 20, &scratch);
  const auto theirs = base::SnappyDecompress(bytes, 1u << 20);
  // The library takes a literal of 2^32 bytes for an empty one; Go's reader and ours refuse it.
  const bool wraps = bytes.find("\xff\xff\xff\xff") != bytes.npos;
  if (ours.has_value() != theirs.has_value() && !(wraps && !ours)) std::abort();
  if (ours && *ours != *theirs) std::abort();
  return 0;
}
