#include "ingest/tail/docker_targets.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <optional>
#include <set>

#include "base/log.h"
#include "conf/relabel.h"
#include "ingest/discovery/docker.h"
#include "ingest/tail/docker_log.h"
#include "ingest/tail/limits.h"
#include "ingest/tail/pipeline.h"
#include "net/client.h"
#include "text/url.h"

namespace pharos::ingest::tail {
namespace {

using base::Result;
constexpr std::string_view kCursor = "cursor-";
constexpr auto kRetry = std::chrono::seconds(1);

/// What relabelling makes of a container's stream; nothing when it drops it.
std::optional<LabelMap> StreamLabels(const conf::Relabeller& relabeller,
                                     const model::Labels& discovered, std::string_view stream) {
  const auto labels = relabeller.Apply(
      model::LabelsBuilder(discovered).Set("__meta_docker_container_log_stream", stream).Build());
  if (!labels) return std::nullopt;
  LabelMap out;
  for (const model::LabelView label : *labels) {
    if (!label.name.starts_with("__")) out.emplace(label.name, label.value);
  }
  return out;
}

}  // namespace

/// Follows the log of one container on a thread of its own.
class DockerTargets::Container {
 public:
  Container(const conf::PromtailJob& job, const conf::DockerDiscovery& docker,
            discovery::DockerTarget target, const conf::Relabeller& relabeller,
            const base::Clock& clock, int64_t since_ns, Deliver deliver)
      : docker_(docker),
        target_(std::move(target)),
        clock_(clock),
        deliver_(std::move(deliver)),
        faults_("pipeline_stages"),
        pipeline_(job.stages, faults_),
        acknowledged_ns_(since_ns) {
    labels_[0] = StreamLabels(relabeller, target_.labels, "stdout");
    labels_[1] = StreamLabels(relabeller, target_.labels, "stderr");
  }
  ~Container() { Stop(); }

  /// False for a container whose streams relabelling drops.
  bool wanted() const { return labels_[0] || labels_[1]; }
  void Start() {
    running_ = true;
    thread_ = std::thread([this] { Run(); });
  }
  void Cancel() { cancelled_.Cancel(); }
  void Stop() {
    Cancel();
    if (thread_.joinable()) thread_.join();
  }
  /// Its stream has ended, and it may be started again.
  bool ended() const { return !running_.load(); }
  void Restart() {
    if (thread_.joinable()) thread_.join();
    Start();
  }

  int64_t acknowledged_ns() const { return acknowledged_ns_.load(); }
  const discovery::DockerTarget& target() const { return target_; }
  std::string error() const {
    std::lock_guard lock(mutex_);
    return error_;
  }
  bool listed = true;  ///< for the owner

 private:
  void Run() {
    if (const auto followed = Follow(); !followed) Tell(followed.error());
    running_ = false;
  }

  void Tell(const base::Error& error) {
    if (error.kind == base::ErrorKind::kCancelled) return;
    std::lock_guard lock(mutex_);
    if (error_ != error.message) {
      base::Log(base::LogLevel::kWarn, "the log of a container cannot be followed",
                {{"container", target_.container_id}, {"error", error.message}});
    }
    error_ = error.message;
  }

  Result<void> Follow() {
    PHAROS_TRY(const bool tty,
               discovery::ContainerHasTty(docker_, target_.container_id, cancelled_));
    DockerLog log(tty);
    net::ClientRequest request = discovery::DockerRequest(docker_, LogPath());
    request.cancelled = cancelled_;
    Result<void> fate;
    const auto on_line = [&](DockerLine line) { Take(std::move(line)); };
    net::StreamSink sink;
    sink.on_bytes = [&](std::string_view bytes) {
      fate = log.Feed(bytes, on_line);
      if (fate) fate = Flush(clock_.NowNs());
      return fate.has_value();
    };
    sink.on_idle = [&] {
      if (fate && !cancelled_.Cancelled()) fate = Flush(clock_.NowNs());
    };
    const auto answer = net::FetchStream(request, sink);
    if (!fate) return fate;
    if (!answer) return std::unexpected(answer.error());
    if (answer->status / 100 != 2) {
      return base::Fail(
          base::ErrorKind::kUnprocessable,
          "Docker answers " + std::to_string(answer->status) + ": " + answer->body.substr(0, 300));
    }
    log.Finish(on_line);
    {
      std::lock_guard lock(mutex_);
      error_.clear();
    }
    return Flush(INT64_MAX);
  }

