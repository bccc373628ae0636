// Writes JSON into a string as fast as it can be appended. Commas are its business.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace pharos::text {

/// Appends `text` quoted and escaped; bytes that are not UTF-8 become U+FFFD, as Go does.
/// `escape_html` also escapes < > & as Go's encoding/json does by default.
void AppendJsonString(std::string& out, std::string_view text, bool escape_html = false);

/// Owns: nothing; appends to the string it was given. Threads: one. Errors: none; the
/// caller keeps Begin/End balanced. Cost: no allocation but the string's growth.
class JsonWriter {
 public:
  /// `escape_html` holds for keys and strings.
  explicit JsonWriter(std::string& out, bool escape_html = false)
      : out_(out), escape_html_(escape_html) {}

  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }
  JsonWriter& Key(std::string_view key) {
    Comma();
    AppendJsonString(out_, key, escape_html_);
    out_ += ':';
    fresh_ = true;
    return *this;
  }
  JsonWriter& String(std::string_view value) {
    Comma();
    AppendJsonString(out_, value, escape_html_);
    return *this;
  }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  JsonWriter& Int(T value) {
    Comma();
    char buffer[24];
    out_.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
    return *this;
  }
  JsonWriter& Bool(bool value) { return Raw(value ? "true" : "false"); }
  JsonWriter& Null() { return Raw("null"); }
  /// Shortest form that reads back the same; NaN and infinities become null.
  JsonWriter& Double(double value);
  /// Already JSON.
  JsonWriter& Raw(std::string_view json) {
    Comma();
    out_ += json;
    return *this;
  }

 private:
  void Comma() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
  }
  JsonWriter& Open(char c) {
    Comma();
    out_ += c;
    fresh_ = true;
    return *this;
  }
  JsonWriter& Close(char c) {
    out_ += c;
    fresh_ = false;
    return *this;
  }

  std::string& out_;
  const bool escape_html_;
  bool fresh_ = true;
};

}  // namespace pharos::text
