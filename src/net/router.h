// Which handler answers which path. One Router a face; a listener serves one or more
// faces. Built at the start, read-only afterwards.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/http.h"

namespace pharos::net {

struct RouteOptions {
  /// Largest body after decompression; larger is 413.
  size_t max_body_bytes = 64u << 20;
  /// Decompress by Content-Encoding before the handler sees the body. Off: as sent.
  bool decompress = true;
  /// Sync handlers, and always for GET: what runs long goes on at low priority, so that it does not
  /// hold up what is quick. For all that answers; not for what takes data in.
  bool yields = false;
};

/// Owns: its routes. Threads: Add* before serving; Find from any thread. Errors: none.
/// Cost: Find is linear in the routes of the first path segment.
class Router {
 public:
  /// `pattern`: literal segments, `{name}` for one segment (never empty), a last `{name...}`
  /// for the rest (may be empty, may hold slashes, not decoded). A literal wins over a name.
  /// Sync handlers run on the worker pool and may block; async ones run on the I/O threads
  /// and must not.
  void Add(std::string_view method, std::string_view pattern, SyncHandler handler,
           RouteOptions options = {});
  void AddAsync(std::string_view method, std::string_view pattern, AsyncHandler handler,
                RouteOptions options = {});
  void AddWebSocket(std::string_view pattern, WebSocketHandler handler);
  /// Answers what nothing else matches; default 404 "404 page not found\n" as Go's.
  void SetFallback(SyncHandler handler);

  struct Route {
    std::string method;
    std::vector<std::string> segments;
    SyncHandler sync;
    AsyncHandler async;
    WebSocketHandler socket;
    RouteOptions options;
  };
  enum class Found : uint8_t { kRoute, kWrongMethod, kNothing };
  struct Match {
    Found found = Found::kNothing;
    const Route* route = nullptr;
    std::vector<std::pair<std::string, std::string>> params;
    std::string allow;  ///< for kWrongMethod: "GET, POST"
  };
  /// HEAD finds GET routes.
  Match Find(std::string_view method, std::string_view raw_path) const;
  /// Empty unless SetFallback was called: the server then answers Go's 404.
  const SyncHandler& fallback() const { return fallback_; }

 private:
  Route& AddRoute(std::string_view method, std::string_view pattern);

  std::vector<std::unique_ptr<Route>> routes_;
  /// By literal first segment; the routes without one are under "{}".
  std::unordered_map<std::string, std::vector<const Route*>> by_first_;
  SyncHandler fallback_;
};

}  // namespace pharos::net
