// Whether a native histogram that came in is one: Prometheus's own rules and sentences.
#pragma once

#include "base/result.h"
#include "model/sample.h"

namespace pharos::wire {

/// kUnprocessable with Prometheus's text, e.g. "positive side: spans need 3 buckets, have 2
/// buckets: histogram spans specify different number of buckets than provided".
base::Result<void> CheckHistogram(const model::Histogram& histogram);

}  // namespace pharos::wire
