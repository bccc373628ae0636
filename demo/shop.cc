// The demo shop: the sample app and the checkout API of a typical team, with a downstream
// inventory service. Everything that it tells the world goes through observe/ alone.
//
//     shop --role shop|inventory --port N [--inventory-port N]
#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>

#include "http.h"
#include "observe/health.h"
#include "observe/log.h"
#include "observe/observe.h"
#include "observe/span.h"

namespace {

using demo::Json;
using observe::HttpRequest;
using observe::HttpResponse;
using observe::Level;

double Uniform(double low, double high) {
  thread_local std::mt19937_64 random{std::random_device{}()};
  return std::uniform_real_distribution<double>(low, high)(random);
}

void Sleep(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

std::string Number(double value, int digits) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.*f", digits, value);
  return buffer;
}

double Rounded(double value, int digits) { return std::atof(Number(value, digits).c_str()); }

std::string Ids() {
  return "\"trace_id\":\"" + observe::CurrentTraceId() + "\",\"span_id\":\"" +
         observe::CurrentSpanId() + "\"";
}

/// An outage of the database that can be ordered (POST /fault?seconds=N): until it ends, six of
/// ten requests that need the database fail.
std::atomic<int64_t> fault_until_ms{0};

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool DatabaseFails() {
  if (NowMs() >= fault_until_ms || Uniform(0, 1) >= 0.6) return false;
  observe::Span span("SELECT products", observe::SpanKind::kClient);
  span.Set("db.system", "postgresql");
  Sleep(Uniform(0.01, 0.05));
  span.Fail("OperationalError", "connection to server at \"db\" failed: Connection refused");
  observe::Log(Level::kError, "database is unreachable",
               {{"event", "db_unreachable"}, {"error_type", "OperationalError"}});
  return true;
}

HttpResponse DatabaseIsDown(const HttpRequest& request) {
  return Json(request, 500, R"({"detail":"Database is unreachable"})");
}

HttpResponse Fault(const HttpRequest& request, std::string_view target) {
  int seconds = 0;
  const size_t at = target.find("seconds=");
  if (at != std::string_view::npos) {
    std::from_chars(target.data() + at + 8, target.data() + target.size(), seconds);
  }
  seconds = std::clamp(seconds, 0, 3600);
  fault_until_ms = NowMs() + seconds * 1000;
  return Json(request, 200, "{\"fault_seconds\":" + std::to_string(seconds) + "}");
}

/// Where the demo's alerts are sent: the pager rings in the shop's own log.
HttpResponse Pager(const HttpRequest& request) {
  observe::Log(Level::kWarning, "pager rang",
               {{"event", "pager_rang"}, {"notification", request.body().substr(0, 8192)}});
  return Json(request, 200, R"({"status":"ok"})");
}

/// Counts itself among the requests being processed for as long as it lives.
struct ActiveRequest {
  ActiveRequest() { Add(1); }
  ~ActiveRequest() { Add(-1); }
  static void Add(double by) {
    observe::Add("http_active_requests", "Number of requests currently being processed", {}, by);
  }
};

HttpResponse Hello(const HttpRequest& request) {
  if (DatabaseFails()) return DatabaseIsDown(request);
  observe::Span span("process-hello");
  span.Set("app.greeting", "world");
  const double latency = Uniform(0.01, 0.15);
  Sleep(latency);
  observe::Log(Level::kInfo, "hello request processed",
               {{"event", "hello request processed"}, {"latency_ms", Rounded(latency * 1000, 2)}});
  return Json(request, 200,
              R"({"message":"Hello, Observability World!","latency_ms":)" +
                  Number(latency * 1000, 2) + "}");
}

HttpResponse Error(const HttpRequest& request) {
  if (Uniform(0, 1) < 0.5) {
    observe::Log(Level::kError, "simulated internal error",
                 {{"event", "simulated internal error"}, {"reason", "random failure"}});
    return Json(request, 500, R"({"detail":"Simulated server error"})");
  }
  return Json(request, 200, R"({"status":"ok"})");
}

HttpResponse Slow(const HttpRequest& request) {
  observe::Span span("slow-operation");
  const double latency = Uniform(0.5, 2.0);
  {
    observe::Span child("downstream-db-query", observe::SpanKind::kClient);
    child.Set("db.system", "postgresql");
    child.Set("db.statement", "SELECT * FROM events");
    Sleep(latency);
  }
  span.Set("total_latency_ms", Rounded(latency * 1000, 2));
  observe::Log(Level::kWarning, "slow request detected",
               {{"event", "slow request detected"},
                {"latency_s", Rounded(latency, 3)},
                {"threshold_s", 0.5}});
  return Json(request, 200, "{\"latency_ms\":" + Number(latency * 1000, 2) + "}");
}

HttpResponse TraceTest(const HttpRequest& request) {
  observe::Span span("test-span");
  span.Set("test.attribute", "test-value");
  {
    observe::Span child("test-child-span");
  }
  return Json(request, 200, R"({"message":"Test spans created",)" + Ids() + "}");
}

HttpResponse ErrorTest(const HttpRequest& request) {
  observe::Span span("error-span");
  span.Fail("ValueError", "Simulated error");
  observe::Log(Level::kError, "Simulated error",
               {{"event", "error_test"}, {"error_type", "ValueError"}});
  return Json(request, 500, R"({"error":"Simulated error",)" + Ids() + "}");
}

/// The shop's routes; owns the little state that it has.
class Shop {
 public:
  explicit Shop(uint16_t inventory_port) : inventory_port_(inventory_port) {
    health_.Add("inventory", [this] {
      const demo::Answer answer = demo::Call(inventory_port_, "/health");
      return answer.status == 200 ? std::string() : "inventory: " + answer.body;
    });
    products_ = {
        {1, {"Abbey Road", 24.99}}, {2, {"Kind of Blue", 19.99}}, {3, {"Blue Train", 21.5}}};
  }

