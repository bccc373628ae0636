// The shape of a line: what stands around its values. A JSON object or a logfmt line is cut
// into the bytes between its values, which are the same for many lines, and the values, one
// a key path; any other line is one value. literals[0] values[0] literals[1] … is the line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "events/coding.h"

namespace pharos::events {

enum class LineKind : uint8_t { kText, kJson, kLogfmt };

/// A line taken apart. Views into the line.
struct LineParts {
  struct Part {
    std::string_view value;
    std::string_view key;  ///< as written
    uint32_t parent = 0;   ///< 1 + index into `objects` of the object around it, 0: the line
    bool quoted = false;
  };
  struct Object {
    std::string_view key;
    uint32_t parent = 0;
  };
  LineKind kind = LineKind::kText;
  std::vector<Part> values;
  std::vector<Object> objects;

  /// The path of a value, its keys joined by the byte 1.
  std::string Path(const Part& part) const;
};

/// Takes a line apart; a line that is neither a JSON object nor logfmt gives one value.
void CutLine(std::string_view line, LineParts* out);

/// True for what may be a JSON number, and for true, false and null.
bool IsScalar(std::string_view text);
/// From `at`, which is behind the opening quote: where the closing one is, npos for none.
size_t StringEnd(std::string_view text, size_t at);

/// Owns: its texts. Immutable once made.
struct LineShape {
  LineKind kind = LineKind::kText;
  std::vector<std::string> literals;  ///< one more than columns
  std::vector<uint32_t> columns;      ///< of the part, in the order of the line
  std::vector<bool> quoted;

  void Put(std::string& out) const;
  static LineShape Get(Reader& in, size_t columns);
};

}  // namespace pharos::events
