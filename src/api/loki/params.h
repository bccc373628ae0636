// How Loki reads the parameters of its requests.
#pragma once

#include <cstdint>
#include <string>

#include "api/loki/loki_api.h"
#include "base/result.h"
#include "net/http.h"
#include "query/logql/engine.h"

namespace pharos::api::loki {

struct TimeRange {
  int64_t start_ns = 0;
  int64_t end_ns = 0;
};

/// `start`, `end`, `since`; RFC 3339, seconds (also with a fraction) or nanoseconds.
base::Result<TimeRange> ReadRange(const net::Params& params, int64_t now_ns, int64_t since_ns);
/// One time; `fallback` where the parameter is not there.
base::Result<int64_t> ReadTime(const net::Params& params, std::string_view name, int64_t fallback);
/// Seconds or a duration; nanoseconds.
base::Result<int64_t> ReadStep(std::string_view text);
base::Result<size_t> ReadLimit(const net::Params& params, size_t fallback, size_t most);

/// All of query_range's; `instant` for query's.
base::Result<query::logql::Params> ReadQueryParams(const net::Params& params, const Deps& deps,
                                                   bool instant);

/// The tenant, or the reason why there is none (kForbidden).
base::Result<std::string> TenantOf(const net::Request& request, const Deps& deps);

/// Plain text with the status that Loki gives.
net::Response ErrorResponse(const base::Error& error);

}  // namespace pharos::api::loki