  static std::vector<std::string> Routes() {
    return {"/hello",        "/error",      "/slow",       "/checkout", "/health",
            "/health/ready", "/trace-test", "/error-test", "/products", "/products/{id}",
            "/orders",       "/metrics",    "/fault",      "/pager"};
  }

  HttpResponse Handle(const HttpRequest& request) {
    const std::string_view target(request.target().data(), request.target().size());
    const std::string_view path = target.substr(0, target.find('?'));
    const bool post = request.method() == boost::beast::http::verb::post;
    if (path == "/metrics") return Metrics(request);
    const ActiveRequest active;
    if (path == "/hello") return Hello(request);
    if (path == "/error") return Error(request);
    if (path == "/slow") return Slow(request);
    if (path == "/trace-test") return TraceTest(request);
    if (path == "/error-test") return ErrorTest(request);
    if (path == "/health") return Json(request, 200, health_.Live().json);
    if (path == "/health/ready") {
      const auto answer = health_.Ready();
      return Json(request, static_cast<unsigned>(answer.status), answer.json);
    }
    if (path == "/products") return post ? CreateProduct(request) : ListProducts(request);
    if (path.starts_with("/products/")) return OneProduct(request, path.substr(10));
    if (path == "/fault" && post) return Fault(request, target);
    if (path == "/pager" && post) return Pager(request);
    if (path == "/checkout" || path == "/orders") {
      if (!post) return Json(request, 405, R"({"detail":"Method Not Allowed"})");
      return path == "/checkout" ? Checkout(request) : CreateOrder(request);
    }
    return Json(request, 404, R"({"detail":"Not Found"})");
  }

 private:
  static HttpResponse Metrics(const HttpRequest& request) {
    HttpResponse response = Json(request, 200, observe::MetricsText());
    response.set(boost::beast::http::field::content_type,
                 "text/plain; version=0.0.4; charset=utf-8");
    return response;
  }

  HttpResponse Checkout(const HttpRequest& request) {
    const auto begin = std::chrono::steady_clock::now();
    demo::Call(inventory_port_, "/reserve/" + std::to_string(static_cast<int>(Uniform(1, 4))));
    bool failed = false;
    {
      observe::Span span("charge", observe::SpanKind::kClient);
      span.Set("payment.provider", "stripe");
      Sleep(Uniform(0.1, 0.5));
      failed = Uniform(0, 1) < 0.2;
      if (failed) span.Fail("CardError", "Payment gateway timeout");
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    const char* status = failed ? "500" : "200";
    observe::Count("checkout_requests_total", "Total number of checkout requests",
                   {{"method", "POST"}, {"endpoint", "/checkout"}, {"status", status}});
    observe::Record("checkout_request_latency_seconds", "Latency of checkout requests in seconds",
                    {{"endpoint", "/checkout"}}, took.count(),
                    {.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10});
    if (failed) {
      observe::Log(
          Level::kError, "payment failed",
          {{"event", "payment_failed"}, {"error_type", "CardError"}, {"status_code", 500}});
      return Json(request, 500, R"({"detail":"Payment gateway timeout"})");
    }
    observe::Log(
        Level::kInfo, "checkout complete",
        {{"event", "checkout_complete"}, {"duration_ms", Rounded(took.count() * 1000, 1)}});
    return Json(request, 200, R"({"status":"success","message":"Checkout complete"})");
  }

  HttpResponse CreateOrder(const HttpRequest& request) {
    {
      observe::Span span("create_order_record");
      Sleep(Uniform(0.01, 0.09));
    }
    observe::Span span("queue_background_processing", observe::SpanKind::kProducer);
    const int id = ++orders_;
    observe::Log(Level::kInfo, "order received", {{"event", "order_received"}, {"order_id", id}});
    return Json(request, 200,
                R"({"message":"Order received, processing in the background","order_id":)" +
                    std::to_string(id) + R"(,"task_id":")" + observe::CurrentRequestId() + "\"}");
  }

