#include "base/snappy_block.h"

#include <emmintrin.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace pharos::base {
namespace {

/// Input that the fast way may look at: a tag, 64 bytes of literal and the next tag.
constexpr std::ptrdiff_t kFastInput = 72;

/// One element: `literal` bytes of the input, or bytes from `offset` back in the output.
struct Element {
  static constexpr size_t kLiteral = SIZE_MAX;

  size_t length = 0;
  size_t offset = kLiteral;
};

void Copy16(char* to, const char* from) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                   _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}

/// 64 bytes, of which at most so many are wanted: cheaper than asking how many. `to` is at
/// least 16 behind `from` where both are in the output.
void Copy64(char* to, const char* from) {
  Copy16(to, from);
  Copy16(to + 16, from + 16);
  Copy16(to + 32, from + 32);
  Copy16(to + 48, from + 48);
}

/// A copy that may read what it writes.
void CopyPattern(char* to, size_t offset, size_t length) {
  for (size_t i = 0; i < length; ++i) to[i] = to[i - offset];
}

uint32_t LoadBytes(const char* at, size_t bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value |= uint32_t{static_cast<uint8_t>(at[i])} << (8 * i);
  return value;
}

/// Reads any element's head; null when the input ends in it.
const char* ReadHead(const char* at, const char* end, Element* element) {
  const auto tag = static_cast<uint8_t>(*at++);
  const size_t high = tag >> 2;
  const auto left = static_cast<size_t>(end - at);
  switch (tag & 3) {
    case 0: {
      const size_t more = high < 60 ? 0 : high - 59;
      if (left < more) return nullptr;
      *element = {(more == 0 ? high : LoadBytes(at, more)) + size_t{1}};
      return at + more;
    }
    case 1:
      if (left < 1) return nullptr;
      *element = {4 + (high & 7), size_t{tag & 0xE0u} << 3 | static_cast<uint8_t>(*at)};
      break;
    case 2:
      if (left < 2) return nullptr;
      *element = {high + 1, LoadBytes(at, 2)};
      break;
    default:
      if (left < 4) return nullptr;
      *element = {high + 1, LoadBytes(at, 4)};
  }
  return at + ((tag & 3) == 3 ? 4 : tag & 3);
}

/// What a tag says of its element, for the fast way.
struct Tag {
  uint32_t offset;  // to which the bytes behind the tag are added
  uint32_t length;
};
/// No output is so long: for what the fast way leaves alone.
constexpr uint32_t kNoOffset = UINT32_MAX;
/// Copies from nearer read what they write; so many bytes are there before the fast way begins.
constexpr uint32_t kLeastOffset = 16;
constexpr size_t kMaxShortLiteral = 60;

constexpr std::array<Tag, 256> kTags = [] {
  std::array<Tag, 256> tags{};
  for (uint32_t tag = 0; tag < tags.size(); ++tag) {
    const uint32_t high = tag >> 2;
    switch (tag & 3) {
      case 0: tags[tag] = {high < kMaxShortLiteral ? kLeastOffset : kNoOffset, high + 1}; break;
      case 1: tags[tag] = {(tag & 0xE0) << 3, 4 + (high & 7)}; break;
      case 2: tags[tag] = {0, high + 1}; break;
      default: tags[tag] = {kNoOffset, 0};
    }
  }
  return tags;
}();
/// Which of the bytes behind a tag of each type are an offset.
constexpr std::array<uint32_t, 4> kOffsetBytes = {0, 0xFF, 0xFFFF, 0};

/// Decodes elements as long as there is much input and none that is rare. Which element is a
/// literal cannot be guessed, so there is no branch on it: both ways on are computed, and one is
/// taken by moves that compilers would make a branch of. Bound by its instructions, about 40 an
/// element. False when the output is longer than it should be.
bool DecodeCommon(const char** input, const char* end, char** output, char* out, char* to_end) {
  const char* at = *input;
  char* to = *output;
  if (end - at <= kFastInput || to - out < kLeastOffset || to >= to_end) return true;
  const char* const last = end - kFastInput;
  const char* const from = out + kLeastOffset;
  uint64_t tag = static_cast<uint8_t>(*at);
  do {
    const uint64_t type = tag & 3;
    const Tag known = kTags[tag];
    uint32_t behind;
    std::memcpy(&behind, at + 1, sizeof behind);
    const uint64_t offset = uint64_t{behind & kOffsetBytes[type]} + known.offset;
    // As a copy, and as a literal: where it reads, how far to the next tag, and that tag.
    const char* source = to - offset;
    uint64_t step = type + 1;
    uint64_t next = static_cast<uint8_t>(at[step]);
    const char* const literal_source = at + 1;
    const uint64_t literal_step = (tag >> 2) + 2;
    const uint64_t literal_next = static_cast<uint8_t>(at[literal_step]);
    asm("testl %k[type], %k[type]\n\t"
        "cmovzq %[literal_source], %[source]\n\t"
        "cmovzq %[literal_step], %[step]\n\t"
        "cmovzq %[literal_next], %[next]"
        : [source] "+r"(source), [step] "+r"(step), [next] "+r"(next)
        : [type] "r"(type), [literal_source] "r"(literal_source), [literal_step] "r"(literal_step),
          [literal_next] "r"(literal_next)
        : "cc");
    if (offset - kLeastOffset > static_cast<uint64_t>(to - from)) [[unlikely]] {
      break;
    }
    at += step;
    tag = next;
    Copy64(to, source);
    to += known.length;
  } while (at < last && to < to_end);
  *input = at;
  *output = to;
  return to <= to_end;
}

}  // namespace

bool SnappyDecodeBlock(std::string_view elements, char* out, size_t length) {
  const char* at = elements.data();
  const char* const end = at + elements.size();
  char* to = out;
  char* const to_end = out + length;
  while (true) {
    if (!DecodeCommon(&at, end, &to, out, to_end)) return false;
    if (at == end) break;
    Element element;
    at = ReadHead(at, end, &element);
    if (at == nullptr) return false;
    if (element.length > static_cast<size_t>(to_end - to)) return false;
    if (element.offset == Element::kLiteral) {
      if (element.length > static_cast<size_t>(end - at)) return false;
      std::memcpy(to, at, element.length);
      at += element.length;
    } else {
      if (element.offset - 1 >= static_cast<size_t>(to - out)) return false;
      CopyPattern(to, element.offset, element.length);
    }
    to += element.length;
  }
  return to == to_end;
}

}  // namespace pharos::base
