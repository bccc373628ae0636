// JSON lines of an ordinary shop: ten services, as benchmarks have them.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>

namespace pharos::events {

class Shop {
 public:
  std::mt19937_64 random{11};

  uint64_t Below(uint64_t n) { return random() % n; }
  std::string_view Word() {
    static constexpr std::string_view kWords[] = {
        "payment", "order",      "cart",  "session", "user",   "cache",   "inventory",
        "gateway", "timeout",    "retry", "pool",    "shard",  "replica", "commit",
        "index",   "connection", "lock",  "queue",   "worker", "rollback"};
    return kWords[Below(20)];
  }
  std::string Hex(size_t digits) {
    std::string out;
    for (size_t i = 0; i < digits; ++i) out += "0123456789abcdef"[Below(16)];
    return out;
  }

  std::string Line(size_t i, int64_t time_ns, size_t service) {
    const uint64_t dice = Below(100);
    const char* level = dice < 88 ? "info" : dice < 94 ? "warning" : dice < 97 ? "error" : "debug";
    const int64_t ms = time_ns / 1'000'000;
    char head[160];
    std::snprintf(head, sizeof head,
                  R"({"timestamp":"2027-01-15T%02d:%02d:%02d.%03dZ","level":"%s","event":")",
                  static_cast<int>(ms / 3'600'000 % 24), static_cast<int>(ms / 60'000 % 60),
                  static_cast<int>(ms / 1000 % 60), static_cast<int>(ms % 1000), level);
    static constexpr int kStatus[] = {200, 200, 200, 200, 200, 200, 200, 201, 404, 500};
    static constexpr const char* kMethods[] = {"GET", "POST", "PUT"};
    char latency[32];
    std::snprintf(latency, sizeof latency, "%.2f",
                  -40.0 * std::log((static_cast<double>(Below(1'000'000)) + 1) / 1e6));
    std::string out = head;
    out.append(Word()).append("_").append(Word());
    out +=
        R"(","service":"svc-)" + std::to_string(service) + R"(","method":")" + kMethods[Below(3)];
    out.append(R"(","path":"/api/v1/)").append(Word());
    out += "s/" + std::to_string(Below(100'000)) + R"(","status":)" +
           std::to_string(kStatus[Below(10)]) + R"(,"latency_ms":)" + latency + R"(,"user_id":)" +
           std::to_string(Below(1'000'000)) + R"(,"trace_id":")" + Hex(32) + R"(","span_id":")" +
           Hex(16) + "\"";
    if (dice >= 94 && dice < 97) {
      out += R"(,"error":"psycopg.OperationalError: connection to server at 10.0.)" +
             std::to_string(Below(255)) + "." + std::to_string(Below(255)) + R"( failed: timeout")";
    }
    if (i % 250'000 == 123'456) out += R"(,"needle":"zyxw-needle-)" + std::to_string(i) + "\"";
    return out + "}";
  }
};

}  // namespace pharos::events
