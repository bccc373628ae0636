#include "net/response_head.h"

#include <strings.h>

#include "base/compress.h"
#include "net/limits.h"

namespace pharos::net {
namespace {

bool SameText(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool ServersOwn(std::string_view name) {
  return SameText(name, "Content-Length") || SameText(name, "Transfer-Encoding") ||
         SameText(name, "Connection");
}

void AppendClean(std::string& out, std::string_view text) {
  for (const char c : text) out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
}

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

/// ";q=0", ";q=0.0", ...: the coding is refused.
bool IsRefused(std::string_view parameters) {
  const size_t q = parameters.find("q=");
  if (q == std::string_view::npos) return false;
  const std::string_view value = Trim(parameters.substr(q + 2));
  return !value.empty() && value.find_first_not_of("0.") == std::string_view::npos;
}

bool IsText(std::string_view type) {
  type = Trim(type.substr(0, type.find(';')));
  return type.starts_with("text/") || type == "application/json" || type.ends_with("+json") ||
         type == "application/javascript" || type == "image/svg+xml" ||
         type == "application/openmetrics-text";
}

}  // namespace

std::string_view ReasonOf(int status) {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Request Entity Too Large";
    case 414: return "Request URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Entity";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 499: return "Client Closed Request";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Unknown";
  }
}

bool HasNoBody(int status) { return status / 100 == 1 || status == 204 || status == 304; }

std::string SerializeHead(const Response& response, Framing framing, std::string_view connection) {
  std::string out;
  out.reserve(256);
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += ReasonOf(response.status);
  out += "\r\n";
  for (const auto& [name, value] : response.headers) {
    if (ServersOwn(name)) continue;
    AppendClean(out, name);
    out += ": ";
    AppendClean(out, value);
    out += "\r\n";
  }
  if (!HasNoBody(response.status)) {
    if (framing == Framing::kLength) {
      out += "Content-Length: ";
      out += std::to_string(response.body.size());
      out += "\r\n";
    } else if (framing == Framing::kChunked) {
      out += "Transfer-Encoding: chunked\r\n";
    }
  }
  if (!connection.empty()) {
    out += "Connection: ";
    out += connection;
    out += "\r\n";
  }
  out += "\r\n";
  return out;
}

bool AcceptsGzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    const size_t end = std::min(accept_encoding.find(','), accept_encoding.size());
    const std::string_view item = accept_encoding.substr(0, end);
    accept_encoding.remove_prefix(std::min(end + 1, accept_encoding.size()));
    const size_t semicolon = std::min(item.find(';'), item.size());
    if (SameText(Trim(item.substr(0, semicolon)), "gzip"))
      return !IsRefused(item.substr(semicolon));
  }
  return false;
}

bool IsCompressible(const Response& response) {
  return !response.headers.Has("Content-Encoding") && IsText(response.headers.Get("Content-Type"));
}

void SayCompressed(Response& response) {
  response.headers.Add("Content-Encoding", "gzip");
  response.headers.Add("Vary", "Accept-Encoding");
}

void CompressBody(Response& response) {
  if (response.body.size() <= kMinGzipBytes || !IsCompressible(response)) return;
  std::string compressed = base::GzipCompress(response.body, kGzipLevel);
  if (compressed.size() >= response.body.size()) return;
  response.body = std::move(compressed);
  SayCompressed(response);
}

}  // namespace pharos::net
