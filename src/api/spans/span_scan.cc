#include "api/spans/span_scan.h"

#include <algorithm>

#include "api/spans/limits.h"

namespace pharos::api::spans {

using base::ErrorKind;
using base::Fail;
using base::Result;

Result<void> ScanSpans(
    const Deps& deps, const Scan& scan,
    const std::function<bool(const model::Labels&, const model::Event&)>& visit) {
  store::EventQuery query;
  query.tenant = deps.tenant;
  query.kind = model::EventKind::kSpan;
  query.start_ns = scan.start_ns;
  query.end_ns = scan.end_ns;
  query.streams = scan.streams;
  query.predicate = scan.predicate;
  query.direction = store::Direction::kBackward;
  PHAROS_TRY(const auto cursor, deps.events->Select(query));
  const int64_t deadline = deps.clock->MonotonicNs() + kSearchTimeoutNs;
  size_t seen = 0;
  model::EventBatch page;
  while (true) {
    PHAROS_TRY(const bool more, cursor->Next(&page));
    if (!more) return {};
    for (const model::StreamEvents& run : page.streams) {
      for (const model::Event& span : run.events) {
        if (seen++ % kCheckEvery == 0) {
          if (scan.cancelled.Cancelled()) return Fail(ErrorKind::kCancelled, "context canceled");
          if (deps.clock->MonotonicNs() > deadline)
            return Fail(ErrorKind::kTimeout, "the search took too long; narrow its time range");
        }
        if (!store::Matches(cursor->Residual(), span)) continue;
        if (!visit(run.stream, span)) return {};
        if (scan.max_spans != 0 && seen >= scan.max_spans) return {};
      }
    }
  }
}

Result<std::vector<model::TraceId>> FindTraces(
    const Deps& deps, const Scan& scan, size_t limit,
    const std::function<bool(const model::Labels&, const model::Event&)>& test) {
  std::vector<model::TraceId> found;
  std::set<model::TraceId> known;
  PHAROS_TRY_VOID(ScanSpans(deps, scan, [&](const model::Labels& stream, const model::Event& span) {
    if (test(stream, span) && known.insert(span.trace_id).second) found.push_back(span.trace_id);
    return found.size() < limit;
  }));
  return found;
}

std::vector<SpanRef> SpansOf(const model::EventBatch& batch) {
  std::vector<SpanRef> spans;
  for (const model::StreamEvents& run : batch.streams) {
    for (const model::Event& event : run.events) {
      if (event.span != nullptr) spans.push_back({&run.stream, &event});
    }
  }
  return spans;
}

std::string_view ServiceOf(const model::Labels& stream) { return stream.Get("service_name"); }

const SpanRef* RootOf(const std::vector<SpanRef>& spans) {
  std::set<model::SpanId> ids;
  for (const SpanRef& ref : spans) ids.insert(ref.span->span_id);
  const SpanRef* root = nullptr;
  const auto rank = [&](const SpanRef& ref) { return ref.span->span->parent_id.IsZero() ? 0 : 1; };
  for (const SpanRef& ref : spans) {
    const model::SpanId& parent = ref.span->span->parent_id;
    if (!parent.IsZero() && ids.contains(parent)) continue;
    if (root == nullptr || rank(ref) < rank(*root) ||
        (rank(ref) == rank(*root) && ref.span->time_ns < root->span->time_ns)) {
      root = &ref;
    }
  }
  return root;
}

std::string_view KindName(uint8_t kind) {
  constexpr std::string_view kNames[] = {"",       "internal", "server",
                                         "client", "producer", "consumer"};
  return kind < std::size(kNames) ? kNames[kind] : "";
}

Result<model::TraceId> ReadTraceId(std::string_view text) {
  model::TraceId id;
  for (size_t i = 0; i < text.size(); ++i) {
    if (std::string_view("0123456789abcdefABCDEF").find(text[i]) == std::string_view::npos) {
      return Fail(ErrorKind::kBadInput,
                  "trace IDs can only contain hex characters: invalid character '" +
                      std::string(1, text[i]) + "' at position " + std::to_string(i + 1));
    }
  }
  if (text.size() > 32)
    return Fail(ErrorKind::kBadInput, "trace IDs can't be larger than 128 bits");
  if (!model::ParseTraceId(text, &id)) return Fail(ErrorKind::kBadInput, "the trace ID is empty");
  return id;
}

}  // namespace pharos::api::spans
