// Whether a line has a shape that is known: most lines have that of the line before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "events/line_shape.h"

namespace pharos::events {

/// Owns: the literals of one shape. Immutable.
/// Cost: compares of the literals, and one pass for quotes, 64 bytes at a time.
class ShapeMatcher {
 public:
  explicit ShapeMatcher(const LineShape& shape);

  /// True when the line has the shape: `values`, with room for as many as it has columns, are what
  /// CutLine would give. False may also mean that only CutLine can tell.
  bool Fits(std::string_view line, std::string_view* values) const;

 private:
  static constexpr size_t kBlock = 16;  // literals are padded to a multiple
  struct Step {
    uint32_t offset = 0;  // of the literal in front of the value
    uint32_t size = 0;
    bool quoted = false;
  };
  inline bool Literal(const Step& step, std::string_view line, size_t at) const;

  LineKind kind_;
  std::string literals_;
  std::vector<Step> steps_;  // one more than values
};

}  // namespace pharos::events
