#include "query/promql/go_quote.h"

#include <cstdio>

namespace pharos::query::promql {
namespace {

bool Continuation(std::string_view text, size_t at) {
  return at < text.size() && (static_cast<uint8_t>(text[at]) & 0xC0) == 0x80;
}

bool Printable(int32_t rune) {
  if (rune < 0x20 || rune == 0x7F) return false;
  if (rune < 0x7F) return true;
  if (rune < 0xA1 || rune == 0xAD) return false;
  if (rune >= 0xD800 && rune < 0xE000) return false;
  if (rune >= 0x2000 && rune <= 0x200F) return false;
  if (rune >= 0x2028 && rune <= 0x202F) return false;
  if (rune == 0xFEFF || rune == 0x3000 || (rune >= 0xE000 && rune <= 0xF8FF)) return false;
  return rune <= 0x10FFFF;
}

void AppendEscaped(std::string& out, int32_t rune, char quote) {
  if (rune == quote || rune == '\\') {
    out += '\\';
    out += static_cast<char>(rune);
    return;
  }
  if (Printable(rune)) return AppendRune(out, rune);
  switch (rune) {
    case '\a': out += "\\a"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\v': out += "\\v"; return;
    default: break;
  }
  char buffer[16];
  const char* format = rune < 0x80 ? "\\x%02x" : rune < 0x10000 ? "\\u%04x" : "\\U%08x";
  std::snprintf(buffer, sizeof buffer, format, static_cast<unsigned>(rune));
  out += buffer;
}

int DigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

/// Reads the escape behind a backslash at `at`; false when it is none.
bool TakeEscape(std::string_view body, size_t* at, char quote, std::string* out) {
  if (*at >= body.size()) return false;
  const char c = body[(*at)++];
  int digits = 0;
  int base = 16;
  switch (c) {
    case 'a': *out += '\a'; return true;
    case 'b': *out += '\b'; return true;
    case 'f': *out += '\f'; return true;
    case 'n': *out += '\n'; return true;
    case 'r': *out += '\r'; return true;
    case 't': *out += '\t'; return true;
    case 'v': *out += '\v'; return true;
    case '\\': *out += '\\'; return true;
    case 'x': digits = 2; break;
    case 'u': digits = 4; break;
    case 'U': digits = 8; break;
    default:
      if (c == quote) {
        *out += c;
        return true;
      }
      if (c < '0' || c > '7') return false;
      --*at;
      digits = 3;
      base = 8;
  }
  uint32_t value = 0;
  for (int i = 0; i < digits; ++i) {
    if (*at >= body.size() || DigitValue(body[*at]) >= base) return false;
    value = value * static_cast<uint32_t>(base) + static_cast<uint32_t>(DigitValue(body[(*at)++]));
  }
  if (digits <= 3) {
    if (value > 255) return false;
    *out += static_cast<char>(value);
    return true;
  }
  if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return false;
  AppendRune(*out, static_cast<int32_t>(value));
  return true;
}

}  // namespace

Rune DecodeRune(std::string_view text, size_t at) {
  if (at >= text.size()) return {};
  const auto lead = static_cast<uint8_t>(text[at]);
  if (lead < 0x80) return {lead, 1};
  const uint32_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return {kBadRune, 1};
  int32_t rune = lead & (0xFF >> (length + 1));
  for (uint32_t i = 1; i < length; ++i) {
    if (!Continuation(text, at + i)) return {kBadRune, 1};
    rune = (rune << 6) | (static_cast<uint8_t>(text[at + i]) & 0x3F);
  }
  const int32_t least = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
  if (rune < least || rune > 0x10FFFF || (rune >= 0xD800 && rune < 0xE000)) return {kBadRune, 1};
  return {rune, length};
}

void AppendRune(std::string& out, int32_t rune) {
  if (rune < 0 || rune > 0x10FFFF || (rune >= 0xD800 && rune < 0xE000)) rune = kBadRune;
  const auto c = static_cast<uint32_t>(rune);
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

bool ValidUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Rune rune = DecodeRune(text, at);
    if (rune.code == kBadRune && rune.width == 1) return false;
    at += rune.width;
  }
  return true;
}

std::string GoQuote(std::string_view text) {
  std::string out = "\"";
  for (size_t at = 0; at < text.size();) {
    const Rune rune = DecodeRune(text, at);
    if (rune.code == kBadRune && rune.width == 1) {
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\x%02x",
                    static_cast<unsigned>(static_cast<uint8_t>(text[at])));
      out += buffer;
    } else {
      AppendEscaped(out, rune.code, '"');
    }
    at += rune.width;
  }
  out += '"';
  return out;
}

std::string GoQuoteShort(std::string_view text) {
  if (text.size() <= 10) return GoQuote(text);
  size_t at = 0;
  for (int runes = 0; runes < 10 && at < text.size(); ++runes) at += DecodeRune(text, at).width;
  return GoQuote(text.substr(0, at)) + "...";
}

std::string GoQuoteRune(int32_t rune) {
  std::string out = "'";
  AppendEscaped(out, rune < 0 ? kBadRune : rune, '\'');
  out += '\'';
  return out;
}

std::string GoUnicode(int32_t rune) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "U+%04X", static_cast<unsigned>(rune));
  std::string out = buffer;
  if (Printable(rune)) {
    out += " '";
    AppendRune(out, rune);
    out += '\'';
  }
  return out;
}

std::optional<std::string> GoUnquote(std::string_view literal) {
  if (literal.size() < 2 || literal.front() != literal.back()) return std::nullopt;
  const char quote = literal.front();
  const std::string_view body = literal.substr(1, literal.size() - 2);
  if (quote == '`') {
    if (body.find('`') != std::string_view::npos) return std::nullopt;
    return std::string(body);
  }
  if (quote != '"' && quote != '\'') return std::nullopt;
  std::string out;
  out.reserve(body.size());
  for (size_t at = 0; at < body.size();) {
    const char c = body[at];
    if (c == quote || c == '\n') return std::nullopt;
    ++at;
    if (c != '\\') {
      out += c;
    } else if (!TakeEscape(body, &at, quote, &out)) {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace pharos::query::promql
