#include "match/json_fields.h"

#include "match/label_name.h"
#include "match/limits.h"
#include "match/logfmt.h"
#include "match/utf8.h"

namespace pharos::match {
namespace {

constexpr std::string_view kBadObject =
    "Value looks like object, but can't find closing '}' symbol";
constexpr std::string_view kBadArray = "Value looks like array, but can't find closing ']' symbol";
constexpr std::string_view kBadString = "Value is string, but can't find closing '\"' symbol";
constexpr std::string_view kBadValue = "Unknown value type";
constexpr std::string_view kTooDeep = "Value is nested too deeply";

/// Walks the text; every method leaves `at` behind what it took.
struct Reader {
  std::string_view text;
  size_t at = 0;

  void Space() {
    while (at < text.size() &&
           (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r')) {
      ++at;
    }
  }
  bool Take(char c) {
    Space();
    if (at >= text.size() || text[at] != c) return false;
    ++at;
    return true;
  }
  bool End() const { return at >= text.size(); }

  /// Behind the opening quote: the inner text, or nothing when it does not close.
  bool String(std::string_view* out) {
    const size_t start = at;
    for (; at < text.size(); ++at) {
      if (text[at] == '\\') {
        ++at;
      } else if (text[at] == '"') {
        *out = text.substr(start, at++ - start);
        return true;
      }
    }
    at = text.size();
    return false;
  }

  /// An object or array from its opening bracket on: brackets are counted, strings skipped.
  bool Block(std::string_view* out) {
    const size_t start = at;
    const char open = text[at];
    const char close = open == '{' ? '}' : ']';
    size_t depth = 0;
    while (at < text.size()) {
      const char c = text[at++];
      if (c == '"') {
        std::string_view skipped;
        if (!String(&skipped)) return false;
      } else if (c == open) {
        ++depth;
      } else if (c == close && --depth == 0) {
        *out = text.substr(start, at - start);
        return true;
      }
    }
    return false;
  }

  std::string_view Value(JsonSlice* out) {
    Space();
    if (End()) return kBadValue;
    const char c = text[at];
    if (c == '"') {
      ++at;
      out->type = JsonType::kString;
      return String(&out->text) ? std::string_view() : kBadString;
    }
    if (c == '{' || c == '[') {
      out->type = c == '{' ? JsonType::kObject : JsonType::kArray;
      return Block(&out->text) ? std::string_view() : c == '{' ? kBadObject : kBadArray;
    }
    const size_t start = at;
    while (at < text.size() &&
           std::string_view(",}] \n\t\r").find(text[at]) == std::string_view::npos)
      ++at;
    out->text = text.substr(start, at - start);
    if (out->text == "true" || out->text == "false") {
      out->type = JsonType::kBool;
    } else if (out->text == "null") {
      out->type = JsonType::kNull;
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      out->type = JsonType::kNumber;
    } else {
      return kBadValue;
    }
    return {};
  }
};

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool Hex4(std::string_view text, uint32_t* out) {
  if (text.size() < 4) return false;
  *out = 0;
  for (size_t i = 0; i < 4; ++i) {
    const int digit = HexDigit(text[i]);
    if (digit < 0) return false;
    *out = *out << 4 | static_cast<uint32_t>(digit);
  }
  return true;
}

char PlainEscape(char c) {
  switch (c) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case 'b': return '\b';
    case 'f': return '\f';
    case '"':
    case '\\':
    case '/':
    case '\'': return c;
    default: return 0;
  }
}

/// Reads `\uXXXX` (and its second half) behind the 'u'; advances `i` behind it.
bool UnicodeEscape(std::string_view text, size_t* i, std::string* out) {
  uint32_t c = 0;
  if (!Hex4(text.substr(*i), &c)) return false;
  *i += 4;
  uint32_t low = 0;
  if (c >= 0xD800 && c < 0xDC00 && text.substr(*i, 2) == "\\u" && Hex4(text.substr(*i + 2), &low) &&
      low >= 0xDC00 && low < 0xE000) {
    c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    *i += 6;
  }
  AppendUtf8(*out, c);
  return true;
}

struct Flattener {
  const std::function<void(std::string_view, const JsonSlice&)>& field;
  std::string prefix;
  std::string key_scratch;

