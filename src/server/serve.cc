#include "server/serve.h"

#include <signal.h>

#include <atomic>
#include <cstdio>
#include <mutex>

#include "api/grafana/dashboard_store.h"
#include "api/prometheus/notifications.h"
#include "base/log.h"
#include "base/memory.h"
#include "ingest/scrape/scraper.h"
#include "net/server.h"
#include "server/alerting.h"
#include "server/configuration.h"
#include "server/faces.h"
#include "server/limits.h"
#include "server/otlp_grpc.h"
#include "server/program_metrics.h"
#include "server/receivers.h"
#include "server/self_scrape.h"
#include "server/storage.h"

namespace pharos::server {
namespace {

using base::Error;
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
  Result<void> OpenReceivers(const Configuration& configuration);
  Result<void> OpenDashboards(const Configuration& configuration);
  Result<void> OpenListeners();
  Result<void> OpenCollectorListeners();
  Result<void> Listen(const std::string& name, const ListenAddress& address,
                      std::shared_ptr<const net::Router> router);
  Result<void> ListenGrpc(const ListenAddress& address);
  /// A default address that is taken is left out with a line; an explicit one stops the start.
  Result<void> Forgive(const std::string& name, const ListenAddress& address, const Error& error);
  void Bound(const std::string& name, const std::string& address);
  Result<void> Apply(const Configuration& configuration);

