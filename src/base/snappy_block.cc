#include "base/snappy_block.h"

#include <emmintrin.h>

#include <cstdint>
#include <cstring>

namespace pharos::base {
namespace {

/// Input that the fast way may look at: a head and 64 bytes of literal.
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

/// A copy that reads what it writes.
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

}  // namespace

bool SnappyDecodeBlock(std::string_view elements, char* out, size_t length) {
  const char* at = elements.data();
  const char* const end = at + elements.size();
  char* to = out;
  char* const to_end = out + length;
  while (at < end) {
    Element element;
    const auto tag = static_cast<uint8_t>(*at);
    const size_t high = tag >> 2;
    if (end - at < kFastInput || (tag & 3) == 3 || ((tag & 3) == 0 && high >= 60)) {
      at = ReadHead(at, end, &element);
      if (at == nullptr) return false;
      if (element.length > static_cast<size_t>(to_end - to)) return false;
      if (element.offset == Element::kLiteral) {
        if (element.length > static_cast<size_t>(end - at)) return false;
        std::memcpy(to, at, element.length);
        at += element.length;
        to += element.length;
        continue;
      }
    } else if ((tag & 3) == 0) {
      Copy64(to, at + 1);
      at += high + 2;
      to += high + 1;
      if (to > to_end) return false;
      continue;
    } else if ((tag & 3) == 2) {
      uint16_t offset;
      std::memcpy(&offset, at + 1, 2);
      element = {high + 1, offset};
      at += 3;
    } else {
      element = {4 + (high & 7), size_t{tag & 0xE0u} << 3 | static_cast<uint8_t>(at[1])};
      at += 2;
    }
    if (element.offset - 1 >= static_cast<size_t>(to - out)) return false;
    if (element.offset >= 16) [[likely]] {
      Copy64(to, to - element.offset);
    } else {
      if (element.length > static_cast<size_t>(to_end - to)) return false;
      CopyPattern(to, element.offset, element.length);
    }
    to += element.length;
    if (to > to_end) return false;
  }
  return to == to_end;
}

}  // namespace pharos::base
