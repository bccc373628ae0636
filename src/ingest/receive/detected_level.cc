#include "ingest/receive/detected_level.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>

#include "ingest/receive/bytes16.h"
#include "ingest/receive/level_word.h"
#include "ingest/receive/limits.h"
#include "match/json_fields.h"
#include "match/logfmt.h"

namespace pharos::ingest::receive {
namespace {

constexpr std::array<std::string_view, 14> kFields = {
    "level",    "LEVEL",         "Level",         "log.level",    "severity",
    "SEVERITY", "Severity",      "SeverityText",  "lvl",          "LVL",
    "Lvl",      "severity_text", "Severity_Text", "SEVERITY_TEXT"};

struct Word {
  std::string_view word, level;
};
constexpr Word kSpellings[] = {{"trace", "trace"},       {"trc", "trace"},   {"debug", "debug"},
                               {"dbg", "debug"},         {"info", "info"},   {"inf", "info"},
                               {"information", "info"},  {"warn", "warn"},   {"wrn", "warn"},
                               {"warning", "warn"},      {"error", "error"}, {"err", "error"},
                               {"critical", "critical"}, {"fatal", "fatal"}};
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool Space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool EqualFold(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() && std::equal(a.begin(), a.end(), lower.begin(),
                                                [](char x, char y) { return Lower(x) == y; });
}

/// The canonical level, or "" when it is none.
std::string_view KnownLevel(std::string_view level) {
  for (const Word& spelling : kSpellings) {
    if (EqualFold(level, spelling.word)) return spelling.level;
  }
  return {};
}

bool IsJson(std::string_view line) {
  while (!line.empty() && Space(line.front())) line.remove_prefix(1);
  while (!line.empty() && Space(line.back())) line.remove_suffix(1);
  return line.size() >= 2 && line.front() == '{' && line.back() == '}';
}

bool IsField(std::string_view key) {
  const char first = key.empty() ? '\0' : Lower(key[0]);
  return (first == 'l' || first == 's') &&
         std::find(kFields.begin(), kFields.end(), key) != kFields.end();
}

/// Behind the opening quote at `at`: where the closing one is. 0 where bytes come first that need
/// a closer look.
size_t PlainStringEnd(std::string_view line, size_t at) {
  for (; at + kBlock <= line.size(); at += kBlock) {
    const __m128i bytes = Load16(line.data() + at);
    const __m128i others = _mm_or_si128(Are(bytes, '\\'),  // below a space, or above ASCII
                                        _mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')));
    const uint32_t found = Bits(_mm_or_si128(Are(bytes, '"'), others));
    if (found == 0) continue;
    at += static_cast<size_t>(std::countr_zero(found));
    return line[at] == '"' ? at : 0;
  }
  for (; at < line.size(); ++at) {
    const auto c = static_cast<uint8_t>(line[at]);
    if (c == '"') return at;
    if (c == '\\' || c < 0x20 || c >= 0x80) return 0;
  }
  return 0;
}

/// JsonLevel for what most lines begin with: members without spaces, their values plain strings
/// and numbers. False where it cannot tell.
bool QuickJsonLevel(std::string_view line, std::string_view* level) {
  size_t at = 1;
  while (line[0] == '{' && at < line.size() && line[at] == '"') {
    const size_t end = PlainStringEnd(line, at + 1);
    if (end == 0 || end + 2 >= line.size() || line[end + 1] != ':') return false;
    const std::string_view key = line.substr(at + 1, end - at - 1);
    at = end + 2;
    if (line[at] == '"') {
      const size_t close = PlainStringEnd(line, at + 1);
      if (close == 0) return false;
      if (IsField(key)) {
        *level = line.substr(at + 1, close - at - 1);
        return true;
      }
      at = close + 1;
    } else {
      if (line[at] < '1' || line[at] > '9') return false;
      while (at < line.size() && line[at] >= '0' && line[at] <= '9') ++at;
    }
    if (at >= line.size() || line[at] != ',') return false;
    ++at;
  }
  return false;
}

/// The first string among the level fields in document order, as far as two levels down.
bool JsonLevel(std::string_view object, int depth, std::string_view* level) {
  bool found = false;
  match::EachMember(object, [&](std::string_view key, match::JsonSlice value) -> std::string {
    if (value.type == match::JsonType::kString) {
      if (!IsField(key)) return {};
      *level = value.text;
      found = true;
      return "found";
    }
    if (value.type == match::JsonType::kObject && depth + 1 < kLevelJsonDepth &&
        JsonLevel(value.text, depth + 1, level)) {
      found = true;
      return "found";
    }
    return {};
  });
  return found;
}

constexpr size_t kFieldEnd = 3;  // letters of a field that are looked at
/// Whether the last three letters of one of kFields stand in front of a `=` that is one of 16 bytes
/// from `at` + kFieldEnd on, in either case. A few other bytes are taken for letters.
bool HasFieldEnd(const char* at) {
  // By the one in the middle, no two of which have the same lower half: ity, vel, lvl, ext.
  static constexpr ByLowerHalf firsts = {1, 1, 1, 1, 'i', 'v', 'l', 1, 'e', 1, 1, 1, 1, 1, 1, 1};
  static constexpr ByLowerHalf seconds = {1, 1, 1, 1, 't', 'e', 'v', 1, 'x', 1, 1, 1, 1, 1, 1, 1};
  static constexpr ByLowerHalf thirds = {1, 1, 1, 1, 'y', 'l', 'l', 1, 't', 1, 1, 1, 1, 1, 1, 1};
  const __m128i second = Lowered(Load16(at + 1));
  const __m128i outer = _mm_and_si128(AreAsOf(firsts, second, Lowered(Load16(at))),
                                      AreAsOf(thirds, second, Lowered(Load16(at + 2))));
  const __m128i all = _mm_and_si128(outer, AreAsOf(seconds, second, second));
  return Bits(_mm_and_si128(all, Are(Load16(at + kFieldEnd), '='))) != 0;
}

/// False where no field of kFields can have a value in the line.
bool MayGiveLevel(std::string_view line) {
  const size_t equals = line.find('=');
  if (equals == std::string_view::npos) return false;
  size_t at = equals - std::min(equals, kFieldEnd);
  for (; at + kBlock + kFieldEnd <= line.size(); at += kBlock) {
    if (HasFieldEnd(line.data() + at)) return true;
  }
  char rest[2 * kBlock + kFieldEnd] = {};
  std::memcpy(rest, line.data() + at, line.size() - at);
  return HasFieldEnd(rest);
}

/// Of all level fields of the line the one that stands first in the list counts.
std::string LogfmtLevel(std::string_view line) {
  size_t best = kFields.size();
  std::string level;
  match::LogfmtScanner pairs(line);
  while (best > 0 && pairs.Next()) {
    const char first = pairs.key().empty() ? '\0' : Lower(pairs.key()[0]);
    if (first != 'l' && first != 's') continue;  // no field begins so
    for (size_t i = 0; i < best; ++i) {
      const std::string_view field = kFields[i];
      const bool same = pairs.key().size() == field.size() &&
                        std::equal(field.begin(), field.end(), pairs.key().begin(),
                                   [](char a, char b) { return Lower(a) == Lower(b); });
      if (!same) continue;
      best = i;
      level = pairs.value();
      break;
    }
  }
  return level;
}

std::string_view SeverityLevel(int32_t number) {
  if (number <= 4) return "trace";
  if (number <= 8) return "debug";
  if (number <= 12) return "info";
  if (number <= 16) return "warn";
  if (number <= 20) return "error";
  return number <= 24 ? "fatal" : "unknown";
}

const model::Value* LevelAttribute(const model::Event& event) {
  if (event.attributes.empty() && event.origin == nullptr) return nullptr;
  for (const std::string_view field : kFields) {
    if (const auto* v = model::FindAttribute(event.attributes, field)) return v;
    if (event.origin == nullptr) continue;
    if (const auto* v = model::FindAttribute(event.origin->scope_attributes, field)) return v;
    if (const auto* v = model::FindAttribute(event.origin->resource, field)) return v;
  }
  return nullptr;
}

}  // namespace

std::string_view NormaliseLevel(std::string_view level) {
  const std::string_view known = KnownLevel(level);
  return known.empty() ? level : known;
}

std::string_view LevelOfLine(std::string_view line) {
  std::string_view level;
  if (IsJson(line)) {
    if (QuickJsonLevel(line, &level) || JsonLevel(line, 0, &level)) {
      if (const auto known = KnownLevel(level); !known.empty()) return known;
    }
    return FindLevelWord(line).level;
  }
  const LevelWord word = FindLevelWord(line);
  if (word.may_have_fields && MayGiveLevel(line)) {
    if (const auto known = KnownLevel(LogfmtLevel(line)); !known.empty()) return known;
  }
  return word.level;
}

std::string LevelOfStream(const model::Labels& stream) {
  for (const std::string_view field : kFields) {
    if (const auto value = stream.Get(field); !value.empty()) {
      return std::string(NormaliseLevel(value));
    }
  }
  return {};
}

std::string DetectLevel(std::string_view stream_level, const model::Event& event,
                        std::string_view line) {
  if (!stream_level.empty()) return std::string(stream_level);
  if (const model::Value* value = LevelAttribute(event)) {
    return std::string(NormaliseLevel(model::ValueToString(*value)));
  }
  if (!event.severity_text.empty()) return std::string(NormaliseLevel(event.severity_text));
  if (event.severity_number > 0) return std::string(SeverityLevel(event.severity_number));
  return std::string(LevelOfLine(line));
}

}  // namespace pharos::ingest::receive
