// The handlers behind the routes. Internal to api/loki/.
#pragma once

#include <memory>

#include "api/loki/loki_api.h"
#include "net/http.h"

namespace pharos::api::loki {

net::Response HandleQuery(const net::Request& request, const Deps& deps, bool instant);
net::Response HandleFormatQuery(const net::Request& request);
net::Response HandleLabels(const net::Request& request, const Deps& deps);
net::Response HandleLabelValues(const net::Request& request, const Deps& deps);
net::Response HandleSeries(const net::Request& request, const Deps& deps);
net::Response HandleIndexStats(const net::Request& request, const Deps& deps);
net::Response HandleVolume(const net::Request& request, const Deps& deps, bool range);
net::Response HandleDetectedLabels(const net::Request& request, const Deps& deps);
net::Response HandleDetectedFields(const net::Request& request, const Deps& deps);

/// Live tails.
///
/// Owns: the threads that fetch each tail's first lines; waits for them when destroyed.
/// Threads: any.
class Tails {
 public:
  explicit Tails(Deps deps);
  ~Tails();
  void Start(net::Request request, net::WebSocketPtr socket);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pharos::api::loki
