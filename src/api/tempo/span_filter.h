// `{ resource.service.name = "x" && duration > 1s }`: the part of TraceQL that picks single
// spans. Everything else of the language is refused with a sentence.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/spans/span_scan.h"

namespace pharos::api::tempo {

/// Owns: the compiled tree. Threads: immutable. Errors: Parse: kBadInput. Cost: a walk over
/// the tree a span.
class SpanFilter {
 public:
  /// All spans.
  SpanFilter();
  static base::Result<SpanFilter> Parse(std::string_view query);
  /// `tags=service.name=x http.status_code=500`: all must hold, wherever the attribute hangs.
  static base::Result<SpanFilter> FromTags(std::string_view logfmt);
  SpanFilter(SpanFilter&&) noexcept;
  SpanFilter& operator=(SpanFilter&&) noexcept;
  ~SpanFilter();

  bool Matches(const model::Labels& stream, const model::Event& span) const;
  /// What a source may test early: necessary, not sufficient.
  std::vector<model::Matcher> Streams() const;

  struct Node;

 private:
  explicit SpanFilter(std::shared_ptr<const Node> root);
  std::shared_ptr<const Node> root_;
};

/// A value of a span or its resource by TraceQL's name: ".x", "span.x", "resource.x", "name",
/// "status", …; null type where it has none.
model::Value FieldOf(std::string_view name, const model::Labels& stream, const model::Event& span);

}  // namespace pharos::api::tempo
