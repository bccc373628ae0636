// The whole route: a configuration's text, files and containers, clients in-process and over
// HTTP.
#include "ingest/tail/promtail.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>

#include "base/compress.h"
#include "ingest/receive/fake_sinks.h"
#include "net/server.h"
#include "wire/loki_push.h"

namespace pharos::ingest::tail {
namespace {

namespace stdfs = std::filesystem;
using base::Result;
using Lines = std::vector<std::string>;

/// Keeps one of each (stream, time, line).
class OneOfEach final : public store::EventSink {
 public:
  Result<store::EventAppendResult> Append(std::string_view,
                                          const model::EventBatch& batch) override {
    std::lock_guard lock(mutex_);
    for (const model::StreamEvents& stream : batch.streams) {
      const std::string labels = model::ToString(stream.stream);
      for (const model::Event& event : stream.events) {
        ++appended_;
        const std::string line(event.body.text);
        if (!seen_.insert(labels + std::to_string(event.time_ns) + line).second) continue;
        lines_[labels].push_back(line);
      }
    }
    return store::EventAppendResult{base::Ack::Durable(), 0, ""};
  }
  std::map<std::string, Lines> lines() const {
    std::lock_guard lock(mutex_);
    return lines_;
  }
  size_t Count() const {
    std::lock_guard lock(mutex_);
    return seen_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> seen_;
  std::map<std::string, Lines> lines_;
  size_t appended_ = 0;
};

/// Waits for what other threads do; false after ten seconds.
template <class Condition>
bool Eventually(Condition condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    ::usleep(10'000);
  }
  return false;
}

class Route : public ::testing::Test {
 protected:
  Route() {
    dir_ = stdfs::temp_directory_path() /
           ("pharos_promtail_" + std::to_string(::getpid()) + "_" +
            ::testing::UnitTest::GetInstance()->current_test_info()->name());
    stdfs::remove_all(dir_);
    stdfs::create_directories(dir_);
    target_.events = &sink_;
  }
  ~Route() override { stdfs::remove_all(dir_); }
  std::string Path(const std::string& name) const { return (dir_ / name).string(); }
  void Append(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::app | std::ios::binary) << text;
  }
  std::unique_ptr<Promtail> Begin(const std::string& yaml, bool own = true) {
    auto config = ParsePromtail(yaml, "promtail.yaml");
    EXPECT_TRUE(config) << config.error().message;
    if (!config) return nullptr;
    PromtailOptions options;
    options.target = target_;
    options.positions_file = Path("data/positions.yaml");
    options.is_own = [own](const std::string&) { return own; };
    auto out = Promtail::Start(*std::move(config), std::move(options));
    EXPECT_TRUE(out) << out.error().message;
    return out ? *std::move(out) : nullptr;
  }
  std::string FileConfig(const std::string& url) const {
    return "clients: [{url: '" + url +
           "', external_labels: {cluster: lab, job: never},\n"
           "  backoff_config: {min_period: 10ms, max_period: 20ms}}]\n"
           "scrape_configs:\n"
           "- job_name: files\n"
           "  static_configs:\n"
           "  - targets: [localhost]\n"
           "    labels: {job: shop, __path__: '" +
           Path("*.log") +
           "'}\n"
           "  pipeline_stages:\n"
           "  - json: {expressions: {level: }}\n"
           "  - labels: {level: }\n";
  }

