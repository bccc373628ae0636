// JSON inside log lines: flattening for `| json`, paths for `| json a="b.c"`. A forgiving
// reader: a line that is cut off gives the fields in front of the cut, as in Loki.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace pharos::match {

enum class JsonType : uint8_t { kString, kNumber, kBool, kNull, kObject, kArray };

/// One value where it stands in the line: strings without their quotes, still escaped.
struct JsonSlice {
  JsonType type = JsonType::kNull;
  std::string_view text;
};

/// The string's escapes resolved; false when one is malformed.
bool UnescapeJson(std::string_view escaped, std::string* out);

/// The value as a label's value: strings unescaped and with broken UTF-8 as spaces, null as
/// "", the rest as written. `scratch` holds the bytes when they had to change.
std::string_view JsonText(const JsonSlice& value, std::string* scratch);

/// Calls `member` for each member of the object (key still escaped) until it returns an
/// error. Returns "" or Loki's sentence about what is malformed.
std::string EachMember(
    std::string_view object,
    const std::function<std::string(std::string_view key, JsonSlice value)>& member);

/// Calls `field` with a sanitised name (nesting joined by '_') for every string, number and
/// bool below the object. Returns "" or what is malformed; fields in front of it are given.
std::string FlattenJson(std::string_view line,
                        const std::function<void(std::string_view name, const JsonSlice&)>& field);

/// `a.b["c d"][0]`
using JsonPath = std::vector<std::variant<std::string, size_t>>;
base::Result<JsonPath> ParseJsonPath(std::string_view text);
/// False when nothing is there.
bool FindJsonPath(std::string_view line, const JsonPath& path, JsonSlice* out);

}  // namespace pharos::match
