#include "observe/http.h"

#include <opentelemetry/context/propagation/global_propagator.h>
#include <opentelemetry/context/propagation/text_map_propagator.h>
#include <opentelemetry/context/runtime_context.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <boost/beast/http/field.hpp>
#include <chrono>
#include <random>

#include "observe/observe.h"
#include "observe/span.h"
#include "state.h"

namespace observe {
namespace {

namespace http = boost::beast::http;
namespace propagation = opentelemetry::context::propagation;
using opentelemetry::nostd::string_view;

class RequestCarrier final : public propagation::TextMapCarrier {
 public:
  explicit RequestCarrier(const HttpRequest& request) : request_(request) {}
  string_view Get(string_view key) const noexcept override {
    const auto it = request_.find(boost::beast::string_view(key.data(), key.size()));
    if (it == request_.end()) return "";
    return {it->value().data(), it->value().size()};
  }
  void Set(string_view, string_view) noexcept override {}

 private:
  const HttpRequest& request_;
};

/// The three families that every request touches, made once.
struct HttpMetrics {
  prometheus::Family<prometheus::Counter>& requests;
  prometheus::Family<prometheus::Histogram>& duration;
  prometheus::Gauge& in_progress;

  static HttpMetrics& Get() {
    static HttpMetrics metrics = [] {
      prometheus::Registry& registry = *TheShared().registry;
      return HttpMetrics{prometheus::BuildCounter()
                             .Name("http_requests_total")
                             .Help("Total number of HTTP requests")
                             .Register(registry),
                         prometheus::BuildHistogram()
                             .Name("http_request_duration_seconds")
                             .Help("HTTP request duration in seconds")
                             .Register(registry),
                         prometheus::BuildGauge()
                             .Name("http_requests_in_progress")
                             .Help("Requests being processed now")
                             .Register(registry)
                             .Add({})};
    }();
    return metrics;
  }
};

std::string NewRequestId() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  const uint64_t high = random(), low = random();
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%08x-%04x-4%03x-%04x-%012llx",
                static_cast<uint32_t>(high >> 32), static_cast<uint32_t>(high >> 16) & 0xFFFF,
                static_cast<uint32_t>(high) & 0xFFF,
                (static_cast<uint32_t>(low >> 48) & 0x3FFF) | 0x8000,
                static_cast<unsigned long long>(low & 0xFFFFFFFFFFFF));
  return buffer;
}

/// The sender's X-Request-ID when it is printable and at most 128 bytes, else a new one.
std::string RequestIdOf(const HttpRequest& request) {
  const auto it = request.find("X-Request-ID");
  if (it == request.end() || it->value().empty() || it->value().size() > 128) return NewRequestId();
  for (const char c : it->value()) {
    if (c < 0x21 || c > 0x7E) return NewRequestId();
  }
  return std::string(it->value().data(), it->value().size());
}

std::string_view PathOf(const HttpRequest& request) {
  const std::string_view target(request.target().data(), request.target().size());
  return target.substr(0, target.find('?'));
}

bool Fits(std::string_view pattern, std::string_view path) {
  while (!pattern.empty() && !path.empty()) {
    if (pattern.front() == '{') {
      const size_t end = path.find('/');
      if (end == 0) return false;
      pattern.remove_prefix(pattern.find('}') + 1);
      path.remove_prefix(std::min(end, path.size()));
    } else {
      if (pattern.front() != path.front()) return false;
      pattern.remove_prefix(1);
      path.remove_prefix(1);
    }
  }
  return pattern.empty() && path.empty();
}

HttpResponse InternalError(const HttpRequest& request) {
  HttpResponse response{http::status::internal_server_error, request.version()};
  response.set(http::field::content_type, "application/json");
  response.body() = R"({"detail":"Internal Server Error"})";
  return response;
}

/// Runs the handler inside the request's span; what it throws is recorded and becomes a 500.
HttpResponse Traced(const HttpRequest& request, const HttpHandler& handler,
                    const std::string& method, const std::string& route) {
  Span span(method + " " + route, SpanKind::kServer);
  span.Set("http.request.method", method);
  span.Set("http.route", route);
  span.Set("url.path", PathOf(request));
  HttpResponse response;
  try {
    response = handler(request);
  } catch (const std::exception& error) {
    span.Fail("std::exception", error.what());
    Count("http_errors_total", "Requests that ended in an exception",
          {{"method", method}, {"route", route}, {"error_type", "exception"}});
    response = InternalError(request);
  }
  span.Set("http.response.status_code", static_cast<int64_t>(response.result_int()));
  if (response.result_int() >= 500) span.Fail("http", std::to_string(response.result_int()));
  return response;
}

}  // namespace

Middleware::Middleware(std::vector<std::string> routes) : routes_(std::move(routes)) {}

std::string Middleware::RouteOf(std::string_view path) const {
  for (const std::string& route : routes_) {
    if (Fits(route, path)) return route;
  }
  return "unmatched";
}

HttpResponse Middleware::operator()(const HttpRequest& request, const HttpHandler& handler) const {
  if (PathOf(request) == "/metrics") return handler(request);
  HttpMetrics& metrics = HttpMetrics::Get();
  const auto begin = std::chrono::steady_clock::now();
  const std::string method(request.method_string().data(), request.method_string().size());
  const std::string route = RouteOf(PathOf(request));
  const std::string id = ThreadRequestId() = RequestIdOf(request);
  metrics.in_progress.Increment();

  opentelemetry::context::Context here = opentelemetry::context::RuntimeContext::GetCurrent();
  const auto incoming = propagation::GlobalTextMapPropagator::GetGlobalPropagator()->Extract(
      RequestCarrier(request), here);
  HttpResponse response;
  {
    const auto token = opentelemetry::context::RuntimeContext::Attach(incoming);
    response = Traced(request, handler, method, route);
  }
  response.set("X-Request-ID", id);
  response.prepare_payload();
  ThreadRequestId().clear();

  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const prometheus::Labels labels = {
      {"method", method}, {"route", route}, {"status", std::to_string(response.result_int())}};
  metrics.in_progress.Decrement();
  metrics.requests.Add(labels).Increment();
  metrics.duration.Add(labels, TheShared().latency_buckets).Observe(took.count());
  return response;
}

}  // namespace observe
