#include "events/body_writer.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "events/coding.h"
#include "events/column.h"
#include "events/limits.h"
#include "events/packed_ints.h"
#include "events/record_codec.h"

namespace pharos::events {
namespace {

using base::Result;
using model::Value;

constexpr size_t kRecentShapes = 4;
/// A column with more skeletons than this, and more than one in four rows a new one, has no
/// structure that is worth learning.
constexpr size_t kFewSkeletons = 512;
/// Skeletons that are tried for a text with the same literals.
constexpr size_t kMostAlike = 8;
static_assert(kMaxSkeletons < UINT16_MAX);

/// Equal for texts that differ in digits only; what else is equal is found out by looking.
constexpr int kFewSignatureBits = 8, kSignatureBits = 12;  // while there are few skeletons, later
constexpr size_t kFewKnown = 16;
constexpr size_t kSignatureBytes = 96;
constexpr uint64_t kEachByte = 0x0101010101010101u;

/// Up to eight bytes of a text of `size` bytes, those from `at` on; zeros behind its end.
uint64_t LoadBytes(const char* text, size_t at, size_t size) {
  uint64_t word = 0;
  if (size - at >= 8) {
    std::memcpy(&word, text + at, 8);
  } else if (size >= 8) {
    std::memcpy(&word, text + size - 8, 8);
    word >>= 8 * (8 - (size - at));
  } else {
    for (size_t i = size; i > at; --i) word = word << 8 | static_cast<uint8_t>(text[i - 1]);
  }
  return word;
}

/// The high bit of each byte that is a decimal digit.
uint64_t DigitsIn(uint64_t word) {
  const uint64_t value = word ^ kEachByte * '0';
  const uint64_t others = ((value & kEachByte * 0x7F) + kEachByte * (0x7F - 9)) | value;
  return ~others & kEachByte * 0x80;
}

size_t Signature(std::string_view text, size_t slots) {
  uint64_t hash = 0;
  const auto mix = [&](uint64_t word) {
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 32;
  };
  const size_t size = std::min(text.size(), kSignatureBytes);
  for (size_t at = 0; at < size;) {
    const uint64_t word = LoadBytes(text.data(), at, size);
    const uint64_t digits = DigitsIn(word);
    if (digits == 0) {
      mix(word);
      at += 8;
      continue;
    }
    const auto before = static_cast<size_t>(std::countr_zero(digits)) / 8;
    mix((word & ((uint64_t{1} << 8 * before) - 1)) | uint64_t{'0'} << 8 * before);
    at += before;
    while (at < size && text[at] >= '0' && text[at] <= '9') ++at;
  }
  return (hash * 0x9E3779B97F4A7C15u) >> 48 & (slots - 1);
}

}  // namespace

void PutGranules(std::string& out, const std::vector<uint32_t>& numbers, uint32_t of) {
  if (numbers.size() == of) return PutVarint(out, 0);
  PutVarint(out, numbers.size());
  uint32_t previous = 0;
  for (const uint32_t number : numbers) {
    PutVarint(out, number - previous);
    previous = number;
  }
}

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
    known.variables.push_back({type, {}, {}, {}});
    const bool any_text = type.kind == VarKind::kText || word.kind == Word::kAnyText;
    word.kind = any_text ? Word::kAnyText : Word::kVariables;
  }
  return number;
}

uint32_t ValueColumnWriter::WholeText() {
  const auto it = numbers_.find(kWholeText);
  return it != numbers_.end() ? it->second : MakeKnown(kWholeText);
}

uint32_t ValueColumnWriter::NumberOf(std::string_view skeleton, size_t* budget, bool* whole) {
  *whole = false;
  const auto it = numbers_.find(skeleton);
  if (it != numbers_.end()) return it->second;
  const bool full = known_.size() >= kMaxSkeletons || skeleton.size() > *budget ||
                    (known_.size() > kFewSkeletons && known_.size() * 4 > total_rows_);
  if (full) {
    *whole = true;
    return WholeText();
  }
  *budget -= skeleton.size();
  return MakeKnown(skeleton);
}

