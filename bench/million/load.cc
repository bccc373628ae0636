// Plays many series against a remote write endpoint, as a fleet of hosts behind a Prometheus
// would: every series once a scrape, 2,000 samples a request, two connections. Bodies are made
// while they are sent, so that a million series need no gigabytes of files.
//   load URL_HOST PORT SERIES SCRAPES START_MS [STEP_MS [FIRST_SCRAPE]]
// Prints a line of what was acknowledged; exits 1 when a request failed.
#include <snappy.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "../client.h"

namespace {

using bench::Connection, bench::PutField, bench::PutVarint;

constexpr int kConnections = 2;
constexpr size_t kSamplesARequest = 2000;
constexpr size_t kSeriesAHost = 100;
const std::string kHeaders =
    "Content-Encoding: snappy\r\nX-Prometheus-Remote-Write-Version: 0.1.0\r\n";

void PutLabel(std::string& out, const std::string& name, const std::string& value) {
  std::string label;
  PutField(label, 1, name);
  PutField(label, 2, value);
  PutField(out, 1, label);
}

enum class Kind : uint8_t { kSeconds, kBytes, kEvents, kGauge, kConstant };

struct Series {
  std::string labels;  // as in a body
  Kind kind;
  double value;
};

Series Make(size_t number) {
  const size_t host = number / kSeriesAHost, of_host = number % kSeriesAHost;
  static constexpr const char* kModes[] = {"idle", "user",    "system", "iowait",
                                           "irq",  "softirq", "steal",  "nice"};
  Series series{.labels = {}, .kind = Kind::kConstant, .value = static_cast<double>(number % 997)};
  std::string name = "node_info_" + std::to_string(of_host), key = "device",
              value = "d" + std::to_string(of_host % 8);
  if (of_host < 40) {
    name = "node_cpu_seconds_total", key = "mode", value = kModes[of_host % 8];
    series.kind = Kind::kSeconds;
  } else if (of_host < 60) {
    name = "node_network_bytes_" + std::to_string(of_host % 5) + "_total";
    series.kind = Kind::kBytes;
  } else if (of_host < 80) {
    name = "http_requests_" + std::to_string(of_host % 4) + "_total";
    series.kind = Kind::kEvents;
  } else if (of_host < 90) {
    name = "node_memory_" + std::to_string(of_host % 10) + "_bytes";
    series.kind = Kind::kGauge;
    series.value = 8e9;
  }
  PutLabel(series.labels, "__name__", name);
  PutLabel(series.labels, "cpu", std::to_string(of_host / 8));
  PutLabel(series.labels, key, value);
  PutLabel(series.labels, "env", "prod");
  PutLabel(series.labels, "instance", "host-" + std::to_string(host) + ":9100");
  PutLabel(series.labels, "job", "node");
  PutLabel(series.labels, "region", "eu-" + std::to_string(host % 4));
  return series;
}

void Advance(Series& series, double random) {
  double& v = series.value;
  switch (series.kind) {
    case Kind::kSeconds: v = std::round((v + 4 * (0.8 + 0.4 * random)) * 100) / 100; break;
    case Kind::kBytes: v += std::floor(3e6 * 15 * (0.5 + random)); break;
    case Kind::kEvents: v += std::floor(90 * 15 * (0.5 + random)); break;
    case Kind::kGauge: v = std::floor(v * (1 + (random - 0.5) * 0.02) / 4096) * 4096; break;
    case Kind::kConstant: break;
  }
}

struct Options {
  const char* host;
  const char* port;
  size_t series, scrapes;
  int64_t start_ms, step_ms = 15'000;
  size_t first_scrape = 0;
};

std::atomic<uint64_t> acked{0};
std::atomic<bool> failed{false};

/// Sends hosts `begin` to `end`, scrape after scrape.
void Play(const Options& options, size_t begin, size_t end) {
  std::vector<Series> series;
  for (size_t i = begin; i < end; ++i) series.push_back(Make(i));
  Connection connection(options.host, options.port);
  uint64_t random = begin + 1;
  std::string body, compressed, message, sample;
  for (size_t scrape = 0; scrape < options.first_scrape + options.scrapes; ++scrape) {
    const bool send_it = scrape >= options.first_scrape;
    size_t waiting = 0;
    for (size_t i = 0; i < series.size(); ++i) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      Advance(series[i], static_cast<double>(random >> 11) * 0x1p-53);
      if (!send_it) continue;
      const int64_t time_ms = options.start_ms + static_cast<int64_t>(scrape) * options.step_ms +
                              static_cast<int64_t>((begin + i) / kSeriesAHost * 37 % 15'000);
      sample.assign("\x09");
      sample.append(reinterpret_cast<const char*>(&series[i].value), 8);
      sample += '\x10';
      PutVarint(sample, static_cast<uint64_t>(time_ms));
      message.assign(series[i].labels);
      PutField(message, 2, sample);
      PutField(body, 1, message);
      if (++waiting < kSamplesARequest && i + 1 < series.size()) continue;
      snappy::Compress(body.data(), body.size(), &compressed);
      if (const int status = connection.Post("/api/v1/write", kHeaders, compressed);
          status / 100 != 2) {
        std::fprintf(stderr, "scrape %zu: status %d\n", scrape, status);
        failed = true;
        return;
      }
      acked += waiting;
      waiting = 0;
      body.clear();
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "load HOST PORT SERIES SCRAPES START_MS [STEP_MS [FIRST_SCRAPE]]\n");
    return 2;
  }
  Options options{argv[1], argv[2], std::strtoull(argv[3], nullptr, 10),
                  std::strtoull(argv[4], nullptr, 10), std::atoll(argv[5])};
  if (argc > 6) options.step_ms = std::atoll(argv[6]);
  if (argc > 7) options.first_scrape = std::strtoull(argv[7], nullptr, 10);
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  const size_t hosts = options.series / kSeriesAHost;
  for (size_t c = 0; c < kConnections; ++c) {
    threads.emplace_back(Play, options, hosts * c / kConnections * kSeriesAHost,
                         hosts * (c + 1) / kConnections * kSeriesAHost);
  }
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("acknowledged %llu samples in %.1f s\n",
              static_cast<unsigned long long>(acked.load()), took.count());
  return failed ? 1 : 0;
}
