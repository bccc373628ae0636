#include "observe/span.h"

#include <opentelemetry/context/propagation/global_propagator.h>
#include <opentelemetry/context/propagation/text_map_propagator.h>
#include <opentelemetry/context/runtime_context.h>
#include <opentelemetry/trace/provider.h>
#include <opentelemetry/trace/scope.h>
#include <opentelemetry/trace/tracer.h>

#include "state.h"

namespace observe {
namespace {

namespace api = opentelemetry::trace;
namespace propagation = opentelemetry::context::propagation;
using opentelemetry::nostd::string_view;

string_view Nostd(std::string_view text) { return {text.data(), text.size()}; }

api::SpanKind KindOf(SpanKind kind) {
  switch (kind) {
    case SpanKind::kInternal: return api::SpanKind::kInternal;
    case SpanKind::kServer: return api::SpanKind::kServer;
    case SpanKind::kClient: return api::SpanKind::kClient;
    case SpanKind::kProducer: return api::SpanKind::kProducer;
    case SpanKind::kConsumer: return api::SpanKind::kConsumer;
  }
  return api::SpanKind::kInternal;
}

api::SpanContext Current() { return api::Tracer::GetCurrentSpan()->GetContext(); }

class Carrier final : public propagation::TextMapCarrier {
 public:
  string_view Get(string_view) const noexcept override { return ""; }
  void Set(string_view key, string_view value) noexcept override {
    headers.emplace_back(std::string(key), std::string(value));
  }
  std::vector<std::pair<std::string, std::string>> headers;
};

}  // namespace

struct Span::State {
  opentelemetry::nostd::shared_ptr<api::Span> span;
  api::Scope scope;
};

Span::Span(std::string_view name, SpanKind kind) {
  api::StartSpanOptions options;
  options.kind = KindOf(kind);
  auto span =
      api::Provider::GetTracerProvider()->GetTracer("observe")->StartSpan(Nostd(name), options);
  state_ = std::make_unique<State>(State{span, api::Scope(span)});
}

Span::~Span() { state_->span->End(); }

void Span::Set(std::string_view key, std::string_view value) {
  state_->span->SetAttribute(Nostd(key), Nostd(value));
}
void Span::Set(std::string_view key, int64_t value) {
  state_->span->SetAttribute(Nostd(key), value);
}
void Span::Set(std::string_view key, double value) {
  state_->span->SetAttribute(Nostd(key), value);
}
void Span::Set(std::string_view key, bool value) { state_->span->SetAttribute(Nostd(key), value); }
void Span::Event(std::string_view name) { state_->span->AddEvent(Nostd(name)); }

void Span::Fail(std::string_view type, std::string_view message) {
  state_->span->SetStatus(api::StatusCode::kError, Nostd(message));
  state_->span->AddEvent("exception",
                         {{"exception.type", Nostd(type)}, {"exception.message", Nostd(message)}});
}

std::string CurrentTraceId() {
  const api::SpanContext context = Current();
  if (!context.IsValid()) return "";
  char hex[32];
  context.trace_id().ToLowerBase16(hex);
  return std::string(hex, sizeof hex);
}

std::string CurrentSpanId() {
  const api::SpanContext context = Current();
  if (!context.IsValid()) return "";
  char hex[16];
  context.span_id().ToLowerBase16(hex);
  return std::string(hex, sizeof hex);
}

std::string& ThreadRequestId() {
  thread_local std::string id;
  return id;
}

std::string CurrentRequestId() { return ThreadRequestId(); }

std::vector<std::pair<std::string, std::string>> OutgoingHeaders() {
  Carrier carrier;
  propagation::GlobalTextMapPropagator::GetGlobalPropagator()->Inject(
      carrier, opentelemetry::context::RuntimeContext::GetCurrent());
  if (!ThreadRequestId().empty()) carrier.headers.emplace_back("X-Request-ID", ThreadRequestId());
  return std::move(carrier.headers);
}

}  // namespace observe
