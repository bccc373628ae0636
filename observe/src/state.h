// What the parts of the package share: the registry, the service's name, the request id.
#pragma once

#include <prometheus/registry.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace observe {

struct Shared {
  std::string service_name = "unknown_service";
  std::vector<double> latency_buckets = {0.05, 0.1, 0.2, 0.3, 0.5, 1, 2};
  bool serve_metrics = true;
  bool log_to_stdout = true;
  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
};
/// The process's one; lives for ever.
Shared& TheShared();

/// The request id of this thread's request.
std::string& ThreadRequestId();

void AppendJsonString(std::string& out, std::string_view text);

}  // namespace observe
