#include "rules/send_loop.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "rules/limits.h"

namespace pharos::rules {
namespace {

base::Counter& CounterOf(const char* what, const std::string& url) {
  std::string label = "alertmanager=\"";
  for (const char c : url) {
    if (c == '"' || c == '\\') label += '\\';
    label += c;
  }
  return base::GetCounter("pharos_notifications_" + std::string(what) + "_total",
                          "Alerts to Alertmanagers: " + std::string(what) + ".", label + "\"");
}

}  // namespace

SendLoop::SendLoop(SendSetting setting, const AlertPoster& post)
    : setting_(std::move(setting)), post_(post), thread_([this] { Run(); }) {}

SendLoop::~SendLoop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SendLoop::Add(std::span<const model::Alert> alerts) {
  size_t dropped = 0;
  {
    std::lock_guard lock(mutex_);
    queue_.insert(queue_.end(), alerts.begin(), alerts.end());
    if (queue_.size() > kQueueCapacity) {
      dropped = queue_.size() - kQueueCapacity;
      queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(dropped));
    }
  }
  changed_.notify_all();
  if (dropped == 0) return;
  CounterOf("dropped", setting_.url).Add(dropped);
  base::Log(base::LogLevel::kWarn, "the queue of an Alertmanager is full; the oldest are dropped",
            {{"alertmanager", setting_.url}, {"alerts", std::to_string(dropped)}});
}

void SendLoop::Flush() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return queue_.empty() && !sending_; });
}

void SendLoop::Run() {
  std::unique_lock lock(mutex_);
  bool reachable = true;
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (stopping_ && (queue_.empty() || !reachable)) break;
    const size_t size = std::min(queue_.size(), kMaxBatch);
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(size);
    const std::vector<model::Alert> batch(std::make_move_iterator(queue_.begin()),
                                          std::make_move_iterator(end));
    queue_.erase(queue_.begin(), end);
    sending_ = true;
    lock.unlock();
    reachable = Post(batch);
    lock.lock();
    sending_ = false;
    changed_.notify_all();
  }
  if (!queue_.empty()) CounterOf("dropped", setting_.url).Add(queue_.size());
  queue_.clear();
  changed_.notify_all();
}

bool SendLoop::Post(std::span<const model::Alert> batch) {
  net::ClientRequest request;
  request.method = "POST";
  request.url = setting_.url;
  request.timeout = std::chrono::milliseconds(setting_.timeout_ms);
  request.follow_redirects = setting_.follow_redirects;
  request.headers.Set("Content-Type", "application/json");
  request.headers.Set("User-Agent", "Pharos/" PHAROS_VERSION);
  if (const std::string header = setting_.credentials.Header(); !header.empty())
    request.headers.Set("Authorization", header);
  request.body = PostableAlerts(batch);
  const auto response = post_(request);
  std::string error;
  if (!response) {
    error = response.error().message;
  } else if (response->status / 100 != 2) {
    error = "bad response status " + std::to_string(response->status);
  }
  CounterOf(error.empty() ? "sent" : "errors", setting_.url).Add(batch.size());
  if (error.empty()) return true;
  CounterOf("dropped", setting_.url).Add(batch.size());
  base::Log(
      base::LogLevel::kError, "error sending alerts",
      {{"alertmanager", setting_.url}, {"alerts", std::to_string(batch.size())}, {"error", error}});
  return false;
}

}  // namespace pharos::rules
