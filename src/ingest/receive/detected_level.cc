#include "ingest/receive/detected_level.h"

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>

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
constexpr Word kWords[] = {{"trace", "trace"},       {"debug", "debug"}, {"fatal", "fatal"},
                           {"critical", "critical"}, {"error", "error"}, {"err", "error"},
                           {"warning", "warn"},      {"warn", "warn"},   {"info", "info"}};

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
  constexpr std::string_view kFirst = "lLsS";
  return !key.empty() && kFirst.find(key[0]) != std::string_view::npos &&
         std::find(kFields.begin(), kFields.end(), key) != kFields.end();
}

/// Behind the opening quote at `at`: where the closing one is. 0 where bytes come first that need
/// a closer look.
size_t PlainStringEnd(std::string_view line, size_t at) {
  constexpr uint64_t kOnes = 0x0101010101010101, kTops = 0x8080808080808080;
  const auto zeros = [](uint64_t v) { return (v - kOnes) & ~v & kTops; };
  for (; at + 8 <= line.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, line.data() + at, sizeof word);
    const uint64_t quotes = zeros(word ^ kOnes * '"');
    const uint64_t other = zeros(word ^ kOnes * '\\') | zeros(word & kOnes * 0xe0) | (word & kTops);
    if ((quotes | other) == 0) continue;
    const int first = std::countr_zero(quotes | other);  // exact, which later ones need not be
    return (quotes >> first & 1) != 0 ? at + static_cast<size_t>(first) / 8 : 0;
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

/// Pairs of letters, in lower case.
using Pairs = std::span<const std::string_view>;
constexpr std::string_view kWordPairs[] = {"tr", "de", "fa", "cr", "er", "wa", "in"};
constexpr std::string_view kFieldPairs[] = {"ve", "lv"};  // one is in each of kFields

/// Where in 16 bytes (and the one behind them) one of the pairs stands, in either case; a few other
/// bytes are taken for letters.
inline uint32_t FindPairs(const char* bytes, Pairs pairs) {
  const __m128i lower = _mm_set1_epi8(0x20);
  const auto load = [&](const char* at) {
    return _mm_or_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)), lower);
  };
  const __m128i first = load(bytes), second = load(bytes + 1);
  __m128i found = _mm_setzero_si128();
  for (const std::string_view pair : pairs) {
    found = _mm_or_si128(found, _mm_and_si128(_mm_cmpeq_epi8(first, _mm_set1_epi8(pair[0])),
                                              _mm_cmpeq_epi8(second, _mm_set1_epi8(pair[1]))));
  }
  return static_cast<uint32_t>(_mm_movemask_epi8(found));
}

/// False where no field of kFields can stand in the line.
bool MayNameLevel(std::string_view line) {
  size_t at = 0;
  for (; at + 17 <= line.size(); at += 16) {
    if (FindPairs(line.data() + at, kFieldPairs) != 0) return true;
  }
  char rest[32] = {};
  std::memcpy(rest, line.data() + at, line.size() - at);
  return FindPairs(rest, kFieldPairs) != 0;
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

bool LeftBoundary(std::string_view s, size_t at) {
  return at == 0 || std::string_view(" \t\n[({\"'=|").find(s[at - 1]) != std::string_view::npos;
}
bool RightBoundary(std::string_view s, size_t at) {
  return at == s.size() ||
         std::string_view(" \t\n[](){}:,!\"'=|").find(s[at]) != std::string_view::npos;
}

/// The level of the word of kWords that stands at `at` as a word of its own, or "".
std::string_view WordAt(std::string_view line, size_t at) {
  if (!LeftBoundary(line, at)) return {};
  for (const Word& word : kWords) {
    if (line.size() - at >= word.word.size() &&
        EqualFold(line.substr(at, word.word.size()), word.word) &&
        RightBoundary(line, at + word.word.size())) {
      return word.level;
    }
  }
  return {};
}

/// The level whose word stands first in the line, as a word of its own. At equal places the
/// earlier entry of the table counts, as in Loki.
std::string_view LevelWord(std::string_view line) {
  size_t at = 0;
  for (; at + 17 <= line.size(); at += 16) {
    for (uint32_t starts = FindPairs(line.data() + at, kWordPairs); starts != 0;
         starts &= starts - 1) {
      const auto level = WordAt(line, at + static_cast<size_t>(std::countr_zero(starts)));
      if (!level.empty()) return level;
    }
  }
  for (; at < line.size(); ++at) {
    if (const auto level = WordAt(line, at); !level.empty()) return level;
  }
  return "unknown";
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
  } else if (MayNameLevel(line) && line.find('=') != std::string_view::npos) {
    if (const auto known = KnownLevel(LogfmtLevel(line)); !known.empty()) return known;
  }
  return LevelWord(line);
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
