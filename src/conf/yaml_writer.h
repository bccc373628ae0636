// Writes YAML in the style of Go's yaml.v2, in which Alertmanager prints its configuration.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "conf/yaml.h"

namespace pharos::conf {

/// Owns: the text. Threads: one. Errors: none. Cost: appends.
class YamlWriter {
 public:
  /// Fields whose text is empty are left out, as Go's omitempty does.
  void Text(std::string_view key, std::string_view value);
  /// `<secret>`, unless empty.
  void Secret(std::string_view key, std::string_view value);
  void Bool(std::string_view key, bool value) { Plain(key, value ? "true" : "false"); }
  void Plain(std::string_view key, std::string_view value);
  void Texts(std::string_view key, const std::vector<std::string>& values);
  void Texts(std::string_view key, const std::map<std::string, std::string>& values);
  void Any(std::string_view key, const Node& value);
  void Map(std::string_view key, const std::function<void()>& fields);
  /// One item a call of `item(i)`; nothing at all when `count` is 0.
  void List(std::string_view key, size_t count, const std::function<void(size_t)>& item);

  std::string Take() { return std::move(out_); }

 private:
  void Key(std::string_view key);
  void Indent();
  void Value(const Node& value);

  std::string out_;
  int depth_ = 0;
  bool dashed_ = false;  ///< the next key stands behind a "- "
};

/// A scalar as YAML: plain where it reads back as the same text, else in quotes.
std::string YamlScalar(std::string_view text);

}  // namespace pharos::conf
