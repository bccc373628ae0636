#include "template/html_escape.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace pharos::tmpl {
namespace {

constexpr std::string_view kUnsafe = "ZgotmplZ";

char Lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }
bool Blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
bool AlphaNumeric(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

std::string EscapeHtml(std::string_view text, bool keep_ampersands = false) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += keep_ampersands ? "&" : "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&#34;"; break;
      case '\'': out += "&#39;"; break;
      case '+': out += "&#43;"; break;
      case '\0': out += "\xEF\xBF\xBD"; break;
      default: out += c;
    }
  }
  return out;
}

/// In an attribute without quotes blanks and more would end the value.
std::string EscapeUnquoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (Blank(c) || c == '=' || c == '`') {
      out += "&#" + std::to_string(static_cast<unsigned char>(c)) + ";";
    } else {
      out += EscapeHtml(std::string_view(&c, 1));
    }
  }
  return out;
}

/// `normalize` keeps what separates the parts of a URL and escapes that are there.
std::string PercentEncode(std::string_view text, bool normalize) {
  constexpr char kHex[] = "0123456789abcdef";
  constexpr std::string_view kReserved = "!#$&*+,/:;=?@[]";
  constexpr std::string_view kUnreserved = "-._~";
  const auto hex_at = [&](size_t i) {
    return i < text.size() && std::isxdigit(static_cast<unsigned char>(text[i])) != 0;
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool kept = AlphaNumeric(c) || kUnreserved.find(c) != std::string_view::npos ||
                      (normalize && (kReserved.find(c) != std::string_view::npos ||
                                     (c == '%' && hex_at(i + 1) && hex_at(i + 2))));
    if (kept) {
      out += c;
      continue;
    }
    out += '%';
    out += kHex[static_cast<unsigned char>(c) >> 4];
    out += kHex[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

bool SafeScheme(std::string_view url) {
  const size_t colon = url.find(':');
  if (colon == std::string_view::npos || url.substr(0, colon).find('/') != std::string_view::npos)
    return true;
  std::string scheme(url.substr(0, colon));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(), Lower);
  return scheme == "http" || scheme == "https" || scheme == "mailto";
}

bool UrlAttribute(std::string_view name) {
  constexpr std::array<std::string_view, 13> kUrls{
      "action", "archive", "background", "cite",   "codebase", "data",  "formaction",
      "href",   "icon",    "longdesc",   "poster", "src",      "usemap"};
  return std::find(kUrls.begin(), kUrls.end(), name) != kUrls.end();
}

}  // namespace

void HtmlEscaper::Text(std::string_view text) {
  for (const char c : text) Step(c);
}

void HtmlEscaper::StartAttribute() {
  attr_.clear();
  quote_ = '\0';
  value_begun_ = false;
  in_query_ = false;
}

void HtmlEscaper::EndTag() {
  const bool raw = tag_ == "script" || tag_ == "style";
  state_ = raw ? State::kRaw : State::kText;
  raw_tail_.clear();
}

void HtmlEscaper::Step(char c) {
  switch (state_) {
    case State::kText:
      if (c != '<') return;
      state_ = State::kTagName;
      tag_.clear();
      return;
    case State::kTagName:
      if (c == '>') return EndTag();
      if (AlphaNumeric(c) || (c == '/' && tag_.empty())) {
        tag_ += Lower(c);
      } else {
        state_ = Blank(c) && !tag_.empty() ? State::kTag : State::kText;
      }
      return;
    case State::kTag:
      if (c == '>') return EndTag();
      if (Blank(c) || c == '/') return;
      StartAttribute();
      attr_ += Lower(c);
      state_ = State::kAttrName;
      return;
    case State::kAttrName:
      if (c == '>') return EndTag();
      if (c == '=') {
        state_ = State::kAttrEquals;
      } else if (Blank(c)) {
        state_ = State::kTag;
      } else {
        attr_ += Lower(c);
      }
      return;
    case State::kAttrEquals:
      if (Blank(c)) return;
      state_ = State::kAttrValue;
      if (c == '"' || c == '\'') {
        quote_ = c;
        return;
      }
      [[fallthrough]];
    case State::kAttrValue:
      if (quote_ != '\0' ? c == quote_ : Blank(c)) {
        state_ = State::kTag;
      } else if (quote_ == '\0' && c == '>') {
        EndTag();
      } else {
        value_begun_ = true;
        in_query_ |= c == '?' || c == '#';
      }
      return;
    case State::kRaw:
      raw_tail_ += Lower(c);
      if (raw_tail_.ends_with("</" + tag_)) {
        tag_.insert(0, "/");
        state_ = State::kTagName;
      } else if (raw_tail_.size() > 16) {
        raw_tail_.erase(0, 8);
      }
      return;
  }
}

std::string HtmlEscaper::EscapeUrl(const Value& value, std::string_view last_function) {
  const auto* marked = value.As<Marked>();
  const bool safe = marked != nullptr && marked->kind == Marked::Kind::kUrl;
  const std::string text = value.ToString();
  const bool first = !value_begun_;
  value_begun_ = true;
  if (last_function == "urlquery") return EscapeHtml(text);
  if (in_query_ && !safe) return EscapeHtml(PercentEncode(text, false));
  if (first && !safe && !SafeScheme(text)) return "#" + std::string(kUnsafe);
  in_query_ |= text.find_first_of("?#") != std::string::npos;
  return EscapeHtml(PercentEncode(text, true));
}

std::string HtmlEscaper::Escape(const Value& value, std::string_view last_function) {
  const auto* marked = value.As<Marked>();
  const bool safe_html = marked != nullptr && marked->kind == Marked::Kind::kHtml;
  switch (state_) {
    case State::kText:
      if (safe_html) return marked->text;
      return last_function == "html" ? value.ToString() : EscapeHtml(value.ToString());
    case State::kRaw:
    case State::kTagName:
    case State::kTag:
    case State::kAttrName: return std::string(kUnsafe);
    case State::kAttrEquals: state_ = State::kAttrValue; break;
    case State::kAttrValue: break;
  }
  if (attr_ == "style" || attr_.starts_with("on")) return std::string(kUnsafe);
  std::string out = UrlAttribute(attr_) ? EscapeUrl(value, last_function)
                    : quote_ == '\0'    ? EscapeUnquoted(value.ToString())
                                        : EscapeHtml(value.ToString(), safe_html);
  value_begun_ = true;
  return out;
}

}  // namespace pharos::tmpl
