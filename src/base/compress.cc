#include "base/compress.h"

#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "base/snappy_block.h"

namespace pharos::base {
namespace {

std::unexpected<Error> TooLarge(size_t max_bytes) {
  return Fail(ErrorKind::kTooLarge,
              "decompressed body is larger than " + std::to_string(max_bytes) + " bytes");
}

/// Where a decompressor writes. Grows only when it is full: a body of many empty members
/// costs its own length, not that of the output each time.
class Output {
 public:
  explicit Output(size_t max_bytes) : max_bytes_(max_bytes) {}
  /// Free bytes behind what is there; none when the cap is passed.
  size_t Room() {
    if (filled_ == bytes_.size() && filled_ <= max_bytes_) {
      bytes_.resize(std::min(std::max<size_t>(2 * filled_, 16384), max_bytes_ + 1));
    }
    return bytes_.size() - filled_;
  }
  char* At() { return bytes_.data() + filled_; }
  void Took(size_t count) { filled_ += count; }
  bool TooMuch() const { return filled_ > max_bytes_; }
  std::string Take() {
    bytes_.resize(filled_);
    return std::move(bytes_);
  }

 private:
  const size_t max_bytes_;
  std::string bytes_;
  size_t filled_ = 0;
};

Result<size_t> SnappyLength(std::string_view bytes, size_t max_bytes) {
  size_t length = 0;
  // No element gives more than 64 bytes, so a longer claim is a lie that need not be allocated.
  if (!snappy::GetUncompressedLength(bytes.data(), bytes.size(), &length) ||
      length / 64 > bytes.size()) {
    return Fail(ErrorKind::kBadInput, "snappy: corrupt input");
  }
  if (length > max_bytes) return TooLarge(max_bytes);
  return length;
}

}  // namespace

Result<size_t> SnappyRoom(std::string_view bytes, size_t max_bytes) {
  PHAROS_TRY(const size_t length, SnappyLength(bytes, max_bytes));
  return length + kSnappySlop;
}

Result<std::string_view> SnappyDecompress(std::string_view bytes, size_t max_bytes,
                                          std::span<char> into) {
  PHAROS_TRY(const size_t length, SnappyLength(bytes, max_bytes));
  PHAROS_CHECK(into.size() >= length + kSnappySlop, "too little room for a Snappy block");
  while (static_cast<uint8_t>(bytes[0]) >= 0x80) bytes.remove_prefix(1);  // the length
  bytes.remove_prefix(1);
  if (!SnappyDecodeBlock(bytes, into.data(), length)) {
    return Fail(ErrorKind::kBadInput, "snappy: corrupt input");
  }
  return std::string_view(into.data(), length);
}

Result<std::string> SnappyDecompress(std::string_view bytes, size_t max_bytes) {
  PHAROS_TRY(const size_t room, SnappyRoom(bytes, max_bytes));
  Result<std::string_view> text;
  std::string out;
  out.resize_and_overwrite(room, [&](char* memory, size_t) {
    text = SnappyDecompress(bytes, max_bytes, std::span(memory, room));
    return text ? text->size() : 0;
  });
  PHAROS_TRY_VOID(text);
  return out;
}

Result<std::string_view> SnappyDecompress(std::string_view bytes, size_t max_bytes, Scratch* into) {
  PHAROS_TRY(const size_t room, SnappyRoom(bytes, max_bytes));
  return SnappyDecompress(bytes, max_bytes, std::span(into->Room(room), room));
}

std::string SnappyCompress(std::string_view bytes) {
  std::string out;
  snappy::Compress(bytes.data(), bytes.size(), &out);
  return out;
}

Result<std::string> GzipDecompress(std::string_view bytes, size_t max_bytes) {
  Output out(max_bytes);
  z_stream z{};
  if (inflateInit2(&z, 15 + 32) != Z_OK) return Fail(ErrorKind::kBusy, "gzip: out of memory");
  std::unique_ptr<z_stream, decltype(&inflateEnd)> guard(&z, &inflateEnd);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  while (true) {
    const size_t room = out.Room();
    z.next_out = reinterpret_cast<Bytef*>(out.At());
    z.avail_out = static_cast<uInt>(room);
    const int rc = inflate(&z, Z_NO_FLUSH);
    out.Took(room - z.avail_out);
    if (out.TooMuch()) return TooLarge(max_bytes);
    if (rc == Z_STREAM_END) {
      if (z.avail_in == 0) return out.Take();
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

struct GzipStream::State {
  z_stream z{};
};

GzipStream::GzipStream(int level) : state_(std::make_unique<State>()) {
  PHAROS_CHECK(deflateInit2(&state_->z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK,
               "deflateInit2");
}

GzipStream::~GzipStream() { deflateEnd(&state_->z); }

void GzipStream::Add(std::string_view bytes, std::string& out) {
  constexpr size_t kMost = 1u << 30;  // zlib counts in 32 bits
  while (!bytes.empty()) {
    Deflate(bytes.substr(0, kMost), Z_NO_FLUSH, out);
    bytes.remove_prefix(std::min(bytes.size(), kMost));
  }
}

void GzipStream::Finish(std::string& out) { Deflate({}, Z_FINISH, out); }

void GzipStream::Deflate(std::string_view bytes, int flush, std::string& out) {
  constexpr size_t kRoom = 64u << 10;
  z_stream& z = state_->z;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  do {
    const size_t before = out.size();
    out.resize(before + kRoom);
    z.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    z.avail_out = kRoom;
    const int rc = deflate(&z, flush);
    PHAROS_CHECK(rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR, "deflate");
    out.resize(before + kRoom - z.avail_out);
  } while (z.avail_out == 0);
}

namespace {

struct FreeZstd {
  void operator()(ZSTD_DCtx* ctx) const { ZSTD_freeDCtx(ctx); }
  void operator()(ZSTD_CCtx* ctx) const { ZSTD_freeCCtx(ctx); }
};

/// A frame may ask for a window; no honest client needs more than 128 MiB.
constexpr int kWindowLog = 27;
/// Up to here, and this many times the input, memory is taken on the word of a frame's head.
constexpr size_t kTrustedBytes = 1u << 20;
constexpr size_t kTrustedRatio = 256;

/// A context a thread: making one costs more than a page.
ZSTD_DCtx* Decompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeZstd> ctx(ZSTD_createDCtx());
  ZSTD_DCtx_reset(ctx.get(), ZSTD_reset_session_and_parameters);
  ZSTD_DCtx_setParameter(ctx.get(), ZSTD_d_windowLogMax, kWindowLog);
  return ctx.get();
}

/// True when `bytes` are one frame that says its length and keeps its word.
bool DecompressAtOnce(std::string_view bytes, size_t max_bytes, std::string* out) {
  const auto length = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (length > max_bytes || length > std::max(kTrustedBytes, bytes.size() * kTrustedRatio)) {
    return false;  // also where it is not known
  }
  bool whole = false;
  out->resize_and_overwrite(length, [&](char* to, size_t) {
    const size_t n = ZSTD_decompressDCtx(Decompressor(), to, length, bytes.data(), bytes.size());
    whole = !ZSTD_isError(n) && n == length;
    return whole ? n : 0;
  });
  return whole;
}

}  // namespace

Result<std::string> ZstdDecompress(std::string_view bytes, size_t max_bytes) {
  std::string at_once;
  if (DecompressAtOnce(bytes, max_bytes, &at_once)) return at_once;
  ZSTD_DCtx* ctx = Decompressor();
  Output out(max_bytes);
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  size_t rc = 1;
  while (in.pos < in.size || rc != 0) {
    ZSTD_outBuffer to{nullptr, out.Room(), 0};
    to.dst = out.At();
    rc = ZSTD_decompressStream(ctx, &to, &in);
    out.Took(to.pos);
    if (ZSTD_isError(rc)) {
      return Fail(ErrorKind::kBadInput, std::string("zstd: ") + ZSTD_getErrorName(rc));
    }
    if (out.TooMuch()) return TooLarge(max_bytes);
    if (in.pos == in.size && to.pos < to.size && rc != 0) {
      return Fail(ErrorKind::kBadInput, "zstd: truncated data");
    }
  }
  return out.Take();
}

std::string ZstdCompress(std::string_view bytes, int level) {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeZstd> ctx(ZSTD_createCCtx());
  std::string out;
  out.resize_and_overwrite(ZSTD_compressBound(bytes.size()), [&](char* to, size_t room) {
    const size_t n = ZSTD_compressCCtx(ctx.get(), to, room, bytes.data(), bytes.size(), level);
    PHAROS_CHECK(!ZSTD_isError(n), "ZSTD_compressCCtx");
    return n;
  });
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
