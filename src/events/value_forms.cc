#include "events/value_forms.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "events/coding.h"
#include "events/digit_run.h"

namespace pharos::events {
namespace {

constexpr size_t kFewSlots = 64, kMostSlots = 4096;
constexpr size_t kCacheLine = 64, kLinesAhead = 6;  // of a form
/// What no other bytes become: digits are 0, and these would be `1` to `3`.
constexpr char kLowerHexDigit = 1, kUpperHexDigit = 2, kZeroOf0x = 3;

bool IsHex(VarType type) { return type.IdBytes() != 0; }

uint64_t Load(const char* at) {
  uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// Sixteen bytes, of which digits become 0 and no other does.
void BlankBlock(const char* from, char* to) {
#ifdef __SSE2__
  const __m128i value =
      _mm_xor_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)), _mm_set1_epi8('0'));
  const __m128i digits = _mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value);
  _mm_store_si128(reinterpret_cast<__m128i*>(to), _mm_andnot_si128(digits, value));
#else
  for (size_t i = 0; i < 16; ++i) {
    const char c = from[i];
    to[i] = c >= '0' && c <= '9' ? '\0' : static_cast<char>(c ^ '0');
  }
#endif
}

bool SameBlocks(const char* a, const char* b, size_t blocks) {
#ifdef __SSE2__
  __m128i others = _mm_setzero_si128();
  for (size_t i = 0; i < blocks; ++i, a += 16, b += 16) {
    others =
        _mm_or_si128(others, _mm_xor_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a)),
                                           _mm_load_si128(reinterpret_cast<const __m128i*>(b))));
  }
  return _mm_movemask_epi8(_mm_cmpeq_epi8(others, _mm_setzero_si128())) == 0xFFFF;
#else
  return std::memcmp(a, b, 16 * blocks) == 0;
#endif
}

}  // namespace

inline void ValueForms::Blank(std::string_view value, Blanks& out) {
  const size_t size = value.size(), blocks = Blocks(size);
  const char* from = value.data();
  if (size < kBlock) {
    const char* end = from + size;
    const uint64_t words[] = {LoadUpTo8(from, end),
                              size > kWord ? LoadUpTo8(from + kWord, end) : 0};
    std::memcpy(out.text.data(), words, sizeof words);
    BlankBlock(out.text.data(), out.blocks.data());
  } else {
    for (size_t i = 0; i + 1 < blocks; ++i) BlankBlock(from + i * kBlock, &out.blocks[i * kBlock]);
    BlankBlock(from + size - kBlock, &out.blocks[(blocks - 1) * kBlock]);  // some bytes once more
  }
  out.hash = HashOf(out, size);
  out.hex_words = false;
}

inline uint32_t ValueForms::HashOf(const Blanks& blanks, size_t size) {
  constexpr uint64_t kFactor = 0x9E3779B97F4A7C15u, kOther = 0xC2B2AE3D27D4EB4Fu;
  uint64_t a = size, b = 0;
  for (size_t i = 0; i < Blocks(size); ++i) {
    a = (a ^ Load(&blanks.blocks[i * kBlock])) * kFactor;
    b = (b ^ Load(&blanks.blocks[i * kBlock + kWord])) * kOther;
  }
  return static_cast<uint32_t>((a ^ std::rotl(b, 29)) * kFactor >> 32);
}

void ValueForms::BlankHexWords(std::string_view value, Blanks& out) {
  out.hex_words = true;
  if (!hex_words_.Find(value)) return;
  const size_t size = value.size(), last = (Blocks(size) - 1) * kBlock;
  const auto fill = [&](size_t from, size_t to, char byte) {
    if (size < kBlock) return std::fill(&out.blocks[from], &out.blocks[to], byte);
    if (from < last) std::fill(&out.blocks[from], &out.blocks[std::min(to, last)], byte);
    const size_t in_last = last + kBlock - size;  // what stands there is so much further behind
    if (to + kBlock > size) {
      std::fill(&out.blocks[std::max(from + in_last, last)], &out.blocks[to + in_last], byte);
    }
  };
  for (const HexWords::Word& word : hex_words_.words()) {
    fill(word.from, word.to, word.upper ? kUpperHexDigit : kLowerHexDigit);
    if (word.behind_0x) fill(word.from - 2, word.from - 1, kZeroOf0x);
  }
  out.hash = HashOf(out, size);
}

