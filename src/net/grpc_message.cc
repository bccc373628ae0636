#include "net/grpc_message.h"

#include <grpc/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <vector>

#include "base/compress.h"

namespace grpc::internal {

/// The friend that gRPC's ByteBuffer declares for looking at its C object.
class GrpcByteBufferPeer {
 public:
  static grpc_byte_buffer* Buffer(ByteBuffer& buffer) { return buffer.c_buffer(); }
};

}  // namespace grpc::internal

namespace pharos::net {
namespace {

grpc_compression_algorithm CompressionOf(grpc::ByteBuffer& buffer) {
  const grpc_byte_buffer* raw = grpc::internal::GrpcByteBufferPeer::Buffer(buffer);
  return raw && raw->type == GRPC_BB_RAW ? raw->data.raw.compression : GRPC_COMPRESS_NONE;
}

}  // namespace

base::Result<std::string> ReadMessage(grpc::ByteBuffer& buffer, size_t max_bytes) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) {
    return base::Fail(base::ErrorKind::kBadInput, "the message cannot be read");
  }
  std::string bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  switch (CompressionOf(buffer)) {
    case GRPC_COMPRESS_NONE: break;
    case GRPC_COMPRESS_DEFLATE:
    case GRPC_COMPRESS_GZIP: return base::GzipDecompress(bytes, max_bytes);
    default: return base::Fail(base::ErrorKind::kUnsupported, "unknown message compression");
  }
  if (bytes.size() > max_bytes) {
    return base::Fail(base::ErrorKind::kTooLarge,
                      "message is larger than " + std::to_string(max_bytes) + " bytes");
  }
  return bytes;
}

grpc::ByteBuffer WriteMessage(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

}  // namespace pharos::net
