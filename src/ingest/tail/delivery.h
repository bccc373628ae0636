// Where a pipeline's entries go: each client of the file, in-process when it is Pharos itself,
// else as Loki pushes over HTTP. A delivery ends when every client has the entries durably, so
// that positions may advance; it waits and tries again as long as that takes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "conf/promtail_config.h"
#include "ingest/receive/target.h"
#include "ingest/tail/entry.h"
#include "net/http.h"

namespace pharos::ingest::tail {

/// True for a URL that Pharos itself serves.
using IsOwn = std::function<bool(const std::string& url)>;

/// Threads: Deliver from any thread. Errors: only kCancelled; entries that a client will never
/// take (a 4xx) are counted, named in the log and dropped, as Promtail does. Cost: blocks until
/// acknowledged.
class Delivery {
 public:
  Delivery(const std::vector<conf::PromtailClient>& clients, const receive::Target& target,
           const IsOwn& is_own);
  ~Delivery();

  base::Result<void> Deliver(const std::vector<Entry>& entries);
  /// Ends waiting deliveries with kCancelled, and all later ones.
  void Cancel();

  class Client;

 private:
  net::Cancellation cancelled_;
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace pharos::ingest::tail
