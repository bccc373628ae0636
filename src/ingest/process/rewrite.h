// OTLP requests changed without being decoded: whole fields are copied as they came, only the
// attribute lists that an edit touches are written anew. So what Pharos does not know of a
// message survives it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "ingest/receive/otlp_sink.h"
#include "model/event.h"

namespace pharos::ingest::process {

using receive::OtlpSignal;
/// A list in the making: views point into the request or into the arena of the edit.
using AttributeList = std::vector<model::KeyValue>;

/// Spans, log records or data points of a request. kBadInput for malformed bytes, kTooLarge
/// beyond what the decoders take.
base::Result<size_t> CountItems(OtlpSignal signal, std::string_view body);

/// Calls `edit` with the attributes of each resource.
using ResourceEdit = std::function<void(AttributeList&, base::Arena&)>;
base::Result<std::string> RewriteResources(std::string_view body, const ResourceEdit& edit);

/// What surrounds an item, for deciding whether to touch it.
struct ItemContext {
  std::span<const model::KeyValue> resource;
  std::string_view scope_name, scope_version;
  std::string_view message;  ///< the Span or LogRecord; of a data point: its Metric
};
/// Calls `edit` with the attributes of each span, log record or data point; false leaves the
/// item as it is.
using ItemEdit = std::function<bool(const ItemContext&, AttributeList&, base::Arena&)>;
base::Result<std::string> RewriteItems(OtlpSignal signal, std::string_view body,
                                       const ItemEdit& edit);

/// The first `items` items and the rest, each under copies of its resource and scope.
/// The body must have been counted before.
std::pair<std::string, std::string> SplitItems(OtlpSignal signal, std::string_view body,
                                               size_t items);

/// The field that holds the attributes of a Span (9), LogRecord (6) or of the points of the
/// metric data in `data_field`.
uint32_t AttributesField(OtlpSignal signal, uint32_t data_field);
/// True for the fields of a Metric that hold points.
bool IsMetricData(uint32_t field);

}  // namespace pharos::ingest::process