/// The one with the hash, which may be of another value.
inline const ValueForms::Form* ValueForms::KnownForm(uint32_t hash) const {
  if (slots_.empty()) return nullptr;
  const size_t at = hash & (slots_.size() - 1);
  if (slots_[at].hash == hash) return slots_[at].form;
  return slots_[at ^ 1].hash == hash ? slots_[at ^ 1].form : nullptr;
}

inline const ValueForms::Form* ValueForms::FormOf(std::string_view value,
                                                  const Blanks& blanks) const {
  const Form* form = KnownForm(blanks.hash);
  const bool same = form != nullptr && form->size == value.size() &&
                    SameBlocks(form->blocks, blanks.blocks.data(), Blocks(value.size()));
  return same ? form : nullptr;
}

void ValueForms::Soon(std::string_view value) {
  if (!MayBlank(value)) return;
  Blanks& soon = blanks_[1 - now_];
  Blank(value, soon);
  soon.of = value;
  const Form* form = KnownForm(soon.hash);
  if (form == nullptr && has_ids_) {
    BlankHexWords(value, soon);
    form = KnownForm(soon.hash);
  }
  if (form == nullptr) return;
  const char* begin = reinterpret_cast<const char*>(form);
  for (size_t line = 0; line < kLinesAhead; ++line) __builtin_prefetch(begin + line * kCacheLine);
}

int64_t ValueForms::Find(std::string_view value) {
  known_ = nullptr;
  blanked_ = MayBlank(value);
  if (!blanked_) return kNone;
  const std::string_view soon = blanks_[1 - now_].of;
  if (soon.data() == value.data() && soon.size() == value.size()) {
    now_ = 1 - now_;
  } else {
    Blank(value, blanks_[now_]);
  }
  EndSoon();
  Blanks& blanks = blanks_[now_];
  --hits_;
  known_ = FormOf(value, blanks);
  if (known_ == nullptr && has_ids_ && !blanks.hex_words) {
    BlankHexWords(value, blanks);
    known_ = FormOf(value, blanks);
  }
  return known_ != nullptr ? int64_t{known_->number} : kNone;
}

bool ValueForms::Done(bool fits) {
  if (fits) hits_ = std::min(hits_ + 2, kTries);
  return fits;
}

bool ValueForms::ReadNumbers(std::string_view value, int64_t* out) {
  return Done(known_->numbers.Read(DigitsOf(value), out));
}

bool ValueForms::Read(std::string_view value, int64_t time_ns, VarReader& reader, VarValue* out) {
  const Form& form = *known_;
  if (numbers_.size() < form.numbers.Room()) numbers_.resize(form.numbers.Room());
  if (!form.numbers.Read(DigitsOf(value), numbers_.data())) return false;
  const int64_t* number = numbers_.data();
  const int64_t* end = number + form.numbers.numbers;
  size_t variable = 0;
  for (uint16_t i = 0; i < form.others; ++i) {
    const Other& other = form.other[i];
    while (variable < other.variable) out[variable++].number = *number++;
    const char* at = value.data() + other.at;
    if (!reader.Read(other.type, &at, value.data() + value.size(), time_ns, out + variable++)) {
      return false;
    }
  }
  while (number != end) out[variable++].number = *number++;
  return Done(true);
}

bool ValueForms::IsFixed(std::string_view literal, size_t at) const {
  if (hex_words_.Overlap(at, at + literal.size())) return false;
  for (size_t i = 0; i < literal.size(); ++i) {
    const bool digit = literal[i] >= '0' && literal[i] <= '9';
    if (digit && !hex_words_.IsZeroOf0x(at + i)) return false;
  }
  return true;
}

