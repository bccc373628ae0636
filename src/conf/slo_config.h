// The key `slo` of pharos.yaml: service level objectives, one a line.
//
//   slo:
//   - {name: checkout, service: checkout-api, objective: 99.5%, latency: 300ms, window: 30d}
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conf/yaml.h"

namespace pharos::conf {

struct SloConfig {
  std::string name;      ///< unique
  std::string service;   ///< the label `job` or `service` of its series, unless `selector` is given
  double objective = 0;  ///< 0.995
  std::optional<double> latency_seconds;  ///< none: only errors count
  int64_t window_ms = 30 * 86'400'000LL;
  /// The histogram without suffix; without a latency also a counter (`…_total`).
  std::string metric = "http_request_duration_seconds";
  std::string selector;                     ///< matchers, without braces; "" to go by `service`
  std::string errors = R"(status=~"5..")";  ///< the one matcher that makes an event an error
  int line = 0;
};

/// Reads the list; what is wrong goes into `faults`. Whether matchers parse, rules::CheckSlo says.
std::vector<SloConfig> ReadSlos(const Node& node, Faults& faults);

/// "99.5%" or "0.995" → 0.995. kBadInput in words, also for what is not between 0 and 1.
base::Result<double> ParseObjective(const std::string& text);

}  // namespace pharos::conf
