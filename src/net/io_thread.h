// One I/O thread: an event loop and the connections that live on it. A connection never
// changes its thread, so it needs no lock. Deadlines are looked at on a tick, which costs
// nothing a request. Private to net/: it shows Asio.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace pharos::net {

namespace asio = boost::asio;
using SteadyTime = std::chrono::steady_clock::time_point;
/// A socket without type erasure of its executor.
using Socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

/// Something that lives on an I/O thread. All calls on that thread.
class Peer {
 public:
  virtual ~Peer() = default;
  /// Ends itself when a deadline has passed.
  virtual void OnTick(SteadyTime now) = 0;
  /// Ends itself as soon as nothing is running.
  virtual void OnDrain() = 0;
  /// Ends itself now.
  virtual void OnStop() = 0;
};

/// Owns: the thread, the loop; borrows nothing. Threads: Post and OnThread from any, the
/// rest on the thread itself (Start and Stop: the owner). Errors: Post is false after Stop.
class IoThread {
 public:
  IoThread();
  ~IoThread();

  void Start();
  /// Stops the loop, joins, and drops what was posted. Idempotent.
  void Stop();

  asio::io_context& context() { return context_; }
  bool OnThread() const { return Current() == this; }
  /// True on any server's I/O thread: nothing may block there.
  static bool OnAny() { return Current() != nullptr; }

  /// Runs `job` on this thread, later.
  template <class Job>
  bool Post(Job job) {
    std::lock_guard lock(post_mutex_);
    if (stopped_) return false;
    asio::post(context_, std::move(job));
    return true;
  }

  void Add(std::shared_ptr<Peer> peer);
  void Remove(Peer* peer);
  /// Calls `visit` for each peer; it may remove itself.
  template <class Visit>
  void ForEach(Visit visit) {
    std::vector<std::shared_ptr<Peer>> all;
    all.reserve(peers_.size());
    for (const auto& [key, peer] : peers_) all.push_back(peer);
    for (const auto& peer : all) visit(*peer);
  }

  /// kReadBytes of space for one read; its content is gone after the caller returns.
  char* read_buffer() { return read_buffer_.get(); }

 private:
  static IoThread*& Current();
  void ArmTick();

  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer tick_;
  bool ticking_ = false;
  std::unordered_map<Peer*, std::shared_ptr<Peer>> peers_;
  std::unique_ptr<char[]> read_buffer_;
  std::thread thread_;
  std::mutex post_mutex_;
  bool stopped_ = false;  // post_mutex_
};

}  // namespace pharos::net
