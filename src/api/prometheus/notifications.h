// What the operator of this server should know, for the bell of Prometheus's pages: a list, and a
// stream of its changes.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "net/http.h"

namespace pharos::api::prometheus {

inline constexpr const char* kReloadFailed = "Configuration reload has failed.";

/// Owns: the notes and the streams that watch them. Threads: any. Errors: none; a watcher that
/// is gone or too slow is dropped. Cost: a lock and a write a watcher and change.
class Notifications {
 public:
  explicit Notifications(const base::Clock* clock = &base::Clock::System()) : clock_(clock) {}

  /// Adds the note, or dates it anew.
  void Add(std::string text);
  void Remove(std::string_view text);

  /// [{"text":…,"date":…,"active":true}]
  std::string Json() const;
  /// Sends what there is, then each change, as server-sent events. False when kMaxWatchers watch
  /// already: nothing was sent.
  bool Watch(const net::ResponderPtr& responder);
  /// Ends the streams: the server is about to stop.
  void EndStreams();

 private:
  struct Note {
    std::string text;
    int64_t time_ns = 0;
  };
  static std::string ToJson(const Note& note, bool active);
  void Tell(const Note& note, bool active);

  const base::Clock* clock_;
  mutable std::mutex mutex_;
  std::vector<Note> notes_;                  // guarded by mutex_
  std::vector<net::ResponderPtr> watchers_;  // guarded by mutex_
};

}  // namespace pharos::api::prometheus
