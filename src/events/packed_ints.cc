#include "events/packed_ints.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "codec/bitpack.h"

namespace pharos::events {
namespace {

constexpr size_t kMaxDictionary = 256;
constexpr int kMaxWidth = 56;  // what one unaligned load of eight bytes can hold

uint64_t Distance(int64_t a, int64_t b) {
  return static_cast<uint64_t>(a) - static_cast<uint64_t>(b);
}

/// The distinct values, sorted, as long as there are few.
class Distinct {
 public:
  /// False when there are more than kMaxDictionary, or so many that a list of them saves nothing.
  bool Collect(std::span<const int64_t> values) {
    const size_t most = std::min(kMaxDictionary, values.size() * 3 / 4);
    size_t at = kSlots;  // of the value before
    for (const int64_t v : values) {
      if (at < kSlots && v == slots_[at]) continue;
      at = Slot(v);
      if (numbers_[at] != 0) continue;
      if (list_.size() >= most) return false;
      slots_[at] = v;
      numbers_[at] = 1;
      list_.push_back(v);
    }
    std::sort(list_.begin(), list_.end());
    for (size_t i = 0; i < list_.size(); ++i) {
      numbers_[Slot(list_[i])] = static_cast<uint16_t>(1 + i);
    }
    return true;
  }
  const std::vector<int64_t>& list() const { return list_; }
  /// The place in list() of one of its values.
  uint64_t NumberOf(int64_t v) const { return numbers_[Slot(v)] - uint64_t{1}; }

 private:
  static constexpr size_t kSlots = 1024;
  /// Where the value is, or may be put.
  size_t Slot(int64_t v) const {
    size_t at = (static_cast<uint64_t>(v) * 0x9E3779B97F4A7C15u) >> 54;
    while (numbers_[at] != 0 && slots_[at] != v) at = (at + 1) % kSlots;
    return at;
  }
  std::array<int64_t, kSlots> slots_;       // where numbers_ says that there is one
  std::array<uint16_t, kSlots> numbers_{};  // 1 + place in list_
  std::vector<int64_t> list_;
};

/// Widths that divide a byte let zstd see the single codes.
int CodeWidth(size_t distinct) {
  const int width = codec::BitWidth(distinct - 1);
  return width == 3 ? 4 : width;
}

void PutCodes(std::string& out, const std::vector<uint64_t>& codes, int width) {
  PutByte(out, static_cast<uint8_t>(width));
  codec::PackBits(codes.data(), codes.size(), width, out);
}

}  // namespace

void PutPackedInts(std::string& out, std::span<const int64_t> values) {
  using Form = PackedInts::Form;
  if (values.empty()) return;
  const auto form = [&](Form f) { PutByte(out, static_cast<uint8_t>(f)); };
  int64_t min = values[0], max = values[0];
  for (const int64_t v : values) {
    min = std::min(min, v);
    max = std::max(max, v);
  }
  if (min == max) {
    form(Form::kConst);
    PutZigZag(out, min);
    return;
  }
  const size_t n = values.size();
  uint64_t factor = 0;
  for (const int64_t v : values) {
    factor = std::gcd(factor, Distance(v, min));
    if (factor == 1) break;
  }
  const int width = codec::BitWidth(Distance(max, min) / factor);
  const size_t reference_bits = width > kMaxWidth ? n * 64 : n * static_cast<size_t>(width);
  std::vector<uint64_t> codes;
  codes.reserve(n);
  if (width > 2) {
    Distinct distinct;
    if (distinct.Collect(values)) {
      const int code_width = CodeWidth(distinct.list().size());
      size_t bits = n * static_cast<size_t>(code_width);
      int64_t previous = 0;
      for (const int64_t v : distinct.list()) {
        bits += 8 * VarintBytes(ZigZag(WrapSub(v, previous)));
        previous = v;
      }
      if (bits < reference_bits) {
        form(Form::kDictionary);
        PutVarint(out, distinct.list().size());
        previous = 0;
        for (const int64_t v : distinct.list()) {
          PutZigZag(out, WrapSub(v, previous));
          previous = v;
        }
        for (const int64_t v : values) {
          codes.push_back(distinct.NumberOf(v));
        }
        PutCodes(out, codes, code_width);
        return;
      }
    }
  }
  int64_t least_step = INT64_MAX, greatest_step = INT64_MIN;
  for (size_t i = 1; i < n; ++i) {
    const int64_t step = WrapSub(values[i], values[i - 1]);
    least_step = std::min(least_step, step);
    greatest_step = std::max(greatest_step, step);
  }
  const int step_width = codec::BitWidth(Distance(greatest_step, least_step));
  if (step_width <= kMaxWidth && n * static_cast<size_t>(step_width) * 5 < reference_bits * 4) {
    form(Form::kDelta);
    PutZigZag(out, values[0]);
    std::vector<int64_t> steps;
    steps.reserve(n - 1);
    for (size_t i = 1; i < n; ++i) steps.push_back(WrapSub(values[i], values[i - 1]));
    PutZigZag(out, least_step);
    for (const int64_t step : steps) codes.push_back(Distance(step, least_step));
    PutCodes(out, codes, step_width);
    return;
  }
  if (width > kMaxWidth) {
    form(Form::kPlain);
    for (const int64_t v : values) PutFixed(out, v);
    return;
  }
  form(Form::kReference);
  PutZigZag(out, min);
  PutVarint(out, factor);
  if (factor == 1) {
    for (const int64_t v : values) codes.push_back(Distance(v, min));
  } else {
    for (const int64_t v : values) codes.push_back(Distance(v, min) / factor);
  }
  PutCodes(out, codes, width);
}

void PutPackedCodes(std::string& out, std::span<const uint16_t> codes) {
  using Form = PackedInts::Form;
  if (codes.empty()) return;
  const uint16_t most = *std::max_element(codes.begin(), codes.end());
  if (most == 0) {
    PutByte(out, static_cast<uint8_t>(Form::kConst));
    return PutZigZag(out, 0);
  }
  PutByte(out, static_cast<uint8_t>(Form::kReference));
  PutZigZag(out, 0);
  PutVarint(out, 1);
  PutCodes(out, {codes.begin(), codes.end()}, codec::BitWidth(most));
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
      if (width_ > 8) {
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

int64_t PackedInts::Most() const {
  if (size_ == 0) return INT64_MIN;
  if (form_ == Form::kConst) return base_;
  if (form_ != Form::kReference) return *std::max_element(values_.begin(), values_.end());
  int64_t span = 0, most = 0;
  const bool beyond = __builtin_mul_overflow(mask_, factor_, &span) || span < 0 ||
                      __builtin_add_overflow(base_, span, &most);
  return beyond ? INT64_MAX : most;
}

void PackedInts::Decode(std::vector<int64_t>* values) const {
  values->resize(size_);
  if (form_ == Form::kConst) {
    std::fill(values->begin(), values->end(), base_);
  } else if (form_ == Form::kDelta || form_ == Form::kPlain) {
    *values = values_;
  } else if (width_ == 0) {
    std::fill(values->begin(), values->end(), form_ == Form::kDictionary ? values_[0] : base_);
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
