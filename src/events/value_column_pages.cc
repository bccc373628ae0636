// What a ValueColumnWriter has taken, as pages.
#include <cstring>
#include <numeric>

#include "codec/bitpack.h"
#include "events/coding.h"
#include "events/column.h"
#include "events/packed_ints.h"
#include "events/value_column_writer.h"

namespace pharos::events {
namespace {

constexpr size_t kMostVarintBytes = 10;

}  // namespace

void PutGranules(std::string& out, std::span<const uint32_t> numbers, uint32_t of) {
  if (numbers.size() == of) return PutVarint(out, 0);
  PutVarint(out, numbers.size());
  uint32_t previous = 0;
  for (const uint32_t number : numbers) {
    PutVarint(out, number - previous);
    previous = number;
  }
}

std::span<const int64_t> ValueColumnWriter::NumbersOf(const Known& known, size_t integer) {
  const std::span<const int64_t> all = known.numbers.all();
  if (known.integers == 1) return all;
  const size_t rows = all.size() / known.integers;
  const size_t stride = rows + kAtOnce;  // rows of a power of two would share cache sets
  const size_t place = integer % kAtOnce;
  if (place == 0) {
    const size_t some = std::min(kAtOnce, known.integers - integer);
    if (some_numbers_.size() < some * stride) some_numbers_.resize(some * stride);
    const auto spread = [&](auto count) {
      const int64_t* from = all.data() + integer;
      for (size_t row = 0; row < rows; ++row, from += known.integers) {
        int64_t* to = some_numbers_.data() + row;
        for (size_t i = 0; i < count; ++i, to += stride) *to = from[i];
      }
    };
    if (some == kAtOnce) {
      spread(std::integral_constant<size_t, kAtOnce>());
    } else {
      spread(some);
    }
  }
  return std::span<const int64_t>(some_numbers_).subspan(place * stride, rows);
}

void ValueColumnWriter::PutFew(std::string& out) {
  size_t most = 0;
  for (const uint32_t number : used_) {
    if (!IsFew(number)) continue;
    const Known& known = known_[number];
    most += codec::PackedBytes(known.integers, 1) + known.numbers.all().size() * kMostVarintBytes;
  }
  const size_t start = out.size();
  out.resize_and_overwrite(start + most, [&](char* bytes, size_t) {
    RawBytes to{bytes + start};
    for (const uint32_t number : used_) {
      if (IsFew(number) && known_[number].integers > 0) PutFewOf(known_[number], to);
    }
    return static_cast<size_t>(to.at - bytes);
  });
}

void ValueColumnWriter::PutFewOf(const Known& known, RawBytes& to) {
  const std::span<const int64_t> all = known.numbers.all();
  const size_t n = known.integers;
  varies_.assign(n, 0);
  for (size_t row = n; row < all.size(); row += n) {
    for (size_t i = 0; i < n; ++i) varies_[i] |= all[row + i] ^ all[i];
  }
  if (all.size() > n) {
    const size_t mask_bytes = codec::PackedBytes(n, 1);
    std::memset(to.at, 0, mask_bytes);
    for (size_t i = 0; i < n; ++i) {
      if (varies_[i] != 0) to.at[i / 8] = static_cast<char>(to.at[i / 8] | 1 << i % 8);
    }
    to.at += mask_bytes;
  }
  const auto put_all = [&](auto put) {
    for (size_t i = 0; i < n; ++i) put(i, all[i]);
    for (size_t row = n; row < all.size(); row += n) {
      for (size_t i = 0; i < n; ++i) {
        if (varies_[i] != 0) put(i, all[row + i]);
      }
    }
  };
  if (!known.has_times) {
    put_all([&](size_t, int64_t v) { PutVarint(to, static_cast<uint64_t>(v)); });
  } else {
    put_all([&](size_t i, int64_t v) {
      PutVarint(to, known.times[i] ? ZigZag(v) : static_cast<uint64_t>(v));
    });
  }
}

void ValueColumnWriter::Finish(std::string& out, std::vector<ColumnWord>* words, bool* dense,
                               IdFilterWriter& filter) {
  const size_t start = out.size();
  size_t id_bytes = 0;
  PutByte(out, 0);
  PutVarint(out, ValueColumn::kFewValues);
  PutVarint(out, codes_.size());
  for (const uint32_t number : used_) {
    words->push_back({in_part_.Of(number), words_[number].rows});
  }
  PutPackedCodes(out, codes_);
  PutFew(out);
  std::string block;
  for (const uint32_t number : used_) {
    Known& known = known_[number];
    const bool few = IsFew(number);
    size_t integer = 0;
    for (Variables& variable : known.variables) {
      if (few && variable.type.IsInteger()) continue;
      block.clear();
      if (variable.type.IsInteger()) {
        PutPackedInts(block, NumbersOf(known, integer++));
      } else if (variable.type.IdBytes() != 0) {
        filter.Add(variable.type, variable.ids);
        id_bytes += variable.ids.size();
      } else {
        PutTexts(block, variable.texts);
      }
      PutText(out, variable.ids.empty() ? block : variable.ids);
      variable.ids.clear();
      variable.texts.clear();
    }
    known.numbers.Clear();
    words_[number].rows = 0;
    words_[number].local = -1;
  }
  used_.clear();
  codes_.clear();
  *dense = id_bytes * 2 > out.size() - start;
}

void ValueColumnWriter::PutWords(std::string& out, uint32_t granules) const {
  const std::span<const uint32_t> used = in_part_.used();
  PutVarint(out, used.size());
  std::vector<uint32_t> ends(used.size());  // of each skeleton's granules in `all`
  for (const Opened& o : opened_) ++ends[o.skeleton];
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  std::vector<uint32_t> all(opened_.size()), begins = ends;
  for (auto o = opened_.rbegin(); o != opened_.rend(); ++o) all[--begins[o->skeleton]] = o->granule;
  for (size_t i = 0; i < used.size(); ++i) {
    PutText(out, words_[used[i]].view());
    PutGranules(out, std::span(all).subspan(begins[i], ends[i] - begins[i]), granules);
  }
}

}  // namespace pharos::events