uint32_t ValueColumnWriter::WideNumberOf(std::string_view value, int64_t time_ns,
                                         Splitter& splitter, size_t* budget, bool* whole) {
  const std::string loose = LooseSkeleton(splitter.skeleton());
  if (loose.empty() || splitter.vars().empty()) {
    return NumberOf(splitter.skeleton(), budget, whole);
  }
  *whole = false;
  std::vector<uint32_t>& alike = wide_[loose];
  for (size_t i = alike.size(); i > 0; --i) {
    if (Has(alike[i - 1], value, time_ns, splitter)) return alike[i - 1];
  }
  if (!alike.empty()) splitter.Split(value, time_ns);  // the tries have taken its result
  const std::string exact = splitter.skeleton();
  std::string wide = exact;
  Skeleton skeleton;
  PHAROS_CHECK(Skeleton::Parse(exact, &skeleton), "a skeleton of our own cannot be read");
  if (!alike.empty()) {
    wide = WidenedSkeleton(skeleton, splitter.vars(), known_[alike.back()].skeleton);
    PHAROS_CHECK(Skeleton::Parse(wide, &skeleton), "a skeleton of our own cannot be read");
  }
  if (!splitter.Fit(skeleton, value, time_ns)) {  // only Split can tell
    splitter.Split(value, time_ns);
    return NumberOf(exact, budget, whole);
  }
  const uint32_t number = NumberOf(wide, budget, whole);
  if (*whole) return number;
  if (alike.size() == kMostAlike) alike.erase(alike.begin());
  alike.push_back(number);
  return number;
}

void ValueColumnWriter::Count(uint32_t number) {
  Word& word = words_[number];
  if (word.local < 0) {
    word.local = static_cast<int32_t>(used_.size());
    used_.push_back(number);
    known_[number].granules.push_back(granule_);
  }
  ++word.rows;
  ++total_rows_;
  codes_.push_back(static_cast<uint16_t>(word.local));
}

void ValueColumnWriter::AddWhole(std::string_view value) {
  const uint32_t number = WholeText();
  Count(number);
  known_[number].variables[0].texts.push_back(value);
}

bool ValueColumnWriter::Has(uint32_t number, std::string_view value, int64_t time_ns,
                            Splitter& splitter) const {
  const Word& word = words_[number];
  if (word.kind == Word::kConstant) return SameText(value, word.view());
  return word.kind == Word::kVariables && splitter.Fit(known_[number].skeleton, value, time_ns);
}

bool ValueColumnWriter::Predict(std::string_view value, int64_t time_ns, Splitter& splitter,
                                uint32_t* number) {
  const auto has = [&](int64_t guess) {
    if (guess < 0 || !Has(static_cast<uint32_t>(guess), value, time_ns, splitter)) return false;
    *number = static_cast<uint32_t>(guess);
    return true;
  };
  if (has(recent_[0])) return true;
  return (!likely_.empty() && has(int64_t{likely_[Signature(value, likely_.size())]} - 1)) ||
         has(recent_[1]);
}

void ValueColumnWriter::Learn(std::string_view value, uint32_t number) {
  if (known_.size() <= 2) return;
  const bool few = known_.size() <= kFewKnown;
  const size_t slots = size_t{1} << (few ? kFewSignatureBits : kSignatureBits);
  if (likely_.size() != slots) likely_.assign(slots, 0);
  likely_[Signature(value, slots)] = static_cast<uint16_t>(number + 1);
}

void ValueColumnWriter::Take(uint32_t number, std::span<const Var> vars) {
  if (number != recent_[0]) {
    recent_[1] = recent_[0];
    recent_[0] = number;
  }
  Count(number);
  if (words_[number].kind == Word::kConstant) return;
  std::vector<Variables>& variables = known_[number].variables;
  for (size_t i = 0; i < variables.size(); ++i) {
    if (vars[i].type.IsInteger()) {
      variables[i].numbers.push_back(vars[i].number);
    } else if (vars[i].type.IdBytes() != 0) {
      PutId(variables[i].ids, vars[i].type, vars[i].text);
    } else {
      variables[i].texts.push_back(vars[i].text);
    }
  }
}

void ValueColumnWriter::Settle(Splitter& splitter, size_t* budget) {
  const size_t count = std::exchange(waiting_count_, 0);
  for (size_t i = 0; i < count; ++i) {
    AddNow(waiting_[i].value, waiting_[i].time_ns, splitter, budget);
  }
}

void ValueColumnWriter::AddNow(std::string_view value, int64_t time_ns, Splitter& splitter,
                               size_t* budget) {
  uint32_t number = 0;
  if (!Predict(value, time_ns, splitter, &number)) {
    splitter.Split(value, time_ns);
    bool whole = false;
    number = WideNumberOf(value, time_ns, splitter, budget, &whole);
    if (whole) return AddWhole(value);
    Learn(value, number);
  }
  Take(number, splitter.vars());
}

