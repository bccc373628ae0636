#include "base/compress.h"

#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

namespace pharos::base {
namespace {

std::unexpected<Error> TooLarge(size_t max_bytes) {
  return Fail(ErrorKind::kTooLarge,
              "decompressed body is larger than " + std::to_string(max_bytes) + " bytes");
}

}  // namespace

Result<std::string> SnappyDecompress(std::string_view bytes, size_t max_bytes) {
  size_t length = 0;
  if (!snappy::GetUncompressedLength(bytes.data(), bytes.size(), &length)) {
    return Fail(ErrorKind::kBadInput, "snappy: corrupt input");
  }
  if (length > max_bytes) return TooLarge(max_bytes);
  std::string out;
  if (!snappy::Uncompress(bytes.data(), bytes.size(), &out)) {
    return Fail(ErrorKind::kBadInput, "snappy: corrupt input");
  }
  return out;
}

std::string SnappyCompress(std::string_view bytes) {
  std::string out;
  snappy::Compress(bytes.data(), bytes.size(), &out);
  return out;
}

Result<std::string> GzipDecompress(std::string_view bytes, size_t max_bytes) {
  std::string out;
  z_stream z{};
  if (inflateInit2(&z, 15 + 32) != Z_OK) return Fail(ErrorKind::kBusy, "gzip: out of memory");
  std::unique_ptr<z_stream, decltype(&inflateEnd)> guard(&z, &inflateEnd);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  while (true) {
    const size_t had = out.size();
    const size_t step = std::min(std::max<size_t>(had, 16384), max_bytes + 1 - had);
    if (step == 0) return TooLarge(max_bytes);
    out.resize(had + step);
    z.next_out = reinterpret_cast<Bytef*>(out.data() + had);
    z.avail_out = static_cast<uInt>(step);
    const int rc = inflate(&z, Z_NO_FLUSH);
    out.resize(had + step - z.avail_out);
    if (out.size() > max_bytes) return TooLarge(max_bytes);
    if (rc == Z_STREAM_END) {
      if (z.avail_in == 0) return out;
      if (inflateReset(&z) != Z_OK) break;
      continue;
    }
    if (rc != Z_OK && rc != Z_BUF_ERROR) break;
    if (z.avail_in == 0 && z.avail_out != 0) break;  // ends inside a member
  }
  return Fail(ErrorKind::kBadInput, "gzip: invalid or truncated data");
}

std::string GzipCompress(std::string_view bytes, int level) {
  z_stream z{};
  PHAROS_CHECK(deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK,
               "deflateInit2");
  std::string out(deflateBound(&z, bytes.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  PHAROS_CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END, "deflate");
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

Result<std::string> ZstdDecompress(std::string_view bytes, size_t max_bytes) {
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> ctx(ZSTD_createDCtx(), &ZSTD_freeDCtx);
  // A frame may ask for a window; no honest client needs more than 128 MiB.
  ZSTD_DCtx_setParameter(ctx.get(), ZSTD_d_windowLogMax, 27);
  std::string out;
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  size_t rc = 1;
  while (in.pos < in.size || rc != 0) {
    const size_t had = out.size();
    const size_t step = std::min(std::max<size_t>(had, 16384), max_bytes + 1 - had);
    if (step == 0) return TooLarge(max_bytes);
    out.resize(had + step);
    ZSTD_outBuffer to{out.data() + had, step, 0};
    rc = ZSTD_decompressStream(ctx.get(), &to, &in);
    out.resize(had + to.pos);
    if (ZSTD_isError(rc)) {
      return Fail(ErrorKind::kBadInput, std::string("zstd: ") + ZSTD_getErrorName(rc));
    }
    if (out.size() > max_bytes) return TooLarge(max_bytes);
    if (in.pos == in.size && to.pos < step && rc != 0) {
      return Fail(ErrorKind::kBadInput, "zstd: truncated data");
    }
  }
  return out;
}

std::string ZstdCompress(std::string_view bytes, int level) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const size_t n = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), level);
  PHAROS_CHECK(!ZSTD_isError(n), "ZSTD_compress");
  out.resize(n);
  return out;
}

Result<std::string> DecompressBody(std::string_view encoding, std::string_view bytes,
                                   size_t max_bytes) {
  if (encoding.empty() || encoding == "identity") {
    if (bytes.size() > max_bytes) return TooLarge(max_bytes);
    return std::string(bytes);
  }
  if (encoding == "gzip" || encoding == "deflate") return GzipDecompress(bytes, max_bytes);
  if (encoding == "zstd") return ZstdDecompress(bytes, max_bytes);
  if (encoding == "snappy") return SnappyDecompress(bytes, max_bytes);
  return Fail(ErrorKind::kUnsupported,
              "unsupported content encoding \"" + std::string(encoding) + "\"");
}

}  // namespace pharos::base
