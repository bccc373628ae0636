// Liveness and readiness: what /health and /health/ready answer.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace observe {

/// Owns: its checks. Threads: any. Cost: Ready runs every check, one after the other.
class Health {
 public:
  /// `check` returns "" when all is well, else what is wrong. Exceptions count as wrong.
  void Add(std::string name, std::function<std::string()> check);

  struct Answer {
    int status;  ///< 200 or 503
    std::string json;
  };
  /// {"status":"healthy"}
  Answer Live() const;
  /// {"status":"ready","checks":{"database":"ok"}} or 503 with "not_ready" and "error: …".
  Answer Ready() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, std::function<std::string()>>> checks_;
};

}  // namespace observe
