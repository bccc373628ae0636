#include "server/serve.h"

#include <signal.h>

#include <atomic>
#include <cstdio>
#include <mutex>

#include "base/log.h"
#include "conf/prometheus_config.h"
#include "ingest/receive/otlp_service.h"
#include "ingest/scrape/scraper.h"
#include "net/server.h"
#include "server/faces.h"
#include "server/otlp_grpc.h"
#include "server/storage.h"

namespace pharos::server {
namespace {

using base::Error;
using base::ErrorKind;
using base::Fail;
using base::LogLevel;
using base::Result;

constexpr std::chrono::milliseconds kDrainGrace{10'000};

/// SIGTERM, SIGINT and SIGHUP, blocked in every thread and read from one descriptor.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    signal(SIGPIPE, SIG_IGN);
  }
  int Wait() const {
    int received = 0;
    return sigwait(&set_, &received) == 0 ? received : SIGTERM;
  }

 private:
  sigset_t set_;
};

Result<conf::PrometheusConfig> ReadScrapeConfig(const ServeOptions& options) {
  if (options.prometheus_file.empty()) return conf::PrometheusConfig{};
  PHAROS_TRY(conf::PrometheusConfig config, conf::ReadPrometheusConfig(options.prometheus_file));
  if (!config.rule_files.empty()) {
    return Fail(ErrorKind::kUnsupported,
                options.prometheus_file +
                    ": rule_files: rules are not evaluated yet; `pharos check` reads them");
  }
  return config;
}

/// The running program. Members are in the order in which they must come up; they go down in
/// the reverse.
class Program {
 public:
  explicit Program(ServeOptions options) : options_(std::move(options)) {}

  Result<void> Start();
  std::string Reload();
  void Stop();
  bool ready() const { return ready_.load(); }

 private:
  Result<void> OpenListeners();
  Result<void> Listen(const std::string& name, const ListenAddress& address,
                      std::shared_ptr<const net::Router> router);
  Result<void> ListenGrpc(const ListenAddress& address);
  /// A default address that is taken is left out with a line; an explicit one stops the start.
  Result<void> Forgive(const std::string& name, const ListenAddress& address, const Error& error);