  stdfs::path dir_;
  OneOfEach sink_;
  receive::Target target_;
};

TEST_F(Route, FilesIntoPharosItself) {
  Append("a.log", "{\"level\":\"warn\",\"msg\":\"one\"}\nplain\n");
  auto promtail = Begin(FileConfig("http://loki:3100/loki/api/v1/push"));
  ASSERT_NE(promtail, nullptr);
  ASSERT_TRUE(Eventually([&] { return sink_.Count() == 2; }));
  Append("a.log", "later\n");
  ASSERT_TRUE(Eventually([&] { return sink_.Count() == 3; }));
  ASSERT_TRUE(Eventually([&] { return promtail->Files().size() == 1; }));
  promtail = nullptr;
  const std::string file = Path("a.log");
  const std::map<std::string, Lines> want = {
      {"{cluster=\"lab\", filename=\"" + file +
           "\", job=\"shop\", level=\"warn\", "
           "service_name=\"shop\"}",
       {"{\"level\":\"warn\",\"msg\":\"one\"}"}},
      {"{cluster=\"lab\", filename=\"" + file + "\", job=\"shop\", service_name=\"shop\"}",
       {"plain", "later"}}};
  EXPECT_EQ(sink_.lines(), want);
  std::stringstream text;
  text << std::ifstream(Path("data/positions.yaml")).rdbuf();
  EXPECT_EQ(text.str(),
            "positions:\n  \"" + file + "\": \"" + std::to_string(stdfs::file_size(file)) + "\"\n");
  // A second run goes on where the first stopped.
  Append("a.log", "after\n");
  promtail = Begin(FileConfig("http://loki:3100/loki/api/v1/push"));
  ASSERT_TRUE(Eventually([&] { return sink_.Count() == 4; }));
}

TEST_F(Route, OverHttpUntilTheServerTakesIt) {
  std::mutex mutex;
  Lines got;
  int refused = 0;
  auto router = std::make_shared<net::Router>();
  router->Add("POST", "/loki/api/v1/push", [&](const net::Request& request) {
    std::lock_guard lock(mutex);
    if (refused++ < 3) return net::Response::Text(503, "not yet");
    EXPECT_EQ(request.headers.Get("X-Scope-OrgID"), "team-a");
    EXPECT_EQ(request.headers.Get("Content-Type"), "application/x-protobuf");
    auto body = base::SnappyDecompress(request.body, 1 << 20);
    auto push = wire::DecodeLokiPush(std::make_shared<const std::string>(*std::move(body)));
    EXPECT_TRUE(push);
    for (const auto& stream : push->streams) {
      for (const auto& event : stream.events) got.emplace_back(event.body.text);
    }
    return net::Response{.status = 204, .headers = {}, .body = {}};
  });
  auto server = net::Server::Make({});
  const auto address = server->Listen({.name = "loki", .address = "127.0.0.1:0", .router = router});
  ASSERT_TRUE(address) << address.error().message;
  std::string config = FileConfig("http://" + *address + "/loki/api/v1/push");
  config += "  - tenant: {value: team-a}\n";
  Append("a.log", "one\ntwo\n");
  auto promtail = Begin(config, false);
  ASSERT_TRUE(Eventually([&] {
    std::lock_guard lock(mutex);
    return got.size() == 2;
  }));
  promtail->Stop();
  EXPECT_EQ(got, (Lines{"one", "two"}));
  EXPECT_GE(refused, 4);
}

TEST_F(Route, StopsWhileAServerIsAway) {
  Append("a.log", "one\n");
  auto promtail = Begin(FileConfig("http://127.0.0.1:1/loki/api/v1/push"), false);
  ::usleep(100'000);
  promtail = nullptr;  // must not wait for the server
  promtail = Begin(FileConfig("http://pharos"), true);
  EXPECT_TRUE(Eventually([&] { return sink_.Count() == 1; }));
}

/// The stand-in daemon as a process; empty where there is no Python.
class StandIn {
 public:
  StandIn(const std::string& socket, const std::string& container) {
    if (!stdfs::exists("tools/docker_stand_in.py")) return;
    pid_ = ::fork();
    if (pid_ == 0) {
      ::execlp("python3", "python3", "tools/docker_stand_in.py", socket.c_str(), container.c_str(),
               nullptr);
      ::_exit(127);
    }
    up_ = Eventually([&] {
            int status = 0;
            return stdfs::exists(socket) || ::waitpid(pid_, &status, WNOHANG) == pid_;
          }) &&
          stdfs::exists(socket);
  }
  ~StandIn() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  bool up() const { return up_; }

 private:
  pid_t pid_ = -1;
  bool up_ = false;
};

TEST_F(Route, ContainersOfADaemon) {
  std::ofstream(Path("app.log")) << "{\"n\":1}\nplain\n";
  const std::string socket = Path("docker.sock");
  const std::string container =
      "sample-app=" + Path("app.log") + ",com.docker.compose.service=sample-app";
  auto daemon = std::make_unique<StandIn>(socket, container);
  if (!daemon->up()) GTEST_SKIP() << "no python3, or not run from the source folder";
  const std::string config =
      "clients: [{url: 'http://loki:3100/loki/api/v1/push'}]\n"
      "scrape_configs:\n"
      "- job_name: docker\n"
      "  docker_sd_configs:\n"
      "  - host: unix://" +
      socket +
      "\n"
      "    refresh_interval: 100ms\n"
      "    filters: [{name: status, values: [running]}]\n"
      "  relabel_configs:\n"
      "  - {source_labels: [__meta_docker_container_name], target_label: container}\n"
      "  - source_labels: [__meta_docker_container_label_com_docker_compose_service]\n"
      "    target_label: service\n"
      "  - {source_labels: [__meta_docker_container_log_stream], target_label: stream}\n";
  auto promtail = Begin(config);
  ASSERT_TRUE(Eventually([&] { return sink_.Count() == 2; }));
  Append("app.log", "live\n");
  Append("app.log.stderr", "to stderr\n");
  ASSERT_TRUE(Eventually([&] { return sink_.Count() == 4; }));
  ASSERT_EQ(promtail->Containers().size(), 1u);
  EXPECT_EQ(promtail->Containers()[0].discovered.Get("__meta_docker_container_name"),
            "/sample-app");
  // A new Promtail, and a daemon that was away: nothing twice, nothing missing.
  promtail = nullptr;
  Append("app.log", "while away\n");
  promtail = Begin(config);
  ASSERT_TRUE(Eventually([&] { return sink_.Count() == 5; }));
  daemon = nullptr;
  stdfs::remove(socket);
  Append("app.log", "daemon away\n");
  daemon = std::make_unique<StandIn>(socket, container);
  ASSERT_TRUE(Eventually([&] { return sink_.Count() == 6; }));
  promtail = nullptr;
  const std::map<std::string, Lines> want = {
      {R"({container="/sample-app", service="sample-app", service_name="sample-app", stream="stderr"})",
       {"to stderr"}},
      {R"({container="/sample-app", service="sample-app", service_name="sample-app", stream="stdout"})",
       {"{\"n\":1}", "plain", "live", "while away", "daemon away"}}};
  EXPECT_EQ(sink_.lines(), want);
}

}  // namespace
}  // namespace pharos::ingest::tail
