// gRPC's ByteBuffer ↔ std::string, with decompression under a cap. Private to net/.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <string>

#include "base/result.h"

namespace pharos::net {

/// The message's bytes, decompressed. kTooLarge beyond `max_bytes`; kBadInput for bytes that
/// are not what the call's grpc-encoding says.
///
/// gRPC 1.51 itself inflates without any bound before it looks at the size, so that a
/// message of 16 MiB could take 16 GiB; its own decompression is therefore off.
base::Result<std::string> ReadMessage(grpc::ByteBuffer& buffer, size_t max_bytes);

grpc::ByteBuffer WriteMessage(const std::string& bytes);

}  // namespace pharos::net
