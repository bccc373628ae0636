// Response → bytes: the head with its framing, and compression of the body.
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"

namespace pharos::net {

/// How the body follows the head.
enum class Framing : uint8_t {
  kLength,   ///< Content-Length
  kChunked,  ///< Transfer-Encoding: chunked
  kToEnd,    ///< until the connection closes (HTTP/1.0)
};

/// Status line and headers with the empty line. Framing headers and Connection are the
/// server's: what the handler set of them is left out; `connection` may be "". Line breaks in
/// values become spaces.
std::string SerializeHead(const Response& response, Framing framing, std::string_view connection);

/// Statuses whose answers have no body.
bool HasNoBody(int status);

/// True when an Accept-Encoding value allows gzip.
bool AcceptsGzip(std::string_view accept_encoding);

/// True for text and JSON that is not compressed yet.
bool IsCompressible(const Response& response);
void SayCompressed(Response& response);

/// Compresses text and JSON bodies that are worth it, and says so in the headers.
void CompressBody(Response& response);

/// "Not Found"; "Unknown" for codes without a name.
std::string_view ReasonOf(int status);

}  // namespace pharos::net
