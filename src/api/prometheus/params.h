// Request parameters as Prometheus reads them, with its words for what it refuses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/matcher.h"
#include "net/http.h"

namespace pharos::api::prometheus {

/// Unix seconds with a fraction, or RFC 3339; in milliseconds.
base::Result<int64_t> ParseTime(std::string_view text);
/// Seconds with a fraction, or "5m"; in milliseconds (a fraction of one is cut).
base::Result<int64_t> ParseDuration(std::string_view text);
/// 0 for "".
base::Result<int64_t> ParseLimit(std::string_view text);

/// `invalid parameter "step": …`
std::unexpected<base::Error> InvalidParameter(std::string_view name, base::Error error);

/// A parameter that may be missing.
base::Result<int64_t> TimeParam(const net::Params& params, std::string_view name,
                                int64_t fallback_ms);
base::Result<int64_t> LimitParam(const net::Params& params);
/// For `limit` of metadata: -1 for "", `NAME must be a number` for what is none.
base::Result<int64_t> PlainLimit(std::string_view text, std::string_view name);

/// Start, end and step of a range query.
struct RangeParams {
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t step_ms = 0;
};

/// `start`, `end`, `step`; at most kMaxPoints steps.
base::Result<RangeParams> ReadRange(const net::Params& params);

using MatcherSets = std::vector<std::vector<model::Matcher>>;
/// Refuses more than kMaxMatchers selectors.
base::Result<void> MatchCount(const net::Params& params);
base::Result<MatcherSets> MatchParams(const net::Params& params);

}  // namespace pharos::api::prometheus
