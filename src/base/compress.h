// Compression behind one face, with a cap on what comes out: a decompression bomb
// ends in kTooLarge after at most `max_bytes`, never in memory.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pharos::base {

/// Memory that decompressed bodies go to one after the other, so that it is neither taken from
/// the system nor cleared for each.
/// Owns: what the last one needed, if that is at most kKeptBytes. Threads: one at a time.
class Scratch {
 public:
  static constexpr size_t kKeptBytes = 2u << 20;
  /// Uninitialised; valid until the next call.
  char* Room(size_t bytes) {
    if (bytes > size_ || size_ > kKeptBytes) {
      memory_ = std::make_unique_for_overwrite<char[]>(bytes);
      size_ = bytes;
    }
    return memory_.get();
  }

 private:
  std::unique_ptr<char[]> memory_;
  size_t size_ = 0;
};

/// Snappy block format (Prometheus remote write, Loki push).
Result<std::string> SnappyDecompress(std::string_view bytes, size_t max_bytes);
/// Into memory that is used again; the view lives until the next use of `into`.
Result<std::string_view> SnappyDecompress(std::string_view bytes, size_t max_bytes, Scratch* into);
/// Into memory of SnappyRoom bytes: what part of it is the text.
Result<std::string_view> SnappyDecompress(std::string_view bytes, size_t max_bytes,
                                          std::span<char> into);
Result<size_t> SnappyRoom(std::string_view bytes, size_t max_bytes);
std::string SnappyCompress(std::string_view bytes);

/// gzip (RFC 1952) and zlib (RFC 1950), told apart by their header; several members allowed.
Result<std::string> GzipDecompress(std::string_view bytes, size_t max_bytes);
std::string GzipCompress(std::string_view bytes, int level = 6);

/// One gzip member made from pieces.
///
/// Owns: zlib's state, some 256 kB. Threads: one. Errors: none. Cost: as GzipCompress.
class GzipStream {
 public:
  explicit GzipStream(int level);
  ~GzipStream();
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  /// Appends to `out` what is ready; some of `bytes` may come out with a later call.
  void Add(std::string_view bytes, std::string& out);
  /// Appends the rest. Nothing may be added afterwards.
  void Finish(std::string& out);

 private:
  void Deflate(std::string_view bytes, int flush, std::string& out);
  struct State;
  std::unique_ptr<State> state_;
};

/// One or more zstd frames.
Result<std::string> ZstdDecompress(std::string_view bytes, size_t max_bytes);
std::string ZstdCompress(std::string_view bytes, int level = 3);

/// By the HTTP Content-Encoding token: "" and "identity", "gzip", "deflate", "zstd", "snappy".
/// kUnsupported names the token. kBadInput for bytes that are not of that format.
Result<std::string> DecompressBody(std::string_view encoding, std::string_view bytes,
                                   size_t max_bytes);

}  // namespace pharos::base
