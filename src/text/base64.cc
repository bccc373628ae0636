#include "text/base64.h"

#include <array>
#include <cstdint>

namespace pharos::text {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr uint8_t kNone = 0xff;

using Table = std::array<uint8_t, 256>;
constexpr Table MakeTable(std::string_view alphabet) {
  Table table{};
  table.fill(kNone);
  for (size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<uint8_t>(alphabet[i])] = static_cast<uint8_t>(i);
  }
  return table;
}
constexpr Table kStandardTable = MakeTable(kStandard);
constexpr Table kUrlTable = MakeTable(kUrl);

std::string Encode(std::string_view bytes, std::string_view alphabet, bool padded) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t have = std::min<size_t>(3, bytes.size() - at);
    uint32_t word = 0;
    for (size_t i = 0; i < 3; ++i) {
      word = word << 8 | (i < have ? static_cast<uint8_t>(bytes[at + i]) : 0u);
    }
    for (size_t i = 0; i <= have; ++i) out += alphabet[word >> (18 - 6 * i) & 63];
    if (padded) out.append(3 - have, '=');
  }
  return out;
}

std::unexpected<base::Error> Illegal(size_t at) {
  return Fail(ErrorKind::kBadInput, "illegal base64 data at input byte " + std::to_string(at));
}

Result<std::string> Decode(std::string_view text, const Table& table) {
  std::string_view body = text;
  if (!text.empty() && text.size() % 4 == 0) {
    for (int i = 0; i < 2 && body.ends_with('='); ++i) body.remove_suffix(1);
  }
  if (body.size() % 4 == 1) return Illegal(body.size() - 1);
  std::string out;
  out.reserve(body.size() / 4 * 3 + 2);
  uint32_t word = 0;
  int bits = 0;
  for (size_t at = 0; at < body.size(); ++at) {
    const uint8_t value = table[static_cast<uint8_t>(body[at])];
    if (value == kNone) return Illegal(at);
    word = (word << 6 | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(word >> bits & 0xff);
  }
  if ((word & ((1u << bits) - 1)) != 0) return Illegal(body.size() - 1);
  return out;
}

}  // namespace

std::string Base64Encode(std::string_view bytes) { return Encode(bytes, kStandard, true); }
std::string Base64UrlEncode(std::string_view bytes, bool padded) {
  return Encode(bytes, kUrl, padded);
}
Result<std::string> Base64Decode(std::string_view text) { return Decode(text, kStandardTable); }
Result<std::string> Base64UrlDecode(std::string_view text) { return Decode(text, kUrlTable); }

}  // namespace pharos::text