  std::string Object(std::string_view text, int depth) {
    if (depth > kMaxJsonDepth) return std::string(kTooDeep);
    return EachMember(text, [&](std::string_view key, JsonSlice value) -> std::string {
      if (value.type == JsonType::kNull || value.type == JsonType::kArray) return {};
      const size_t before = prefix.size();
      if (before > 0) prefix += '_';
      const size_t name_at = prefix.size();
      if (key.find('\\') != std::string_view::npos) {
        key_scratch.clear();
        if (UnescapeJson(key, &key_scratch)) key = key_scratch;
      }
      AppendLabelName(prefix, key.substr(0, kMaxFieldNameBytes), before == 0);
      if (prefix.size() == name_at) prefix.resize(before);  // a blank key adds nothing
      if (prefix.size() > kMaxFieldNameBytes) prefix.resize(kMaxFieldNameBytes);
      std::string error;
      if (value.type == JsonType::kObject) {
        error = Object(value.text, depth + 1);
      } else {
        field(prefix, value);
      }
      prefix.resize(before);
      return error;
    });
  }
};

}  // namespace

bool UnescapeJson(std::string_view escaped, std::string* out) {
  out->reserve(out->size() + escaped.size());
  for (size_t i = 0; i < escaped.size();) {
    if (escaped[i] != '\\') {
      *out += escaped[i++];
      continue;
    }
    if (i + 1 >= escaped.size()) return false;
    const char c = escaped[i + 1];
    i += 2;
    if (c == 'u') {
      if (!UnicodeEscape(escaped, &i, out)) return false;
    } else if (const char plain = PlainEscape(c); plain != 0) {
      *out += plain;
    } else {
      return false;
    }
  }
  return true;
}

std::string_view JsonText(const JsonSlice& value, std::string* scratch) {
  if (value.type == JsonType::kNull) return {};
  if (value.type != JsonType::kString) return value.text;
  std::string_view text = value.text;
  if (text.find('\\') != std::string_view::npos) {
    std::string plain;
    if (!UnescapeJson(text, &plain)) return {};
    *scratch = std::move(plain);
    text = *scratch;
  }
  std::string clean;
  if (ReplaceInvalidUtf8(text, &clean)) {
    *scratch = std::move(clean);
    text = *scratch;
  }
  return text;
}

std::string EachMember(std::string_view object,
                       const std::function<std::string(std::string_view, JsonSlice)>& member) {
  Reader reader{object};
  if (!reader.Take('{')) return std::string(kBadObject);
  if (reader.Take('}')) return {};
  while (true) {
    std::string_view key;
    JsonSlice value;
    if (!reader.Take('"')) return std::string(kBadObject);
    if (!reader.String(&key)) return std::string(kBadString);
    if (!reader.Take(':')) return std::string(kBadObject);
    if (const std::string_view error = reader.Value(&value); !error.empty())
      return std::string(error);
    if (std::string error = member(key, value); !error.empty()) return error;
    if (reader.Take('}')) return {};
    if (!reader.Take(',')) return std::string(kBadObject);
  }
}

std::string FlattenJson(std::string_view line,
                        const std::function<void(std::string_view, const JsonSlice&)>& field) {
  Flattener flattener{field, {}, {}};
  return flattener.Object(line, 1);
}

bool FindJsonPath(std::string_view line, const JsonPath& path, JsonSlice* out) {
  Reader start{line};
  start.Space();
  JsonSlice at{JsonType::kObject, line.substr(start.at)};
  if (at.text.starts_with('[')) at.type = JsonType::kArray;
  for (const auto& step : path) {
    bool found = false;
    if (const auto* name = std::get_if<std::string>(&step)) {
      if (at.type != JsonType::kObject) return false;
      JsonSlice next;
      EachMember(at.text, [&](std::string_view key, JsonSlice value) -> std::string {
        std::string plain;
        if (key.find('\\') != std::string_view::npos && UnescapeJson(key, &plain)) key = plain;
        if (key != *name) return {};
        found = true;
        next = value;
        return "found";
      });
      at = next;
    } else {
      if (at.type != JsonType::kArray) return false;
      Reader reader{at.text};
      if (!reader.Take('[') || reader.Take(']')) return false;
      for (size_t left = std::get<size_t>(step);; --left) {
        JsonSlice item;
        if (!reader.Value(&item).empty()) return false;
        if (left == 0) {
          found = true;
          at = item;
          break;
        }
        if (!reader.Take(',')) return false;
      }
    }
    if (!found) return false;
  }
  *out = at;
  return true;
}

}  // namespace pharos::match
