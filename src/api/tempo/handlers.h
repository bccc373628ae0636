// The handlers behind the routes. Internal to api/tempo/.
#pragma once

#include "api/tempo/tempo_api.h"

namespace pharos::api::tempo {

net::Response HandleTrace(const net::Request& request, const Deps& deps, bool v2);
net::Response HandleSearch(const net::Request& request, const Deps& deps);
net::Response HandleTags(const net::Request& request, const Deps& deps, bool v2);
net::Response HandleTagValues(const net::Request& request, const Deps& deps, bool v2);

/// Plain text with Tempo's status.
net::Response ErrorResponse(const base::Error& error);

struct TimeRange {
  int64_t start_ns = 0;
  int64_t end_ns = 0;  ///< exclusive
};
/// `start` and `end` in seconds; the last `fallback_ns` where they are not given or 0.
base::Result<TimeRange> ReadRange(const net::Params& params, int64_t now_ns, int64_t fallback_ns);
base::Result<int64_t> ReadNumber(const net::Params& params, std::string_view name,
                                 int64_t fallback);

}  // namespace pharos::api::tempo
