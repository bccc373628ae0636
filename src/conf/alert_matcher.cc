#include "conf/alert_matcher.h"

#include <algorithm>
#include <tuple>

#include "conf/utf8_runes.h"

namespace pharos::conf {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using model::MatchOp;

std::string_view OpText(MatchOp op) {
  switch (op) {
    case MatchOp::kEqual: return "=";
    case MatchOp::kNotEqual: return "!=";
    case MatchOp::kRegex: return "=~";
    case MatchOp::kNotRegex: return "!~";
  }
  return "";
}

/// As a value stands in a printed matcher: only \, " and line ends escaped.
std::string OpenMetricsEscaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '\\' || c == '"') out += '\\';
      out += c;
    }
  }
  return out;
}

bool HasReserved(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const DecodedRune rune = RuneAt(text, at);
    if (ReservedRune(rune.code)) return true;
    at += rune.width;
  }
  return false;
}

std::string_view TrimLeft(std::string_view text) {
  const size_t at = text.find_first_not_of(" \t\n\f\r");
  return at == std::string_view::npos ? std::string_view() : text.substr(at);
}
std::string_view TrimRight(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \t\n\f\r") + 1);
}

/// The classic parser's reading of what follows the operator.
Result<std::string> ClassicValue(std::string_view shown) {
  const auto unescaped = [&] {
    return Fail(ErrorKind::kBadInput,
                "matcher value contains unescaped double quote: " + std::string(shown));
  };
  std::string_view raw = shown;
  bool wants_quote = raw.starts_with('"');
  if (wants_quote) raw.remove_prefix(1);
  if (!ValidUtf8Text(raw))
    return Fail(ErrorKind::kBadInput, "matcher value not valid UTF-8: " + std::string(shown));
  std::string value;
  bool escaped = false;
  for (size_t i = 0; i < raw.size(); ++i) {
    const char c = raw[i];
    if (escaped) {
      escaped = false;
      if (c == 'n') {
        value += '\n';
      } else {
        if (c != '"' && c != '\\') value += '\\';
        value += c;
      }
    } else if (c == '\\') {
      if (i + 1 < raw.size()) {
        escaped = true;
      } else {
        value += '\\';
      }
    } else if (c == '"') {
      if (!wants_quote || i + 1 < raw.size()) return unescaped();
      wants_quote = false;
    } else {
      value += c;
    }
  }
  if (wants_quote) return unescaped();
  return value;
}

}  // namespace

Result<AlertMatcher> AlertMatcher::Make(MatchOp op, std::string name, std::string value) {
  const bool regex = op == MatchOp::kRegex || op == MatchOp::kNotRegex;
  // Here `.` stops at a line end.
  const bool dotted = regex && value.find('.') != std::string::npos;
  if (dotted) {
    // The error must show the pattern as it was written.
    PHAROS_TRY(const model::Matcher plain, model::Matcher::Make(op, name, value));
    (void)plain;
  }
  PHAROS_TRY(model::Matcher compiled,
             model::Matcher::Make(op, name, dotted ? "(?-s:" + value + ")" : value));
  return AlertMatcher(op, std::move(name), std::move(value), std::move(compiled));
}

std::string AlertMatcher::ToString() const {
  const std::string op(OpText(op_));
  if (HasReserved(name_)) return GoQuoted(name_) + op + GoQuoted(value_);
  return name_ + op + "\"" + OpenMetricsEscaped(value_) + "\"";
}

std::strong_ordering AlertMatcher::operator<=>(const AlertMatcher& other) const {
  return std::tie(name_, value_, op_) <=> std::tie(other.name_, other.value_, other.op_);
}

bool MatchesAll(const AlertMatchers& matchers, const model::Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [&](const AlertMatcher& matcher) { return matcher.Matches(labels); });
}

std::string ToString(const AlertMatchers& matchers) {
  std::string out = "{";
  for (const AlertMatcher& matcher : matchers) {
    if (out.size() > 1) out += ',';
    out += matcher.ToString();
  }
  return out + "}";
}

