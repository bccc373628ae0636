#include "net/server.h"

#include <algorithm>
#include <future>

#include "net/io_thread.h"
#include "net/listener.h"
#include "net/server_state.h"

namespace pharos::net {
namespace {

class ServerImpl final : public Server {
 public:
  explicit ServerImpl(ServerOptions options)
      : state_(std::make_shared<ServerState>(std::move(options))) {
    for (int i = 0; i < std::max(1, state_->options.io_threads); ++i) {
      io_.push_back(std::make_shared<IoThread>());
      io_.back()->Start();
    }
  }

  ~ServerImpl() override {
    Drain(std::chrono::milliseconds(0));
    state_->workers.Stop();
    state_->patient.Stop();
    for (const auto& io : io_) io->Stop();
  }

  base::Result<std::string> Listen(ListenOptions options) override {
    PHAROS_CHECK(options.router, "a listener needs a router");
    const auto face = std::make_shared<const Face>(options);
    const auto listener = std::make_shared<Listener>(io_, state_, face);
    PHAROS_TRY(std::string address, listener->Open(options.address));
    std::lock_guard lock(mutex_);
    if (state_->draining) {
      return base::Fail(base::ErrorKind::kBusy, "the server is shutting down");
    }
    listeners_.push_back(listener);
    io_.front()->Post([listener] { listener->Accept(); });
    return address;
  }

  void Drain(std::chrono::milliseconds grace) override {
    std::lock_guard lock(mutex_);
    state_->draining = true;
    for (const auto& listener : listeners_) OnThread(*io_.front(), [&] { listener->Close(); });
    listeners_.clear();
    EachPeer([](Peer& peer) { peer.OnDrain(); });
    {
      std::unique_lock wait(state_->mutex);
      state_->connection_gone.wait_for(wait, grace, [&] { return state_->connections == 0; });
    }
    EachPeer([](Peer& peer) { peer.OnStop(); });
  }

 private:
  /// Runs on the thread and waits for it.
  template <class Job>
  static void OnThread(IoThread& io, Job job) {
    std::promise<void> done;
    if (io.Post([&] {
          job();
          done.set_value();
        })) {
      done.get_future().wait();
    }
  }
  template <class Visit>
  void EachPeer(Visit visit) {
    for (const auto& io : io_) OnThread(*io, [&] { io->ForEach(visit); });
  }

  const std::shared_ptr<ServerState> state_;
  std::vector<std::shared_ptr<IoThread>> io_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Listener>> listeners_;  // mutex_
};

}  // namespace

std::unique_ptr<Server> Server::Make(ServerOptions options) {
  return std::make_unique<ServerImpl>(std::move(options));
}

}  // namespace pharos::net
