// Tempo's search: the span filter and its tags.
#include <cstdint>
#include <string_view>

#include "api/tempo/span_filter.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  pharos::model::SpanPart part;
  pharos::model::Event span;
  span.kind = pharos::model::EventKind::kSpan;
  span.span = &part;
  if (const auto filter = pharos::api::tempo::SpanFilter::Parse(text))
    (void)filter->Matches({}, span);
  if (const auto filter = pharos::api::tempo::SpanFilter::FromTags(text))
    (void)filter->Matches({}, span);
  return 0;
}
