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

/// Forms are given up when so many more values had none that was known than had one.
constexpr int kTries = 1024;
constexpr size_t kFewSlots = 64, kMostSlots = 4096;

enum : uint8_t {
  kRead = 1,     // a variable that the reader takes
  kNoZero = 2,   // the first digit
  kBounded = 4,  // the number has to fit into 63 bits
};

/// 10^n, and 0 for what begins.
constexpr std::array<uint64_t, 10> kTimes = [] {
  std::array<uint64_t, 10> out{};
  for (size_t i = 1; i < out.size(); ++i) out[i] = static_cast<uint64_t>(kTenTo[i]);
  return out;
}();

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

/// Apart from the loop that reads numbers, whose registers it would take.
[[gnu::noinline]] bool ReadOther(VarReader& reader, VarType type, std::string_view from,
                                 int64_t time_ns, VarValue* out) {
  const char* at = from.data();
  return reader.Read(type, &at, at + from.size(), time_ns, out);
}

}  // namespace

inline void ValueForms::Blank(std::string_view value) {
  const size_t size = value.size(), blocks = Blocks(size);
  const char* from = value.data();
  if (size < kBlock) {
    const char* end = from + size;
    const uint64_t words[] = {LoadUpTo8(from, end),
                              size > kWord ? LoadUpTo8(from + kWord, end) : 0};
    std::memcpy(short_.data(), words, sizeof words);
    BlankBlock(short_.data(), blocks_.data());
  } else {
    for (size_t i = 0; i + 1 < blocks; ++i) BlankBlock(from + i * kBlock, &blocks_[i * kBlock]);
    BlankBlock(from + size - kBlock, &blocks_[(blocks - 1) * kBlock]);  // some bytes once more
  }
  constexpr uint64_t kFactor = 0x9E3779B97F4A7C15u, kOther = 0xC2B2AE3D27D4EB4Fu;
  uint64_t a = size, b = 0;
  for (size_t i = 0; i < blocks; ++i) {
    a = (a ^ Load(&blocks_[i * kBlock])) * kFactor;
    b = (b ^ Load(&blocks_[i * kBlock + kWord])) * kOther;
  }
  hash_ = static_cast<uint32_t>((a ^ std::rotl(b, 29)) * kFactor >> 32);
}

/// The one with hash_, which may be of another value.
inline const ValueForms::Form* ValueForms::KnownForm() const {
  if (slots_.empty()) return nullptr;
  const size_t at = hash_ & (slots_.size() - 1);
  if (slots_[at].hash == hash_) return slots_[at].form;
  return slots_[at ^ 1].hash == hash_ ? slots_[at ^ 1].form : nullptr;
}

int64_t ValueForms::Find(std::string_view value) {
  known_ = nullptr;
  blanked_ = value.size() <= kMostBytes && !value.empty() && hits_ > -kTries;
  if (!blanked_) return kNone;
  Blank(value);
  --hits_;
  const Form* form = KnownForm();
  if (form == nullptr || form->size != value.size() ||
      !SameBlocks(form->blocks(), blocks_.data(), Blocks(value.size()))) {
    return kNone;
  }
  known_ = form;
  return form->number;
}

/// The number with the digits of one more step.
inline uint64_t ValueForms::Joined(const Step& step, const char* base, uint64_t number,
                                   bool* fits) {
  const uint64_t word = Load(base + step.at) >> step.right;
  number = number * kTimes[step.tens] + EightDigits(word << step.left);
  *fits &= (static_cast<uint8_t>(word) != '0') | !(step.flags & kNoZero);
  *fits &= (number <= INT64_MAX) | !(step.flags & kBounded);
  return number;
}

bool ValueForms::Done(bool fits) {
  if (fits) hits_ = std::min(hits_ + 2, kTries);
  return fits;
}

