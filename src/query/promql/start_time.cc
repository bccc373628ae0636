// What start times tell about counters that began anew.
#include "query/promql/range_function.h"

namespace pharos::query::promql {

bool RestartedBetween(const CountedAt& previous, const CountedAt& current) {
  // Not known, after its own sample (wrong) or at it (OpenTelemetry's "not known").
  if (current.start_ms == 0 || current.start_ms >= current.time_ms) return false;
  if (current.start_ms != previous.time_ms) return current.start_ms > previous.time_ms;
  // The count began with the previous sample: each of a delta series does, and the second of a
  // cumulative one whose start is not known. The latter says nothing of its own start.
  return previous.start_ms != 0 && previous.start_ms < previous.time_ms;
}

bool StartOverlaps(const CountedAt& previous, const CountedAt& current) {
  return current.start_ms != 0 && current.start_ms < previous.time_ms &&
         current.start_ms != previous.start_ms;
}

}  // namespace pharos::query::promql
