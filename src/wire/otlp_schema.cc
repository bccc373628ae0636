#include "wire/otlp_schema.h"

namespace pharos::wire {
namespace {

using K = PbKind;

extern const PbMessage kAnyValue;

constexpr PbField kKeyValueFields[] = {
    {1, "key", "key", K::kString},
    {2, "value", "value", K::kMessage, false, &kAnyValue},
};
constexpr PbMessage kKeyValue{"KeyValue", kKeyValueFields};

constexpr PbField kArrayFields[] = {{1, "values", "values", K::kMessage, true, &kAnyValue}};
constexpr PbMessage kArrayValue{"ArrayValue", kArrayFields};
constexpr PbField kListFields[] = {{1, "values", "values", K::kMessage, true, &kKeyValue}};
constexpr PbMessage kKeyValueList{"KeyValueList", kListFields};

constexpr PbField kAnyFields[] = {
    {1, "stringValue", "string_value", K::kString},
    {2, "boolValue", "bool_value", K::kBool},
    {3, "intValue", "int_value", K::kInt64},
    {4, "doubleValue", "double_value", K::kDouble},
    {5, "arrayValue", "array_value", K::kMessage, false, &kArrayValue},
    {6, "kvlistValue", "kvlist_value", K::kMessage, false, &kKeyValueList},
    {7, "bytesValue", "bytes_value", K::kBytes},
};
constexpr PbMessage kAnyValue{"AnyValue", kAnyFields};

constexpr PbField kResourceFields[] = {
    {1, "attributes", "attributes", K::kMessage, true, &kKeyValue},
    {2, "droppedAttributesCount", "dropped_attributes_count", K::kUint32},
};
constexpr PbMessage kResource{"Resource", kResourceFields};

constexpr PbField kScopeFields[] = {
    {1, "name", "name", K::kString},
    {2, "version", "version", K::kString},
    {3, "attributes", "attributes", K::kMessage, true, &kKeyValue},
    {4, "droppedAttributesCount", "dropped_attributes_count", K::kUint32},
};
constexpr PbMessage kScope{"InstrumentationScope", kScopeFields};

// ---- traces

constexpr PbField kSpanEventFields[] = {
    {1, "timeUnixNano", "time_unix_nano", K::kFixed64},
    {2, "name", "name", K::kString},
    {3, "attributes", "attributes", K::kMessage, true, &kKeyValue},
    {4, "droppedAttributesCount", "dropped_attributes_count", K::kUint32},
};
constexpr PbMessage kSpanEvent{"Event", kSpanEventFields};

constexpr PbField kLinkFields[] = {
    {1, "traceId", "trace_id", K::kId},
    {2, "spanId", "span_id", K::kId},
    {3, "traceState", "trace_state", K::kString},
    {4, "attributes", "attributes", K::kMessage, true, &kKeyValue},
    {5, "droppedAttributesCount", "dropped_attributes_count", K::kUint32},
    {6, "flags", "flags", K::kFixed32},
};
constexpr PbMessage kLink{"Link", kLinkFields};

constexpr PbEnumName kStatusCodes[] = {
    {"STATUS_CODE_UNSET", 0}, {"STATUS_CODE_OK", 1}, {"STATUS_CODE_ERROR", 2}};
constexpr PbField kStatusFields[] = {
    {2, "message", "message", K::kString},
    {3, "code", "code", K::kEnum, false, nullptr, kStatusCodes},
};
constexpr PbMessage kStatus{"Status", kStatusFields};

constexpr PbEnumName kSpanKinds[] = {{"SPAN_KIND_UNSPECIFIED", 0}, {"SPAN_KIND_INTERNAL", 1},
                                     {"SPAN_KIND_SERVER", 2},      {"SPAN_KIND_CLIENT", 3},
                                     {"SPAN_KIND_PRODUCER", 4},    {"SPAN_KIND_CONSUMER", 5}};
constexpr PbField kSpanFields[] = {
    {1, "traceId", "trace_id", K::kId},
    {2, "spanId", "span_id", K::kId},
    {3, "traceState", "trace_state", K::kString},
    {4, "parentSpanId", "parent_span_id", K::kId},
    {16, "flags", "flags", K::kFixed32},
    {5, "name", "name", K::kString},
    {6, "kind", "kind", K::kEnum, false, nullptr, kSpanKinds},
    {7, "startTimeUnixNano", "start_time_unix_nano", K::kFixed64},
    {8, "endTimeUnixNano", "end_time_unix_nano", K::kFixed64},
    {9, "attributes", "attributes", K::kMessage, true, &kKeyValue},
    {10, "droppedAttributesCount", "dropped_attributes_count", K::kUint32},
    {11, "events", "events", K::kMessage, true, &kSpanEvent},
    {12, "droppedEventsCount", "dropped_events_count", K::kUint32},
    {13, "links", "links", K::kMessage, true, &kLink},
    {14, "droppedLinksCount", "dropped_links_count", K::kUint32},
    {15, "status", "status", K::kMessage, false, &kStatus},
};
constexpr PbMessage kSpan{"Span", kSpanFields};

constexpr PbField kScopeSpansFields[] = {
    {1, "scope", "scope", K::kMessage, false, &kScope},
    {2, "spans", "spans", K::kMessage, true, &kSpan},
    {3, "schemaUrl", "schema_url", K::kString},
};
constexpr PbMessage kScopeSpans{"ScopeSpans", kScopeSpansFields};

constexpr PbField kResourceSpansFields[] = {
    {1, "resource", "resource", K::kMessage, false, &kResource},
    {2, "scopeSpans", "scope_spans", K::kMessage, true, &kScopeSpans},
    {3, "schemaUrl", "schema_url", K::kString},
};
constexpr PbMessage kResourceSpans{"ResourceSpans", kResourceSpansFields};
constexpr PbField kTracesFields[] = {
    {1, "resourceSpans", "resource_spans", K::kMessage, true, &kResourceSpans}};
constexpr PbField kTempoFields[] = {{1, "batches", "batches", K::kMessage, true, &kResourceSpans}};

// ---- logs

constexpr PbEnumName kSeverities[] = {
    {"SEVERITY_NUMBER_UNSPECIFIED", 0}, {"SEVERITY_NUMBER_TRACE", 1},
    {"SEVERITY_NUMBER_TRACE2", 2},      {"SEVERITY_NUMBER_TRACE3", 3},
    {"SEVERITY_NUMBER_TRACE4", 4},      {"SEVERITY_NUMBER_DEBUG", 5},
    {"SEVERITY_NUMBER_DEBUG2", 6},      {"SEVERITY_NUMBER_DEBUG3", 7},
    {"SEVERITY_NUMBER_DEBUG4", 8},      {"SEVERITY_NUMBER_INFO", 9},
    {"SEVERITY_NUMBER_INFO2", 10},      {"SEVERITY_NUMBER_INFO3", 11},
    {"SEVERITY_NUMBER_INFO4", 12},      {"SEVERITY_NUMBER_WARN", 13},
    {"SEVERITY_NUMBER_WARN2", 14},      {"SEVERITY_NUMBER_WARN3", 15},
    {"SEVERITY_NUMBER_WARN4", 16},      {"SEVERITY_NUMBER_ERROR", 17},
    {"SEVERITY_NUMBER_ERROR2", 18},     {"SEVERITY_NUMBER_ERROR3", 19},
    {"SEVERITY_NUMBER_ERROR4", 20},     {"SEVERITY_NUMBER_FATAL", 21},
    {"SEVERITY_NUMBER_FATAL2", 22},     {"SEVERITY_NUMBER_FATAL3", 23},
    {"SEVERITY_NUMBER_FATAL4", 24}};
constexpr PbField kLogRecordFields[] = {
    {1, "timeUnixNano", "time_unix_nano", K::kFixed64},
    {11, "observedTimeUnixNano", "observed_time_unix_nano", K::kFixed64},
    {2, "severityNumber", "severity_number", K::kEnum, false, nullptr, kSeverities},
    {3, "severityText", "severity_text", K::kString},
    {5, "body", "body", K::kMessage, false, &kAnyValue},
    {6, "attributes", "attributes", K::kMessage, true, &kKeyValue},
    {7, "droppedAttributesCount", "dropped_attributes_count", K::kUint32},
    {8, "flags", "flags", K::kFixed32},
    {9, "traceId", "trace_id", K::kId},
    {10, "spanId", "span_id", K::kId},
    {12, "eventName", "event_name", K::kString},
};
constexpr PbMessage kLogRecord{"LogRecord", kLogRecordFields};
constexpr PbField kScopeLogsFields[] = {
    {1, "scope", "scope", K::kMessage, false, &kScope},
    {2, "logRecords", "log_records", K::kMessage, true, &kLogRecord},
    {3, "schemaUrl", "schema_url", K::kString},
};
constexpr PbMessage kScopeLogs{"ScopeLogs", kScopeLogsFields};
constexpr PbField kResourceLogsFields[] = {
    {1, "resource", "resource", K::kMessage, false, &kResource},
    {2, "scopeLogs", "scope_logs", K::kMessage, true, &kScopeLogs},
    {3, "schemaUrl", "schema_url", K::kString},
};
constexpr PbMessage kResourceLogs{"ResourceLogs", kResourceLogsFields};
constexpr PbField kLogsFields[] = {
    {1, "resourceLogs", "resource_logs", K::kMessage, true, &kResourceLogs}};

// ---- metrics

constexpr PbField kExemplarFields[] = {
    {7, "filteredAttributes", "filtered_attributes", K::kMessage, true, &kKeyValue},
    {2, "timeUnixNano", "time_unix_nano", K::kFixed64},
    {3, "asDouble", "as_double", K::kDouble},
    {6, "asInt", "as_int", K::kSfixed64},
    {4, "spanId", "span_id", K::kId},
    {5, "traceId", "trace_id", K::kId},
};
constexpr PbMessage kExemplar{"Exemplar", kExemplarFields};

constexpr PbField kNumberPointFields[] = {
    {7, "attributes", "attributes", K::kMessage, true, &kKeyValue},
    {2, "startTimeUnixNano", "start_time_unix_nano", K::kFixed64},
    {3, "timeUnixNano", "time_unix_nano", K::kFixed64},
    {4, "asDouble", "as_double", K::kDouble},
    {6, "asInt", "as_int", K::kSfixed64},
    {5, "exemplars", "exemplars", K::kMessage, true, &kExemplar},
    {8, "flags", "flags", K::kUint32},
};
constexpr PbMessage kNumberPoint{"NumberDataPoint", kNumberPointFields};

constexpr PbField kHistogramPointFields[] = {
    {9, "attributes", "attributes", K::kMessage, true, &kKeyValue},
    {2, "startTimeUnixNano", "start_time_unix_nano", K::kFixed64},
    {3, "timeUnixNano", "time_unix_nano", K::kFixed64},
    {4, "count", "count", K::kFixed64},
    {5, "sum", "sum", K::kDouble},
    {6, "bucketCounts", "bucket_counts", K::kFixed64, true},
    {7, "explicitBounds", "explicit_bounds", K::kDouble, true},
    {8, "exemplars", "exemplars", K::kMessage, true, &kExemplar},
    {10, "flags", "flags", K::kUint32},
    {11, "min", "min", K::kDouble},
    {12, "max", "max", K::kDouble},
};
constexpr PbMessage kHistogramPoint{"HistogramDataPoint", kHistogramPointFields};

constexpr PbField kBucketsFields[] = {
    {1, "offset", "offset", K::kSint32},
    {2, "bucketCounts", "bucket_counts", K::kUint64, true},
};
constexpr PbMessage kBuckets{"Buckets", kBucketsFields};

constexpr PbField kExponentialPointFields[] = {
    {1, "attributes", "attributes", K::kMessage, true, &kKeyValue},
    {2, "startTimeUnixNano", "start_time_unix_nano", K::kFixed64},
    {3, "timeUnixNano", "time_unix_nano", K::kFixed64},
    {4, "count", "count", K::kFixed64},
    {5, "sum", "sum", K::kDouble},
    {6, "scale", "scale", K::kSint32},
    {7, "zeroCount", "zero_count", K::kFixed64},
    {8, "positive", "positive", K::kMessage, false, &kBuckets},
    {9, "negative", "negative", K::kMessage, false, &kBuckets},
    {10, "flags", "flags", K::kUint32},
    {11, "exemplars", "exemplars", K::kMessage, true, &kExemplar},
    {12, "min", "min", K::kDouble},
    {13, "max", "max", K::kDouble},
    {14, "zeroThreshold", "zero_threshold", K::kDouble},
};
constexpr PbMessage kExponentialPoint{"ExponentialHistogramDataPoint", kExponentialPointFields};

constexpr PbField kQuantileFields[] = {
    {1, "quantile", "quantile", K::kDouble},
    {2, "value", "value", K::kDouble},
};
constexpr PbMessage kQuantile{"ValueAtQuantile", kQuantileFields};
constexpr PbField kSummaryPointFields[] = {
    {7, "attributes", "attributes", K::kMessage, true, &kKeyValue},
    {2, "startTimeUnixNano", "start_time_unix_nano", K::kFixed64},
    {3, "timeUnixNano", "time_unix_nano", K::kFixed64},
    {4, "count", "count", K::kFixed64},
    {5, "sum", "sum", K::kDouble},
    {6, "quantileValues", "quantile_values", K::kMessage, true, &kQuantile},
    {8, "flags", "flags", K::kUint32},
};
constexpr PbMessage kSummaryPoint{"SummaryDataPoint", kSummaryPointFields};

constexpr PbEnumName kTemporalities[] = {{"AGGREGATION_TEMPORALITY_UNSPECIFIED", 0},
                                         {"AGGREGATION_TEMPORALITY_DELTA", 1},
                                         {"AGGREGATION_TEMPORALITY_CUMULATIVE", 2}};
constexpr PbField kGaugeFields[] = {
    {1, "dataPoints", "data_points", K::kMessage, true, &kNumberPoint}};
constexpr PbMessage kGauge{"Gauge", kGaugeFields};
constexpr PbField kSumFields[] = {
    {1, "dataPoints", "data_points", K::kMessage, true, &kNumberPoint},
    {2, "aggregationTemporality", "aggregation_temporality", K::kEnum, false, nullptr,
     kTemporalities},
    {3, "isMonotonic", "is_monotonic", K::kBool},
};
constexpr PbMessage kSum{"Sum", kSumFields};
constexpr PbField kHistogramFields[] = {
    {1, "dataPoints", "data_points", K::kMessage, true, &kHistogramPoint},
    {2, "aggregationTemporality", "aggregation_temporality", K::kEnum, false, nullptr,
     kTemporalities},
};
constexpr PbMessage kHistogram{"Histogram", kHistogramFields};
constexpr PbField kExponentialFields[] = {
    {1, "dataPoints", "data_points", K::kMessage, true, &kExponentialPoint},
    {2, "aggregationTemporality", "aggregation_temporality", K::kEnum, false, nullptr,
     kTemporalities},
};
constexpr PbMessage kExponential{"ExponentialHistogram", kExponentialFields};
constexpr PbField kSummaryFields[] = {
    {1, "dataPoints", "data_points", K::kMessage, true, &kSummaryPoint}};
constexpr PbMessage kSummary{"Summary", kSummaryFields};

constexpr PbField kMetricFields[] = {
    {1, "name", "name", K::kString},
    {2, "description", "description", K::kString},
    {3, "unit", "unit", K::kString},
    {5, "gauge", "gauge", K::kMessage, false, &kGauge},
    {7, "sum", "sum", K::kMessage, false, &kSum},
    {9, "histogram", "histogram", K::kMessage, false, &kHistogram},
    {10, "exponentialHistogram", "exponential_histogram", K::kMessage, false, &kExponential},
    {11, "summary", "summary", K::kMessage, false, &kSummary},
    {12, "metadata", "metadata", K::kMessage, true, &kKeyValue},
};
constexpr PbMessage kMetric{"Metric", kMetricFields};
constexpr PbField kScopeMetricsFields[] = {
    {1, "scope", "scope", K::kMessage, false, &kScope},
    {2, "metrics", "metrics", K::kMessage, true, &kMetric},
    {3, "schemaUrl", "schema_url", K::kString},
};
constexpr PbMessage kScopeMetrics{"ScopeMetrics", kScopeMetricsFields};
constexpr PbField kResourceMetricsFields[] = {
    {1, "resource", "resource", K::kMessage, false, &kResource},
    {2, "scopeMetrics", "scope_metrics", K::kMessage, true, &kScopeMetrics},
    {3, "schemaUrl", "schema_url", K::kString},
};
constexpr PbMessage kResourceMetrics{"ResourceMetrics", kResourceMetricsFields};
constexpr PbField kMetricsFields[] = {
    {1, "resourceMetrics", "resource_metrics", K::kMessage, true, &kResourceMetrics}};

// ---- answers

constexpr PbField kRejectedSpansFields[] = {
    {1, "rejectedSpans", "rejected_spans", K::kInt64},
    {2, "errorMessage", "error_message", K::kString},
};
constexpr PbField kRejectedLogsFields[] = {
    {1, "rejectedLogRecords", "rejected_log_records", K::kInt64},
    {2, "errorMessage", "error_message", K::kString},
};
constexpr PbField kRejectedPointsFields[] = {
    {1, "rejectedDataPoints", "rejected_data_points", K::kInt64},
    {2, "errorMessage", "error_message", K::kString},
};
constexpr PbMessage kRejectedSpans{"ExportTracePartialSuccess", kRejectedSpansFields};
constexpr PbMessage kRejectedLogs{"ExportLogsPartialSuccess", kRejectedLogsFields};
constexpr PbMessage kRejectedPoints{"ExportMetricsPartialSuccess", kRejectedPointsFields};
constexpr PbField kTracesResponseFields[] = {
    {1, "partialSuccess", "partial_success", K::kMessage, false, &kRejectedSpans}};
constexpr PbField kLogsResponseFields[] = {
    {1, "partialSuccess", "partial_success", K::kMessage, false, &kRejectedLogs}};
constexpr PbField kMetricsResponseFields[] = {
    {1, "partialSuccess", "partial_success", K::kMessage, false, &kRejectedPoints}};
constexpr PbField kRpcStatusFields[] = {
    {1, "code", "code", K::kInt32},
    {2, "message", "message", K::kString},
};

}  // namespace

constexpr PbMessage kTracesMessage{"ExportTraceServiceRequest", kTracesFields};
constexpr PbMessage kLogsMessage{"ExportLogsServiceRequest", kLogsFields};
constexpr PbMessage kMetricsMessage{"ExportMetricsServiceRequest", kMetricsFields};
constexpr PbMessage kTempoTraceMessage{"Trace", kTempoFields};
constexpr PbMessage kTracesResponse{"ExportTraceServiceResponse", kTracesResponseFields};
constexpr PbMessage kLogsResponse{"ExportLogsServiceResponse", kLogsResponseFields};
constexpr PbMessage kMetricsResponse{"ExportMetricsServiceResponse", kMetricsResponseFields};
constexpr PbMessage kRpcStatus{"Status", kRpcStatusFields};

}  // namespace pharos::wire
