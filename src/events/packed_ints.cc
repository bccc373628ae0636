#include "events/packed_ints.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "codec/bitpack.h"

namespace pharos::events {
namespace {

constexpr size_t kMaxDictionary = kManyDistinct;
constexpr size_t kMaxDictionaryWidth = 10;
static_assert(kMaxDictionary == 1 << kMaxDictionaryWidth);
constexpr size_t kFewValues = 8;  // nothing is gained by a look at what they have in common
constexpr size_t kFirstDistances = 8, kFirstSteps = 16;
constexpr int kMaxWidth = 56;  // what one unaligned load of eight bytes can hold

uint64_t Distance(int64_t a, int64_t b) {
  return static_cast<uint64_t>(a) - static_cast<uint64_t>(b);
}

struct Extent {
  int64_t least = INT64_MAX;
  int64_t greatest = INT64_MIN;

  void Add(int64_t v) {
    least = std::min(least, v);
    greatest = std::max(greatest, v);
  }
  uint64_t Span() const { return Distance(greatest, least); }
};

/// Two at a time: a comparison waits for the one before.
[[gnu::noinline]] Extent ExtentOf(std::span<const int64_t> values) {
  Extent even, odd;
  size_t i = 0;
  for (; i + 2 <= values.size(); i += 2) {
    even.Add(values[i]);
    odd.Add(values[i + 1]);
  }
  if (i < values.size()) even.Add(values[i]);
  return {std::min(even.least, odd.least), std::max(even.greatest, odd.greatest)};
}

/// Of the distances of each to the one before.
Extent StepsOf(std::span<const int64_t> values) {
  Extent out;
  for (size_t i = 1; i < values.size(); ++i) out.Add(WrapSub(values[i], values[i - 1]));
  return out;
}

/// The greatest that divides the distances of all values to the least one, which are not all 0.
uint64_t CommonFactor(std::span<const int64_t> values, int64_t least) {
  uint64_t factor = 0;
  // A small distance to begin with makes the first division the last one.
  for (const int64_t v : values.first(std::min(values.size(), kFirstDistances))) {
    const uint64_t distance = Distance(v, least);
    if (distance != 0 && (factor == 0 || distance < factor)) factor = distance;
  }
  for (const int64_t v : values) {
    if (factor == 1) break;
    uint64_t distance = Distance(v, least);
    if (factor == 0) std::swap(factor, distance);
    for (uint64_t rest = distance == 0 ? 0 : distance % factor; rest != 0;) {
      rest = std::exchange(factor, rest) % rest;
    }
  }
  return factor;
}

/// The distinct values, sorted, as long as there are few. Found by their distance to the least one
/// where that is never large, else by a hash.
class Distinct {
 public:
  explicit Distinct(const Extent& all, size_t values)
      : least_(all.least), by_distance_(all.Span() < std::min(kSlots, kSlotsEach * values)) {
    if (by_distance_) used_slots_ = all.Span() + 1;
  }
  /// False when there are more than `most`, at most kMaxDictionary.
  bool Collect(std::span<const int64_t> values, size_t most) {
    if (!by_distance_) return CollectHashed(values, most);
    std::fill_n(numbers_.begin(), used_slots_, uint16_t{0});
    constexpr size_t kAtOnce = 64;
    while (!values.empty()) {
      const size_t some = std::min(kAtOnce, values.size());
      for (const int64_t v : values.first(some)) {
        uint16_t& number = numbers_[Distance(v, least_)];
        size_ += number == 0;
        number = 1;
      }
      if (size_ > most) return false;
      values = values.subspan(some);
    }
    return true;
  }
  void Sort() {
    if (!by_distance_) return SortHashed();
    size_t n = 0;
    for (size_t i = 0; i < used_slots_; ++i) {
      if (numbers_[i] == 0) continue;
      list_[n++] = WrapAdd(least_, static_cast<int64_t>(i));
      numbers_[i] = static_cast<uint16_t>(n);
    }
  }
  size_t size() const { return size_; }
  /// After Sort.
  std::span<const int64_t> list() const { return {list_.data(), size_}; }
  /// The place in list() of one of its values.
  uint64_t NumberOf(int64_t v) const {
    return numbers_[by_distance_ ? Distance(v, least_) : Slot(v)] - uint64_t{1};
  }