void ValueColumnWriter::Finish(std::string& out, std::vector<ColumnWord>* words, bool* dense,
                               IdFilterWriter& filter) {
  const size_t start = out.size();
  size_t id_bytes = 0;
  PutVarint(out, codes_.size());
  for (const uint32_t number : used_) words->push_back({number, words_[number].rows});
  PutPackedCodes(out, codes_);
  std::string block;
  for (const uint32_t number : used_) {
    Known& known = known_[number];
    for (Variables& variable : known.variables) {
      block.clear();
      if (variable.type.IsInteger()) {
        PutPackedInts(block, variable.numbers);
      } else if (variable.type.IdBytes() != 0) {
        block.swap(variable.ids);
        filter.Add(variable.type, block);
        id_bytes += block.size();
      } else {
        PutTexts(block, variable.texts);
      }
      PutText(out, block);
      variable.numbers.clear();
      variable.ids.clear();
      variable.texts.clear();
    }
    words_[number].rows = 0;
    words_[number].local = -1;
  }
  used_.clear();
  codes_.clear();
  *dense = id_bytes * 2 > out.size() - start;
}

void ValueColumnWriter::PutWords(std::string& out, uint32_t granules) const {
  PutVarint(out, known_.size());
  for (size_t i = 0; i < known_.size(); ++i) {
    PutText(out, words_[i].view());
    PutGranules(out, known_[i].granules, granules);
  }
}

BodyWriter::BodyWriter() : budget_(kMaxSkeletonBytes) {
  columns_.push_back(std::make_unique<ValueColumnWriter>(std::string()));
  column_numbers_.emplace(std::string(), 0);
  LineShape text;  // number 0: any line as it is
  text.literals = {"", ""};
  text.columns = {0};
  text.quoted = {false};
  shapes_.push_back(std::move(text));
  local_of_.push_back(-1);
  granules_of_.emplace_back();
}

void BodyWriter::CountShape(uint32_t shape) {
  if (local_of_[shape] < 0) {
    local_of_[shape] = static_cast<int32_t>(used_shapes_.size());
    used_shapes_.push_back(shape);
    granules_of_[shape].push_back(granule_);
  }
  shape_codes_.push_back(static_cast<uint16_t>(local_of_[shape]));
}

uint32_t BodyWriter::ColumnOf(std::string path) {
  const auto it = column_numbers_.find(path);
  if (it != column_numbers_.end()) return it->second;
  const auto number = static_cast<uint32_t>(columns_.size());
  columns_.push_back(std::make_unique<ValueColumnWriter>(path));
  columns_.back()->BeginGranule(granule_);
  column_numbers_.emplace(std::move(path), number);
  return number;
}

/// The number of the line's shape, which is made where it is new; 0 for a line as it is.
uint32_t BodyWriter::ShapeOf(std::string_view line, const LineParts& parts) {
  if (parts.kind == LineKind::kText) return 0;
  scratch_.assign(1, static_cast<char>(parts.kind));
  const char* at = line.data();
  for (const LineParts::Part& part : parts.values) {
    scratch_.append(at, part.value.data());
    scratch_ += '\0';
    at = part.value.data() + part.value.size();
  }
  scratch_.append(at, line.data() + line.size());
  const auto it = shape_numbers_.find(scratch_);
  if (it != shape_numbers_.end()) return it->second;
  if (shapes_.size() >= kMaxShapes || columns_.size() + parts.values.size() > kMaxLineColumns ||
      scratch_.size() > budget_) {
    return 0;
  }
  LineShape shape;
  shape.kind = parts.kind;
  at = line.data();
  for (const LineParts::Part& part : parts.values) {
    shape.literals.emplace_back(at, part.value.data());
    at = part.value.data() + part.value.size();
    std::string path = parts.Path(part);
    uint32_t column = ColumnOf(path);
    while (std::find(shape.columns.begin(), shape.columns.end(), column) != shape.columns.end()) {
      column = ColumnOf(path += '\2');  // the same key again
    }
    shape.columns.push_back(column);
    shape.quoted.push_back(part.quoted);
  }
  shape.literals.emplace_back(at, line.data() + line.size());
  AddShape(std::move(shape));
  return static_cast<uint32_t>(shapes_.size() - 1);
}

/// Whose key is in scratch_.
void BodyWriter::AddShape(LineShape shape) {
  budget_ -= scratch_.size();
  shape_numbers_.emplace(scratch_, static_cast<uint32_t>(shapes_.size()));
  shapes_.push_back(std::move(shape));
  local_of_.push_back(-1);
  granules_of_.emplace_back();
}

