#include "events/column.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "base/hash.h"

namespace pharos::events {
namespace {

enum Form : uint8_t { kConst = 0, kPlain = 1, kDelta = 2, kScaled = 3, kDictionary = 4 };

uint64_t Distance(int64_t a, int64_t b) {
  return static_cast<uint64_t>(a) - static_cast<uint64_t>(b);
}

struct Texts {
  std::vector<std::string_view> distinct;
  std::vector<int64_t> numbers;
};

/// The dictionary, or false when more than half of the texts are distinct, or nearly all of the
/// first ones.
bool MakeDictionary(std::span<const std::string_view> texts, Texts* out) {
  constexpr size_t kFirst = 128;
  std::vector<uint32_t> slots(std::bit_ceil(texts.size() + 2));  // 1 + number, open addressing
  out->numbers.reserve(texts.size());
  const auto number_of = [&](std::string_view text) -> uint32_t {
    size_t at = base::HashBytes64(text) & (slots.size() - 1);
    while (slots[at] != 0 && !SameText(out->distinct[slots[at] - 1], text)) {
      at = (at + 1) & (slots.size() - 1);
    }
    if (slots[at] == 0) {
      out->distinct.push_back(text);
      slots[at] = static_cast<uint32_t>(out->distinct.size());
    }
    return slots[at] - 1;
  };
  for (size_t i = 0; i < texts.size(); ++i) {
    const bool same = i > 0 && SameView(texts[i], texts[i - 1]);
    out->numbers.push_back(same ? out->numbers.back() : number_of(texts[i]));
    if (i > 0 && out->distinct.size() * 2 > texts.size()) return false;
    if (i == kFirst && out->distinct.size() > kFirst - 8) return false;
  }
  return true;
}

void PutPlainTexts(std::string& out, std::span<const std::string_view> texts) {
  std::vector<int64_t> lengths;
  lengths.reserve(texts.size());
  size_t total = 0;
  for (const std::string_view text : texts) {
    lengths.push_back(static_cast<int64_t>(text.size()));
    total += text.size();
  }
  PutPackedInts(out, lengths);
  out.reserve(out.size() + total);
  for (const std::string_view text : texts) out += text;
}

void PutDictionary(std::string& out, const Texts& texts) {
  if (texts.distinct.size() == 1) {
    PutByte(out, kConst);
    return PutText(out, texts.distinct[0]);
  }
  PutByte(out, kDictionary);
  PutVarint(out, texts.distinct.size());
  PutPlainTexts(out, texts.distinct);
  PutPackedInts(out, texts.numbers);
}

}  // namespace

void PutInts(std::string& out, std::span<const int64_t> values) {
  if (values.empty()) return;
  const auto [min_it, max_it] = std::minmax_element(values.begin(), values.end());
  const int64_t min = *min_it;
  if (min == *max_it) {
    PutByte(out, kConst);
    PutZigZag(out, min);
    return;
  }
  if (min >= -64 && *max_it < 64) {  // a byte each: no form is shorter
    const size_t start = out.size();
    out.resize_and_overwrite(start + 1 + values.size(), [&](char* bytes, size_t) {
      char* at = bytes + start;
      *at++ = kPlain;
      for (const int64_t v : values) *at++ = static_cast<char>(ZigZag(v));
      return static_cast<size_t>(at - bytes);  // what is asked for may have become more
    });
    return;
  }
  uint64_t divisor = 0;
  size_t plain = 0, delta = 0, scaled = 0;
  int64_t previous = 0;
  for (const int64_t v : values) {
    if (divisor != 1) divisor = std::gcd(divisor, Distance(v, min));
    plain += VarintBytes(ZigZag(v));
    delta += VarintBytes(ZigZag(WrapSub(v, previous)));
    previous = v;
  }
  const auto scale = [&](int64_t v) {  // division is slow
    return divisor == 1 ? Distance(v, min) : Distance(v, min) / divisor;
  };
  for (const int64_t v : values) scaled += VarintBytes(scale(v));
  const size_t start = out.size();
  const size_t most = 32 + std::min({plain, delta, scaled});
  out.resize_and_overwrite(start + most, [&](char* bytes, size_t) {
    RawBytes raw{bytes + start};
    if (delta < plain && delta <= scaled) {
      PutByte(raw, kDelta);
      previous = 0;
      for (const int64_t v : values) {
        PutZigZag(raw, WrapSub(v, previous));
        previous = v;
      }
    } else if (scaled < plain) {
      PutByte(raw, kScaled);
      PutZigZag(raw, min);
      PutVarint(raw, divisor);
      for (const int64_t v : values) PutVarint(raw, scale(v));
    } else {
      PutByte(raw, kPlain);
      for (const int64_t v : values) PutZigZag(raw, v);
    }
    return static_cast<size_t>(raw.at - bytes);
  });
}

namespace {

/// Reads a number for each of `values`; of those that take a byte eight at a time.
void GetVarints(Reader& in, std::span<int64_t> values) {
  constexpr uint64_t kMore = 0x8080808080808080;
  size_t i = 0;
  while (i < values.size()) {
    uint64_t word = kMore;
    if (in.left() >= sizeof word) std::memcpy(&word, in.at(), sizeof word);
    if ((word & kMore) != 0 || values.size() - i < sizeof word) {
      values[i++] = static_cast<int64_t>(in.Varint());
      continue;
    }
    for (size_t k = 0; k < sizeof word; ++k) {
      values[i + k] = static_cast<uint8_t>(in.at()[k]);
    }
    in.Skip(sizeof word);
    i += sizeof word;
  }
}

void UnZigZagAll(std::span<int64_t> values) {
  for (int64_t& v : values) v = UnZigZag(static_cast<uint64_t>(v));
}

}  // namespace

void GetInts(Reader& in, size_t n, std::vector<int64_t>* values) {
  values->clear();
  if (n == 0) return;
  const uint8_t form = in.Byte();
  if (form != kConst && n > in.left()) in.Fail();
  if (!in.ok()) return;
  values->resize(n);
  int64_t previous = 0;
  switch (form) {
    case kConst: std::fill(values->begin(), values->end(), in.ZigZagged()); break;
    case kPlain:
      GetVarints(in, *values);
      UnZigZagAll(*values);
      break;
    case kDelta:
      GetVarints(in, *values);
      UnZigZagAll(*values);
      for (int64_t& v : *values) v = previous = WrapAdd(previous, v);
      break;
    case kScaled: {
      const auto min = static_cast<uint64_t>(in.ZigZagged());
      const uint64_t divisor = in.Varint();
      GetVarints(in, *values);
      for (int64_t& v : *values) {
        v = static_cast<int64_t>(min + static_cast<uint64_t>(v) * divisor);
      }
      break;
    }
    default: in.Fail();
  }
  if (!in.ok()) values->clear();
}

void PutTexts(std::string& out, std::span<const std::string_view> texts) {
  if (texts.empty()) return;
  Texts dictionary;
  if (!MakeDictionary(texts, &dictionary)) {
    PutByte(out, kPlain);
    return PutPlainTexts(out, texts);
  }
  PutDictionary(out, dictionary);
}

void PutTextsOf(std::string& out, std::span<const std::string_view> texts,
                std::span<const uint8_t> rows) {
  Texts dictionary;
  std::array<int64_t, UINT8_MAX + 1> numbers;
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto same = std::ranges::find(dictionary.distinct, texts[i]);
    numbers[i] = same - dictionary.distinct.begin();
    if (same == dictionary.distinct.end()) dictionary.distinct.push_back(texts[i]);
  }
  if (dictionary.distinct.size() > 1) {
    dictionary.numbers.reserve(rows.size());
    for (const uint8_t row : rows) dictionary.numbers.push_back(numbers[row]);
  }
  PutDictionary(out, dictionary);
}

