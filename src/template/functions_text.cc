// Functions on strings, in Sprig's spelling (the subject last) and in Go's (the subject first).
#include <simdjson.h>

#include <algorithm>
#include <cctype>

#include "template/functions.h"
#include "template/limits.h"

namespace pharos::tmpl {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using Args = std::span<const Value>;

bool Continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

Result<Value> Checked(std::string text) {
  if (text.size() > kMaxOutputBytes) return Fail(ErrorKind::kLimit, "the text is too long");
  return Value(std::move(text));
}

std::string Mapped(std::string text, int (*change)(int)) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x80) c = static_cast<char>(change(c));
  }
  return text;
}

std::string Title(const std::string& of) {
  std::string text = of;
  bool start = true;
  for (char& c : text) {
    if (start && static_cast<unsigned char>(c) < 0x80) c = static_cast<char>(std::toupper(c));
    start = std::isspace(static_cast<unsigned char>(c)) != 0;
  }
  return text;
}

Result<Value> Replaced(const std::string& text, const std::string& from, const std::string& to,
                       int64_t times) {
  if (from.empty()) return Value(text);
  std::string out;
  size_t at = 0;
  while (times != 0) {
    const size_t found = text.find(from, at);
    if (found == std::string::npos) break;
    out.append(text, at, found - at).append(to);
    at = found + from.size();
    --times;
    if (out.size() > kMaxOutputBytes) return Fail(ErrorKind::kLimit, "the text is too long");
  }
  return Checked(out.append(text, at));
}

std::string Trimmed(const std::string& text, std::string_view set, bool left, bool right) {
  size_t from = left ? text.find_first_not_of(set) : 0;
  if (from == std::string::npos) return "";
  const size_t to = right ? text.find_last_not_of(set) + 1 : text.size();
  return to > from ? text.substr(from, to - from) : "";
}
constexpr std::string_view kSpaces = " \t\n\v\f\r";

std::string WithoutPrefix(const std::string& text, const std::string& prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}
std::string WithoutSuffix(const std::string& text, const std::string& suffix) {
  return text.ends_with(suffix) ? text.substr(0, text.size() - suffix.size()) : text;
}

/// Sprig's: a negative count takes from the end.
std::string Truncated(int64_t count, const std::string& text) {
  const auto size = static_cast<int64_t>(text.size());
  if (count >= 0) return count < size ? text.substr(0, static_cast<size_t>(count)) : text;
  return count > -size ? text.substr(static_cast<size_t>(size + count)) : text;
}

Result<Value> Indented(int64_t count, const std::string& text, bool newline) {
  if (count < 0 || count > 10'000) return Fail(ErrorKind::kBadInput, "the indent is out of range");
  const std::string pad(static_cast<size_t>(count), ' ');
  std::string out = newline ? "\n" + pad : pad;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += pad;
    if (out.size() > kMaxOutputBytes) return Fail(ErrorKind::kLimit, "the text is too long");
  }
  return Value(std::move(out));
}

Result<Value> Repeated(int64_t count, const std::string& text) {
  if (count < 0) return Fail(ErrorKind::kBadInput, "strings: negative Repeat count");
  if (text.empty()) return Value(std::string());
  if (static_cast<uint64_t>(count) > kMaxOutputBytes / text.size())
    return Fail(ErrorKind::kLimit, "the text is too long");
  std::string out;
  for (int64_t i = 0; i < count; ++i) out += text;
  return Value(std::move(out));
}

std::string UrlEncode(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      char buffer[4];
      std::snprintf(buffer, sizeof buffer, "%%%02X", byte);
      out += buffer;
    }
  }
  return out;
}

