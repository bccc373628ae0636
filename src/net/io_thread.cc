#include "net/io_thread.h"

#include <pthread.h>

#include <utility>

#include "base/log.h"
#include "net/limits.h"

namespace pharos::net {

IoThread::IoThread()
    : work_(context_.get_executor()),
      tick_(context_),
      read_buffer_(std::make_unique_for_overwrite<char[]>(kReadBytes)) {}

IoThread::~IoThread() { Stop(); }

IoThread*& IoThread::Current() {
  thread_local IoThread* current = nullptr;
  return current;
}

void IoThread::Start() {
  thread_ = std::thread([this] {
    Current() = this;
    while (true) {
      try {
        context_.run();
        return;
      } catch (const std::exception& error) {  // what a callback threw; the loop goes on
        base::Log(base::LogLevel::kError, "an I/O callback failed", {{"error", error.what()}});
      }
    }
  });
  pthread_setname_np(thread_.native_handle(), "http-io");
}

void IoThread::Stop() {
  {
    std::lock_guard lock(post_mutex_);
    if (stopped_) return;
    stopped_ = true;
  }
  context_.stop();
  if (thread_.joinable()) thread_.join();
  // Handlers that are still queued hold connections, which hold this thread: run them out.
  IoThread* const outer = std::exchange(Current(), this);
  ForEach([](Peer& peer) { peer.OnStop(); });
  peers_.clear();
  tick_.cancel();
  work_.reset();
  context_.restart();
  context_.poll();
  Current() = outer;
}

void IoThread::Add(std::shared_ptr<Peer> peer) {
  Peer* key = peer.get();
  peers_.emplace(key, std::move(peer));
  if (!ticking_) ArmTick();
}

void IoThread::Remove(Peer* peer) { peers_.erase(peer); }

void IoThread::ArmTick() {
  ticking_ = true;
  tick_.expires_after(kTick);
  tick_.async_wait([this](const boost::system::error_code& error) {
    ticking_ = false;
    if (error || peers_.empty()) return;  // armed again by the next Add
    const SteadyTime now = std::chrono::steady_clock::now();
    ForEach([now](Peer& peer) { peer.OnTick(now); });
    ArmTick();
  });
}

}  // namespace pharos::net
