// Text as Go's fmt prints it in quotes (%q, %#U): error texts and printed expressions are
// compared byte for byte with Prometheus's. Also the way back: quoted literal → bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pharos::query::promql {

inline constexpr int32_t kEndRune = -1;      ///< what a reader sees behind the last byte
inline constexpr int32_t kBadRune = 0xFFFD;  ///< what a broken UTF-8 sequence decodes to

/// One rune of `text` at `at` and its width in bytes; kBadRune, width 1, for broken UTF-8.
struct Rune {
  int32_t code = kEndRune;
  uint32_t width = 0;
};
Rune DecodeRune(std::string_view text, size_t at);
void AppendRune(std::string& out, int32_t rune);
bool ValidUtf8(std::string_view text);

/// strconv.Quote: `"a\"b"`.
std::string GoQuote(std::string_view text);
/// %.10q followed by "..." when the text is longer than ten bytes, as lexer items print.
std::string GoQuoteShort(std::string_view text);
/// strconv.QuoteRune: `'x'`.
std::string GoQuoteRune(int32_t rune);
/// %#U: `U+0063 'c'`.
std::string GoUnicode(int32_t rune);

/// The content of a literal in "…", '…' or `…`; nothing when it is not well-formed.
std::optional<std::string> GoUnquote(std::string_view literal);

}  // namespace pharos::query::promql
