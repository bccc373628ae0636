// Compression behind one face, with a cap on what comes out: a decompression bomb
// ends in kTooLarge after at most `max_bytes`, never in memory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pharos::base {

/// Snappy block format (Prometheus remote write, Loki push).
Result<std::string> SnappyDecompress(std::string_view bytes, size_t max_bytes);
std::string SnappyCompress(std::string_view bytes);

/// gzip (RFC 1952) and zlib (RFC 1950), told apart by their header; several members allowed.
Result<std::string> GzipDecompress(std::string_view bytes, size_t max_bytes);
std::string GzipCompress(std::string_view bytes, int level = 6);

/// One or more zstd frames.
Result<std::string> ZstdDecompress(std::string_view bytes, size_t max_bytes);
std::string ZstdCompress(std::string_view bytes, int level = 3);

/// By the HTTP Content-Encoding token: "" and "identity", "gzip", "deflate", "zstd", "snappy".
/// kUnsupported names the token. kBadInput for bytes that are not of that format.
Result<std::string> DecompressBody(std::string_view encoding, std::string_view bytes,
                                   size_t max_bytes);

}  // namespace pharos::base
