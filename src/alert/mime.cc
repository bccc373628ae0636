#include "alert/mime.h"

#include <algorithm>

namespace pharos::alert {
namespace {

constexpr char kHex[] = "0123456789ABCDEF";

void Escape(std::string& out, char c) {
  out += '=';
  out += kHex[static_cast<uint8_t>(c) >> 4];
  out += kHex[static_cast<uint8_t>(c) & 15];
}

bool Continues(char c) { return (static_cast<uint8_t>(c) & 0xC0) == 0x80; }

std::string_view Trimmed(std::string_view text) {
  const size_t from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n") + 1 - from);
}

}  // namespace

std::string EncodeHeader(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(),
                                 [](char c) { return (c >= ' ' && c <= '~') || c == '\t'; });
  if (plain) return std::string(text);
  constexpr size_t kMostPerWord = 75 - 12;  // "=?utf-8?q?" and "?="
  std::string out;
  std::string word;
  for (size_t i = 0; i < text.size(); ++i) {
    // A character is not divided among words.
    size_t width = 1;
    while (i + width < text.size() && Continues(text[i + width])) ++width;
    if (word.size() + 3 * width > kMostPerWord) {
      out += "=?utf-8?q?" + word + "?=\r\n ";
      word.clear();
    }
    for (size_t k = 0; k < width; ++k) {
      const char c = text[i + k];
      if (c == ' ') {
        word += '_';
      } else if (c > ' ' && c <= '~' && c != '=' && c != '?' && c != '_') {
        word += c;
      } else {
        Escape(word, c);
      }
    }
    i += width - 1;
  }
  return out + "=?utf-8?q?" + word + "?=";
}

std::string QuotedPrintable(std::string_view text) {
  std::string out;
  size_t column = 0;
  const auto soft_break = [&](size_t width) {
    if (column + width <= 75) return;
    out += "=\r\n";
    column = 0;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool crlf = c == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (crlf) continue;
    if (c == '\n') {
      out += "\r\n";
      column = 0;
      continue;
    }
    const bool line_ends = i + 1 == text.size() || text[i + 1] == '\n' || text[i + 1] == '\r';
    const bool blank = c == ' ' || c == '\t';
    const bool plain = (c > ' ' && c <= '~' && c != '=') || (blank && !line_ends);
    soft_break(plain ? 1 : 3);
    if (plain) {
      out += c;
      ++column;
    } else {
      Escape(out, c);
      column += 3;
    }
  }
  return out;
}

base::Result<std::vector<std::string>> MailAddresses(std::string_view list) {
  const auto bad = [&] {
    return base::Fail(base::ErrorKind::kBadInput,
                      "mail: no address in \"" + std::string(list) + "\"");
  };
  std::vector<std::string> out;
  bool quoted = false;
  size_t start = 0;
  for (size_t i = 0; i <= list.size(); ++i) {
    if (i < list.size() && list[i] == '"') quoted = !quoted;
    if (i < list.size() && (list[i] != ',' || quoted)) continue;
    std::string_view one = Trimmed(list.substr(start, i - start));
    start = i + 1;
    if (one.ends_with('>')) {
      const size_t open = one.rfind('<');
      if (open == std::string_view::npos) return bad();
      one = one.substr(open + 1, one.size() - open - 2);
    }
    const size_t at = one.rfind('@');
    const bool address = at != std::string_view::npos && at > 0 && at + 1 < one.size() &&
                         one.find_first_of(" \t\r\n<>,\"") == std::string_view::npos;
    if (!address) return bad();
    out.emplace_back(one);
  }
  return out;
}

}  // namespace pharos::alert