Result<AlertMatcher> ParseClassicMatcher(std::string_view text) {
  const auto bad = [&] {
    return Fail(ErrorKind::kBadInput, "bad matcher format: " + std::string(text));
  };
  std::string_view rest = TrimLeft(text);
  const auto name_char = [](char c, bool first) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
           (!first && c >= '0' && c <= '9');
  };
  size_t end = 0;
  while (end < rest.size() && name_char(rest[end], end == 0)) ++end;
  if (end == 0) return bad();
  std::string name(rest.substr(0, end));
  rest = TrimLeft(rest.substr(end));
  for (const MatchOp op :
       {MatchOp::kRegex, MatchOp::kEqual, MatchOp::kNotEqual, MatchOp::kNotRegex}) {
    if (!rest.starts_with(OpText(op))) continue;
    const std::string_view shown = TrimRight(TrimLeft(rest.substr(OpText(op).size())));
    PHAROS_TRY(std::string value, ClassicValue(shown));
    return AlertMatcher::Make(op, std::move(name), std::move(value));
  }
  return bad();
}

Result<AlertMatchers> ParseClassicMatchers(std::string_view text) {
  if (text.starts_with('{')) text.remove_prefix(1);
  if (text.ends_with('}')) text.remove_suffix(1);
  std::vector<std::string> tokens;
  std::string token;
  bool quoted = false;
  bool escaped = false;
  for (const char c : text) {
    if (c == ',' && !quoted) {
      tokens.push_back(std::move(token));
      token.clear();
      continue;
    }
    if (c == '"') {
      if (!escaped) quoted = !quoted;
      escaped = false;
    } else if (c == '\\') {
      escaped = !escaped;
    } else if (c != ',') {
      escaped = false;
    }
    token += c;
  }
  if (const std::string_view last = TrimRight(TrimLeft(token)); !last.empty())
    tokens.emplace_back(last);
  AlertMatchers matchers;
  for (const std::string& one : tokens) {
    PHAROS_TRY(AlertMatcher matcher, ParseClassicMatcher(one));
    matchers.push_back(std::move(matcher));
  }
  return matchers;
}

Result<AlertMatchers> ParseAlertMatchers(std::string_view text) {
  auto newer = ParseUtf8Matchers(text);
  auto classic = ParseClassicMatchers(text);
  if (!newer || (classic && *classic != *newer)) return classic;
  return newer;
}

Result<AlertMatcher> ParseAlertMatcher(std::string_view text) {
  if (text.starts_with('{') || text.ends_with('}'))
    return Fail(ErrorKind::kBadInput, "unexpected open or close brace: " + std::string(text));
  auto newer = ParseUtf8Matchers(text);
  auto classic = ParseClassicMatcher(text);
  const bool one = newer && newer->size() == 1;
  if (!one || (classic && !(*classic == newer->front()))) return classic;
  return std::move(newer->front());
}

bool ValidUtf8Text(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const DecodedRune rune = RuneAt(text, at);
    if (rune.code == kBrokenRune && rune.width == 1) return false;
    at += rune.width;
  }
  return true;
}

bool ValidAlertLabelName(std::string_view name) { return !name.empty() && ValidUtf8Text(name); }

bool ClassicLabelName(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string GoQuoted(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  constexpr std::string_view kFrom = "\a\b\f\n\r\t\v\\\"";
  constexpr std::string_view kTo = "abfnrtv\\\"";
  std::string out = "\"";
  for (size_t at = 0; at < text.size();) {
    const DecodedRune rune = RuneAt(text, at);
    const char c = text[at];
    if (const size_t known = kFrom.find(c); known != std::string_view::npos) {
      out += '\\';
      out += kTo[known];
    } else if ((rune.code == kBrokenRune && rune.width == 1) || rune.code < 0x20 ||
               rune.code == 0x7F) {
      out += "\\x";
      out += kHex[static_cast<uint8_t>(c) >> 4];
      out += kHex[static_cast<uint8_t>(c) & 15];
    } else if (rune.code != ' ' && SpaceRune(rune.code)) {
      out += "\\u";
      for (int shift = 12; shift >= 0; shift -= 4) out += kHex[rune.code >> shift & 15];
    } else {
      out += text.substr(at, rune.width);
    }
    at += rune.width;
  }
  return out + "\"";
}

}  // namespace pharos::conf
