// The middleware for Boost.Beast: rate, errors, duration, requests in progress, a server span
// and a request id for every request but GET /metrics.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace observe {

using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;
using HttpResponse = boost::beast::http::response<boost::beast::http::string_body>;
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

/// Wraps a handler. Metrics, all with method, route and status:
///   http_requests_total, http_request_duration_seconds (histogram);
///   http_requests_in_progress (no labels), http_errors_total{method,route,error_type}.
/// The route is the pattern that the path fits ("/products/{id}"), or "unmatched".
/// Threads: any. Errors: an exception of the handler becomes a 500 after it was recorded.
class Middleware {
 public:
  /// Patterns: literal segments and {name} for exactly one.
  explicit Middleware(std::vector<std::string> routes);
  HttpResponse operator()(const HttpRequest& request, const HttpHandler& handler) const;
  std::string RouteOf(std::string_view path) const;

 private:
  std::vector<std::string> routes_;
};

}  // namespace observe