  HttpResponse ListProducts(const HttpRequest& request) {
    if (DatabaseFails()) return DatabaseIsDown(request);
    std::lock_guard lock(mutex_);
    std::string body = "[";
    for (const auto& [id, product] : products_) {
      if (body.size() > 1) body += ',';
      body += ProductJson(id, product);
    }
    return Json(request, 200, body + "]");
  }

  HttpResponse CreateProduct(const HttpRequest& request) {
    std::lock_guard lock(mutex_);
    const int id = products_.rbegin()->first + 1;
    if (products_.size() >= 1000) return Json(request, 507, R"({"detail":"The shelf is full"})");
    products_[id] = {"Vinyl Record", 19.99};
    return Json(request, 200, ProductJson(id, products_[id]));
  }

  HttpResponse OneProduct(const HttpRequest& request, std::string_view text) {
    int id = 0;
    std::from_chars(text.data(), text.data() + text.size(), id);
    if (DatabaseFails()) return DatabaseIsDown(request);
    observe::Span span("verify_product");
    Sleep(Uniform(0.002, 0.02));
    std::lock_guard lock(mutex_);
    const auto it = products_.find(id);
    if (it == products_.end()) {
      observe::Log(Level::kWarning, "product not found",
                   {{"event", "product_not_found"}, {"product_id", id}});
      return Json(request, 404, R"({"detail":"Product not found"})");
    }
    return Json(request, 200, ProductJson(id, it->second));
  }

  using Product = std::pair<std::string, double>;
  static std::string ProductJson(int id, const Product& product) {
    return R"({"name":")" + product.first + R"(","price":)" + Number(product.second, 2) +
           ",\"id\":" + std::to_string(id) + "}";
  }

  const uint16_t inventory_port_;
  observe::Health health_;
  std::mutex mutex_;
  std::map<int, Product> products_;
  std::atomic<int> orders_{0};
};

HttpResponse Inventory(const HttpRequest& request) {
  const std::string_view path(request.target().data(), request.target().size());
  if (path == "/metrics") {
    HttpResponse response = Json(request, 200, observe::MetricsText());
    response.set(boost::beast::http::field::content_type,
                 "text/plain; version=0.0.4; charset=utf-8");
    return response;
  }
  if (path == "/health") return Json(request, 200, R"({"status":"healthy"})");
  if (!path.starts_with("/reserve/")) return Json(request, 404, R"({"detail":"Not Found"})");
  {
    observe::Span cache("GET sku", observe::SpanKind::kClient);
    cache.Set("db.system", "redis");
    Sleep(Uniform(0.001, 0.004));
  }
  observe::Span span("UPDATE inventory", observe::SpanKind::kClient);
  span.Set("db.system", "postgresql");
  span.Set("db.statement", "UPDATE inventory SET stock = stock - 1 WHERE sku = $1");
  Sleep(Uniform(0.005, 0.06));
  observe::Log(Level::kInfo, "stock reserved",
               {{"event", "stock_reserved"}, {"sku", path.substr(9)}});
  return Json(request, 200, R"({"reserved":1})");
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> flags = {
      {"--role", "shop"}, {"--port", "8000"}, {"--inventory-port", "8001"}};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!flags.contains(argv[i])) {
      std::fprintf(stderr, "shop: unknown flag %s\n", argv[i]);
      return 2;
    }
    flags[argv[i]] = argv[i + 1];
  }
  const bool inventory = flags["--role"] == "inventory";
  const auto port = static_cast<uint16_t>(std::stoi(flags["--port"]));
  const auto session = observe::Start({.service_name = inventory ? "inventory" : "sample-app",
                                       .service_version = "1.0.0",
                                       .environment = "local"});
  bool served = false;
  if (inventory) {
    const observe::Middleware observed({"/health", "/reserve/{sku}", "/metrics"});
    served = demo::Serve(port, observed, Inventory);
  } else {
    Shop shop(static_cast<uint16_t>(std::stoi(flags["--inventory-port"])));
    const observe::Middleware observed(Shop::Routes());
    served = demo::Serve(port, observed, [&](const HttpRequest& r) { return shop.Handle(r); });
  }
  if (!served) std::fprintf(stderr, "shop: port %d is taken\n", port);
  session->Flush();
  std::fflush(nullptr);
  std::_Exit(served ? 0 : 1);  // connections may still be open on detached threads
}
