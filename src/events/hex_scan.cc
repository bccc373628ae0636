#include "events/hex_scan.h"

#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

namespace pharos::events {
namespace {

constexpr size_t kLeastDigits = 3;  // with two, an odd place has no byte of its own

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The digits of a piece; of a UUID's without its dashes.
std::string DigitsOf(VarType type, std::string_view piece) {
  std::string out;
  for (const char c : piece) {
    if (type.kind != VarKind::kUuid || c != '-') out += c;
  }
  return out;
}

/// The whole bytes of a piece that begins at an even or an odd digit: the first and the last.
struct Bytes {
  uint8_t first = 0;
  uint8_t last = 0;
  size_t between = 0;  ///< places from the first to the last
};

Bytes BytesOf(std::string_view digits, size_t skip) {
  const size_t count = (digits.size() - skip) / 2;
  const auto byte = [&](size_t i) {
    const size_t at = skip + 2 * i;
    return static_cast<uint8_t>(HexDigit(digits[at]) << 4 | HexDigit(digits[at + 1]));
  };
  return {byte(0), byte(count - 1), count - 1};
}

/// Calls back for each place where the bytes of either parity stand: (place, odd).
template <class Hit>
__attribute__((target("avx2"))) void ScanWide(const uint8_t* data, size_t size, const Bytes& even,
                                              const Bytes& odd, size_t* at, Hit hit) {
  constexpr size_t kStep = 32;
  const size_t reach = std::max(even.between, odd.between);
  const __m256i even_first = _mm256_set1_epi8(static_cast<char>(even.first));
  const __m256i even_last = _mm256_set1_epi8(static_cast<char>(even.last));
  const __m256i odd_first = _mm256_set1_epi8(static_cast<char>(odd.first));
  const __m256i odd_last = _mm256_set1_epi8(static_cast<char>(odd.last));
  for (; *at + reach + kStep <= size; *at += kStep) {
    const auto* place = reinterpret_cast<const __m256i_u*>(data + *at);
    const auto* of_even_last = reinterpret_cast<const __m256i_u*>(data + *at + even.between);
    const auto* of_odd_last = reinterpret_cast<const __m256i_u*>(data + *at + odd.between);
    const __m256i here = _mm256_loadu_si256(place);
    const __m256i of_even =
        _mm256_and_si256(_mm256_cmpeq_epi8(here, even_first),
                         _mm256_cmpeq_epi8(_mm256_loadu_si256(of_even_last), even_last));
    const __m256i of_odd =
        _mm256_and_si256(_mm256_cmpeq_epi8(here, odd_first),
                         _mm256_cmpeq_epi8(_mm256_loadu_si256(of_odd_last), odd_last));
    const __m256i any = _mm256_or_si256(of_even, of_odd);
    if (_mm256_testz_si256(any, any)) continue;
    const auto even_bits = static_cast<uint32_t>(_mm256_movemask_epi8(of_even));
    const auto odd_bits = static_cast<uint32_t>(_mm256_movemask_epi8(of_odd));
    for (uint32_t bits = even_bits | odd_bits; bits != 0; bits &= bits - 1) {
      const int i = std::countr_zero(bits);
      const size_t found = *at + static_cast<size_t>(i);
      if (even_bits >> i & 1) hit(found, false);
      if (odd_bits >> i & 1) hit(found, true);
    }
  }
}

template <class Hit>
void ScanBytes(std::string_view ids, const Bytes& even, const Bytes& odd, Hit hit) {
  const auto* data = reinterpret_cast<const uint8_t*>(ids.data());
  size_t at = 0;
  if (__builtin_cpu_supports("avx2")) ScanWide(data, ids.size(), even, odd, &at, hit);
  for (; at < ids.size(); ++at) {
    const auto test = [&](const Bytes& bytes) {
      return data[at] == bytes.first && at + bytes.between < ids.size() &&
             data[at + bytes.between] == bytes.last;
    };
    if (test(even)) hit(at, false);
    if (test(odd)) hit(at, true);
  }
}

bool StandsAt(std::string_view id, std::string_view piece, Anchor anchor) {
  switch (anchor) {
    case Anchor::kFront: return id.starts_with(piece);
    case Anchor::kBack: return id.ends_with(piece);
    case Anchor::kWhole: return id == piece;
    default: return id.find(piece) != std::string_view::npos;
  }
}

}  // namespace

bool CanScanIds(VarType type, std::string_view piece) {
  if (type.IdBytes() == 0) return false;
  const std::string digits = DigitsOf(type, piece);
  for (const char c : digits) {
    if (HexDigit(c) < 0) return false;
  }
  return digits.size() >= kLeastDigits;
}

void ScanIds(std::string_view ids, VarType type, std::string_view piece, Anchor anchor,
             std::vector<uint32_t>* found) {
  const std::string digits = DigitsOf(type, piece);
  const size_t size = type.IdBytes();
  if (digits.size() > 2 * size) return;
  std::string text;
  const size_t before = found->size();
  ScanBytes(ids, BytesOf(digits, 0), BytesOf(digits, 1), [&](size_t place, bool odd) {
    const size_t number = place / size;
    const size_t byte = place % size;
    if (odd && byte == 0) return;  // would begin in the id before
    if (2 * byte - (odd ? 1 : 0) + digits.size() > 2 * size) return;
    if (found->size() > before && found->back() == number) return;
    text.clear();
    AppendId(text, type, ids.data() + number * size);
    if (StandsAt(text, piece, anchor)) found->push_back(static_cast<uint32_t>(number));
  });
}

}  // namespace pharos::events
