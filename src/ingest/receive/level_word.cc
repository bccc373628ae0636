#include "ingest/receive/level_word.h"

#include <immintrin.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "ingest/receive/bytes16.h"

namespace pharos::ingest::receive {
namespace {

struct Word {
  std::string_view word, level;
};
constexpr Word kWords[] = {{"trace", "trace"},       {"debug", "debug"}, {"fatal", "fatal"},
                           {"critical", "critical"}, {"error", "error"}, {"err", "error"},
                           {"warning", "warn"},      {"warn", "warn"},   {"info", "info"}};

/// One of kWords as its letters lie in memory.
struct Letters {
  uint64_t word, mask;
  size_t size;
  std::string_view level;
};
constexpr std::array<Letters, std::size(kWords)> kLetters = [] {
  std::array<Letters, std::size(kWords)> out{};
  for (size_t i = 0; i < out.size(); ++i) {
    const std::string_view word = kWords[i].word;
    out[i] = {0, 0, word.size(), kWords[i].level};
    for (size_t j = 0; j < word.size(); ++j) {
      out[i].word |= uint64_t{static_cast<uint8_t>(word[j])} << (8 * j);
      out[i].mask |= uint64_t{0xFF} << (8 * j);
    }
  }
  return out;
}();

/// What may stand in front of a word, and behind it; `]` and others only behind.
constexpr uint8_t kInFront = 1, kBehind = 2;
constexpr std::array<uint8_t, 256> kBoundaries = [] {
  std::array<uint8_t, 256> out{};
  for (const char c : std::string_view(" \t\n[({\"'=|")) out[static_cast<uint8_t>(c)] |= kInFront;
  for (const char c : std::string_view(" \t\n[](){}:,!\"'=|")) {
    out[static_cast<uint8_t>(c)] |= kBehind;
  }
  return out;
}();
bool LeftBoundary(std::string_view s, size_t at) {
  return at == 0 || (kBoundaries[static_cast<uint8_t>(s[at - 1])] & kInFront) != 0;
}
bool RightBoundary(std::string_view s, size_t at) {
  return at == s.size() || (kBoundaries[static_cast<uint8_t>(s[at])] & kBehind) != 0;
}

/// The level of the word of kWords that stands at `at` as a word of its own, or "".
std::string_view WordAt(std::string_view line, size_t at) {
  if (!LeftBoundary(line, at)) return {};
  const size_t left = line.size() - at;
  uint64_t bytes = 0;
  if (left >= sizeof bytes) {
    std::memcpy(&bytes, line.data() + at, sizeof bytes);
  } else {
    std::memcpy(&bytes, line.data() + at, left);
  }
  bytes |= 0x2020202020202020u;  // a letter is what it was, and no other byte becomes one
  for (const Letters& letters : kLetters) {
    if (((bytes ^ letters.word) & letters.mask) == 0 && RightBoundary(line, at + letters.size)) {
      return letters.level;
    }
  }
  return {};
}

/// The level of the first word of kWords that stands at one of the places `at` + a bit of `starts`,
/// or "". At equal places the earlier entry of the table counts, as in Loki.
std::string_view FirstLevel(std::string_view line, size_t at, uint32_t starts) {
  for (; starts != 0; starts &= starts - 1) {
    const auto level = WordAt(line, at + static_cast<size_t>(std::countr_zero(starts)));
    if (!level.empty()) return level;
  }
  return {};
}

constexpr size_t kWordBegin = 3;  // letters of a word that are looked at; the shortest has them
/// Of the word whose first letter has this lower half: cri, deb, err, fat, war, inf. `tra` is
/// looked for by itself, as `t` and `d` have one.
constexpr ByLowerHalf kFirsts = {1, 1, 1, 'c', 'd', 'e', 'f', 'w', 1, 'i', 1, 1, 1, 1, 1, 1},
                      kSeconds = {1, 1, 1, 'r', 'e', 'r', 'a', 'a', 1, 'n', 1, 1, 1, 1, 1, 1},
                      kThirds = {1, 1, 1, 'i', 'b', 'r', 't', 'r', 1, 'f', 1, 1, 1, 1, 1, 1};
/// Which bytes are kInFront: by both halves of a byte, each row of ASCII that has some a bit.
constexpr ByLowerHalf kInFrontLow = {2, 0, 2, 0, 0, 0, 0, 2, 2, 1, 1, 24, 16, 4, 0, 0},
                      kInFrontHigh = {1, 0, 2, 4, 0, 8, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0};

constexpr size_t kBlockOfBegins = kBlock + kWordBegin - 1;
/// Where in 16 bytes words of kWords may begin: their first three letters, in either case, behind a
/// boundary. `before` are the bytes one to the left. A few other bytes are taken for letters.
[[gnu::always_inline]] inline uint32_t WordStarts(__m128i before, const char* at) {
  const __m128i first = Lowered(Load16(at)), second = Lowered(Load16(at + 1)),
                third = Lowered(Load16(at + 2));
  const __m128i word = _mm_and_si128(
      AreAsOf(kFirsts, first, first),
      _mm_and_si128(AreAsOf(kSeconds, first, second), AreAsOf(kThirds, first, third)));
  const __m128i trace =
      _mm_and_si128(_mm_and_si128(Are(first, 't'), Are(second, 'r')), Are(third, 'a'));
  const __m128i row = _mm_and_si128(_mm_srli_epi16(before, 4), _mm_set1_epi8(0x0F));
  const __m128i in_front = _mm_and_si128(_mm_shuffle_epi8(Load16(kInFrontLow), before),
                                         _mm_shuffle_epi8(Load16(kInFrontHigh), row));
  const __m128i starts =
      _mm_and_si128(_mm_or_si128(word, trace), _mm_cmpgt_epi8(in_front, _mm_setzero_si128()));
  return Bits(starts);
}

/// Whether a word of kWords has the letter in front.
bool MayBegin(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return lower == 't' || kFirsts[static_cast<uint8_t>(lower) & 0x0F] == lower;
}

#define PHAROS_AVX2 __attribute__((target("avx2"), always_inline)) inline
constexpr size_t kBlock32 = 32, kBlockOfBegins32 = kBlock32 + kWordBegin - 1;

PHAROS_AVX2 __m256i Table32(const ByLowerHalf& table) {
  return _mm256_broadcastsi128_si256(Load16(table));
}
PHAROS_AVX2 __m256i Lowered32(const char* at) {
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  return _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
}
PHAROS_AVX2 __m256i AreAsOf32(const ByLowerHalf& table, __m256i keys, __m256i bytes) {
  return _mm256_cmpeq_epi8(_mm256_shuffle_epi8(Table32(table), keys), bytes);
}
PHAROS_AVX2 __m256i Are32(__m256i bytes, char c) {
  return _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(c));
}
/// The same of 32 bytes.
PHAROS_AVX2 uint32_t WordStarts32(__m256i before, const char* at) {
  const __m256i first = Lowered32(at), second = Lowered32(at + 1), third = Lowered32(at + 2);
  const __m256i word = _mm256_and_si256(
      AreAsOf32(kFirsts, first, first),
      _mm256_and_si256(AreAsOf32(kSeconds, first, second), AreAsOf32(kThirds, first, third)));
  const __m256i trace =
      _mm256_and_si256(_mm256_and_si256(Are32(first, 't'), Are32(second, 'r')), Are32(third, 'a'));
  const __m256i row = _mm256_and_si256(_mm256_srli_epi16(before, 4), _mm256_set1_epi8(0x0F));
  const __m256i in_front = _mm256_and_si256(_mm256_shuffle_epi8(Table32(kInFrontLow), before),
                                            _mm256_shuffle_epi8(Table32(kInFrontHigh), row));
  const __m256i starts = _mm256_and_si256(_mm256_or_si256(word, trace),
                                          _mm256_cmpgt_epi8(in_front, _mm256_setzero_si256()));
  return static_cast<uint32_t>(_mm256_movemask_epi8(starts));
}

/// The level of the first word of the line, or "unknown".
std::string_view FirstLevelBy16(std::string_view line) {
  std::string_view level;
  const auto look = [&](__m128i before, const char* bytes, size_t at) {
    const uint32_t starts = WordStarts(before, bytes);
    if (starts != 0) level = FirstLevel(line, at, starts);
    return !level.empty();
  };
  // The begin is a boundary.
  const auto look_at_begin = [&](const char* bytes) {
    const __m128i shifted = _mm_slli_si128(Load16(bytes), 1);
    return look(_mm_or_si128(shifted, _mm_cvtsi32_si128(' ')), bytes, 0);
  };
  if (line.size() < kBlockOfBegins) {
    char all[2 * kBlock] = {};
    if (!line.empty()) std::memcpy(all, line.data(), line.size());
    return look_at_begin(all) ? level : "unknown";
  }
  if (look_at_begin(line.data())) return level;
  const auto look_at = [&](size_t at) {
    const char* bytes = line.data() + at;
    return look(Load16(bytes - 1), bytes, at);
  };
  size_t at = kBlock;
  for (; at + kBlockOfBegins <= line.size(); at += kBlock) {
    if (look_at(at)) return level;
  }
  if (line.size() == kBlockOfBegins) return "unknown";
  return look_at(line.size() - kBlockOfBegins) ? level : "unknown";  // some bytes once more
}

}  // namespace

