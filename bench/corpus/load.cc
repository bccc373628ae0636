// Plays a large corpus against a running server; bodies are made while they are sent.
//   load HOST PORT logs GIGABYTES     Loki push: JSON lines of a shop, over one hour of time
//   load HOST PORT spans MILLIONS     OTLP traces of 8 to 14 spans, and a log line a tenth trace
// Prints one JSON object: what was acknowledged, and what to ask for with the true counts.
#include <snappy.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

#include "../client.h"

namespace {

using bench::Connection, bench::PutField, bench::PutFixed64, bench::PutNumber, bench::PutVarint;

constexpr int kConnections = 2;
constexpr int64_t kHourNs = 3'600'000'000'000;
constexpr size_t kItemsARequest = 1000;

const char* host;
const char* port;
int64_t start_ns;
std::atomic<uint64_t> items{0}, bytes{0};
std::atomic<bool> failed{false};

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 2 + 1) {}
  uint64_t Next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    const uint64_t x = state_ ^ (state_ >> 32);
    return x * 0xd6e8feb86659fd93u ^ (x >> 29);
  }
  uint64_t Below(uint64_t n) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * n) >> 64);
  }
  double Exponential(double mean) {
    return -mean * std::log((static_cast<double>(Next() >> 11) + 1) * 0x1p-53);
  }
  std::string Bytes(size_t n) {
    std::string out(n, 0);
    for (char& c : out) c = static_cast<char>(Next());
    return out;
  }
  std::string Hex(size_t digits) {
    std::string out(digits, 0);
    for (char& c : out) c = "0123456789abcdef"[Next() >> 60];
    return out;
  }

 private:
  uint64_t state_;
};

const char* Word(Random& random) {
  static constexpr const char* kWords[] = {
      "payment", "order",      "cart",  "session", "user",   "cache",   "inventory",
      "gateway", "timeout",    "retry", "pool",    "shard",  "replica", "commit",
      "index",   "connection", "lock",  "queue",   "worker", "rollback"};
  return kWords[random.Below(20)];
}

/// A line of a service, and `extra` at its end.
std::string Line(Random& random, size_t service, int64_t time_ns, const std::string& extra) {
  const uint64_t dice = random.Below(100);
  const char* level = dice < 88 ? "info" : dice < 94 ? "warning" : dice < 97 ? "error" : "debug";
  const time_t s = time_ns / 1'000'000'000;
  tm t{};
  gmtime_r(&s, &t);
  char head[700];
  static constexpr int kStatus[] = {200, 200, 200, 200, 200, 200, 200, 201, 404, 500};
  static constexpr const char* kMethods[] = {"GET", "POST", "PUT"};
  const char *first = Word(random), *second = Word(random), *third = Word(random);
  const int n = std::snprintf(
      head, sizeof head,
      R"({"timestamp":"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ","level":"%s","event":"%s_%s","service":"svc-%zu","method":"%s","path":"/api/v1/%ss/%d","status":%d,"latency_ms":%.2f,"user_id":%d,"trace_id":"%s","span_id":"%s")",
      t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec,
      static_cast<int>(time_ns / 1'000'000 % 1000), level, first, second, service,
      kMethods[random.Below(3)], third, static_cast<int>(random.Below(100'000)),
      kStatus[random.Below(10)], random.Exponential(40), static_cast<int>(random.Below(1'000'000)),
      random.Hex(32).c_str(), random.Hex(16).c_str());
  std::string out(head, static_cast<size_t>(n));
  if (dice >= 94 && dice < 97) {
    out += R"(,"error":"psycopg.OperationalError: connection to server at 10.0.)" +
           std::to_string(random.Below(255)) + "." + std::to_string(random.Below(255)) +
           R"( failed: timeout")";
  }
  return out + extra + "}";
}

void Send(Connection& connection, const char* path, const std::string& headers,
          const std::string& body, size_t count) {
  if (const int status = connection.Post(path, headers, body); status / 100 != 2) {
    std::fprintf(stderr, "%s: status %d\n", path, status);
    failed = true;
  }
  items += count;
}