bool ValueForms::ReadNumbers(std::string_view value, int64_t* out) {
  const char* base = value.size() < kBlock ? short_.data() : value.data();
  const Step* step = known_->first();
  const Step* end = step + known_->steps;
  --out;
  uint64_t number = 0;
  bool fits = true;
  for (; step != end; ++step) {
    number = Joined(*step, base, number, &fits);
    out += step->tens == 0;
    *out = static_cast<int64_t>(number);
  }
  return Done(fits);
}

bool ValueForms::Read(std::string_view value, int64_t time_ns, VarReader& reader, VarValue* out) {
  const char* base = value.size() < kBlock ? short_.data() : value.data();
  const Step* step = known_->first();
  const Step* end = step + known_->steps;
  --out;
  uint64_t number = 0;
  bool fits = true;
  for (; step != end; ++step) {
    if (step->flags & kRead) {
      if (!ReadOther(reader, step->type, value.substr(step->at), time_ns, ++out)) return false;
      continue;
    }
    number = Joined(*step, base, number, &fits);
    out += step->tens == 0;
    out->number = static_cast<int64_t>(number);
  }
  return Done(fits);
}

/// `joins`: what is in front belongs to the same number.
void ValueForms::PlaceDigits(size_t at, size_t digits, size_t size, bool joins, uint8_t flags) {
  while (digits > 0) {
    const size_t some = digits % kWord == 0 ? kWord : digits % kWord;
    Step step{.at = static_cast<uint16_t>(at),
              .left = static_cast<uint8_t>(64 - 8 * some),
              .tens = static_cast<uint8_t>(joins ? some : 0),
              .flags = flags};
    if (size >= kBlock && at + kWord > size) {  // eight bytes that end with the digits
      step.at = static_cast<uint16_t>(at + some - kWord);
      step.right = step.left;
    }
    steps_.push_back(step);
    at += some;
    digits -= some;
    joins = true;
    flags &= static_cast<uint8_t>(~kNoZero);
  }
}

bool ValueForms::PlaceVars(const Skeleton& skeleton, std::string_view value, int64_t time_ns,
                           VarReader& reader) {
  steps_.clear();
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
      case VarKind::kNumber: {
        const auto bounded = static_cast<uint8_t>(length == kMaxNumberDigits ? kBounded : 0);
        const auto no_zero = static_cast<uint8_t>(length > 1 ? kNoZero : 0);
        PlaceDigits(offset(from), length, value.size(), false, bounded | no_zero);
        break;
      }
      case VarKind::kPadded: PlaceDigits(offset(from), length, value.size(), false, 0); break;
      case VarKind::kDecimal: {
        const size_t whole = length - type.param - 1;
        PlaceDigits(offset(from), whole, value.size(), false, whole > 1 ? kNoZero : 0);
        PlaceDigits(offset(at) - type.param, type.param, value.size(), true, 0);
        break;
      }
      default:
        steps_.push_back({.at = static_cast<uint16_t>(offset(from)), .type = type, .flags = kRead});
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
  if (std::exchange(slots_[hash_ & (slots_.size() - 1)].missed, hash_) != hash_) return;
  if (!PlaceVars(skeleton, value, time_ns, reader)) return;
  const size_t blocks = Blocks(value.size()) * kBlock;
  const size_t bytes = sizeof(Form) + steps_.size() * sizeof(Step) + blocks;
  if (bytes > *budget) return;
  *budget -= bytes;
  char* memory = static_cast<char*>(arena_.Allocate(bytes));
  const bool numbers = std::none_of(steps_.begin(), steps_.end(),
                                    [](const Step& step) { return (step.flags & kRead) != 0; });
  auto* form = new (memory) Form{.number = number,
                                 .size = static_cast<uint16_t>(value.size()),
                                 .steps = static_cast<uint16_t>(steps_.size()),
                                 .only_numbers = numbers};
  memory += sizeof(Form);
  if (!steps_.empty()) std::memcpy(memory, steps_.data(), steps_.size() * sizeof(Step));
  std::memcpy(memory + steps_.size() * sizeof(Step), blocks_.data(), blocks);
  Insert(form, hash_);
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
