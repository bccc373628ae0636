#include "net/gate.h"

#include <algorithm>

#include "base/compress.h"
#include "net/limits.h"

namespace pharos::net {
namespace {

std::string Quoted(std::string_view text) {
  return '"' + std::string(text.substr(0, kMaxQuotedBytes)) + '"';
}

std::string TooLarge(size_t max_bytes) {
  return "request body is larger than " + std::to_string(max_bytes) + " bytes";
}

std::optional<Response> CheckCaller(const Request& request, const RequestParser::Head& head,
                                    const HostCheck& hosts, std::string_view local_ip) {
  if (!head.has_host && !head.http10) {
    return Refuse(400, "missing required Host header");
  }
  if (head.has_host && !hosts.AllowsHost(head.authority, local_ip)) {
    return Refuse(403, "Host " + Quoted(head.authority) +
                           " is not allowed here: add it to the allowed hosts, or use the "
                           "address itself");
  }
  const std::string_view origin = request.headers.Get("Origin");
  if (request.headers.Has("Origin") && !hosts.AllowsOrigin(origin, local_ip)) {
    return Refuse(403, "Origin " + Quoted(origin) +
                           " is not allowed here: add its host to the allowed hosts");
  }
  return std::nullopt;
}

bool IsPreflight(const Request& request) {
  return request.method == "OPTIONS" && request.headers.Has("Origin") &&
         request.headers.Has("Access-Control-Request-Method");
}

/// Allow-Origin and Vary are added to every answer of a face with CORS.
Response AnswerPreflight(const Request& request) {
  Response response;
  response.status = 204;
  response.headers.Add("Access-Control-Allow-Methods",
                       request.headers.Get("Access-Control-Request-Method"));
  const std::string_view wanted = request.headers.Get("Access-Control-Request-Headers");
  if (!wanted.empty()) response.headers.Add("Access-Control-Allow-Headers", wanted);
  response.headers.Add("Access-Control-Max-Age", "7200");
  return response;
}

/// The Content-Encoding token in lower case; x-gzip means gzip.
std::string EncodingOf(const Request& request) {
  std::string encoding(request.headers.Get("Content-Encoding"));
  std::transform(encoding.begin(), encoding.end(), encoding.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return encoding == "x-gzip" ? "gzip" : encoding;
}

std::optional<Response> CheckEncoding(const Request& request) {
  const std::string encoding = EncodingOf(request);
  for (const std::string_view known : {"", "identity", "gzip", "deflate", "zstd", "snappy"}) {
    if (encoding == known) return std::nullopt;
  }
  return Refuse(415, "unsupported content encoding " + Quoted(encoding));
}

int StatusOf(base::ErrorKind kind) {
  switch (kind) {
    case base::ErrorKind::kTooLarge: return 413;
    case base::ErrorKind::kUnsupported: return 415;
    default: return 400;
  }
}

}  // namespace

Response Refuse(int status, std::string sentence) {
  return Response::Text(status, std::move(sentence) + "\n");
}

Response Overloaded(std::string sentence) {
  Response response = Refuse(503, std::move(sentence));
  response.headers.Add("Retry-After", "1");
  return response;
}

Verdict Judge(const Request& request, const RequestParser::Head& head, const Face& face,
              const HostCheck& hosts, std::string_view local_ip) {
  Verdict verdict;
  verdict.refusal = CheckCaller(request, head, hosts, local_ip);
  if (verdict.refusal) return verdict;
  if (face.cors && IsPreflight(request)) {
    verdict.refusal = AnswerPreflight(request);
    return verdict;
  }
  Router::Match match = face.router->Find(request.method, request.raw_path);
  bool decompress = false;
  if (match.found == Router::Found::kRoute) {
    verdict.route = match.route;
    verdict.params = std::move(match.params);
    verdict.max_body_bytes = match.route->options.max_body_bytes;
    decompress = match.route->options.decompress;
  } else if (match.found == Router::Found::kWrongMethod) {
    verdict.refusal = Refuse(405, "Method Not Allowed");
    verdict.refusal->headers.Add("Allow", match.allow);
    return verdict;
  } else if (face.router->fallback()) {
    verdict.max_body_bytes = kMaxFallbackBodyBytes;
  } else {
    verdict.refusal = Refuse(404, "404 page not found");
    return verdict;
  }
  if (head.content_length.value_or(0) > verdict.max_body_bytes) {
    verdict.refusal = Refuse(413, TooLarge(verdict.max_body_bytes));
  } else if (decompress && head.has_body) {
    verdict.refusal = CheckEncoding(request);
  }
  return verdict;
}

std::optional<Response> PrepareBody(Request& request, const RouteOptions& options) {
  if (!options.decompress) return std::nullopt;
  const std::string encoding = EncodingOf(request);
  if (encoding.empty() || encoding == "identity" || request.body.empty()) return std::nullopt;
  auto body = base::DecompressBody(encoding, request.body, options.max_body_bytes);
  if (!body) return Refuse(StatusOf(body.error().kind), body.error().message);
  request.body = *std::move(body);
  request.headers.Set("Content-Encoding", "identity");
  return std::nullopt;
}

}  // namespace pharos::net
