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
  constexpr uint64_t kFactor = 0x9E3779B97F4A7C15u, kOther = 0xC2B2AE3D27D4EB4Fu;
  uint64_t a = size, b = 0;
  for (size_t i = 0; i < blocks; ++i) {
    a = (a ^ Load(&out.blocks[i * kBlock])) * kFactor;
    b = (b ^ Load(&out.blocks[i * kBlock + kWord])) * kOther;
  }
  out.hash = static_cast<uint32_t>((a ^ std::rotl(b, 29)) * kFactor >> 32);
}

/// The one with the hash, which may be of another value.
inline const ValueForms::Form* ValueForms::KnownForm(uint32_t hash) const {
  if (slots_.empty()) return nullptr;
  const size_t at = hash & (slots_.size() - 1);
  if (slots_[at].hash == hash) return slots_[at].form;
  return slots_[at ^ 1].hash == hash ? slots_[at ^ 1].form : nullptr;
}

void ValueForms::Soon(std::string_view value) {
  if (!MayBlank(value)) return;
  Blanks& soon = blanks_[1 - now_];
  Blank(value, soon);
  soon.of = value;
  const Form* form = KnownForm(soon.hash);
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
  const Blanks& blanks = blanks_[now_];
  --hits_;
  const Form* form = KnownForm(blanks.hash);
  if (form == nullptr || form->size != value.size() ||
      !SameBlocks(form->blocks, blanks.blocks.data(), Blocks(value.size()))) {
    return kNone;
  }
  known_ = form;
  return form->number;
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

bool ValueForms::PlaceVars(const Skeleton& skeleton, std::string_view value, int64_t time_ns,
                           VarReader& reader) {
  places_.Begin(value.size());
  others_.clear();
  const char* begin = value.data();
  const char* end = begin + value.size();
  const char* at = begin;
  const auto has_digits = [](std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  const auto offset = [&](const char* place) { return static_cast<size_t>(place - begin); };
  for (size_t i = 0; i < skeleton.vars.size(); ++i) {
    const VarType type = skeleton.vars[i];
    if (has_digits(skeleton.literals[i])) return false;
    at += skeleton.literals[i].size();
    const char* from = at;
    VarValue unused;
    if (!reader.Read(type, &at, end, time_ns, &unused)) return false;
    const size_t length = static_cast<size_t>(at - from);
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
  return !has_digits(skeleton.literals.back());
}

void ValueForms::Keep(uint32_t number, const Skeleton& skeleton, std::string_view value,
                      int64_t time_ns, VarReader& reader, size_t* budget) {
  if (!blanked_) return;
  if (misses_++ >= slots_.size()) Grow(budget);
  if (slots_.empty()) return;
  // What does not come again would take the place of what does.
  const Blanks& blanks = blanks_[now_];
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
