#include "match/json_value.h"

#include <algorithm>
#include <cstdlib>

#include "match/json_fields.h"
#include "match/limits.h"
#include "match/utf8.h"
#include "text/go_float.h"
#include "text/json_writer.h"

namespace pharos::match {
namespace {

using base::ErrorKind;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  base::Result<JsonValue> Whole() {
    JsonValue value;
    if (!Value(0, &value)) return Fault();
    Blanks();
    if (at_ != text_.size()) return Fault();
    return value;
  }

 private:
  std::unexpected<base::Error> Fault() const {
    return base::Fail(ErrorKind::kBadInput,
                      "malformed json at byte " + std::to_string(std::min(at_, text_.size())));
  }

  void Blanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  bool Take(char c) {
    Blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool Word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  bool Value(int depth, JsonValue* out) {
    Blanks();
    if (at_ == text_.size() || depth > kMaxJsonDepth) return false;
    switch (text_[at_]) {
      case '{': return Object(depth, out);
      case '[': return Array(depth, out);
      case '"': {
        std::string text;
        if (!String(&text)) return false;
        *out = JsonValue(std::move(text));
        return true;
      }
      case 't': *out = JsonValue(true); return Word("true");
      case 'f': *out = JsonValue(false); return Word("false");
      case 'n': *out = JsonValue(); return Word("null");
      default: return Number(out);
    }
  }

  bool Object(int depth, JsonValue* out) {
    ++at_;
    JsonValue::Object object;
    if (!Take('}')) {
      do {
        Blanks();
        std::string key;
        JsonValue value;
        if (!String(&key) || !Take(':') || !Value(depth + 1, &value)) return false;
        object.insert_or_assign(std::move(key), std::move(value));
      } while (Take(','));
      if (!Take('}')) return false;
    }
    *out = JsonValue(std::move(object));
    return true;
  }

  bool Array(int depth, JsonValue* out) {
    ++at_;
    JsonValue::Array array;
    if (!Take(']')) {
      do {
        if (!Value(depth + 1, &array.emplace_back())) return false;
      } while (Take(','));
      if (!Take(']')) return false;
    }
    *out = JsonValue(std::move(array));
    return true;
  }

  bool String(std::string* out) {
    if (at_ == text_.size() || text_[at_] != '"') return false;
    const size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (static_cast<unsigned char>(text_[at_]) < 0x20) return false;
      at_ += text_[at_] == '\\' ? 2 : 1;
    }
    if (at_ >= text_.size()) return false;
    const std::string_view escaped = text_.substr(begin, at_ - begin);
    ++at_;
    return UnescapeJson(escaped, out) && Clean(out);
  }

  /// What is not UTF-8 becomes U+FFFD, a byte at a time, as in Go.
  static bool Clean(std::string* text) {
    size_t good = 0;
    while (good < text->size()) {
      const size_t n = Utf8Length(std::string_view(*text).substr(good));
      if (n == 0) break;
      good += n;
    }
    if (good == text->size()) return true;
    std::string out = text->substr(0, good);
    for (size_t at = good; at < text->size();) {
      const size_t n = Utf8Length(std::string_view(*text).substr(at));
      if (n == 0) {
        AppendUtf8(out, 0xFFFD);
      } else {
        out.append(*text, at, n);
      }
      at += std::max<size_t>(n, 1);
    }
    *text = std::move(out);
    return true;
  }

  size_t Digits() {
    const size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ - begin;
  }

  bool Number(JsonValue* out) {
    const size_t begin = at_;
    if (text_[at_] == '-') ++at_;
    const bool zero = at_ < text_.size() && text_[at_] == '0';
    const size_t whole = Digits();
    if (whole == 0 || (zero && whole > 1)) return false;
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      if (Digits() == 0) return false;
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      if (Digits() == 0) return false;
    }
    double value = 0;
    if (!text::ParseGoFloat(text_.substr(begin, at_ - begin), &value)) return false;
    *out = JsonValue(value);
    return true;
  }

  const std::string_view text_;
  size_t at_ = 0;
};

/// Go writes 1e-9, not 1e-09.
void AppendNumber(std::string& out, double value) {
  const size_t begin = out.size();
  text::AppendSampleValue(out, value);
  const size_t n = out.size();
  if (n - begin >= 4 && out[n - 4] == 'e' && out[n - 3] == '-' && out[n - 2] == '0') {
    out.erase(n - 2, 1);
  }
}

}  // namespace

bool operator==(const JsonValue& a, const JsonValue& b) {
  if (a.data.index() != b.data.index()) return false;
  if (const auto* x = a.array()) return *x == *b.array();
  if (const auto* x = a.object()) return *x == *b.object();
  return a.data == b.data;
}

base::Result<JsonValue> ParseJson(std::string_view text) { return Parser(text).Whole(); }

void AppendGoJson(std::string& out, const JsonValue& value) {
  if (value.IsNull()) {
    out += "null";
  } else if (const bool* b = value.boolean()) {
    out += *b ? "true" : "false";
  } else if (const double* n = value.number()) {
    AppendNumber(out, *n);
  } else if (const std::string* s = value.string()) {
    text::AppendJsonString(out, *s, true);
  } else if (const auto* array = value.array()) {
    out += '[';
    for (size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ',';
      AppendGoJson(out, (*array)[i]);
    }
    out += ']';
  } else {
    out += '{';
    for (bool first = true; const auto& [key, member] : *value.object()) {
      if (!first) out += ',';
      first = false;
      text::AppendJsonString(out, key, true);
      out += ':';
      AppendGoJson(out, member);
    }
    out += '}';
  }
}

}  // namespace pharos::match
