// A JSON text as a tree, read and written as Go's encoding/json does it with interface{}: all
// numbers are doubles, the last of equal keys wins, keys are written sorted. For what looks at
// whole values (Promtail's json stage); `| json` uses json_fields.h, which needs no tree.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace pharos::match {

/// Owns: its strings; arrays and objects are shared. Threads: immutable once made.
struct JsonValue {
  using Array = std::vector<JsonValue>;
  using Object = std::map<std::string, JsonValue, std::less<>>;
  std::variant<std::monostate, bool, double, std::string, std::shared_ptr<const Array>,
               std::shared_ptr<const Object>>
      data;

  JsonValue() = default;
  explicit JsonValue(bool v) : data(v) {}
  explicit JsonValue(double v) : data(v) {}
  explicit JsonValue(std::string v) : data(std::move(v)) {}
  explicit JsonValue(Array v) : data(std::make_shared<const Array>(std::move(v))) {}
  explicit JsonValue(Object v) : data(std::make_shared<const Object>(std::move(v))) {}

  bool IsNull() const { return std::holds_alternative<std::monostate>(data); }
  const std::string* string() const { return std::get_if<std::string>(&data); }
  const double* number() const { return std::get_if<double>(&data); }
  const bool* boolean() const { return std::get_if<bool>(&data); }
  const Array* array() const {
    const auto* p = std::get_if<std::shared_ptr<const Array>>(&data);
    return p != nullptr ? p->get() : nullptr;
  }
  const Object* object() const {
    const auto* p = std::get_if<std::shared_ptr<const Object>>(&data);
    return p != nullptr ? p->get() : nullptr;
  }
};
bool operator==(const JsonValue& a, const JsonValue& b);

/// One JSON text, nothing behind it. Bytes that are not UTF-8 become U+FFFD. kBadInput says at
/// which byte; nesting beyond kMaxJsonDepth is refused. Cost: one pass; a node a value.
base::Result<JsonValue> ParseJson(std::string_view text);

/// As Go's json.Marshal writes it (HTML characters escaped). NaN cannot occur.
void AppendGoJson(std::string& out, const JsonValue& value);

}  // namespace pharos::match
