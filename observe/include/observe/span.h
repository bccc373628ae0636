// Spans and trace context without OpenTelemetry's headers in the application.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace observe {

enum class SpanKind { kInternal, kServer, kClient, kProducer, kConsumer };

/// A span that is current on this thread from construction to destruction, child of the
/// span that was current before. Threads: the one that made it.
class Span {
 public:
  explicit Span(std::string_view name, SpanKind kind = SpanKind::kInternal);
  ~Span();
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;

  void Set(std::string_view key, std::string_view value);
  void Set(std::string_view key, const char* value) { Set(key, std::string_view(value)); }
  void Set(std::string_view key, int64_t value);
  void Set(std::string_view key, int value) { Set(key, static_cast<int64_t>(value)); }
  void Set(std::string_view key, double value);
  void Set(std::string_view key, bool value);
  void Event(std::string_view name);
  /// Marks the span failed and records an `exception` event, as the conventions ask.
  void Fail(std::string_view type, std::string_view message);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Hex ids of the current span; "" when there is none.
std::string CurrentTraceId();
std::string CurrentSpanId();
/// The request's X-Request-ID; "" outside of a request.
std::string CurrentRequestId();

/// traceparent, tracestate, baggage and X-Request-ID for a call to another service.
std::vector<std::pair<std::string, std::string>> OutgoingHeaders();

}  // namespace observe
