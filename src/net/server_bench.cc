// Requests a second and CPU a request over loopback. The clients run in a child process, so
// that "cpu_us_per_request" is the server's alone.
#include <benchmark/benchmark.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <atomic>
#include <thread>
#include <vector>

#include "net/raw_client.h"
#include "net/server.h"

namespace pharos::net {
namespace {

double ProcessCpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return double(t.tv_sec) + double(t.tv_usec) * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Each client has one kept connection and one request under way. Runs until killed.
[[noreturn]] void RunClients(const std::string& address, int clients, const std::string& request) {
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&] {
      RawClient client(address);
      while (client.Send(request) && client.Read().status == 200) {
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ::_exit(0);
}

/// range(0): clients; range(1): bytes a body.
void Serve(benchmark::State& state, const std::string& path) {
  std::atomic<uint64_t> answered{0};
  auto router = std::make_shared<Router>();
  router->AddAsync("POST", "/async", [&](Request request, ResponderPtr responder) {
    benchmark::DoNotOptimize(request.body.data());
    answered.fetch_add(1, std::memory_order_relaxed);
    responder->Send(Response::Text(200, "ok"));
  });
  router->Add("POST", "/sync", [&](const Request& request) {
    benchmark::DoNotOptimize(request.body.data());
    answered.fetch_add(1, std::memory_order_relaxed);
    return Response::Text(200, "ok");
  });
  // The child must be made before there are threads; it is told the port through a pipe.
  int pipe_ends[2];
  if (::pipe(pipe_ends) != 0) return state.SkipWithError("no pipe");
  const std::string body(static_cast<size_t>(state.range(1)), 'x');
  const pid_t child = ::fork();
  if (child == 0) {
    char address[64] = "";
    if (::read(pipe_ends[0], address, sizeof address - 1) <= 0) ::_exit(1);
    RunClients(address, static_cast<int>(state.range(0)),
               Post(path, body, "Content-Type: application/json\r\n"));
  }
  auto server = Server::Make({});
  const auto address =
      server->Listen({.name = "bench", .address = "127.0.0.1:0", .router = router}).value();
  (void)!::write(pipe_ends[1], address.data(), address.size());
  while (answered < 100) std::this_thread::sleep_for(std::chrono::milliseconds(1));

  const uint64_t before = answered;
  const double cpu = ProcessCpuSeconds();
  for (auto _ : state) std::this_thread::sleep_for(std::chrono::seconds(1));
  const double requests = static_cast<double>(answered - before);
  state.counters["requests_per_s"] = requests / static_cast<double>(state.iterations());
  state.counters["cpu_us_per_request"] = (ProcessCpuSeconds() - cpu) * 1e6 / requests;
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

void AsyncHandler(benchmark::State& state) { Serve(state, "/async"); }
void SyncHandler(benchmark::State& state) { Serve(state, "/sync"); }

BENCHMARK(AsyncHandler)
    ->Args({1, 200})
    ->Args({16, 200})
    ->Args({16, 65536})
    ->Iterations(2)
    ->UseRealTime();
BENCHMARK(SyncHandler)->Args({1, 200})->Args({16, 200})->Iterations(2)->UseRealTime();

}  // namespace
}  // namespace pharos::net