  ServeOptions options_;
  std::atomic<bool> ready_{false};
  std::string main_port_;  ///< set before any other listener is bound
  std::mutex config_mutex_;
  std::string config_text_;
  std::unique_ptr<Storage> storage_;
  std::shared_ptr<ingest::receive::OtlpService> otlp_;
  std::unique_ptr<ingest::scrape::Scraper> scrapes_;
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<net::GrpcServer> grpc_;
};

Result<void> Program::Start() {
  // 1. What the configuration asks for; nothing is touched before it is understood.
  PHAROS_TRY(const conf::PrometheusConfig config, ReadScrapeConfig(options_));
  if (!options_.prometheus_file.empty()) {
    config_text_ = conf::ReadTextFile(options_.prometheus_file).value_or("");
  }
  // 2. The data directory: lock, manifest, engines, replay of the log.
  const int64_t window = options_.prometheus_file.empty() ? -1 : config.out_of_order_window_ms;
  PHAROS_TRY(storage_, Storage::Open(options_, window));
  // 3. Receivers and the scraper.
  const ingest::receive::Target target{.samples = &storage_->sample_sink(),
                                       .events = &storage_->event_sink()};
  otlp_ = std::make_shared<ingest::receive::OtlpService>(target);
  ingest::scrape::ScraperOptions scraper_options;
  scraper_options.sink = &storage_->sample_sink();
  scrapes_ = std::make_unique<ingest::scrape::Scraper>(std::move(scraper_options));
  // 4. Listeners.
  PHAROS_TRY_VOID(OpenListeners());
  // 5. Scrapes; only now, so that a scrape of ourselves finds a listener.
  scrapes_->Apply(config.jobs);
  ready_ = true;
  return {};
}

Result<void> Program::OpenListeners() {
  net::ServerOptions server_options;
  server_options.allowed_hosts = options_.allowed_hosts;
  if (options_.insecure && server_options.allowed_hosts.empty())
    server_options.allowed_hosts = {"*"};
  server_ = net::Server::Make(server_options);
  FaceDeps deps{
      .storage = storage_.get(), .options = &options_, .otlp = otlp_, .scrapes = scrapes_.get()};
  deps.main_port = [this] { return main_port_; };
  deps.ready = [this] { return ready(); };
  deps.reload = [this] { return Reload(); };
  deps.config_text = [this] {
    std::lock_guard lock(config_mutex_);
    return config_text_;
  };
  auto faces = MakeFaces(deps);
  PHAROS_TRY_VOID(Listen("main", options_.main, faces.at("main")));
  for (const auto& [name, address] : options_.listeners) {
    PHAROS_TRY_VOID(name == "otlp-grpc" ? ListenGrpc(address)
                                        : Listen(name, address, faces.at(name)));
  }
  std::fflush(stdout);
  return {};
}

Result<void> Program::Listen(const std::string& name, const ListenAddress& address,
                             std::shared_ptr<const net::Router> router) {
  const auto bound = server_->Listen({.name = name,
                                      .address = address.address,
                                      .router = std::move(router),
                                      .cors = name == "otlp-http" || name == "main"});
  if (!bound) return Forgive(name, address, bound.error());
  if (name == "main") main_port_ = bound->substr(bound->rfind(':') + 1);
  std::printf("listening %s %s\n", name.c_str(), bound->c_str());
  return {};
}

Result<void> Program::ListenGrpc(const ListenAddress& address) {
  auto started = net::GrpcServer::Start(address.address, {}, OtlpGrpcHandlers(otlp_));
  if (!started) return Forgive("otlp-grpc", address, started.error());
  grpc_ = *std::move(started);
  std::printf("listening otlp-grpc %s\n", grpc_->address().c_str());
  return {};
}

Result<void> Program::Forgive(const std::string& name, const ListenAddress& address,
                              const Error& error) {
  // The main address is what Pharos is asked on: without it there is no point in running.
  if (address.explicitly || name == "main") return base::Wrap(error, "listener " + name);
  std::fprintf(stderr, "left out %s: %s (give --listen.%s ADDR)\n", name.c_str(),
               error.message.c_str(), name.c_str());
  return {};
}

std::string Program::Reload() {
  const auto config = ReadScrapeConfig(options_);
  if (!config) {
    base::Log(LogLevel::kError, "reload failed; the old configuration keeps running",
              {{"error", config.error().message}});
    return config.error().message;
  }
  if (!options_.prometheus_file.empty()) {
    std::lock_guard lock(config_mutex_);
    config_text_ = conf::ReadTextFile(options_.prometheus_file).value_or(config_text_);
  }
  scrapes_->Apply(config->jobs);
  base::Log(LogLevel::kInfo, "configuration reloaded");
  return "";
}

void Program::Stop() {
  ready_ = false;
  scrapes_->Stop();
  if (grpc_) grpc_->Drain(kDrainGrace);
  server_->Drain(kDrainGrace);
}

}  // namespace

int Serve(const ServeArguments& arguments) {
  const Signals signals;  // before any thread is made, so that all inherit the mask
  auto options = MakeServeOptions(arguments);
  if (!options) {
    std::fprintf(stderr, "pharos: %s\n", options.error().message.c_str());
    return 1;
  }
  Program program(*std::move(options));
  if (const auto started = program.Start(); !started) {
    std::fprintf(stderr, "pharos: %s\n", started.error().message.c_str());
    return 1;
  }
  base::Log(LogLevel::kInfo, "ready");
  while (signals.Wait() == SIGHUP) program.Reload();
  base::Log(LogLevel::kInfo, "draining");
  program.Stop();
  return 0;
}

}  // namespace pharos::server
