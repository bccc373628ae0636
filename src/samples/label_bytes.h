// Canonical label bytes (see model::Labels) without making a Labels of them: walking and
// comparing in place.
#pragma once

#include <compare>
#include <string_view>

#include "codec/varint.h"
#include "model/labels.h"

namespace pharos::samples {

/// Calls `on_label(LabelView, bytes of the pair)` for each label. `labels` must be canonical.
template <class OnLabel>
void ForEachLabel(std::string_view labels, OnLabel on_label) {
  codec::ByteReader in(labels);
  while (!in.AtEnd()) {
    const char* start = in.position();
    const std::string_view name = in.Bytes();
    const std::string_view value = in.Bytes();
    if (!in.ok()) return;
    on_label(model::LabelView{name, value},
             std::string_view(start, static_cast<size_t>(in.position() - start)));
  }
}

/// Prometheus's order of label sets, as Labels' own operator<=>.
inline std::strong_ordering CompareLabels(std::string_view a, std::string_view b) {
  codec::ByteReader x(a), y(b);
  while (!x.AtEnd() && !y.AtEnd()) {
    const std::string_view name_x = x.Bytes(), name_y = y.Bytes();
    if (const auto order = name_x <=> name_y; order != 0) return order;
    const std::string_view value_x = x.Bytes(), value_y = y.Bytes();
    if (const auto order = value_x <=> value_y; order != 0) return order;
  }
  if (!x.AtEnd()) return std::strong_ordering::greater;
  return y.AtEnd() ? std::strong_ordering::equal : std::strong_ordering::less;
}

}  // namespace pharos::samples
