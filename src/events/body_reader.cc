#include "events/body_reader.h"

#include <algorithm>

#include "codec/bitpack.h"
#include "events/coding.h"
#include "events/limits.h"
#include "events/part.h"
#include "events/record_codec.h"

namespace pharos::events {
namespace {

constexpr size_t kMostFirstWords = 1024;  // room made at once for the words of a page

using base::Result;
using model::Value;

std::unexpected<base::Error> Corrupt(std::string_view what) {
  return base::Fail(base::ErrorKind::kCorrupt, std::string(what) + " cannot be read");
}

uint32_t IntegersOf(const Skeleton& skeleton) {
  return static_cast<uint32_t>(std::count_if(skeleton.vars.begin(), skeleton.vars.end(),
                                             [](VarType type) { return type.IsInteger(); }));
}

/// Only distances to the event's time may be negative.
int64_t GetInteger(Reader& in, VarType type) {
  return type.kind == VarKind::kTime ? in.ZigZagged() : static_cast<int64_t>(in.Varint());
}

/// The `n` numbers each of `rows` values with the skeleton, to `out`; what is behind them.
int64_t* GetFew(Reader& in, const Skeleton& skeleton, size_t n, size_t rows, int64_t* out) {
  if (n == 0) return out;
  const std::string_view varies =
      rows > 1 ? in.Bytes(codec::PackedBytes(n, 1)) : std::string_view();
  if (!in.ok()) return out + rows * n;
  const int64_t* first = out;
  for (size_t row = 0; row < rows; ++row) {
    size_t i = 0;
    for (const VarType type : skeleton.vars) {
      if (!type.IsInteger()) continue;
      const bool here = row == 0 || (varies[i / 8] >> i % 8 & 1) != 0;
      *out++ = here ? GetInteger(in, type) : first[i];
      ++i;
    }
  }
  return out;
}

}  // namespace

void GranuleSet::Add(Reader& in) {
  const uint64_t n = in.Varint();
  if (n == 0) return AddAll();
  uint64_t number = 0;
  for (uint64_t i = 0; i < n && in.ok(); ++i) {
    number += in.Varint();
    if (number >= bits_.size()) return in.Fail();
    bits_[number] = true;
  }
}

void GranuleSet::Unite(const GranuleSet& other) {
  for (size_t i = 0; i < bits_.size(); ++i) bits_[i] = bits_[i] || other.bits_[i];
}

void GranuleSet::Intersect(const GranuleSet& other) {
  for (size_t i = 0; i < bits_.size(); ++i) bits_[i] = bits_[i] && other.bits_[i];
}

Result<std::shared_ptr<const PartShapes>> PartShapes::Decode(std::string_view page,
                                                             size_t granules) {
  Reader in(page);
  auto out = std::make_shared<PartShapes>();
  const uint64_t columns = in.Count(1);
  for (uint64_t i = 0; i < columns; ++i) out->paths.emplace_back(in.Text());
  const uint64_t shapes = in.Count(4);
  for (uint64_t i = 0; i < shapes && in.ok(); ++i) {
    out->shapes.push_back(LineShape::Get(in, columns));
    out->granules.emplace_back(granules).Add(in);
  }
  if (!in.ok() || !in.AtEnd()) return Corrupt("the page of line shapes");
  return out;
}

Result<std::shared_ptr<const PartWords>> PartWords::Decode(std::string page, size_t granules) {
  auto out = std::make_shared<PartWords>();
  out->page = std::move(page);
  Reader in(out->page);
  const uint64_t n = in.Count(1);
  out->texts.reserve(n);
  out->skeletons.resize(n);
  for (uint64_t i = 0; i < n && in.ok(); ++i) {
    out->texts.push_back(in.Text());
    if (!Skeleton::Parse(out->texts.back(), &out->skeletons[i])) in.Fail();
    const char* start = in.at();
    const uint64_t named = in.Varint();
    uint64_t number = 0;
    for (uint64_t g = 0; g < named && in.ok(); ++g) number += in.Varint();
    if (number >= granules && named > 0) in.Fail();
    out->granules.emplace_back(start, static_cast<size_t>(in.at() - start));
  }
  if (!in.ok() || !in.AtEnd()) return Corrupt("a page of skeletons");
  return out;
}

Result<BodyPage> BodyPage::Parse(std::string_view page, size_t rows) {
  Reader in(page);
  BodyPage out;
  out.shapes.resize(in.Count(1));
  const char* start = in.at();
  if (!out.types.Parse(in, rows)) return Corrupt("bodies");
  if (!out.shapes.empty() && !out.codes.Parse(in, rows)) return Corrupt("bodies");
  out.of_rows = {start, static_cast<size_t>(in.at() - start)};
  for (uint32_t& shape : out.shapes) shape = static_cast<uint32_t>(in.Varint());
  out.first_page = in.Varint();
  out.columns.resize(in.Count(2));
  std::vector<size_t> ends;
  ends.reserve(out.columns.size());
  out.words.reserve(std::min(in.left() / 2, kMostFirstWords));
  for (Column& column : out.columns) {
    column.number = static_cast<uint32_t>(in.Varint());
    for (uint64_t left = in.Count(2); left > 0; --left) {
      const auto number = static_cast<uint32_t>(in.Varint());
      out.words.push_back({number, static_cast<uint32_t>(in.Varint())});
    }
    ends.push_back(out.words.size());
  }
  if (!in.ok() || !in.AtEnd()) return Corrupt("bodies");
  size_t begin = 0;
  for (size_t i = 0; i < ends.size(); ++i) {
    out.columns[i].words = {out.words.data() + begin, ends[i] - begin};
    begin = ends[i];
  }
  return out;
}

std::string BodyPage::Encode() const {
  std::string out;
  PutVarint(out, shapes.size());
  out += of_rows;
  for (const uint32_t shape : shapes) PutVarint(out, shape);
  PutVarint(out, first_page);
  PutVarint(out, columns.size());
  for (const Column& column : columns) {
    PutVarint(out, column.number);
    PutVarint(out, column.words.size());
    for (const ColumnWord& word : column.words) {
      PutVarint(out, word.number);
      PutVarint(out, word.values);
    }
  }
  return out;
}

void ValueColumn::ParseFew(Reader& in, uint64_t few) {
  if (few > kMostFewValues) return in.Fail();
  size_t count = 0, least = 0;
  for (const Local& local : locals_) {
    if (local.rows >= few) continue;
    count += size_t{local.rows} * local.integers;
    least += local.integers;
  }
  // A byte of the page each, and of the lines.
  if (least > in.left() || count > kGranuleBytes + kMaxRecordBytes) return in.Fail();
  few_numbers_.resize(count);
  int64_t* to = few_numbers_.data();
  for (const Local& local : locals_) {
    if (local.rows >= few) continue;
    to = GetFew(in, words_->skeletons[local.number], local.integers, local.rows, to);
  }
}

bool ValueColumn::ParseLocal(Reader& in, const int64_t* numbers, Local& local) {
  const Skeleton& skeleton = words_->skeletons[local.number];
  local.variables.reserve(skeleton.vars.size());
  for (const VarType type : skeleton.vars) {
    Variable& variable = local.variables.emplace_back();
    variable.type = type;
    if (type.IsInteger() && numbers != nullptr) {
      variable.numbers = PackedInts::OneIn(local.integers, numbers++, local.rows);
      continue;
    }
    Reader block(in.Text());
    if (type.IsInteger()) {
      variable.numbers.Parse(block, local.rows);
    } else if (type.IdBytes() != 0) {
      variable.ids = block.Bytes(local.rows * type.IdBytes());
    } else {
      variable.texts.Parse(block, local.rows);
    }
    if (!block.ok() || !block.AtEnd()) return false;
  }
  return true;
}

Result<std::unique_ptr<ValueColumn>> ValueColumn::Parse(PageBytes page,
                                                        std::shared_ptr<const PartWords> words,
                                                        std::span<const ColumnWord> here) {
  auto out = std::make_unique<ValueColumn>();
  out->page_ = std::move(page);
  out->words_ = std::move(words);
  Reader in(*out->page_);
  out->size_ = in.Varint();
  uint64_t few = 0;
  if (out->size_ == 0) {  // up to version 7 a column begins with its size
    few = in.Varint();
    out->size_ = in.Varint();
  }
  if (out->size_ > kGranuleRows) in.Fail();
  out->locals_.resize(here.size());
  uint64_t rows = 0;
  for (size_t i = 0; i < here.size(); ++i) {
    Local& local = out->locals_[i];
    local.number = here[i].number;
    local.rows = here[i].values;
    rows += local.rows;
    if (local.number >= out->words_->skeletons.size() || local.rows > out->size_ ||
        local.rows == 0) {
      in.Fail();
      break;
    }
    local.integers = IntegersOf(out->words_->skeletons[local.number]);
  }
  if (rows != out->size_ || !in.ok() || !out->codes_.Parse(in, out->size_)) {
    return Corrupt("a column of values");
  }
  out->ParseFew(in, few);
  if (!in.ok()) return Corrupt("a column of values");
  const int64_t* numbers = out->few_numbers_.data();
  for (Local& local : out->locals_) {
    const bool is_few = local.rows < few;
    if (!out->ParseLocal(in, is_few ? numbers : nullptr, local)) {
      return Corrupt("a column of values");
    }
    if (is_few) numbers += size_t{local.rows} * local.integers;
  }
  if (!in.ok() || !in.AtEnd()) return Corrupt("a column of values");
  return out;
}

void ValueColumn::DecodeLocals(std::vector<uint32_t>* locals) const {
  codes_.DecodeBelow(static_cast<uint32_t>(locals_.size()), locals);
}

uint32_t ValueColumn::OrdinalOf(size_t i) const {
  if (locals_.size() == 1) return static_cast<uint32_t>(i);
  if (ordinals_.empty()) {
    std::vector<uint32_t> next(locals_.size());
    std::vector<uint32_t> codes;
    DecodeLocals(&codes);
    ordinals_.resize(size_);
    for (size_t row = 0; row < size_; ++row) {
      const uint32_t local = codes[row];
      // Codes of a damaged page may not be what the counts say; nothing beyond is read.
      ordinals_[row] = std::min(next[local]++, locals_[local].rows - 1);
    }
  }
  return ordinals_[i];
}

void ValueColumn::AppendOf(uint32_t number, size_t i, int64_t time_ns, std::string& out) const {
  const Local& local = locals_[number];
  const Skeleton& skeleton = words_->skeletons[local.number];
  const size_t n = local.variables.size();
  if (n == 0) {
    out += skeleton.literals[0];
    return;
  }
  const uint32_t ordinal = OrdinalOf(i);
  for (size_t v = 0; v < n; ++v) {
    out += skeleton.literals[v];
    const Variable& variable = local.variables[v];
    if (variable.type.IsInteger()) {
      AppendInteger(out, variable.type, variable.numbers.At(ordinal), time_ns);
    } else if (const size_t bytes = variable.type.IdBytes(); bytes != 0) {
      AppendId(out, variable.type, variable.ids.data() + ordinal * bytes);
    } else {
      out += variable.texts.At(ordinal);
    }
  }
  out += skeleton.literals[n];
}

Result<std::unique_ptr<GranuleBodies>> GranuleBodies::Open(const Part& part, uint32_t granule,
                                                           size_t rows,
                                                           const std::vector<int64_t>* times,
                                                           Keep keep, PageBytes page) {
  std::unique_ptr<GranuleBodies> out(new GranuleBodies(part, granule, rows, times, keep));
  out->page_ = std::move(page);
  PHAROS_TRY_VOID(out->Load());
  return out;
}

Result<void> GranuleBodies::Load() {
  PHAROS_TRY(shapes_, part_.Shapes());
  if (!page_) {
    PHAROS_TRY(page_, part_.SharedPage("body", granule_, keep_));
  }
  PHAROS_TRY(BodyPage body, BodyPage::Parse(*page_, rows_));
  types_ = std::move(body.types);
  codes_ = std::move(body.codes);
  shapes_here_ = std::move(body.shapes);
  words_here_ = std::move(body.words);
  for (const uint32_t shape : shapes_here_) {
    if (shape >= shapes_->shapes.size()) return Corrupt("bodies");
  }
  page_of_.assign(shapes_->paths.size(), -1);
  words_of_.resize(shapes_->paths.size());
  opened_.resize(shapes_->paths.size());
  if (body.first_page + body.columns.size() > INT32_MAX) return Corrupt("bodies");
  for (size_t i = 0; i < body.columns.size(); ++i) {
    const BodyPage::Column& column = body.columns[i];
    if (column.number >= page_of_.size()) return Corrupt("bodies");
    page_of_[column.number] = static_cast<int32_t>(body.first_page + i);
    words_of_[column.number] = column.words;
  }
  constexpr auto kMost = static_cast<uint64_t>(Value::Type::kMap);
  for (size_t i = 0; i < rows_; ++i) {
    const auto type = static_cast<uint64_t>(types_.At(i));
    if (type > kMost || (shapes_here_.empty() && type != 0)) return Corrupt("bodies");
    if (types_.constant()) break;
  }
  return {};
}

void GranuleBodies::FindPlaces(uint32_t column, Opened& opened) const {
  std::vector<uint8_t> has;
  opened.everywhere = true;
  for (const uint32_t shape : shapes_here_) {
    const auto& columns = shapes_->shapes[shape].columns;
    has.push_back(std::find(columns.begin(), columns.end(), column) != columns.end() ? 1 : 0);
    opened.everywhere = opened.everywhere && has.back() != 0;
  }
  if (opened.everywhere) return;
  opened.places.resize(rows_);
  uint32_t next = 0;
  std::vector<uint32_t> codes;
  codes_.DecodeBelow(static_cast<uint32_t>(has.size()), &codes);
  for (size_t row = 0; row < rows_; ++row) {
    opened.places[row] = next;
    next += has[codes[row]];
  }
  opened.places.push_back(next);
}

Result<const ValueColumn*> GranuleBodies::Column(uint32_t column) {
  if (opened_[column]) return opened_[column]->column.get();
  if (page_of_[column] < 0) return Corrupt("a column that lines are made of");
  PHAROS_TRY(auto words, part_.Words(column));
  PHAROS_TRY(PageBytes page,
             part_.SharedPage("columns", static_cast<uint32_t>(page_of_[column]), keep_));
  auto opened = std::make_unique<Opened>();
  bytes_ += page->capacity() + rows_ * sizeof(uint32_t);
  PHAROS_TRY(opened->column,
             ValueColumn::Parse(std::move(page), std::move(words), words_of_[column]));
  bytes_ += opened->column->Bytes();
  FindPlaces(column, *opened);
  const size_t values = opened->everywhere ? rows_ : opened->places.back();
  if (opened->column->size() != values) return Corrupt("a column of values");
  opened_[column] = std::move(opened);
  return opened_[column]->column.get();
}

Result<void> GranuleBodies::OpenFor(const std::vector<uint32_t>& rows) {
  std::vector<bool> done(shapes_here_.size());
  for (const uint32_t row : rows) {
    if (shapes_here_.empty()) break;
    const uint32_t local = LocalShapeOf(row);
    if (done[local]) continue;
    done[local] = true;
    for (const uint32_t column : shapes_->shapes[shapes_here_[local]].columns) {
      PHAROS_TRY([[maybe_unused]] const ValueColumn* opened, Column(column));
    }
  }
  return {};
}

Result<void> GranuleBodies::OpenAll() {
  for (const uint32_t shape : shapes_here_) {
    for (const uint32_t column : shapes_->shapes[shape].columns) {
      PHAROS_TRY([[maybe_unused]] const ValueColumn* opened, Column(column));
    }
  }
  return {};
}

void GranuleBodies::Append(size_t row, std::string& out) {
  if (shapes_here_.empty()) return;
  const LineShape& shape = shapes_->shapes[ShapeOf(row)];
  const int64_t time_ns = (*times_)[row];
  for (size_t i = 0; i < shape.columns.size(); ++i) {
    out += shape.literals[i];
    opened_[shape.columns[i]]->column->Append(PlaceOf(shape.columns[i], row), time_ns, out);
  }
  out += shape.literals.back();
}

bool GranuleBodies::Get(size_t row, base::Arena& arena, Value* value) {
  const auto type = static_cast<Value::Type>(types_.At(row));
  if (type == Value::Type::kNull) {
    *value = {};
    return true;
  }
  scratch_.clear();
  Append(row, scratch_);
  const std::string_view bytes = arena.Copy(scratch_);
  if (type == Value::Type::kString) {
    *value = Value::String(bytes);
  } else if (type == Value::Type::kBytes) {
    *value = Value::Bytes(bytes);
  } else {
    Reader in(bytes);
    *value = GetValue(in, arena);
    return in.ok();
  }
  return true;
}

}  // namespace pharos::events