Result<Value> UrlDecode(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size() || std::isxdigit(static_cast<unsigned char>(text[i + 1])) == 0 ||
          std::isxdigit(static_cast<unsigned char>(text[i + 2])) == 0) {
        return Fail(ErrorKind::kBadInput, "invalid URL escape \"" + text.substr(i, 3) + "\"");
      }
      out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    }
  }
  return Value(std::move(out));
}

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string Base64(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); i += 3) {
    uint32_t group = 0;
    const size_t have = std::min<size_t>(3, text.size() - i);
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < have ? static_cast<unsigned char>(text[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) out += k <= have ? kBase64[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

Result<Value> FromBase64(std::string text) {
  while (!text.empty() && text.back() == '=') text.pop_back();
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t digit = kBase64.find(text[i]);
    if (digit == std::string_view::npos)
      return Fail(ErrorKind::kBadInput, "illegal base64 data at input byte " + std::to_string(i));
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xFF);
    }
  }
  return Value(std::move(out));
}

std::string Aligned(int64_t count, const std::string& text, bool right) {
  if (count < 0 || count > 10'000) return text;
  const auto width = static_cast<size_t>(count);
  const size_t length = RuneCount(text);
  if (length >= width)
    return right ? RuneSlice(text, length - width, length) : RuneSlice(text, 0, width);
  const std::string pad(width - length, ' ');
  return right ? pad + text : text + pad;
}

Value FromDom(simdjson::dom::element element) {
  switch (element.type()) {
    case simdjson::dom::element_type::ARRAY: {
      List list;
      const simdjson::dom::array items = element.get_array().value_unsafe();
      for (const simdjson::dom::element item : items) list.push_back(FromDom(item));
      return Value::Of(std::move(list));
    }
    case simdjson::dom::element_type::OBJECT: {
      Map map;
      const simdjson::dom::object fields = element.get_object().value_unsafe();
      for (const auto field : fields) map[std::string(field.key)] = FromDom(field.value);
      return Value::Of(std::move(map));
    }
    case simdjson::dom::element_type::STRING: return Value::Of(element.get_string().value_unsafe());
    case simdjson::dom::element_type::BOOL: return Value(element.get_bool().value_unsafe());
    case simdjson::dom::element_type::NULL_VALUE: return Value();
    default: return Value(element.get_double().value_unsafe());
  }
}

Result<Value> FromJson(const std::string& text) {
  simdjson::dom::parser parser(1 << 20);
  if (parser.allocate(text.size() + 1, 64) != simdjson::SUCCESS)
    return Fail(ErrorKind::kLimit, "the JSON is too large");
  simdjson::dom::element root;
  if (parser.parse(text).get(root) != simdjson::SUCCESS)
    return Fail(ErrorKind::kBadInput, "the text is not JSON");
  return FromDom(root);
}

}  // namespace

size_t RuneCount(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !Continuation(c); }));
}

std::string RuneSlice(const std::string& text, size_t from, size_t to) {
  std::string out;
  size_t rune = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i > 0 && !Continuation(text[i])) ++rune;
    if (rune >= to) break;
    if (rune >= from) out += text[i];
  }
  return to > from ? out : "";
}

