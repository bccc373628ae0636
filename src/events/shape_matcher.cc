#include "events/shape_matcher.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <bit>

#include "events/coding.h"

namespace pharos::events {
namespace {

constexpr size_t kNone = std::string_view::npos;

#ifdef __SSE2__
__m128i Load16(const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }
__m128i Are(__m128i bytes, char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); }
uint32_t Bits(__m128i mask) { return static_cast<uint32_t>(_mm_movemask_epi8(mask)); }
#endif

/// Where a line has quotes. Looks at each byte once.
class Quotes {
 public:
  explicit Quotes(std::string_view line) : line_(line) {}

  /// The first quote from `at` on, kNone for none.
  size_t Next(size_t at) {
    size_t block = at & ~(kBits - 1);
    if (block != block_) Look(block);
    uint64_t bits = bits_ >> (at - block) << (at - block);
    while (bits == 0) {
      block += kBits;
      if (block >= line_.size()) return kNone;
      Look(block);
      bits = bits_;
    }
    return block + static_cast<size_t>(std::countr_zero(bits));
  }

 private:
  static constexpr size_t kBits = 64;

  void Look(size_t block) {
    block_ = block;
    bits_ = 0;
    size_t at = block;
#ifdef __SSE2__
    const auto take = [&](size_t from) {
      return uint64_t{Bits(Are(Load16(line_.data() + from), '"'))};
    };
    if (block + kBits <= line_.size()) {
      bits_ = take(at) | take(at + 16) << 16 | take(at + 32) << 32 | take(at + 48) << 48;
      return;
    }
    for (; at + 16 <= line_.size(); at += 16) bits_ |= take(at) << (at - block);
    if (at < line_.size() && line_.size() >= 16) {  // the last bytes, some of them once more
      const size_t from = line_.size() - 16;
      bits_ |= (take(from) >> (at - from)) << (at - block);
      return;
    }
#endif
    for (; at < line_.size() && at < block + kBits; ++at) {
      if (line_[at] == '"') bits_ |= uint64_t{1} << (at - block);
    }
  }

  std::string_view line_;
  size_t block_ = kNone;
  uint64_t bits_ = 0;
};

/// The end of a value without quotes. It may be found too early: then the shape does not fit.
size_t BareEnd(std::string_view line, size_t at, LineKind kind) {
  const bool json = kind == LineKind::kJson;
#ifdef __SSE2__
  for (; at + 16 <= line.size(); at += 16) {
    const __m128i v = Load16(line.data() + at);
    const __m128i brackets = Are(_mm_or_si128(v, _mm_set1_epi8(0x20)), '}');  // and `]`
    const __m128i spaces = Are(_mm_max_epu8(v, _mm_set1_epi8(' ')), ' ');     // and below
    const __m128i marks = _mm_or_si128(Are(v, '"'), Are(v, '='));
    const uint32_t found = Bits(json ? _mm_or_si128(_mm_or_si128(brackets, spaces), Are(v, ','))
                                     : _mm_or_si128(Are(v, ' '), marks));
    if (found != 0) return at + static_cast<size_t>(std::countr_zero(found));
  }
#endif
  for (; at < line.size(); ++at) {
    const char c = line[at];
    const bool ends = json ? c == ',' || c == '}' || c == ']' || static_cast<uint8_t>(c) <= ' '
                           : c == ' ' || c == '"' || c == '=';
    if (ends) break;
  }
  return at;
}

}  // namespace

ShapeMatcher::ShapeMatcher(const LineShape& shape) : kind_(shape.kind) {
  for (size_t i = 0; i < shape.literals.size(); ++i) {
    const std::string& literal = shape.literals[i];
    steps_.push_back({static_cast<uint32_t>(literals_.size()),
                      static_cast<uint32_t>(literal.size()),
                      i < shape.quoted.size() && shape.quoted[i]});
    literals_ += literal;
    literals_.resize((literals_.size() + kBlock) / kBlock * kBlock);
  }
}

[[gnu::always_inline]] inline bool ShapeMatcher::Literal(const Step& step, std::string_view line,
                                                         size_t at) const {
  const char* literal = literals_.data() + step.offset;
#ifdef __SSE2__
  if (step.size <= kBlock && at + kBlock <= line.size()) {
    const uint32_t same = Bits(_mm_cmpeq_epi8(Load16(literal), Load16(line.data() + at)));
    return (~same & ((uint32_t{1} << step.size) - 1)) == 0;
  }
#endif
  return line.size() - at >= step.size && SameBytes(line.data() + at, literal, step.size);
}

bool ShapeMatcher::Fits(std::string_view line, std::string_view* values) const {
  if (kind_ == LineKind::kText) return false;
  Quotes quotes(line);
  size_t at = 0;
  const size_t n = steps_.size() - 1;
  for (size_t i = 0; i < n; ++i) {
    const Step& step = steps_[i];
    if (!Literal(step, line, at)) return false;
    at += step.size;
    const size_t start = at;
    if (step.quoted) {
      at = quotes.Next(at);
      if (at == kNone) return false;
      if (at > start && line[at - 1] == '\\') {
        at = StringEnd(line, start);
        if (at == kNone) return false;
      }
    } else {
      at = BareEnd(line, at, kind_);
      // Arrays go the long way.
      const bool digit = at > start && line[start] >= '0' && line[start] <= '9';
      if (kind_ == LineKind::kJson && !digit && !IsScalar(line.substr(start, at - start))) {
        return false;
      }
    }
    values[i] = line.substr(start, at - start);
  }
  const Step& last = steps_[n];
  return line.size() - at == last.size && Literal(last, line, at);
}

}  // namespace pharos::events
