// The promise that a write is on disk. Receivers answer their clients when it resolves.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/result.h"

namespace pharos::base {

/// A shared handle on one write's fate: unresolved, durable, or failed with an Error.
///
/// Owns: shared state. Threads: any call from any thread; callbacks run on the thread that
/// resolves (the WAL's sync thread) or at once, and must not block. Errors: the Error given
/// to Resolve. Cost: one allocation a write.
class Ack {
 public:
  using Callback = std::function<void(const Result<void>&)>;

  Ack() : state_(std::make_shared<State>()) {}

  /// An Ack that is already durable (nothing was written).
  static Ack Durable() {
    Ack ack;
    ack.Resolve({});
    return ack;
  }
  static Ack Failed(Error error) {
    Ack ack;
    ack.Resolve(std::unexpected(std::move(error)));
    return ack;
  }

  /// Blocks until the write's fate is known.
  Result<void> Wait() const {
    std::unique_lock lock(state_->mutex);
    state_->resolved.wait(lock, [&] { return state_->result.has_value(); });
    return *state_->result;
  }

  /// Calls back exactly once.
  void Then(Callback callback) const {
    {
      std::lock_guard lock(state_->mutex);
      if (!state_->result) {
        state_->callbacks.push_back(std::move(callback));
        return;
      }
    }
    callback(*state_->result);
  }

  /// Only the first call counts.
  void Resolve(Result<void> result) const {
    std::vector<Callback> callbacks;
    {
      std::lock_guard lock(state_->mutex);
      if (state_->result) return;
      state_->result = std::move(result);
      callbacks.swap(state_->callbacks);
    }
    state_->resolved.notify_all();
    for (Callback& callback : callbacks) callback(*state_->result);
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable resolved;
    std::optional<Result<void>> result;
    std::vector<Callback> callbacks;
  };
  std::shared_ptr<State> state_;
};

}  // namespace pharos::base
