#include "events/body_writer.h"

#include <algorithm>
#include <utility>

#include "events/coding.h"
#include "events/limits.h"
#include "events/packed_ints.h"
#include "events/record_codec.h"
#include "events/zstd_levels.h"

namespace pharos::events {
namespace {

using base::Result;
using model::Value;

constexpr size_t kRecentShapes = 4;
/// Behind a page that zstd could not make smaller so many of its column are stored as they are.
constexpr uint8_t kPagesUntried = 7;
/// A page is not smaller when less than one in so many of its bytes are saved.
constexpr uint64_t kWorthwhile = 16;
constexpr size_t kCacheLine = 64, kPrefetchedBytes = 1024;
/// What is known may be so much more than what a part has used.
constexpr size_t kFewKnown = 64, kKnownEach = 3;
constexpr size_t kMostKeptBytes = 1 << 20;  // of skeletons and shapes

}  // namespace

BodyWriter::BodyWriter() {
  columns_.push_back(std::make_unique<ValueColumnWriter>(std::string()));
  column_numbers_.emplace(std::string(), 0);
  LineShape text;  // number 0: any line as it is
  text.literals = {"", ""};
  text.columns = {0};
  text.quoted = {false};
  shapes_.push_back(std::move(text));
  local_of_.push_back(-1);
  granules_of_.emplace_back();
  NumberText();
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
      scratch_.size() > cutter_.budget) {
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
  cutter_.budget -= scratch_.size();
  shape_numbers_.emplace(scratch_, static_cast<uint32_t>(shapes_.size()));
  shapes_.push_back(std::move(shape));
  local_of_.push_back(-1);
  granules_of_.emplace_back();
}

/// The shape of late that the line has, kNoShape for none.
uint32_t BodyWriter::RecentShape(std::string_view line) {
  for (size_t i = 0; i < recent_.size(); ++i) {
    const uint32_t shape = recent_[i];
    if (!matchers_[shape]->Fits(line, values_.data())) continue;
    for (; i > 0; --i) std::swap(recent_[i], recent_[i - 1]);
    return shape;
  }
  return kNoShape;
}

void BodyWriter::AddLine(std::string_view line, int64_t time_ns) {
  uint32_t shape = RecentShape(line);
  if (shape == kNoShape) {
    CutLine(line, &parts_);
    if (parts_.kind == LineKind::kText) {
      CountShape(0);
      return columns_[0]->Add(line, time_ns, cutter_);
    }
    shape = ShapeOf(line, parts_);
    if (values_.size() < parts_.values.size()) values_.resize(parts_.values.size());
    if (shape == 0) {
      values_[0] = line;
    } else {
      for (size_t i = 0; i < parts_.values.size(); ++i) values_[i] = parts_.values[i].value;
      matchers_.resize(shapes_.size());
      if (!matchers_[shape]) matchers_[shape] = std::make_unique<ShapeMatcher>(shapes_[shape]);
      recent_.insert(recent_.begin(), shape);
      if (recent_.size() > kRecentShapes) recent_.pop_back();
    }
  }
  CountShape(shape);
  const std::vector<uint32_t>& columns = shapes_[shape].columns;
  for (size_t i = 0; i < columns.size(); ++i) {
    columns_[columns[i]]->Add(values_[i], time_ns, cutter_);
  }
}

void BodyWriter::Add(const Value& body, int64_t time_ns) {
  types_.push_back(static_cast<int64_t>(body.type));
  if (body.type == Value::Type::kNull && shape_codes_.empty() && soon_count_ == 0) {
    ++leading_nulls_;  // spans have nothing else, and no column then
    return;
  }
  for (; leading_nulls_ > 0; --leading_nulls_) AddWhole({});
  if (body.type == Value::Type::kString) return AddSoon(body.text, time_ns);
  if (body.type == Value::Type::kNull) return AddWhole({});
  if (body.type == Value::Type::kBytes) return AddWhole(body.text);
  encoded_.push_back(std::make_unique<std::string>());
  PHAROS_CHECK(PutValue(*encoded_.back(), body), "a body that was stored once is too deep");
  AddWhole(*encoded_.back());
}

/// Lines come from all over the memory: it is asked for some lines ahead.
void BodyWriter::AddSoon(std::string_view line, int64_t time_ns) {
  const size_t ahead = std::min(line.size(), kPrefetchedBytes);
  for (size_t at = 0; at < ahead; at += kCacheLine) __builtin_prefetch(line.data() + at);
  if (soon_count_ == soon_.size()) {
    Soon& oldest = soon_[soon_first_++ % soon_.size()];
    --soon_count_;
    AddLine(oldest.line, oldest.time_ns);
  }
  soon_[(soon_first_ + soon_count_++) % soon_.size()] = {line, time_ns};
}

void BodyWriter::AddLines() {
  for (; soon_count_ > 0; --soon_count_) {
    const Soon& oldest = soon_[soon_first_++ % soon_.size()];
    AddLine(oldest.line, oldest.time_ns);
  }
}

void BodyWriter::AddWhole(std::string_view bytes) {
  AddLines();
  CountShape(0);
  columns_[0]->Settle(cutter_);
  columns_[0]->AddWhole(bytes);
}

Result<std::string> BodyWriter::FinishGranule(io::PartWriter& writer, int level) {
  AddLines();
  std::string of_rows;
  PutPackedInts(of_rows, types_);
  PutPackedCodes(of_rows, shape_codes_);
  BodyPage head;
  head.of_rows = of_rows;
  for (const uint32_t shape : used_shapes_) {
    head.shapes.push_back(shapes_in_part_.Of(shape));
    local_of_[shape] = -1;
  }
  head.first_page = next_page_;
  std::vector<std::vector<ColumnWord>> words(columns_.size());
  for (uint32_t column = 0; column < columns_.size(); ++column) {
    columns_[column]->Settle(cutter_);
    if (columns_[column]->empty()) continue;
    std::string page;
    bool dense = false;
    columns_[column]->Finish(page, &words[column], &dense, filter_);
    head.columns.push_back({columns_in_part_.Of(column), words[column]});
    PHAROS_TRY_VOID(AddColumnPage(writer, column, page, dense, level));
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

/// Most columns are packed numbers, of which zstd makes nothing, but takes its time for.
Result<void> BodyWriter::AddColumnPage(io::PartWriter& writer, uint32_t column,
                                       std::string_view page, bool dense, int level) {
  ++next_page_;
  untried_.resize(columns_.size());
  uint8_t& untried = untried_[column];
  const bool plain = dense || untried > 0;
  if (untried > 0) --untried;
  const uint64_t before = writer.stored_bytes();
  PHAROS_TRY([[maybe_unused]] const uint32_t number,
             writer.AddPage("columns", page, plain ? io::kPageRaw : io::kPageZstd,
                            std::min(level, kColumnLevel)));
  const uint64_t stored = writer.stored_bytes() - before;
  if (!plain && stored + page.size() / kWorthwhile > page.size()) untried = kPagesUntried;
  return {};
}

Result<void> BodyWriter::Finish(io::PartWriter& writer, int level) {
  std::string page;
  PutVarint(page, columns_in_part_.used().size());
  for (const uint32_t column : columns_in_part_.used()) PutText(page, columns_[column]->path());
  PutVarint(page, shapes_in_part_.used().size());
  for (const uint32_t number : shapes_in_part_.used()) {
    LineShape shape = shapes_[number];
    for (uint32_t& column : shape.columns) column = columns_in_part_.Of(column);
    shape.Put(page);
    PutGranules(page, granules_of_[number], granule_);
  }
  PHAROS_TRY([[maybe_unused]] uint32_t number,
             writer.AddPage("shapes", page, io::kPageZstd, level));
  for (const uint32_t column : columns_in_part_.used()) {
    page.clear();
    columns_[column]->PutWords(page, granule_);
    PHAROS_TRY(number, writer.AddPage("words", page, io::kPageZstd, level));
  }
  return filter_.Finish(writer);
}

bool BodyWriter::BeginPart() {
  size_t known = shapes_.size(), used = shapes_in_part_.used().size();
  for (const auto& column : columns_) {
    known += column->known();
    used += column->used();
  }
  const bool forms = cutter_.forms_budget >= kMaxFormBytes / 2;
  if (!forms) cutter_.forms_budget = kMaxFormBytes;
  for (const auto& column : columns_) column->BeginPart(forms);
  for (const uint32_t shape : shapes_in_part_.used()) granules_of_[shape].clear();
  shapes_in_part_.Clear();
  columns_in_part_.Clear();
  NumberText();
  filter_ = {};
  sources_.clear();
  next_page_ = 0;
  granule_ = 0;
  return known <= kFewKnown + kKnownEach * used && shapes_.size() < kMaxShapes / 2 &&
         columns_.size() < kMaxLineColumns / 2 &&
         cutter_.budget >= kMaxSkeletonBytes - kMostKeptBytes;
}

}  // namespace pharos::events
