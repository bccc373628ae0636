// Compressed bodies: any bytes in each encoding, under a small cap; and any bytes there and
// back again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/compress.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::base;
  constexpr size_t kCap = 1 << 20;
  constexpr std::string_view kEncodings[] = {"", "gzip", "deflate", "zstd", "snappy", "br"};
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto out = DecompressBody(kEncodings[data[0] % std::size(kEncodings)], bytes, kCap);
  if (out && out->size() > kCap) std::abort();
  if (!out && out.error().message.empty()) std::abort();
  if (data[0] >= 0xF0) {
    if (SnappyDecompress(SnappyCompress(bytes), kCap) != bytes) std::abort();
    if (GzipDecompress(GzipCompress(bytes), kCap) != bytes) std::abort();
    if (ZstdDecompress(ZstdCompress(bytes), kCap) != bytes) std::abort();
  }
  return 0;
}
