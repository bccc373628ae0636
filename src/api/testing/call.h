// Calls a route of a router without a network, for tests.
#pragma once

#include <string>

#include "net/router.h"

namespace pharos::api::testing {

/// `target` as after the method in a request line, percent-encoded.
inline net::Response Call(const net::Router& router, const std::string& method,
                          const std::string& target, const std::string& form = "",
                          std::vector<std::pair<std::string, std::string>> headers = {}) {
  net::Request request;
  request.method = method;
  const size_t mark = target.find('?');
  request.raw_path = target.substr(0, mark);
  request.path = request.raw_path;
  if (mark != std::string::npos) request.query = target.substr(mark + 1);
  if (!form.empty()) {
    request.headers.Add("Content-Type", "application/x-www-form-urlencoded");
    request.body = form;
  }
  for (const auto& [name, value] : headers) request.headers.Add(name, value);
  const auto match = router.Find(method, request.raw_path);
  if (match.found != net::Router::Found::kRoute || !match.route->sync) {
    return net::Response::Text(match.found == net::Router::Found::kWrongMethod ? 405 : 404,
                               "no route");
  }
  request.path_params = match.params;
  return match.route->sync(request);
}

/// Percent-encodes everything but letters and digits.
inline std::string Encode(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

}  // namespace pharos::api::testing