void BodyWriter::AddLine(std::string_view line, int64_t time_ns) {
  uint32_t shape = 0;
  bool known = false;
  for (size_t i = 0; i < recent_.size(); ++i) {
    if (!shapes_[recent_[i]].Fits(line, &values_)) continue;
    shape = recent_[i];
    known = true;
    if (i > 0)
      std::rotate(recent_.begin(), recent_.begin() + static_cast<ptrdiff_t>(i),
                  recent_.begin() + static_cast<ptrdiff_t>(i) + 1);
    break;
  }
  if (!known) {
    CutLine(line, &parts_);
    shape = ShapeOf(line, parts_);
    values_.clear();
    if (shape == 0) {
      values_.push_back(line);
    } else {
      for (const LineParts::Part& part : parts_.values) values_.push_back(part.value);
      recent_.insert(recent_.begin(), shape);
      if (recent_.size() > kRecentShapes) recent_.pop_back();
    }
  }
  CountShape(shape);
  const std::vector<uint32_t>& columns = shapes_[shape].columns;
  for (size_t i = 0; i < columns.size(); ++i) {
    columns_[columns[i]]->Add(values_[i], time_ns, splitter_, &budget_);
  }
}

void BodyWriter::Add(const Value& body, int64_t time_ns) {
  types_.push_back(static_cast<int64_t>(body.type));
  if (body.type == Value::Type::kNull && shape_codes_.empty()) {
    ++leading_nulls_;  // spans have nothing else, and no column then
    return;
  }
  for (; leading_nulls_ > 0; --leading_nulls_) AddWhole({});
  if (body.type == Value::Type::kString) return AddLine(body.text, time_ns);
  if (body.type == Value::Type::kNull) return AddWhole({});
  if (body.type == Value::Type::kBytes) return AddWhole(body.text);
  encoded_.push_back(std::make_unique<std::string>());
  PHAROS_CHECK(PutValue(*encoded_.back(), body), "a body that was stored once is too deep");
  AddWhole(*encoded_.back());
}

void BodyWriter::AddWhole(std::string_view bytes) {
  CountShape(0);
  columns_[0]->Settle(splitter_, &budget_);
  columns_[0]->AddWhole(bytes);
}

Result<std::string> BodyWriter::FinishGranule(io::PartWriter& writer, int level) {
  std::string of_rows;
  PutPackedInts(of_rows, types_);
  PutPackedCodes(of_rows, shape_codes_);
  BodyPage head;
  head.of_rows = of_rows;
  head.shapes = used_shapes_;
  for (const uint32_t shape : used_shapes_) local_of_[shape] = -1;
  head.first_page = next_page_;
  std::vector<std::vector<ColumnWord>> words(columns_.size());
  for (uint32_t column = 0; column < columns_.size(); ++column) {
    columns_[column]->Settle(splitter_, &budget_);
    if (columns_[column]->empty()) continue;
    std::string page;
    bool dense = false;
    columns_[column]->Finish(page, &words[column], &dense, filter_);
    head.columns.push_back({column, words[column]});
    PHAROS_TRY([[maybe_unused]] const uint32_t number,
               writer.AddPage("columns", page, dense ? io::kPageRaw : io::kPageZstd, level));
    ++next_page_;
  }
  PHAROS_TRY_VOID(filter_.FinishGranule(writer));
  used_shapes_.clear();
  shape_codes_.clear();
  types_.clear();
  encoded_.clear();
  texts_.Clear();
  leading_nulls_ = 0;
  ++granule_;
  for (const auto& column : columns_) column->BeginGranule(granule_);
  return head.Encode();
}

Result<void> BodyWriter::Finish(io::PartWriter& writer, int level) {
  std::string page;
  PutVarint(page, columns_.size());
  for (const auto& column : columns_) PutText(page, column->path());
  PutVarint(page, shapes_.size());
  for (size_t i = 0; i < shapes_.size(); ++i) {
    shapes_[i].Put(page);
    PutGranules(page, granules_of_[i], granule_);
  }
  PHAROS_TRY([[maybe_unused]] uint32_t number,
             writer.AddPage("shapes", page, io::kPageZstd, level));
  for (const auto& column : columns_) {
    page.clear();
    column->PutWords(page, granule_);
    PHAROS_TRY(number, writer.AddPage("words", page, io::kPageZstd, level));
  }
  return filter_.Finish(writer);
}

}  // namespace pharos::events
