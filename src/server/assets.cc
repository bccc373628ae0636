#include "server/assets.h"

#include <string_view>

namespace {
struct Asset {
  const char* path;
  const char* begin;
  const char* end;
};
}  // namespace
extern "C" const Asset pharos_web_assets[];  // made by cmake/embed_web.cmake, ends with a null path

namespace pharos::server {
namespace {

std::string_view ContentType(std::string_view path) {
  static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".json", "application/json"},
      {".woff2", "font/woff2"},
      {".png", "image/png"},
      {".ico", "image/x-icon"}};
  for (const auto& [ending, type] : kTypes) {
    if (path.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

const Asset* Find(std::string_view path) {
  for (const Asset* asset = pharos_web_assets; asset->path != nullptr; ++asset) {
    if (path == asset->path) return asset;
  }
  return nullptr;
}

bool IsApiPath(std::string_view path) {
  for (const std::string_view prefix : {"/api/", "/loki/", "/tempo/", "/jaeger/", "/v1/", "/otlp/",
                                        "/pharos/", "/alertmanager/", "/assets/", "/-/"}) {
    if (path.starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace

net::Response ServeAsset(const net::Request& request) {
  const Asset* asset = Find(request.path == "/" ? "/index.html" : request.path);
  // Alertmanager's pages live below its prefix, with what they show in the hash.
  const bool is_page = !IsApiPath(request.path) || request.path == "/alertmanager/";
  if (asset == nullptr && is_page) asset = Find("/index.html");
  if (asset == nullptr || (request.method != "GET" && request.method != "HEAD")) {
    return net::Response::Text(404, "404 page not found\n");
  }
  net::Response response;
  response.body.assign(asset->begin, asset->end);
  response.headers.Set("Content-Type", ContentType(asset->path));
  const bool hashed = std::string_view(asset->path).starts_with("/assets/");
  response.headers.Set("Cache-Control",
                       hashed ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.Set("X-Content-Type-Options", "nosniff");
  response.headers.Set("X-Frame-Options", "SAMEORIGIN");
  return response;
}

}  // namespace pharos::server