 private:
  static constexpr size_t kSlots = 2 * kMaxDictionary;
  static constexpr size_t kSlotsEach = 4;  // more are not worth to be made empty

  bool CollectHashed(std::span<const int64_t> values, size_t most) {
    const size_t slots = std::bit_ceil(std::max<size_t>(2 * most, 16));
    shift_ = 64 - std::bit_width(slots - 1);
    mask_ = slots - 1;
    std::fill_n(numbers_.begin(), slots, uint16_t{0});
    size_t at = slots;  // of the value before
    for (const int64_t v : values) {
      if (at < slots && v == slots_[at]) continue;
      at = Slot(v);
      if (numbers_[at] != 0) continue;
      if (size_ == most) return false;
      slots_[at] = v;
      numbers_[at] = 1;
      list_[size_++] = v;
    }
    return true;
  }
  void SortHashed() {
    std::sort(list_.begin(), list_.begin() + size_);
    for (size_t i = 0; i < size_; ++i) numbers_[Slot(list_[i])] = static_cast<uint16_t>(1 + i);
  }
  /// Where the value is, or may be put.
  size_t Slot(int64_t v) const {
    size_t at = (static_cast<uint64_t>(v) * 0x9E3779B97F4A7C15u) >> shift_;
    while (numbers_[at] != 0 && slots_[at] != v) at = (at + 1) & mask_;
    return at;
  }
  const int64_t least_;
  const bool by_distance_;
  size_t used_slots_ = 0;
  int shift_ = 0;
  size_t mask_ = 0;
  size_t size_ = 0;
  std::array<int64_t, kSlots> slots_;     // where numbers_ says that there is one
  std::array<uint16_t, kSlots> numbers_;  // 1 + place in list_
  std::array<int64_t, kMaxDictionary> list_;
};

/// Widths that divide a byte let zstd see the single codes.
int CodeWidth(size_t distinct) {
  const int width = codec::BitWidth(distinct - 1);
  return width == 3 ? 4 : width;
}

/// `n` codes of `width` bits: code(i) is the i-th.
template <class CodeOf>
void PutCodes(std::string& out, size_t n, int width, CodeOf code) {
  PutByte(out, static_cast<uint8_t>(width));
  std::array<uint64_t, 256> some;  // a multiple of eight ends with a whole byte
  for (size_t i = 0; i < n;) {
    const size_t count = std::min(some.size(), n - i);
    for (size_t j = 0; j < count; ++j) some[j] = code(i + j);
    codec::PackBits(some.data(), count, width, out);
    i += count;
  }
}

/// More distinct values than these, of `n` that take `width` bits each, are not worth a list.
size_t MostDistinct(size_t n, int width) {
  size_t most = 0;
  for (const int code :
       {1, 2, 4, 5, 6, 7, 8, 9, 10}) {  // a value of the list takes a byte at least
    if (code >= width) break;
    const size_t worth = n * static_cast<size_t>(width - code) / 8;
    most = std::max(most, std::min(size_t{1} << code, worth));
  }
  return std::min(most, n * 3 / 4);
}

/// False, with nothing appended, where the column would not be shorter than `bits`.
bool PutDictionary(std::string& out, std::span<const int64_t> values, const Extent& all, int width,
                   size_t bits, size_t most) {
  Distinct distinct(all, values.size());
  if (!distinct.Collect(values, std::min(most, MostDistinct(values.size(), width)))) return false;
  const size_t d = distinct.size();
  const int code_width = CodeWidth(d);
  size_t own = values.size() * static_cast<size_t>(code_width);
  if (own + 8 * d >= bits) return false;
  distinct.Sort();
  int64_t previous = 0;
  for (const int64_t v : distinct.list()) {
    own += 8 * VarintBytes(ZigZag(WrapSub(v, previous)));
    previous = v;
  }
  if (own >= bits) return false;
  PutByte(out, static_cast<uint8_t>(PackedInts::Form::kDictionary));
  PutVarint(out, d);
  previous = 0;
  for (const int64_t v : distinct.list()) {
    PutZigZag(out, WrapSub(v, previous));
    previous = v;
  }
  PutCodes(out, values.size(), code_width, [&](size_t i) { return distinct.NumberOf(values[i]); });
  return true;
}

}  // namespace

void PutPackedInts(std::string& out, std::span<const int64_t> values, size_t most_distinct) {
  using Form = PackedInts::Form;
  if (values.empty()) return;
  const size_t n = values.size();
  const auto form = [&](Form f) { PutByte(out, static_cast<uint8_t>(f)); };
  const Extent all = ExtentOf(values);
  if (all.Span() == 0) {
    form(Form::kConst);
    return PutZigZag(out, all.least);
  }
  const bool few = n < kFewValues;
  const uint64_t factor = few ? 1 : CommonFactor(values, all.least);
  const int width = codec::BitWidth(all.Span() / factor);
  const size_t reference_bits = width > kMaxWidth ? n * 64 : n * static_cast<size_t>(width);
  if (width > 2 && !few && PutDictionary(out, values, all, width, reference_bits, most_distinct)) {
    return;
  }
  const auto is_short = [&](const Extent& steps) {
    const int step_width = codec::BitWidth(steps.Span());
    return step_width <= kMaxWidth && n * static_cast<size_t>(step_width) * 5 < reference_bits * 4;
  };
  // What the first ones need all of them need at least.
  if (is_short(StepsOf(values.first(std::min(n, kFirstSteps))))) {
    if (const Extent steps = StepsOf(values); is_short(steps)) {
      form(Form::kDelta);
      PutZigZag(out, values[0]);
      PutZigZag(out, steps.least);
      PutCodes(out, n - 1, codec::BitWidth(steps.Span()),
               [&](size_t i) { return Distance(WrapSub(values[i + 1], values[i]), steps.least); });
      return;
    }
  }
  if (width > kMaxWidth) {
    form(Form::kPlain);
    for (const int64_t v : values) PutFixed(out, v);
    return;
  }
  form(Form::kReference);
  PutZigZag(out, all.least);
  PutVarint(out, factor);
  if (factor == 1) {
    PutCodes(out, n, width, [&](size_t i) { return Distance(values[i], all.least); });
  } else {
    PutCodes(out, n, width, [&](size_t i) { return Distance(values[i], all.least) / factor; });
  }
}

void PutPackedCodes(std::string& out, std::span<const uint16_t> codes) {
  using Form = PackedInts::Form;
  if (codes.empty()) return;
  uint16_t all = 0;
  for (const uint16_t code : codes) all |= code;
  if (all == 0) {
    PutByte(out, static_cast<uint8_t>(Form::kConst));
    return PutZigZag(out, 0);
  }
  PutByte(out, static_cast<uint8_t>(Form::kReference));
  PutZigZag(out, 0);
  PutVarint(out, 1);
  PutCodes(out, codes.size(), codec::BitWidth(all), [&](size_t i) { return codes[i]; });
}

bool PackedInts::TakeBits(Reader& in, size_t n) {
  width_ = in.Byte();
  if (width_ > kMaxWidth) {
    in.Fail();
    return false;
  }
  mask_ = (uint64_t{1} << width_) - 1;
  bits_ = in.Bytes(codec::PackedBytes(n, static_cast<int>(width_)));
  return in.ok();
}

bool PackedInts::Parse(Reader& in, size_t n) {
  size_ = n;
  form_ = Form::kConst;
  values_.clear();
  if (n == 0) return in.ok();
  const uint8_t form = in.Byte();
  if (form > static_cast<uint8_t>(Form::kPlain)) in.Fail();
  if (!in.ok()) return false;
  form_ = static_cast<Form>(form);
  switch (form_) {
    case Form::kConst: base_ = in.ZigZagged(); break;
    case Form::kReference:
      base_ = in.ZigZagged();
      factor_ = in.Varint();
      return TakeBits(in, n);
    case Form::kDictionary: {
      const uint64_t size = in.Count(1);
      if (size == 0 || size > kMaxDictionary) in.Fail();
      if (!in.ok()) return false;
      int64_t previous = 0;
      for (uint64_t i = 0; i < size; ++i) {
        values_.push_back(previous = WrapAdd(previous, in.ZigZagged()));
      }
      if (!TakeBits(in, n)) return false;
      if (width_ > kMaxDictionaryWidth) {
        in.Fail();
        return false;
      }
      if (mask_ < size) {
        values_.resize(mask_ + 1);
      } else {
        values_.resize(mask_ + 1, values_.back());  // damaged codes read something, not beyond
      }
      return true;
    }
    case Form::kDelta: {
      int64_t value = in.ZigZagged();
      base_ = in.ZigZagged();
      if (!TakeBits(in, n - 1)) return false;
      std::vector<int64_t> values;
      values.reserve(n);
      values.push_back(value);
      for (size_t i = 0; i + 1 < n; ++i) {
        value = WrapAdd(value, WrapAdd(base_, static_cast<int64_t>(Code(i))));
        values.push_back(value);
      }
      values_ = std::move(values);
      break;
    }
    case Form::kPlain: {
      const std::string_view bytes = in.Bytes(n * sizeof(int64_t));
      if (!in.ok()) return false;
      values_.resize(n);
      std::memcpy(values_.data(), bytes.data(), bytes.size());
      break;
    }
  }
  return in.ok();
}

/// They are codes of 64 bits, or of some times as many of which the first ones count.
PackedInts PackedInts::OneIn(size_t stride, const int64_t* first, size_t n) {
  PackedInts out;
  out.form_ = Form::kReference;
  out.size_ = n;
  out.width_ = 64 * stride;
  out.mask_ = UINT64_MAX;
  const size_t last = (n - 1) * stride;
  out.bits_ = {reinterpret_cast<const char*>(first), (last + 1) * sizeof(int64_t)};
  return out;
}

uint64_t PackedInts::MostUnsigned() const {
  const auto base = static_cast<uint64_t>(base_);
  if (size_ == 0 || form_ == Form::kConst) return base;
  if (form_ == Form::kReference && width_ <= kMaxWidth) {
    uint64_t span = 0, most = 0;
    const bool beyond =
        __builtin_mul_overflow(mask_, factor_, &span) || __builtin_add_overflow(base, span, &most);
    return beyond ? UINT64_MAX : most;
  }
  uint64_t most = 0;
  const size_t n = form_ == Form::kReference ? size_ : values_.size();
  for (size_t i = 0; i < n; ++i) {
    const int64_t v = form_ == Form::kReference ? At(i) : values_[i];
    most = std::max(most, static_cast<uint64_t>(v));
  }
  return most;
}

void PackedInts::Decode(std::vector<int64_t>* values) const {
  values->resize(size_);
  if (form_ == Form::kConst) {
    std::fill(values->begin(), values->end(), base_);
  } else if (form_ == Form::kDelta || form_ == Form::kPlain) {
    *values = values_;
  } else if (width_ == 0) {
    std::fill(values->begin(), values->end(), form_ == Form::kDictionary ? values_[0] : base_);
  } else if (width_ > kMaxWidth) {
    for (size_t i = 0; i < size_; ++i) (*values)[i] = At(i);
  } else {
    auto* out = reinterpret_cast<uint64_t*>(values->data());
    codec::UnpackBits(bits_, size_, static_cast<int>(width_), out);
    if (form_ == Form::kReference) {
      const auto base = static_cast<uint64_t>(base_);
      for (size_t i = 0; i < size_; ++i) out[i] = out[i] * factor_ + base;
    } else {
      for (size_t i = 0; i < size_; ++i) out[i] = static_cast<uint64_t>(values_[out[i]]);
    }
  }
}

void PackedInts::DecodeBelow(uint32_t limit, std::vector<uint32_t>* values) const {
  values->resize(size_);
  uint32_t* out = values->data();
  size_t i = 0;
  if (form_ == Form::kReference && base_ == 0 && factor_ == 1 && width_ > 0 && width_ <= 8) {
    // Eight codes are as many bytes as a code has bits.
    for (size_t at = 0; i + 8 <= size_ && at + 8 <= bits_.size(); i += 8, at += width_) {
      uint64_t word = 0;
      std::memcpy(&word, bits_.data() + at, 8);
      for (size_t j = 0; j < 8; ++j) {
        const auto code = static_cast<uint32_t>((word >> (j * width_)) & mask_);
        out[i + j] = code < limit ? code : 0;
      }
    }
  }
  for (; i < size_; ++i) {
    const auto code = static_cast<uint64_t>(At(i));
    out[i] = code < limit ? static_cast<uint32_t>(code) : 0;
  }
}

}  // namespace pharos::events