bool PackedTexts::ParsePlain(Reader& in, size_t n) {
  PackedInts packed;
  if (!packed.Parse(in, n)) return false;
  std::vector<int64_t> lengths;
  packed.Decode(&lengths);
  starts_.resize(n + 1);
  starts_[0] = 0;
  uint64_t end = 0;
  const uint64_t left = std::min<uint64_t>(in.left(), UINT32_MAX);
  for (size_t i = 0; i < n; ++i) {
    const auto length = static_cast<uint64_t>(lengths[i]);
    if (length > left || (end += length) > left) {
      in.Fail();
      return false;
    }
    starts_[i + 1] = static_cast<uint32_t>(end);
  }
  bytes_ = in.Bytes(end);
  return in.ok();
}

bool PackedTexts::Parse(Reader& in, size_t n) {
  constant_ = true;
  dictionary_ = false;
  same_ = {};
  if (n == 0) return in.ok();
  switch (in.Byte()) {
    case kConst: same_ = in.Text(); return in.ok();
    case kPlain: constant_ = false; return ParsePlain(in, n);
    case kDictionary: {
      constant_ = false;
      dictionary_ = true;
      const uint64_t size = in.Varint();
      if (size > n || size == 0) in.Fail();
      return in.ok() && ParsePlain(in, size) && numbers_.Parse(in, n);
    }
    default: in.Fail();
  }
  return false;
}

void GetTexts(Reader& in, size_t n, std::vector<std::string_view>* texts) {
  texts->clear();
  PackedTexts packed;
  if (!packed.Parse(in, n)) return;
  texts->reserve(n);
  for (size_t i = 0; i < n; ++i) texts->push_back(packed.At(i));
}

}  // namespace pharos::events
