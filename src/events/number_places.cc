#include "events/number_places.h"

#include <smmintrin.h>

#include <algorithm>
#include <cstring>

namespace pharos::events {
namespace {

static_assert(sizeof(PlacedNumbers::Pair) == 20 && alignof(PlacedNumbers::Pair) == 2);
static_assert(sizeof(PlacedNumbers::More) == 4 && alignof(PlacedNumbers::More) == 2);

}  // namespace

bool PlacedNumbers::Read(const char* text, int64_t* out) const {
  const __m128i zero = _mm_setzero_si128();
  __m128i wrong = zero;
  for (uint16_t i = 0; i < pair_count; ++i) {
    const Pair& pair = pairs[i];
    const __m128i first = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(text + pair.at[0]));
    const __m128i both = _mm_castpd_si128(
        _mm_loadh_pd(_mm_castsi128_pd(first), reinterpret_cast<const double*>(text + pair.at[1])));
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(pair.bytes));
    const __m128i digits = _mm_and_si128(_mm_shuffle_epi8(both, bytes), _mm_set1_epi8(0x0F));
    // The bit next to the highest one becomes that.
    const __m128i no_zeros = _mm_add_epi8(bytes, bytes);
    wrong = _mm_or_si128(wrong, _mm_and_si128(_mm_cmpeq_epi8(digits, zero), no_zeros));
    const __m128i twos = _mm_maddubs_epi16(digits, _mm_set1_epi16(0x010A));  // 10 and 1
    const __m128i fours = _mm_madd_epi16(twos, _mm_set1_epi32(0x00010064));  // 100 and 1
    const __m128i packed = _mm_packus_epi32(fours, fours);
    const __m128i eights = _mm_madd_epi16(packed, _mm_set1_epi32(0x00012710));  // 10,000 and 1
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 2 * i), _mm_cvtepu32_epi64(eights));
  }
  for (uint16_t i = 0; i < more_count; ++i) {
    const More& m = more[i];
    const auto front = static_cast<uint64_t>(out[m.number]),
               back = static_cast<uint64_t>(out[numbers + i]);
    out[m.number] = static_cast<int64_t>(front * static_cast<uint64_t>(kTenTo[m.digits]) + back);
  }
  return _mm_movemask_epi8(wrong) == 0;
}

void NumberPlaces::Begin(size_t text_bytes) {
  text_bytes_ = text_bytes;
  numbers_.clear();
  more_.clear();
  of_more_.clear();
}

void NumberPlaces::Add(size_t at, size_t digits, bool no_zero) {
  const size_t first = (digits - 1) % kLoadedDigits + 1;
  numbers_.push_back({at, first, no_zero});
  AddMore(at + first, digits - first);
}

void NumberPlaces::AddMore(size_t at, size_t digits) {
  while (digits > 0) {
    const size_t some = (digits - 1) % kLoadedDigits + 1;
    more_.push_back({at, some, false});
    of_more_.push_back({static_cast<uint16_t>(numbers_.size() - 1), static_cast<uint16_t>(some)});
    at += some;
    digits -= some;
  }
}

size_t NumberPlaces::Bytes() const {
  return Pairs() * sizeof(PlacedNumbers::Pair) + more_.size() * sizeof(PlacedNumbers::More);
}

void NumberPlaces::PutDigits(const Digits& digits, size_t half, PlacedNumbers::Pair& pair) const {
  size_t from = digits.at;
  if (text_bytes_ >= kShortText) from = std::min(from, text_bytes_ - kLoadedDigits);
  pair.at[half] = static_cast<uint16_t>(from);
  uint8_t* bytes = pair.bytes + half * kLoadedDigits;
  const size_t first = kLoadedDigits - digits.count;
  for (size_t i = 0; i < digits.count; ++i) {
    bytes[first + i] = static_cast<uint8_t>(half * kLoadedDigits + digits.at - from + i);
  }
  if (digits.no_zero) bytes[first] |= PlacedNumbers::kNoZero;
}

PlacedNumbers NumberPlaces::Put(char* to) const {
  PlacedNumbers out;
  auto* pairs = reinterpret_cast<PlacedNumbers::Pair*>(to);
  auto* more = reinterpret_cast<PlacedNumbers::More*>(pairs + Pairs());
  for (size_t i = 0; i < 2 * Pairs(); ++i) {
    PlacedNumbers::Pair& pair = pairs[i / 2];
    pair.at[i % 2] = 0;
    std::fill_n(pair.bytes + i % 2 * kLoadedDigits, kLoadedDigits, PlacedNumbers::kNoDigit);
    if (i < numbers_.size()) {
      PutDigits(numbers_[i], i % 2, pair);
    } else if (i < numbers_.size() + more_.size()) {
      PutDigits(more_[i - numbers_.size()], i % 2, pair);
    }
  }
  std::copy(of_more_.begin(), of_more_.end(), more);
  out.pairs = pairs;
  out.more = more;
  out.pair_count = static_cast<uint16_t>(Pairs());
  out.more_count = static_cast<uint16_t>(of_more_.size());
  out.numbers = static_cast<uint16_t>(numbers_.size());
  return out;
}

}  // namespace pharos::events
