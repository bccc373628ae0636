#include "events/value_column_writer.h"

#include <algorithm>
#include <utility>

#include "events/coding.h"

namespace pharos::events {
namespace {

/// A column with more skeletons than this, and more than one in four rows a new one, has no
/// structure that is worth learning.
constexpr size_t kFewSkeletons = 512;
/// After so many values without a skeleton that could be kept, one in kHopelessEach is tried.
constexpr size_t kHopeless = 64, kHopelessEach = 16;
/// Runs are of skeletons with few variables: to look at the form of a value costs less than to try
/// more of them in vain.
constexpr size_t kRunVars = 4;
/// So often the next value may have another skeleton than the last ones, and theirs is tried first
/// again: `12.50` among values with one digit behind the point.
constexpr int kTrust = 2;
constexpr size_t kSlotsEach = 4, kMostSlots = 4096;  // for constants
static_assert(kMaxSkeletons < UINT16_MAX);

/// The first and the last eight bytes. With its length they are all of a text of up to sixteen.
struct Ends {
  uint64_t front, back;
};
Ends EndsOf(std::string_view text) {
  const char* end = text.data() + text.size();
  return {LoadUpTo8(text.data(), end), LoadUpTo8(text.size() < 8 ? text.data() : end - 8, end)};
}
constexpr size_t kBothEnds = 16;

uint64_t HashOf(const Ends& ends, size_t size) {
  const uint64_t hash = (ends.front ^ std::rotl(ends.back, 29) ^ size) * 0x9E3779B97F4A7C15u;
  return (hash ^ hash >> 32) * 0xBF58476D1CE4E5B9u >> 32;
}

bool IsNumber(VarType type) {
  return type.kind == VarKind::kNumber || type.kind == VarKind::kPadded ||
         type.kind == VarKind::kDecimal;
}

/// True when the text has the skeleton, whose variables go to `out`.
bool Fit(const Skeleton& skeleton, std::string_view text, int64_t time_ns, VarReader& reader,
         VarValue* out) {
  const char* at = text.data();
  const char* end = at + text.size();
  const size_t n = skeleton.vars.size();
  for (size_t i = 0; i < n; ++i) {
    const std::string_view literal = skeleton.literals[i];
    if (static_cast<size_t>(end - at) < literal.size() ||
        !SameBytes(at, literal.data(), literal.size())) {
      return false;
    }
    at += literal.size();
    if (!reader.Read(skeleton.vars[i], &at, end, time_ns, out + i)) return false;
  }
  return SameText({at, static_cast<size_t>(end - at)}, skeleton.literals[n]);
}

/// Calls `each` with the kind as a constant: a loop in it is there once for each kind.
template <class Each>
void WithKind(VarKind kind, Each each) {
  using enum VarKind;
  switch (kind) {
    case kNumber: return each(std::integral_constant<VarKind, kNumber>());
    case kPadded: return each(std::integral_constant<VarKind, kPadded>());
    case kDecimal: return each(std::integral_constant<VarKind, kDecimal>());
    case kHex: return each(std::integral_constant<VarKind, kHex>());
    case kUpperHex: return each(std::integral_constant<VarKind, kUpperHex>());
    case kUuid: return each(std::integral_constant<VarKind, kUuid>());
    case kTime: return each(std::integral_constant<VarKind, kTime>());
    case kText: return each(std::integral_constant<VarKind, kText>());
  }
}

}  // namespace

uint32_t ValueColumnWriter::MakeKnown(std::string_view skeleton) {
  const auto number = static_cast<uint32_t>(known_.size());
  const auto [added, is_new] = numbers_.emplace(std::string(skeleton), number);
  Word& word = words_.emplace_back();
  word.text = added->first.data();
  word.length = static_cast<uint32_t>(added->first.size());
  Known& known = known_.emplace_back();
  PHAROS_CHECK(Skeleton::Parse(word.view(), &known.skeleton),
               "a skeleton of our own cannot be read");
  for (const VarType type : known.skeleton.vars) {
    known.variables.push_back({type, {}, {}});
    known.integers += type.IsInteger() ? 1 : 0;
    if (type.IsInteger()) known.times.push_back(type.kind == VarKind::kTime);
    known.has_times = known.has_times || type.kind == VarKind::kTime;
    // What is an id or a time may be numbers as well: the forms so far would say so.
    const bool plain = IsNumber(type) || type.kind == VarKind::kText;
    if (!plain && !std::exchange(has_ids_or_times_, true)) forms_.Forget();
  }
  word.vars = static_cast<uint32_t>(known.variables.size());
  tree_.Add(number, known.skeleton);
  const size_t most = std::max<size_t>(word.vars, kRunVars * waiting_.size());
  if (values_.size() < most) values_.resize(most);
  return number;
}

uint32_t ValueColumnWriter::WholeText() {
  const auto it = numbers_.find(kWholeText);
  return it != numbers_.end() ? it->second : MakeKnown(kWholeText);
}

uint32_t ValueColumnWriter::NumberOf(std::string_view skeleton, ValueCutter& cutter, bool* whole) {
  *whole = false;
  const auto it = numbers_.find(skeleton);
  if (it != numbers_.end()) return it->second;
  const bool full = known_.size() >= kMaxSkeletons || skeleton.size() > cutter.budget ||
                    (known_.size() > kFewSkeletons && known_.size() * 4 > total_rows_);
  if (full) {
    *whole = true;
    return WholeText();
  }
  cutter.budget -= skeleton.size();
  return MakeKnown(skeleton);
}

uint32_t ValueColumnWriter::Learn(const Waiting& value, ValueCutter& cutter, bool* whole) {
  cutter.splitter.Split(value.value, value.time_ns);
  const std::string& exact = cutter.splitter.skeleton();
  const std::span<const Var> vars = cutter.splitter.vars();
  if (tree_.relative() != kNone) {
    Skeleton of, wide;
    PHAROS_CHECK(Skeleton::Parse(exact, &of), "a skeleton of our own cannot be read");
    const std::string text =
        WidenedSkeleton(of, vars, known_[static_cast<size_t>(tree_.relative())].skeleton);
    PHAROS_CHECK(Skeleton::Parse(text, &wide), "a skeleton of our own cannot be read");
    if (values_.size() < wide.vars.size()) values_.resize(wide.vars.size());
    if (!text.empty() && Fit(wide, value.value, value.time_ns, cutter.reader, values_.data())) {
      const size_t known = known_.size();
      const uint32_t number = NumberOf(text, cutter, whole);
      if (known_.size() != known) forms_.Forget(static_cast<uint32_t>(tree_.relative()));
      return number;
    }
  }
  const uint32_t number = NumberOf(exact, cutter, whole);
  if (*whole) return number;
  for (size_t i = 0; i < vars.size(); ++i) {
    values_[i] = {vars[i].number, vars[i].text.data(), vars[i].text.size()};
  }
  return number;
}

/// Notes that the open granule has the skeleton.
void ValueColumnWriter::Open(uint32_t number) {
  words_[number].local = static_cast<int32_t>(used_.size());
  used_.push_back(number);
  opened_.push_back({in_part_.Of(number), granule_});
}

void ValueColumnWriter::Count(uint32_t number, size_t rows) {
  Word& word = words_[number];
  if (word.local < 0) Open(number);
  word.rows += static_cast<uint32_t>(rows);
  total_rows_ += rows;
  const auto code = static_cast<uint16_t>(word.local);
  if (rows == 1) return codes_.push_back(code);
  codes_.resize(codes_.size() + rows, code);
}

void ValueColumnWriter::AddWhole(std::string_view value) {
  const uint32_t number = WholeText();
  Count(number, 1);
  known_[number].variables[0].texts.push_back(value);
}

inline int64_t ValueColumnWriter::ConstantOf(std::string_view value) const {
  const Ends ends = EndsOf(value);
  const size_t slot = HashOf(ends, value.size()) & (slots_.size() - 1);
  for (const size_t at : {slot, slot ^ 1}) {
    const Constant& known = slots_[at];
    if (known.word == 0) return kNone;
    if (known.front != ends.front || known.back != ends.back || known.size != value.size()) {
      continue;
    }
    const uint32_t number = known.word - 1;
    if (value.size() <= kBothEnds || SameText(words_[number].view(), value)) return number;
  }
  return kNone;
}

/// Constants that find no room are found in the tree.
void ValueColumnWriter::KeepConstant(uint32_t number) {
  if (words_[number].vars != 0) return;
  const size_t slots = std::min(std::bit_ceil(++constants_ * kSlotsEach), kMostSlots);
  const auto keep = [&](uint32_t n) {
    const std::string_view text = words_[n].view();
    const Ends ends = EndsOf(text);
    const size_t slot = HashOf(ends, text.size()) & (slots - 1);
    slots_[slots_[slot].word == 0 ? slot : slot ^ 1] = {ends.front, ends.back, words_[n].length,
                                                        n + 1};
  };
  if (slots != slots_.size()) {
    slots_.assign(slots, {});
    for (uint32_t n = 0; n < number; ++n) {
      if (words_[n].vars == 0) keep(n);
    }
  }
  keep(number);
}

size_t ValueColumnWriter::TakeConstants(std::span<const Waiting> values) {
  if (constants_ == 0) return 0;
  std::array<uint16_t, kWaiting> codes;
  size_t rows = 0;
  for (const Waiting& value : values) {
    const int64_t number = ConstantOf(value.value);
    if (number == kNone) break;
    Word& word = words_[static_cast<size_t>(number)];
    if (word.local < 0) [[unlikely]] {
      Open(static_cast<uint32_t>(number));
    }
    ++word.rows;
    codes[rows++] = static_cast<uint16_t>(word.local);
  }
  total_rows_ += rows;
  codes_.insert(codes_.end(), codes.data(), codes.data() + rows);
  return rows;
}

template <VarKind kKind>
void ValueColumnWriter::Append(Known& known, Variables& to, const VarValue& value) {
  if constexpr (VarType{kKind, 0}.IsInteger()) {
    known.numbers.Add(value.number);
  } else if constexpr (kKind == VarKind::kText) {
    to.texts.emplace_back(value.text, value.size);
  } else {
    const size_t at = to.ids.size(), size = at + to.type.IdBytes();
    to.ids.resize_and_overwrite(size, [&](char* bytes, size_t) {
      IdToBytes(to.type, value.text, bytes + at);
      return size;
    });
  }
}

void ValueColumnWriter::Take(uint32_t number, const VarValue* values, size_t rows) {
  Count(number, rows);
  Known& known = known_[number];
  const size_t n = known.variables.size(), count = rows * n;
  if (known.integers == n) {
    int64_t* to = known.numbers.Room(count);
    for (size_t i = 0; i < count; ++i) to[i] = values[i].number;
    return known.numbers.Took(count);
  }
  for (size_t row = 0; row < rows; ++row) {
    int64_t* integer = known.numbers.Room(known.integers);
    for (Variables& to : known.variables) {
      if (to.type.IsInteger()) {
        *integer++ = values->number;
      } else {
        WithKind(to.type.kind, [&](auto kind) { Append<kind.value>(known, to, *values); });
      }
      ++values;
    }
    known.numbers.Took(known.integers);
  }
}

size_t ValueColumnWriter::TakeRun(const Waiting* from, size_t most, VarReader& reader) {
  const Word& word = words_[last_];
  const size_t n = word.vars;
  size_t rows = 0;
  if (n == 1) {
    rows = TakeSingles(known_[last_], {from, most}, reader);
    if (rows > 0) Count(last_, rows);
    return rows;
  }
  if (n == 0) {
    while (rows < most && SameText(from[rows].value, word.view())) ++rows;
  } else {
    const Skeleton& skeleton = known_[last_].skeleton;
    while (rows < most &&
           Fit(skeleton, from[rows].value, from[rows].time_ns, reader, values_.data() + rows * n)) {
      ++rows;
    }
  }
  if (rows > 0) Take(last_, values_.data(), rows);
  return rows;
}

size_t ValueColumnWriter::TakeSingles(Known& known, std::span<const Waiting> values,
                                      VarReader& reader) {
  const std::string_view front = known.skeleton.literals[0], back = known.skeleton.literals[1];
  Variables& to = known.variables[0];
  const uint8_t param = to.type.param;
  size_t rows = 0;
  WithKind(to.type.kind, [&](auto kind) {
    for (const Waiting& value : values) {
      const char* at = value.value.data();
      const char* end = at + value.value.size();
      if (value.value.size() < front.size() || !SameBytes(at, front.data(), front.size())) break;
      at += front.size();
      VarValue found;
      if (!reader.Read({kind.value, param}, &at, end, value.time_ns, &found)) break;
      if (!SameText({at, static_cast<size_t>(end - at)}, back)) break;
      Append<kind.value>(known, to, found);
      ++rows;
    }
  });
  return rows;
}

void ValueColumnWriter::Settle(ValueCutter& cutter) {
  const size_t count = std::exchange(waiting_count_, 0);
  forms_.EndSoon();
  for (size_t i = 0; i < count;) {
    const bool run = trust_ > 0 && words_[last_].vars <= kRunVars;
    if (run) {
      const size_t taken = TakeRun(waiting_.data() + i, count - i, cutter.reader);
      trust_ = taken > 0 ? kTrust : trust_ - 1;
      i += taken;
      if (i == count) break;
    }
    const size_t constants = TakeConstants({waiting_.data() + i, count - i});
    i += constants;
    if (constants > 0) continue;
    const Waiting& value = waiting_[i++];
    AddNow(value, run || i == count ? std::string_view() : waiting_[i].value, cutter);
  }
}

void ValueColumnWriter::KeepForm(const Waiting& value, uint32_t number, ValueCutter& cutter) {
  forms_.Keep(number, known_[number].skeleton, value.value, value.time_ns, cutter.reader,
              &cutter.forms_budget);
}

int64_t ValueColumnWriter::TakeByForm(const Waiting& value, std::string_view next,
                                      VarReader& reader) {
  const int64_t number = forms_.Find(value.value);
  if (number == kNone) return kNone;
  if (!next.empty()) forms_.Soon(next);
  const auto word = static_cast<uint32_t>(number);
  if (forms_.only_numbers()) {
    Known& known = known_[word];
    if (!forms_.ReadNumbers(value.value, known.numbers.Room(forms_.number_room()))) return kNone;
    known.numbers.Took(known.integers);
    Count(word, 1);
  } else {
    if (!forms_.Read(value.value, value.time_ns, reader, values_.data())) return kNone;
    Take(word, values_.data(), 1);
  }
  return number;
}

void ValueColumnWriter::AddNow(const Waiting& value, std::string_view next, ValueCutter& cutter) {
  int64_t number = TakeByForm(value, next, cutter.reader);
  if (number == kNone) {
    number = tree_.Find(value.value, value.time_ns, cutter.reader);
    if (number != kNone) {
      KeepForm(value, static_cast<uint32_t>(number), cutter);
      Take(static_cast<uint32_t>(number), tree_.values().data(), 1);
    }
  }
  if (number == kNone) {
    if (hopeless_ >= kHopeless && ++hopeless_ % kHopelessEach != 0) return AddWhole(value.value);
    bool whole = false;
    number = Learn(value, cutter, &whole);
    hopeless_ = whole ? hopeless_ + 1 : 0;
    if (whole) return AddWhole(value.value);
    KeepConstant(static_cast<uint32_t>(number));
    KeepForm(value, static_cast<uint32_t>(number), cutter);
    Take(static_cast<uint32_t>(number), values_.data(), 1);
  }
  const auto word = static_cast<uint32_t>(number);
  if (word == last_ || word == other_) {
    last_ = word;
    trust_ = kTrust;
  }
  other_ = word;
}

void ValueColumnWriter::BeginPart(bool forms) {
  in_part_.Clear();
  opened_.clear();
  granule_ = 0;
  hopeless_ = 0;
  forms_.BeginPart(forms);
}

}  // namespace pharos::events