LevelWord FindLevelWordBy16(std::string_view line) {
  return {FirstLevelBy16(line), line.find('=') != std::string_view::npos};
}

bool CanFindLevelWordBy32() {
  static const bool can = __builtin_cpu_supports("avx2");
  return can;
}

__attribute__((target("avx2"))) LevelWord FindLevelWordBy32(std::string_view line) {
  if (line.size() < 1 + kBlockOfBegins32) return FindLevelWordBy16(line);
  std::string_view level;
  if (MayBegin(line[0])) level = WordAt(line, 0);
  __m256i equals = _mm256_setzero_si256();
  const size_t last = line.size() - kBlockOfBegins32;
  for (size_t at = 1; level.empty(); at += kBlock32) {
    if (at > last) at = last;  // some bytes once more
    const char* bytes = line.data() + at;
    const __m256i before = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes - 1));
    equals = _mm256_or_si256(equals, Are32(before, '='));
    if (const uint32_t starts = WordStarts32(before, bytes); starts != 0) {
      level = FirstLevel(line, at, starts);
    }
    if (at == last) {
      if (level.empty()) return {"unknown", _mm256_testz_si256(equals, equals) == 0};
      break;
    }
  }
  return {level, line.find('=') != std::string_view::npos};
}

LevelWord FindLevelWord(std::string_view line) {
  return CanFindLevelWordBy32() ? FindLevelWordBy32(line) : FindLevelWordBy16(line);
}

}  // namespace pharos::ingest::receive