  std::string LogPath() const {
    std::string path = "/containers/" + text::PathEscape(target_.container_id) +
                       "/logs?follow=1&stdout=1&stderr=1&timestamps=1";
    const int64_t since = acknowledged_ns_.load();
    if (since > 0) {
      char text[48];
      std::snprintf(text, sizeof text, "&since=%lld.%09lld",
                    static_cast<long long>(since / 1'000'000'000),
                    static_cast<long long>(since % 1'000'000'000));
      path += text;
    }
    return path;
  }

  void Take(DockerLine line) {
    last_ns_ = std::max(last_ns_, line.time_ns);
    const std::optional<LabelMap>& labels = labels_[line.error_stream ? 1 : 0];
    if (!labels) return;
    Entry entry;
    entry.labels = *labels;
    entry.time_ns = line.time_ns;
    entry.read_ns = line.time_ns;
    entry.line = std::move(line.text);
    entry.begin = static_cast<uint64_t>(std::max<int64_t>(0, line.time_ns));
    lines_.push_back(std::move(entry));
    if (lines_.size() < kMaxContainerBatch) return;
    pipeline_.Run(std::move(lines_), ready_);
    lines_.clear();
  }

  /// Sends what is ready; the position follows.
  Result<void> Flush(int64_t now_ns) {
    pipeline_.Run(std::move(lines_), ready_);
    lines_.clear();
    pipeline_.Tick(now_ns, ready_);
    if (!ready_.empty()) PHAROS_TRY_VOID(deliver_(ready_));
    ready_.clear();
    const uint64_t held = pipeline_.HeldFrom();
    const int64_t upto = held == UINT64_MAX ? last_ns_ : static_cast<int64_t>(held);
    if (upto > acknowledged_ns_.load()) acknowledged_ns_ = upto;
    return {};
  }

  const conf::DockerDiscovery& docker_;
  const discovery::DockerTarget target_;
  const base::Clock& clock_;
  const Deliver deliver_;
  conf::Faults faults_;  // the stages were checked when the file was read
  Pipeline pipeline_;
  std::optional<LabelMap> labels_[2];
  std::vector<Entry> lines_, ready_;
  int64_t last_ns_ = 0;
  std::atomic<int64_t> acknowledged_ns_;
  std::atomic<bool> running_{false};
  net::Cancellation cancelled_;
  mutable std::mutex mutex_;
  std::string error_;  ///< mutex_
  std::thread thread_;
};

struct DockerTargets::Discovery {
  const conf::PromtailJob* job = nullptr;
  const conf::DockerDiscovery* docker = nullptr;
  conf::Relabeller relabeller;
  std::map<std::string, std::unique_ptr<Container>> containers;  ///< mutex_ of the owner
  std::string error;                                             ///< of the last refresh
  std::thread thread;
};

DockerTargets::DockerTargets(const conf::PromtailConfig& config, const base::Clock& clock,
                             const PositionMap& positions, Deliver deliver)
    : config_(config), clock_(clock), deliver_(std::move(deliver)), positions_(positions) {}

DockerTargets::~DockerTargets() { Stop(); }

void DockerTargets::Start() {
  for (const conf::PromtailJob& job : config_.jobs) {
    for (const conf::DockerDiscovery& docker : job.docker) {
      auto discovery = std::make_unique<Discovery>();
      discovery->job = &job;
      discovery->docker = &docker;
      if (auto made = conf::Relabeller::Make(job.relabel)) discovery->relabeller = *made;
      Discovery* raw = discovery.get();
      discoveries_.push_back(std::move(discovery));
      raw->thread = std::thread([this, raw] { Discover(*raw); });
    }
  }
}

void DockerTargets::Stop() {
  stop_.Cancel();
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (const auto& discovery : discoveries_) {
    if (discovery->thread.joinable()) discovery->thread.join();
  }
  // No discovery runs any more: the containers are ours without the lock.
  for (const auto& discovery : discoveries_) {
    for (const auto& [id, container] : discovery->containers) container->Cancel();
  }
  for (const auto& discovery : discoveries_) {
    for (const auto& [id, container] : discovery->containers) container->Stop();
  }
}

void DockerTargets::Discover(Discovery& discovery) {
  const auto interval = std::chrono::milliseconds(discovery.docker->refresh_ms);
  auto next = std::chrono::steady_clock::now();
  while (!stop_.Cancelled()) {
    if (std::chrono::steady_clock::now() >= next) {
      Refresh(discovery);
      next = std::chrono::steady_clock::now() + interval;
    }
    std::unique_lock lock(mutex_);
    // Streams that broke are taken up again while the container is listed.
    for (const auto& [id, container] : discovery.containers) {
      if (container->ended() && container->listed) container->Restart();
    }
    wake_.wait_for(lock, std::min<std::chrono::milliseconds>(interval, kRetry),
                   [&] { return stopping_; });
  }
}

void DockerTargets::Refresh(Discovery& discovery) {
  const auto targets = discovery::ListDockerTargets(*discovery.docker, stop_);
  if (!targets) {
    if (targets.error().message != discovery.error && !stop_.Cancelled()) {
      base::Log(base::LogLevel::kError, "containers cannot be listed",
                {{"job", discovery.job->name}, {"error", targets.error().message}});
    }
    discovery.error = targets.error().message;
    return;
  }
  discovery.error.clear();
  std::vector<std::unique_ptr<Container>> gone;
  std::lock_guard lock(mutex_);
  for (const auto& [id, container] : discovery.containers) container->listed = false;
  for (const discovery::DockerTarget& target : *targets) {
    // Several networks and ports are still one log: the first target counts, as in Promtail.
    const auto found = discovery.containers.find(target.container_id);
    if (found != discovery.containers.end()) {
      found->second->listed = true;
      continue;
    }
    if (discovery.containers.size() >= kMaxContainers) {
      base::Log(base::LogLevel::kError, "too many containers to follow; the rest is left out",
                {{"limit", std::to_string(kMaxContainers)}});
      break;
    }
    int64_t since_s = 0;
    const auto position = positions_.find(std::string(kCursor) + target.container_id);
    if (position != positions_.end()) {
      const std::string& text = position->second;
      std::from_chars(text.data(), text.data() + text.size(), since_s);
    }
    if (since_s < 0 || since_s > INT64_MAX / 1'000'000'000) since_s = 0;
    auto container =
        std::make_unique<Container>(*discovery.job, *discovery.docker, target, discovery.relabeller,
                                    clock_, since_s * 1'000'000'000, deliver_);
    if (container->wanted()) container->Start();
    container->listed = container->wanted();
    discovery.containers.emplace(target.container_id, std::move(container));
  }
  // A container that stopped ends its own stream after the last line; only then it goes.
  for (auto it = discovery.containers.begin(); it != discovery.containers.end();) {
    const auto still = [&](const discovery::DockerTarget& target) {
      return target.container_id == it->first;
    };
    if (it->second->ended() && std::none_of(targets->begin(), targets->end(), still)) {
      positions_[std::string(kCursor) + it->first] =
          std::to_string(it->second->acknowledged_ns() / 1'000'000'000);
      gone.push_back(std::move(it->second));
      it = discovery.containers.erase(it);
    } else {
      ++it;
    }
  }
}

void DockerTargets::AddPositions(PositionMap& out) const {
  std::lock_guard lock(mutex_);
  for (const auto& [key, value] : positions_) {
    if (key.starts_with(kCursor)) out[key] = value;
  }
  for (const auto& discovery : discoveries_) {
    for (const auto& [id, container] : discovery->containers) {
      if (container->acknowledged_ns() == 0) continue;
      out[std::string(kCursor) + id] = std::to_string(container->acknowledged_ns() / 1'000'000'000);
    }
  }
}

std::vector<DockerTargets::Shown> DockerTargets::Active() const {
  std::vector<Shown> out;
  std::lock_guard lock(mutex_);
  for (const auto& discovery : discoveries_) {
    for (const auto& [id, container] : discovery->containers) {
      out.push_back({discovery->job->name, id, container->target().labels, !container->ended(),
                     container->error()});
    }
  }
  return out;
}

}  // namespace pharos::ingest::tail
