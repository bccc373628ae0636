#include "api/prometheus/escape_names.h"

#include <algorithm>
#include <charconv>

#include "query/promql/go_quote.h"

namespace pharos::api::prometheus {
namespace {

constexpr std::string_view kNames[] = {"allow-utf-8", "underscores", "dots", "values"};

bool Letter(char c) {
  return c == '_' || c == ':' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool Digit(char c) { return c >= '0' && c <= '9'; }

/// Length and value of the code point at `i`.
std::pair<size_t, uint32_t> RuneAt(std::string_view text, size_t i) {
  const auto lead = static_cast<uint8_t>(text[i]);
  const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (i + length > text.size()) return {1, 0xFFFD};
  uint32_t rune = length == 1 ? lead : lead & (0x7Fu >> length);
  for (size_t k = 1; k < length; ++k) rune = rune << 6 | (static_cast<uint8_t>(text[i + k]) & 0x3F);
  return {length, rune};
}

std::string Hex(uint32_t value) {
  char buffer[8];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value, 16).ptr};
}

}  // namespace

NameEscaping EscapingNamed(std::string_view name) {
  const auto found = std::find(std::begin(kNames), std::end(kNames), name);
  return found == std::end(kNames) ? NameEscaping::kUnderscores
                                   : static_cast<NameEscaping>(found - std::begin(kNames));
}

std::string_view EscapingName(NameEscaping escaping) {
  return kNames[static_cast<size_t>(escaping)];
}

bool LegacyName(std::string_view name) {
  return !name.empty() && Letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) { return Letter(c) || Digit(c); });
}

std::string EscapeName(std::string_view name, NameEscaping escaping) {
  if (name.empty() || escaping == NameEscaping::kNone) return std::string(name);
  if (escaping != NameEscaping::kDots && LegacyName(name)) return std::string(name);
  std::string out = escaping == NameEscaping::kValues ? "U__" : "";
  for (size_t i = 0; i < name.size();) {
    const auto [length, rune] = RuneAt(name, i);
    const char c = length == 1 ? name[i] : '\0';
    if (escaping != NameEscaping::kUnderscores && c == '_')
      out += "__";
    else if (Letter(c) || (Digit(c) && i > 0))
      out += c;
    else if (escaping == NameEscaping::kDots && c == '.')
      out += "_dot_";
    else if (escaping == NameEscaping::kValues)
      out.append("_").append(Hex(rune)).append("_");
    else
      out += escaping == NameEscaping::kDots ? "__" : "_";
    i += length;
  }
  return out;
}

std::string UnescapeValues(std::string_view name) {
  if (!name.starts_with("U__")) return std::string(name);
  std::string out;
  for (size_t i = 3; i < name.size(); ++i) {
    if (name[i] != '_') {
      out += name[i];
      continue;
    }
    if (++i >= name.size()) return std::string(name);
    if (name[i] == '_') {
      out += '_';
      continue;
    }
    const size_t end = name.find('_', i);
    uint32_t rune = 0;
    if (end == std::string_view::npos || end - i > 6) return std::string(name);
    const auto [at, problem] = std::from_chars(name.data() + i, name.data() + end, rune, 16);
    if (problem != std::errc() || at != name.data() + end) return std::string(name);
    query::promql::AppendRune(out, static_cast<int32_t>(rune));
    i = end;
  }
  return out;
}

}  // namespace pharos::api::prometheus