bool ValueForms::PlaceVars(const Skeleton& skeleton, std::string_view value, int64_t time_ns,
                           VarReader& reader) {
  places_.Begin(value.size());
  others_.clear();
  const char* begin = value.data();
  const char* end = begin + value.size();
  const char* at = begin;
  const auto offset = [&](const char* place) { return static_cast<size_t>(place - begin); };
  // In all values of the form.
  const auto is_fixed = [&](const std::string_view literal) {
    return IsFixed(literal, offset(at));
  };
  for (size_t i = 0; i < skeleton.vars.size(); ++i) {
    const VarType type = skeleton.vars[i];
    if (!is_fixed(skeleton.literals[i])) return false;
    at += skeleton.literals[i].size();
    const char* from = at;
    VarValue unused;
    if (!reader.Read(type, &at, end, time_ns, &unused)) return false;
    const size_t length = static_cast<size_t>(at - from);
    if (!IsHex(type) && hex_words_.Overlap(offset(from), offset(at))) return false;
    switch (type.kind) {
      case VarKind::kNumber: places_.Add(offset(from), length, length > 1); break;
      case VarKind::kPadded: places_.Add(offset(from), length, false); break;
      case VarKind::kDecimal: {
        const size_t whole = length - type.param - 1;
        places_.Add(offset(from), whole, whole > 1);
        places_.AddMore(offset(at) - type.param, type.param);
        break;
      }
      default:
        others_.push_back({static_cast<uint16_t>(offset(from)), static_cast<uint16_t>(i), type});
    }
  }
  return is_fixed(skeleton.literals.back());
}

void ValueForms::Keep(uint32_t number, const Skeleton& skeleton, std::string_view value,
                      int64_t time_ns, VarReader& reader, size_t* budget) {
  if (!blanked_) return;
  if (misses_++ >= slots_.size()) Grow(budget);
  if (slots_.empty()) return;
  Blanks& blanks = blanks_[now_];
  has_ids_ = has_ids_ || std::any_of(skeleton.vars.begin(), skeleton.vars.end(), IsHex);
  if (has_ids_) BlankHexWords(value, blanks);
  // What does not come again would take the place of what does.
  if (std::exchange(slots_[blanks.hash & (slots_.size() - 1)].missed, blanks.hash) != blanks.hash) {
    return;
  }
  if (!PlaceVars(skeleton, value, time_ns, reader)) return;
  const size_t blocks = Blocks(value.size()) * kBlock;
  const size_t of_numbers = places_.Bytes(), of_others = others_.size() * sizeof(Other);
  const size_t bytes = sizeof(Form) + of_numbers + of_others + blocks;
  if (bytes > *budget) return;
  *budget -= bytes;
  char* memory = static_cast<char*>(arena_.Allocate(bytes));
  auto* form = new (memory) Form{.number = number,
                                 .size = static_cast<uint16_t>(value.size()),
                                 .others = static_cast<uint16_t>(others_.size())};
  memory += sizeof(Form);
  form->numbers = places_.Put(memory);
  form->other = reinterpret_cast<const Other*>(memory + of_numbers);
  std::copy(others_.begin(), others_.end(), reinterpret_cast<Other*>(memory + of_numbers));
  form->blocks = memory + of_numbers + of_others;
  std::memcpy(memory + of_numbers + of_others, blanks.blocks.data(), blocks);
  Insert(form, blanks.hash);
}

/// In one of its two slots, where another form may have to go.
void ValueForms::Insert(const Form* form, uint32_t hash) {
  const size_t at = hash & (slots_.size() - 1);
  Slot& slot = slots_[slots_[at].form != nullptr && slots_[at ^ 1].form == nullptr ? at ^ 1 : at];
  slot.form = form;
  slot.hash = hash;
}

/// More values have missed their form than there are slots: there is no telling which come again.
void ValueForms::Grow(size_t* budget) {
  const size_t size = std::max(kFewSlots, 4 * slots_.size()), bytes = size * sizeof(Slot);
  if (size > kMostSlots || bytes > *budget) return;
  *budget -= bytes;
  misses_ = 0;
  std::vector<Slot> old(size);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.form != nullptr) Insert(slot.form, slot.hash);
  }
}

void ValueForms::BeginPart(bool keep) {
  hits_ = 0;
  if (keep) return;
  slots_ = {};
  misses_ = 0;
  arena_.Clear();
}

void ValueForms::Forget(uint32_t number) {
  for (Slot& slot : slots_) {
    if (slot.form != nullptr && slot.form->number == number) slot.form = nullptr;
  }
}

void ValueForms::Forget() { std::fill(slots_.begin(), slots_.end(), Slot{}); }

}  // namespace pharos::events
