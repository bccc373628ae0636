// Walking spans: what the trace faces (Tempo, Jaeger) share.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/http.h"
#include "store/events.h"

namespace pharos::api::spans {

/// What the faces are given.
struct Deps {
  store::EventSource* events = nullptr;  ///< borrowed; outlives the router
  base::Clock* clock = &base::Clock::System();
  std::string tenant{store::kDefaultTenant};
};

struct Scan {
  int64_t start_ns = 0;  ///< inclusive
  int64_t end_ns = 0;    ///< exclusive
  std::vector<model::Matcher> streams;
  store::Predicate predicate;
  size_t max_spans = 0;  ///< 0: all
  net::Cancellation cancelled;
};

/// Calls `visit` for each matching span, newest first, until it returns false or `max_spans`
/// were visited. kTimeout after kSearchTimeoutNs, kCancelled when the client has gone.
base::Result<void> ScanSpans(
    const Deps& deps, const Scan& scan,
    const std::function<bool(const model::Labels& stream, const model::Event& span)>& visit);

/// The ids of the traces with a span for which `test` holds, newest span first, each once.
base::Result<std::vector<model::TraceId>> FindTraces(
    const Deps& deps, const Scan& scan, size_t limit,
    const std::function<bool(const model::Labels& stream, const model::Event& span)>& test);

/// One span with the stream that it came in.
struct SpanRef {
  const model::Labels* stream = nullptr;
  const model::Event* span = nullptr;
};
/// The spans of a batch in its order, log records left out. Borrowed from the batch.
std::vector<SpanRef> SpansOf(const model::EventBatch& batch);

/// service.name, or what stands for it where none was sent.
std::string_view ServiceOf(const model::Labels& stream);

/// The root (no parent), else the earliest span whose parent is not in the trace, else null.
const SpanRef* RootOf(const std::vector<SpanRef>& spans);

/// "internal", "server", …; "" for unspecified.
std::string_view KindName(uint8_t kind);

/// Reads a trace id as the faces take it: 1–32 hex digits. kBadInput says what is wrong.
base::Result<model::TraceId> ReadTraceId(std::string_view text);

}  // namespace pharos::api::spans
