// Escapes what an HTML template prints for the place where it stands: text, an attribute, a
// URL (what Go's html/template does for mails).
#pragma once

#include <string>
#include <string_view>

#include "template/template.h"

namespace pharos::tmpl {

/// Follows the template's own text through tags, attributes and quotes. Inside <script>,
/// <style> and style or on… attributes a value becomes "ZgotmplZ", Go's mark for what it
/// holds unsafe; Go itself escapes some of these values.
///
/// Owns: its state; one a run. Threads: one. Errors: none. Cost: linear in the text.
class HtmlEscaper final : public OutputEscaper {
 public:
  void Text(std::string_view text) override;
  std::string Escape(const Value& value, std::string_view last_function) override;

 private:
  enum class State : uint8_t { kText, kTagName, kTag, kAttrName, kAttrEquals, kAttrValue, kRaw };
  void Step(char c);
  void StartAttribute();
  void EndTag();
  std::string EscapeUrl(const Value& value, std::string_view last_function);

  State state_ = State::kText;
  char quote_ = '\0';     ///< of the attribute's value; '\0': none
  std::string tag_;       ///< lower case, with '/' when it closes
  std::string attr_;      ///< lower case
  std::string raw_tail_;  ///< the end of what was read inside script or style
  bool value_begun_ = false;
  bool in_query_ = false;  ///< a '?' or '#' of the URL was seen
};

}  // namespace pharos::tmpl