  ServeOptions options_;
  std::atomic<bool> ready_{false};
  std::string main_port_;  ///< set before any other listener is bound
  std::mutex config_mutex_;
  std::string config_text_;  // guarded by config_mutex_, as what follows
  conf::PrometheusConfig prometheus_;
  api::prometheus::ReloadOutcome reload_;
  std::shared_ptr<api::prometheus::Notifications> notifications_ =
      std::make_shared<api::prometheus::Notifications>();
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<Receivers> receivers_;
  std::unique_ptr<Alerting> alerting_;
  std::unique_ptr<api::grafana::DashboardStore> dashboards_;
  std::unique_ptr<ingest::scrape::Scraper> scrapes_;
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<net::GrpcServer> grpc_;
};

Result<void> Program::Start() {
  for (const FeatureNote& note : options_.feature_notes)
    base::Log(note.warning ? LogLevel::kWarn : LogLevel::kInfo, note.text,
              {{"option", note.option}});
  // 1. What the configuration asks for; nothing is touched before it is understood.
  PHAROS_TRY(const Configuration configuration, ReadConfiguration(options_));
  config_text_ = configuration.prometheus_text;
  prometheus_ = configuration.prometheus;
  reload_ = {true, base::Clock::System().NowNs()};
  // 2. The data directory: lock, manifest, engines, replay of the log.
  PHAROS_TRY(storage_, Storage::Open(options_, configuration));
  RegisterProgramMetrics(*storage_);
  NoteConfigReload(true);
  // 3. Receivers, rules and routing, dashboards, the scraper.
  PHAROS_TRY(receivers_, Receivers::Open(*storage_, options_, configuration));
  PHAROS_TRY(alerting_, Alerting::Open(*storage_, options_, configuration));
  PHAROS_TRY_VOID(OpenDashboards(configuration));
  ingest::scrape::ScraperOptions scraper_options;
  scraper_options.sink = &storage_->sample_sink();
  scraper_options.in_process = [this](const std::string& address, const std::string& path,
                                      const auto&) {
    return SelfScrape(options_.self_names, *receivers_, *alerting_, address, path);
  };
  scrapes_ = std::make_unique<ingest::scrape::Scraper>(std::move(scraper_options));
  // 4. Listeners.
  PHAROS_TRY_VOID(OpenListeners());
  // 5. Rules, log files and scrapes; only now, so that what they ask of ourselves finds a listener.
  PHAROS_TRY_VOID(Apply(configuration));
  alerting_->Start();
  PHAROS_TRY_VOID(receivers_->Start(configuration));
  ready_ = true;
  return {};
}

Result<void> Program::OpenDashboards(const Configuration& configuration) {
  api::grafana::DashboardStoreOptions options;
  options.folder = options_.data_dir + "/dashboards";
  if (configuration.grafana) {
    options.providers = configuration.grafana->providers;
    std::vector<api::grafana::Datasource> named;
    for (const conf::GrafanaDatasource& source : configuration.grafana->datasources)
      named.push_back({source.name, source.type, source.uid, source.is_default});
    options.sources = api::grafana::WithOwn(std::move(named));
  }
  PHAROS_TRY(dashboards_, api::grafana::DashboardStore::Open(std::move(options)));
  return {};
}

Result<void> Program::OpenListeners() {
  net::ServerOptions server_options;
  server_options.allowed_hosts = options_.allowed_hosts;
  if (options_.insecure && server_options.allowed_hosts.empty())
    server_options.allowed_hosts = {"*"};
  server_ = net::Server::Make(server_options);
  FaceDeps deps{.storage = storage_.get(),
                .options = &options_,
                .receivers = receivers_.get(),
                .alerting = alerting_.get(),
                .dashboards = dashboards_.get(),
                .scrapes = scrapes_.get()};
  deps.main_port = [this] { return main_port_; };
  deps.ready = [this] { return ready(); };
  deps.reload = [this] { return Reload(); };
  deps.config_text = [this] {
    std::lock_guard lock(config_mutex_);
    return config_text_;
  };
  deps.prometheus = [this] {
    std::lock_guard lock(config_mutex_);
    return prometheus_;
  };
  deps.last_reload = [this] {
    std::lock_guard lock(config_mutex_);
    return reload_;
  };
  deps.notifications = notifications_;
  auto faces = MakeFaces(deps);
  PHAROS_TRY_VOID(Listen("main", options_.main, faces.at("main")));
  for (const auto& [name, address] : options_.listeners) {
    if (name == "otlp-grpc") {
      PHAROS_TRY_VOID(ListenGrpc(address));
    } else if (name == "fluent") {
      const auto bound = receivers_->ListenFluent(address.address);
      if (!bound) PHAROS_TRY_VOID(Forgive(name, address, bound.error()));
      if (bound) Bound(name, *bound);
    } else if (const auto face = faces.find(name); face != faces.end()) {
      PHAROS_TRY_VOID(Listen(name, address, face->second));
    }
  }
  PHAROS_TRY_VOID(OpenCollectorListeners());
  std::fflush(stdout);
  return {};
}

/// What a Collector file serves beyond its first page of each kind: at the port that it names, on
/// this machine alone.
Result<void> Program::OpenCollectorListeners() {
  using Kind = exporting::CollectorListener::Kind;
  if (receivers_->collector() == nullptr) return {};
  for (const exporting::CollectorListener& listener : receivers_->collector()->listeners()) {
    const bool further = listener.kind == Kind::kExporterPage &&
                         &listener != receivers_->FirstOf(Kind::kExporterPage);
    if (listener.kind != Kind::kHealth && !further) continue;
    const std::string port = listener.endpoint.substr(listener.endpoint.rfind(':') + 1);
    PHAROS_TRY_VOID(Listen("otelcol-" + listener.id, {"127.0.0.1:" + port}, listener.router));
  }
  return {};
}

void Program::Bound(const std::string& name, const std::string& address) {
  options_.self_names.Bind(name, address);
  std::printf("listening %s %s\n", name.c_str(), address.c_str());
}

Result<void> Program::Listen(const std::string& name, const ListenAddress& address,
                             std::shared_ptr<const net::Router> router) {
  const auto bound = server_->Listen({.name = name,
                                      .address = address.address,
                                      .router = std::move(router),
                                      .cors = name == "otlp-http" || name == "main"});
  if (!bound) return Forgive(name, address, bound.error());
  if (name == "main") main_port_ = bound->substr(bound->rfind(':') + 1);
  Bound(name, *bound);
  return {};
}

Result<void> Program::ListenGrpc(const ListenAddress& address) {
  net::GrpcOptions grpc_options;
  if (const auto* asked = receivers_->FirstOf(exporting::CollectorListener::Kind::kOtlpGrpc)) {
    if (asked->max_message_bytes > 0) grpc_options.max_message_bytes = asked->max_message_bytes;
    if (asked->max_concurrent_streams > 0)
      grpc_options.max_concurrent_streams = asked->max_concurrent_streams;
  }
  auto started =
      net::GrpcServer::Start(address.address, grpc_options, OtlpGrpcHandlers(receivers_->otlp()));
  if (!started) return Forgive("otlp-grpc", address, started.error());
  grpc_ = *std::move(started);
  Bound("otlp-grpc", grpc_->address());
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

/// What a reload changes: rules, routing, scrapes.
Result<void> Program::Apply(const Configuration& configuration) {
  storage_->Apply(options_, configuration);
  PHAROS_TRY_VOID(storage_->ApplyQueryLog(configuration.prometheus.query_log_file));
  PHAROS_TRY_VOID(alerting_->Apply(configuration, "http://localhost:" + main_port_));
  scrapes_->Apply(configuration.prometheus.jobs);
  return {};
}

std::string Program::Reload() {
  const auto configuration = ReadConfiguration(options_);
  auto applied =
      configuration ? receivers_->Reload(*configuration) : std::unexpected(configuration.error());
  if (applied) applied = Apply(*configuration);
  NoteConfigReload(applied.has_value());
  if (!applied) {
    notifications_->Add(api::prometheus::kReloadFailed);
    std::lock_guard lock(config_mutex_);
    reload_.successful = false;
    base::Log(LogLevel::kError, "reload failed; the old configuration keeps running",
              {{"error", applied.error().message}});
    return applied.error().message;
  }
  {
    std::lock_guard lock(config_mutex_);
    config_text_ = configuration->prometheus_text;
    prometheus_ = configuration->prometheus;
    reload_ = {true, base::Clock::System().NowNs()};
  }
  notifications_->Remove(api::prometheus::kReloadFailed);
  base::Log(LogLevel::kInfo, "configuration reloaded");
  return "";
}

void Program::Stop() {
  ready_ = false;
  scrapes_->Stop();
  alerting_->Stop();
  receivers_->StopTaking();
  if (grpc_) grpc_->Drain(kDrainGrace);
  notifications_->EndStreams();
  server_->Drain(kDrainGrace);
  receivers_->Flush(kDrainGrace);
  ForgetProgramMetrics();
}

}  // namespace

int Serve(const ServeArguments& arguments) {
  const Signals signals;  // before any thread is made, so that all inherit the mask
  base::UseHugePages();
  base::KeepFreedMemory(kFreedMemoryTime);
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