void AddStrings(FunctionMap* map) {
  FunctionMap& m = *map;
  const auto one = [&](std::initializer_list<const char*> names,
                       std::string (*f)(const std::string&)) {
    for (const char* name : names)
      m[name] = {[f](Args a) -> Result<Value> { return Value(f(a[0].ToString())); }, 1, 1};
  };
  const auto two = [&](const char* name, Result<Value> (*f)(const Value&, const std::string&)) {
    m[name] = {[f](Args a) -> Result<Value> { return f(a[0], a[1].ToString()); }, 2, 2};
  };
  one({"lower", "ToLower", "toLower"},
      [](const std::string& s) { return Mapped(s, std::tolower); });
  one({"upper", "ToUpper", "toUpper"},
      [](const std::string& s) { return Mapped(s, std::toupper); });
  one({"title", "Title"}, Title);
  one({"trim", "TrimSpace", "trimSpace"},
      [](const std::string& s) { return Trimmed(s, kSpaces, true, true); });
  one({"urlencode", "urlquery"}, UrlEncode);
  one({"b64enc"}, Base64);
  m["urldecode"] = {[](Args a) { return UrlDecode(a[0].ToString()); }, 1, 1};
  m["b64dec"] = {[](Args a) { return FromBase64(a[0].ToString()); }, 1, 1};
  m["fromJson"] = {[](Args a) { return FromJson(a[0].ToString()); }, 1, 1};
  two("Trim", [](const Value& s, const std::string& set) -> Result<Value> {
    return Value(Trimmed(s.ToString(), set, true, true));
  });
  two("TrimLeft", [](const Value& s, const std::string& set) -> Result<Value> {
    return Value(Trimmed(s.ToString(), set, true, false));
  });
  two("TrimRight", [](const Value& s, const std::string& set) -> Result<Value> {
    return Value(Trimmed(s.ToString(), set, false, true));
  });
  two("TrimPrefix", [](const Value& s, const std::string& p) -> Result<Value> {
    return Value(WithoutPrefix(s.ToString(), p));
  });
  two("TrimSuffix", [](const Value& s, const std::string& p) -> Result<Value> {
    return Value(WithoutSuffix(s.ToString(), p));
  });
  two("trimAll", [](const Value& set, const std::string& s) -> Result<Value> {
    return Value(Trimmed(s, set.ToString(), true, true));
  });
  two("trimPrefix", [](const Value& p, const std::string& s) -> Result<Value> {
    return Value(WithoutPrefix(s, p.ToString()));
  });
  two("trimSuffix", [](const Value& p, const std::string& s) -> Result<Value> {
    return Value(WithoutSuffix(s, p.ToString()));
  });
  two("contains", [](const Value& p, const std::string& s) -> Result<Value> {
    return Value(s.find(p.ToString()) != std::string::npos);
  });
  two("hasPrefix", [](const Value& p, const std::string& s) -> Result<Value> {
    return Value(s.starts_with(p.ToString()));
  });
  two("hasSuffix", [](const Value& p, const std::string& s) -> Result<Value> {
    return Value(s.ends_with(p.ToString()));
  });
  two("trunc", [](const Value& n, const std::string& s) -> Result<Value> {
    return Value(Truncated(ToInt(n), s));
  });
  two("repeat",
      [](const Value& n, const std::string& s) -> Result<Value> { return Repeated(ToInt(n), s); });
  two("indent", [](const Value& n, const std::string& s) -> Result<Value> {
    return Indented(ToInt(n), s, false);
  });
  two("nindent", [](const Value& n, const std::string& s) -> Result<Value> {
    return Indented(ToInt(n), s, true);
  });
  two("alignLeft", [](const Value& n, const std::string& s) -> Result<Value> {
    return Value(Aligned(ToInt(n), s, false));
  });
  two("alignRight", [](const Value& n, const std::string& s) -> Result<Value> {
    return Value(Aligned(ToInt(n), s, true));
  });
  m["Replace"] = {[](Args a) {
                    return Replaced(a[0].ToString(), a[1].ToString(), a[2].ToString(), ToInt(a[3]));
                  },
                  4, 4};
  m["replace"] = {
      [](Args a) { return Replaced(a[2].ToString(), a[0].ToString(), a[1].ToString(), -1); }, 3, 3};
  m["substr"] = {
      [](Args a) -> Result<Value> {
        const std::string s = a[2].ToString();
        const auto size = static_cast<int64_t>(s.size());
        const int64_t from = std::clamp<int64_t>(ToInt(a[0]), 0, size);
        int64_t to = ToInt(a[1]);
        if (to < 0 || to > size) to = size;
        return Value(to > from ? s.substr(static_cast<size_t>(from), static_cast<size_t>(to - from))
                               : std::string());
      },
      3, 3};
  m["default"] = {
      [](Args a) -> Result<Value> { return a.size() > 1 && a[1].Truth() ? a[1] : a[0]; }, 1, 2};
}

}  // namespace pharos::tmpl
