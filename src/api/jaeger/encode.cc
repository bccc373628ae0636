#include "api/jaeger/encode.h"

#include <algorithm>

namespace pharos::api::jaeger {
namespace {

using model::KeyValue;
using model::Value;
using text::JsonWriter;

/// The largest whole number that JavaScript keeps exactly; beyond it Jaeger sends a string.
constexpr int64_t kMaxSafeInteger = 9'007'199'254'740'991;

void WriteTag(JsonWriter& json, std::string_view key, const Value& value) {
  json.BeginObject().Key("key").String(key).Key("type");
  switch (value.type) {
    case Value::Type::kBool: json.String("bool").Key("value").Bool(value.boolean); break;
    case Value::Type::kInt:
      json.String("int64").Key("value");
      if (value.integer > kMaxSafeInteger || value.integer < -kMaxSafeInteger) {
        json.String(std::to_string(value.integer));
      } else {
        json.Int(value.integer);
      }
      break;
    case Value::Type::kDouble: json.String("float64").Key("value").Double(value.real); break;
    case Value::Type::kBytes:
      json.String("binary").Key("value").String(model::ValueToString(value));
      break;
    default: json.String("string").Key("value").String(model::ValueToString(value));
  }
  json.EndObject();
}

void WriteTags(JsonWriter& json, std::span<const KeyValue> tags) {
  for (const KeyValue& tag : tags) WriteTag(json, tag.key, tag.value);
}

void WriteReference(JsonWriter& json, std::string_view type, const model::TraceId& trace,
                    const model::SpanId& span) {
  json.BeginObject().Key("refType").String(type).Key("traceID").String(TraceIdText(trace));
  json.Key("spanID").String(ToHex(span)).EndObject();
}

void WriteReferences(JsonWriter& json, const model::Event& event) {
  json.Key("references").BeginArray();
  const model::SpanId& parent = event.span->parent_id;
  if (!parent.IsZero()) WriteReference(json, "CHILD_OF", event.trace_id, parent);
  for (const model::SpanLink& link : event.span->links) {
    const Value* type = model::FindAttribute(link.attributes, "opentracing.ref_type");
    const bool child = type != nullptr && type->text == "child_of";
    if (link.span_id == parent && link.trace_id == event.trace_id) continue;  // said already
    WriteReference(json, child ? "CHILD_OF" : "FOLLOWS_FROM", link.trace_id, link.span_id);
  }
  json.EndArray();
}

void WriteSpanTags(JsonWriter& json, const model::Event& event) {
  json.Key("tags").BeginArray();
  const model::SpanPart& span = *event.span;
  if (event.origin != nullptr) {
    if (!event.origin->scope_name.empty())
      WriteTag(json, "otel.scope.name", Value::String(event.origin->scope_name));
    if (!event.origin->scope_version.empty()) {
      WriteTag(json, "otel.scope.version", Value::String(event.origin->scope_version));
    }
  }
  WriteTags(json, event.attributes);
  if (const auto kind = spans::KindName(span.kind); !kind.empty())
    WriteTag(json, "span.kind", Value::String(kind));
  if (span.status_code != 0) {
    WriteTag(json, "otel.status_code", Value::String(span.status_code == 2 ? "ERROR" : "OK"));
  }
  if (span.status_code == 2 && model::FindAttribute(event.attributes, "error") == nullptr) {
    WriteTag(json, "error", Value::Bool(true));
  }
  if (!span.status_message.empty())
    WriteTag(json, "otel.status_description", Value::String(span.status_message));
  if (!span.trace_state.empty()) WriteTag(json, "w3c.tracestate", Value::String(span.trace_state));
  json.EndArray();
}

void WriteLogs(JsonWriter& json, const model::SpanPart& span) {
  json.Key("logs").BeginArray();
  for (const model::SpanEvent& event : span.events) {
    json.BeginObject().Key("timestamp").Int(event.time_ns / 1000).Key("fields").BeginArray();
    if (!event.name.empty() && model::FindAttribute(event.attributes, "event") == nullptr) {
      WriteTag(json, "event", Value::String(event.name));
    }
    WriteTags(json, event.attributes);
    json.EndArray().EndObject();
  }
  json.EndArray();
}

/// A service with the tags of one resource.
struct Process {
  std::string_view service;
  std::span<const KeyValue> resource;
};

bool Same(const Process& a, const Process& b) {
  return a.service == b.service &&
         std::equal(a.resource.begin(), a.resource.end(), b.resource.begin(), b.resource.end(),
                    [](const KeyValue& x, const KeyValue& y) {
                      return x.key == y.key && SameValue(x.value, y.value);
                    });
}

size_t ProcessIndex(std::vector<Process>* known, const spans::SpanRef& ref) {
  const Process process{spans::ServiceOf(*ref.stream), ref.span->origin != nullptr
                                                           ? ref.span->origin->resource
                                                           : std::span<const KeyValue>()};
  for (size_t i = known->size(); i-- > 0;) {
    if (Same((*known)[i], process)) return i;
  }
  known->push_back(process);
  return known->size() - 1;
}

void WriteProcesses(JsonWriter& json, const std::vector<Process>& processes) {
  json.Key("processes").BeginObject();
  for (size_t i = 0; i < processes.size(); ++i) {
    json.Key("p" + std::to_string(i + 1)).BeginObject();
    json.Key("serviceName").String(processes[i].service).Key("tags").BeginArray();
    for (const KeyValue& tag : processes[i].resource) {
      if (tag.key != "service.name") WriteTag(json, tag.key, tag.value);
    }
    json.EndArray().EndObject();
  }
  json.EndObject();
}

}  // namespace

std::string TraceIdText(const model::TraceId& id) {
  std::string hex = ToHex(id);
  return hex.starts_with("0000000000000000") ? hex.substr(16) : hex;
}

void WriteTrace(JsonWriter& json, const model::EventBatch& batch) {
  const std::vector<spans::SpanRef> all = spans::SpansOf(batch);
  std::vector<Process> processes;
  json.BeginObject().Key("traceID").String(all.empty() ? "" : TraceIdText(all[0].span->trace_id));
  json.Key("spans").BeginArray();
  for (const spans::SpanRef& ref : all) {
    const model::Event& event = *ref.span;
    json.BeginObject().Key("traceID").String(TraceIdText(event.trace_id));
    json.Key("spanID").String(ToHex(event.span_id)).Key("operationName").String(event.span->name);
    WriteReferences(json, event);
    json.Key("startTime").Int(event.time_ns / 1000);
    json.Key("duration").Int(std::max<int64_t>(0, event.duration_ns()) / 1000);
    WriteSpanTags(json, event);
    WriteLogs(json, *event.span);
    json.Key("processID").String("p" + std::to_string(ProcessIndex(&processes, ref) + 1));
    json.Key("warnings").Null().EndObject();
  }
  json.EndArray();
  WriteProcesses(json, processes);
  json.Key("warnings").Null().EndObject();
}

}  // namespace pharos::api::jaeger
