// Load for the demo shop: requests at a fixed rate, whatever the answers take. Writes what it
// has sent, by route, to a JSON file once a second, so that tests can compare.
//
//     shop_load --port 8000 --rate 10 --stats FILE [--spike-after SECONDS] [--spike-for 90]
//
// After --spike-after seconds it orders an outage of the shop's database, for --spike-for seconds.
#include <signal.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using Clock = std::chrono::steady_clock;

struct Kind {
  const char* method;
  const char* path;
  const char* route;
  int weight;
};
constexpr Kind kMix[] = {{"GET", "/hello", "/hello", 10},
                         {"GET", "/products", "/products", 5},
                         {"GET", "/products/2", "/products/{id}", 4},
                         {"GET", "/products/99", "/products/{id}", 1},
                         {"POST", "/checkout", "/checkout", 4},
                         {"GET", "/error", "/error", 2},
                         {"POST", "/orders", "/orders", 2},
                         {"GET", "/slow", "/slow", 1},
                         {"GET", "/trace-test", "/trace-test", 1}};

volatile sig_atomic_t stopped = 0;

/// Counts answers that came back whole: what the shop must have counted as well.
struct Tally {
  std::mutex mutex;
  std::map<std::string, long> answered;
  long failed = 0;

  void Write(const std::string& path) {
    std::lock_guard lock(mutex);
    std::string json = "{\"failed\":" + std::to_string(failed) + ",\"answered\":{";
    bool first = true;
    for (const auto& [route, count] : answered) {
      json += (first ? "\"" : ",\"") + route + "\":" + std::to_string(count);
      first = false;
    }
    json += "}}\n";
    const std::string temporary = path + ".tmp";
    if (std::FILE* file = std::fopen(temporary.c_str(), "w")) {
      std::fputs(json.c_str(), file);
      std::fclose(file);
      std::rename(temporary.c_str(), path.c_str());
    }
  }
};

bool Send(uint16_t port, const char* method, const std::string& path) {
  boost::asio::io_context io;
  tcp::socket socket(io);
  boost::system::error_code error;
  socket.connect({boost::asio::ip::address_v4::loopback(), port}, error);
  http::request<http::string_body> request;
  request.version(11);
  request.method_string(method);
  request.target(path);
  request.set(http::field::host, "localhost");
  request.keep_alive(false);
  request.prepare_payload();
  http::response<http::string_body> response;
  boost::beast::flat_buffer buffer;
  if (!error) http::write(socket, request, error);
  if (!error) http::read(socket, buffer, response, error);
  return !error;
}

/// Workers take what the clock has released; enough of them that /slow never holds up the rate.
class Senders {
 public:
  Senders(uint16_t port, Tally& tally, int threads) : port_(port), tally_(tally) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
  }
  ~Senders() {
    {
      std::lock_guard lock(mutex_);
      done_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  void Push(const Kind* kind) {
    {
      std::lock_guard lock(mutex_);
      if (queue_.size() < 1000) queue_.push_back(kind);
    }
    wake_.notify_one();
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return done_ || !queue_.empty(); });
      if (done_) return;
      const Kind* kind = queue_.front();
      queue_.pop_front();
      lock.unlock();
      const bool answered = Send(port_, kind->method, kind->path);
      {
        std::lock_guard tally_lock(tally_.mutex);
        if (answered) {
          ++tally_.answered[kind->route];
        } else {
          ++tally_.failed;
        }
      }
      lock.lock();
    }
  }

  const uint16_t port_;
  Tally& tally_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<const Kind*> queue_;
  bool done_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> flags = {{"--port", "8000"},
                                              {"--rate", "10"},
                                              {"--stats", ""},
                                              {"--spike-after", ""},
                                              {"--spike-for", "90"}};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!flags.contains(argv[i])) {
      std::fprintf(stderr, "shop_load: unknown flag %s\n", argv[i]);
      return 2;
    }
    flags[argv[i]] = argv[i + 1];
  }
  signal(SIGTERM, [](int) { stopped = 1; });
  signal(SIGINT, [](int) { stopped = 1; });

  std::vector<const Kind*> round;  // kinds spread evenly by weight
  for (int turn = 0; turn < 10; ++turn) {
    for (const Kind& kind : kMix) {
      if (turn < kind.weight) round.push_back(&kind);
    }
  }
  Tally tally;
  {
    Senders senders(static_cast<uint16_t>(std::stoi(flags["--port"])), tally, 32);
    const auto gap = std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(1 / std::stod(flags["--rate"])));
    auto next = Clock::now(), report = next;
    bool spike = !flags["--spike-after"].empty();
    const auto spike_at =
        next + std::chrono::seconds(spike ? std::stoi(flags["--spike-after"]) : 0);
    for (size_t i = 0; stopped == 0; ++i) {
      senders.Push(round[i % round.size()]);
      next += gap;
      std::this_thread::sleep_until(next);
      if (spike && Clock::now() >= spike_at) {
        spike = !Send(static_cast<uint16_t>(std::stoi(flags["--port"])), "POST",
                      "/fault?seconds=" + flags["--spike-for"]);
      }
      if (!flags["--stats"].empty() && Clock::now() >= report) {
        tally.Write(flags["--stats"]);
        report += std::chrono::seconds(1);
      }
    }
  }
  if (!flags["--stats"].empty()) tally.Write(flags["--stats"]);
  return 0;
}