void PutEntry(std::string& stream, int64_t time_ns, std::string_view line) {
  std::string time, entry;
  PutNumber(time, 1, static_cast<uint64_t>(time_ns / 1'000'000'000));
  PutNumber(time, 2, static_cast<uint64_t>(time_ns % 1'000'000'000));
  PutField(entry, 1, time);
  PutField(entry, 2, line);
  PutField(stream, 2, entry);
}

// What to ask for. Class (a), alphabetic: words that one line holds, words that a hundred lines
// hold. Ids: the trace ids of the lines of single words; class (b): a piece of one, 12 hex digits
// from its middle.
constexpr size_t kSingles = 40, kHundreds = 40;
struct Single {
  std::string word, id;
};
std::mutex found_lock;
std::vector<Single> singles;  // guarded by it
std::atomic<int> hundreds[kHundreds];

std::string Letters(uint64_t i) {
  return {static_cast<char>('a' + i / 26), static_cast<char>('a' + i % 26)};
}
std::string SingleWord(uint64_t i) { return "zy" + Letters(i) + "-single-needle"; }
std::string HundredWord(uint64_t i) { return "qvk" + Letters(i) + "-hundredfold"; }

void PlayLogs(int connection_number, uint64_t lines) {
  Connection connection(host, port);
  Random random(static_cast<uint64_t>(connection_number) + 11);
  const uint64_t one = lines / (kSingles + 1), rare = lines / (50 * kHundreds);
  const uint64_t requests = lines / kItemsARequest;
  std::string compressed;
  for (uint64_t request = 0; request < requests && !failed; ++request) {
    std::vector<std::string> streams(25);
    for (size_t i = 0; i < kItemsARequest; ++i) {
      const uint64_t n = request * kItemsARequest + i;
      const size_t pod = random.Below(25) * 2 + static_cast<size_t>(connection_number);
      const int64_t time_ns = start_ns + static_cast<int64_t>(static_cast<double>(n) /
                                                              static_cast<double>(lines) * 3.6e12);
      std::string extra;
      const bool single = connection_number == 0 && n % one == one - 1 && n / one < kSingles;
      if (single) {
        extra = R"(,"needle":")" + SingleWord(n / one) + '"';
      } else if (n % rare == rare / 2) {
        const size_t word = n / rare % kHundreds;
        extra = R"(,"needle":")" + HundredWord(word) + '"';
        ++hundreds[word];
      }
      std::string line = Line(random, pod % 10, time_ns, extra);
      if (single) {
        const std::lock_guard hold(found_lock);
        singles.push_back({SingleWord(n / one), line.substr(line.find("trace_id") + 11, 32)});
      }
      bytes += line.size();
      std::string& stream = streams[pod / 2];
      if (stream.empty()) {
        const std::string service = std::to_string(pod % 10);
        PutField(stream, 1,
                 "{container=\"svc-" + service + "\", env=\"prod\", pod=\"pod-" +
                     std::to_string(pod) + "\", service=\"svc-" + service + "\"}");
      }
      PutEntry(stream, time_ns, line);
    }
    std::string body;
    for (const std::string& stream : streams) {
      if (!stream.empty()) PutField(body, 1, stream);
    }
    snappy::Compress(body.data(), body.size(), &compressed);
    Send(connection, "/loki/api/v1/push", "Content-Encoding: snappy\r\n", compressed,
         kItemsARequest);
  }
}

struct Step {
  const char* service;
  const char* name;
  int parent;
  uint8_t kind;
};
constexpr Step kTree[] = {
    {"frontend", "GET /checkout", -1, 2},   {"api", "POST /checkout", 0, 2},
    {"api", "verify_product", 1, 1},        {"postgres", "SELECT products", 2, 3},
    {"inventory", "reserve", 1, 2},         {"redis", "GET sku", 4, 3},
    {"postgres", "UPDATE inventory", 4, 3}, {"payment", "charge", 1, 2},
    {"payment", "stripe.charge", 7, 3},     {"api", "create_order", 1, 1},
    {"postgres", "INSERT orders", 9, 3},    {"api", "queue_publish", 1, 4},
    {"worker", "process_order", 11, 5},     {"postgres", "UPDATE orders", 12, 3}};
constexpr const char* kServices[] = {"frontend", "api",     "postgres", "inventory",
                                     "redis",    "payment", "worker"};

void PutText(std::string& out, int field, const char* key, std::string_view text) {
  std::string value, pair;
  PutField(value, 1, text);
  PutField(pair, 1, key);
  PutField(pair, 2, value);
  PutField(out, field, pair);
}
void PutInt(std::string& out, int field, const char* key, uint64_t number) {
  std::string value, pair;
  PutNumber(value, 3, number);
  PutField(pair, 1, key);
  PutField(pair, 2, value);
  PutField(out, field, pair);
}

std::vector<std::pair<std::string, int>> traces_to_ask;

void PutSpan(std::string& out, Random& random, const std::string& trace,
             const std::vector<std::string>& ids, int j, int64_t time_ns) {
  const Step& step = kTree[j];
  std::string span;
  PutField(span, 1, trace);
  PutField(span, 2, ids[static_cast<size_t>(j)]);
  if (step.parent >= 0) PutField(span, 4, ids[static_cast<size_t>(step.parent)]);
  PutField(span, 5, step.name);
  PutNumber(span, 6, step.kind);
  const int64_t begin = time_ns + j * static_cast<int64_t>(random.Below(3'000'000));
  PutFixed64(span, 7, static_cast<uint64_t>(begin));
  PutFixed64(
      span, 8,
      static_cast<uint64_t>(begin) + 200'000 + static_cast<uint64_t>(random.Exponential(20e6)));
  if (step.kind == 3) {
    PutText(span, 9, "db.system", "postgresql");
    PutText(span, 9, "db.statement", std::string(step.name) + " WHERE id = $1");
    PutInt(span, 9, "db.rows", random.Below(50));
  } else {
    PutText(span, 9, "http.method", "POST");
    PutText(span, 9, "http.route", "/checkout");
    PutInt(span, 9, "http.status_code", 200);
    PutText(span, 9, "user.id", "u" + std::to_string(random.Below(100'000)));
  }
  PutField(out, 2, span);
}

void PlaySpans(int connection_number, uint64_t spans) {
  Connection connection(host, port), lines(host, port);
  Random random(static_cast<uint64_t>(connection_number) + 13);
  const uint64_t traces = spans / 11;
  uint64_t trace_number = 0;
  std::string compressed;
  while (trace_number < traces && !failed) {
    std::string batch[7], log_stream;
    size_t count = 0, line_count = 0;
    PutField(log_stream, 1, R"({env="prod", service="api"})");
    for (; count < kItemsARequest && trace_number < traces; ++trace_number) {
      const std::string trace = random.Bytes(16);
      const int64_t time_ns = start_ns + static_cast<int64_t>(static_cast<double>(trace_number) /
                                                              static_cast<double>(traces) * 3.6e12);
      const int n = 8 + static_cast<int>(random.Below(7));
      std::vector<std::string> ids;
      for (int j = 0; j < n; ++j) ids.push_back(random.Bytes(8));
      for (int j = 0; j < n; ++j) {
        size_t service = 0;
        while (std::strcmp(kServices[service], kTree[j].service) != 0) ++service;
        PutSpan(batch[service], random, trace, ids, j, time_ns);
      }
      count += static_cast<size_t>(n);
      std::string hex;
      for (const char c : trace) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(c));
        hex += digits;
      }
      if (trace_number % 10 == 0) {
        PutEntry(log_stream, time_ns,
                 R"({"level":"info","event":"order_placed","trace_id":")" + hex + "\"}");
        ++line_count;
      }
      if (trace_number % (traces / 250 / 10 * 10 + 10) == 0) {
        const std::lock_guard hold(found_lock);
        traces_to_ask.emplace_back(hex, n);
      }
    }
    std::string body;
    for (size_t s = 0; s < 7; ++s) {
      if (batch[s].empty()) continue;
      std::string resource, scope, scope_spans, resource_spans;
      PutText(resource, 1, "service.name", kServices[s]);
      PutText(resource, 1, "deployment.environment", "prod");
      PutField(scope, 1, "demo");
      PutField(scope_spans, 1, scope);
      scope_spans += batch[s];
      PutField(resource_spans, 1, resource);
      PutField(resource_spans, 2, scope_spans);
      PutField(body, 1, resource_spans);
    }
    bytes += body.size();
    Send(connection, "/v1/traces", "", body, count);
    std::string push;
    PutField(push, 1, log_stream);
    snappy::Compress(push.data(), push.size(), &compressed);
    Send(lines, "/loki/api/v1/push", "Content-Encoding: snappy\r\n", compressed, line_count);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "load HOST PORT logs GIGABYTES | spans MILLIONS\n");
    return 2;
  }
  host = argv[1], port = argv[2];
  const bool logs = std::strcmp(argv[3], "logs") == 0;
  const double size = std::atof(argv[4]);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  start_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count() - kHourNs;
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int c = 0; c < kConnections; ++c) {
    // A line has 270 bytes on average.
    if (logs)
      threads.emplace_back(PlayLogs, c, static_cast<uint64_t>(size * 1e9 / 270 / kConnections));
    else
      threads.emplace_back(PlaySpans, c, static_cast<uint64_t>(size * 1e6 / kConnections));
  }
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf(R"({"items":%llu,"bytes":%llu,"seconds":%.1f,"start_ns":%lld,"end_ns":%lld)",
              static_cast<unsigned long long>(items), static_cast<unsigned long long>(bytes),
              took.count(), static_cast<long long>(start_ns),
              static_cast<long long>(start_ns + kHourNs));
  std::printf(R"(,"singles":[)");
  for (size_t i = 0; i < singles.size(); ++i) {
    std::printf("%s[\"%s\",\"%s\"]", i > 0 ? "," : "", singles[i].word.c_str(),
                singles[i].id.c_str());
  }
  std::printf(R"(],"hundreds":[)");
  for (size_t i = 0; i < kHundreds; ++i) {
    std::printf("%s[\"%s\",%d]", i > 0 ? "," : "", HundredWord(i).c_str(), hundreds[i].load());
  }
  std::printf(R"(],"traces":[)");
  for (size_t i = 0; i < traces_to_ask.size(); ++i) {
    std::printf("%s[\"%s\",%d]", i > 0 ? "," : "", traces_to_ask[i].first.c_str(),
                traces_to_ask[i].second);
  }
  std::printf("]}\n");
  return failed ? 1 : 0;
}
