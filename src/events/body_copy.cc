// Bodies from part to part when parts are merged: shapes and skeletons are mapped, variables
// copied; no line is put together and taken apart again.
#include "events/body_reader.h"
#include "events/body_writer.h"
#include "events/limits.h"

namespace pharos::events {

using model::Value;

bool ValueColumnWriter::AddCopy(const ValueColumn& from, size_t place,
                                std::vector<uint32_t>* learned, ValueCutter& cutter,
                                size_t* bytes) {
  const uint32_t local = from.LocalOf(place);
  const ValueColumn::Local& words = from.locals()[local];
  if (words.number >= learned->size()) learned->resize(words.number + 1);
  uint32_t& known = (*learned)[words.number];
  if (known == 0) {
    bool whole = false;
    const uint32_t number = NumberOf(from.skeleton_text(local), cutter, &whole);
    if (whole) return false;  // asked again: there may be room later
    known = number + 1;
  }
  Count(known - 1, 1);
  std::vector<Variables>& variables = known_[known - 1].variables;
  *bytes += words_[known - 1].length;
  if (variables.empty()) return true;
  const size_t ordinal = from.OrdinalOf(place);
  for (size_t i = 0; i < variables.size(); ++i) {
    const ValueColumn::Variable& variable = words.variables[i];
    if (variable.type.IsInteger()) {
      known_[known - 1].numbers.Add(variable.numbers.At(ordinal));
      *bytes += sizeof(int64_t);
    } else if (const size_t size = variable.type.IdBytes(); size != 0) {
      variables[i].ids.append(variable.ids, ordinal * size, size);
      *bytes += 2 * size;
    } else {
      variables[i].texts.push_back(variable.texts.At(ordinal));
      *bytes += variables[i].texts.back().size();
    }
  }
  return true;
}

/// The number here of a shape of another part, kNone where it has no room.
int64_t BodyWriter::ShapeHere(const PartShapes& shapes, uint32_t number, Source& source) {
  if (source.shapes.empty()) {
    source.shapes.assign(shapes.shapes.size(), Source::kUnknown);
    source.columns.assign(shapes.paths.size(), Source::kUnknown);
    source.skeletons.resize(shapes.paths.size());
    source.shapes[0] = source.columns[0] = 0;  // text as it is
  }
  int64_t& here = source.shapes[number];
  if (here != Source::kUnknown) return here;
  LineShape shape = shapes.shapes[number];
  scratch_.assign(1, static_cast<char>(shape.kind));
  for (size_t i = 0; i < shape.literals.size(); ++i) {
    if (i > 0) scratch_ += '\0';
    scratch_ += shape.literals[i];
  }
  const auto it = shape_numbers_.find(scratch_);
  const bool room = shapes_.size() < kMaxShapes && scratch_.size() <= cutter_.budget &&
                    columns_.size() + shape.columns.size() <= kMaxLineColumns;
  if (it == shape_numbers_.end() && !room) return here = Source::kNone;
  for (uint32_t& column : shape.columns) {
    int64_t& known = source.columns[column];
    if (known == Source::kUnknown) known = ColumnOf(shapes.paths[column]);
    column = static_cast<uint32_t>(known);
  }
  if (it != shape_numbers_.end()) return here = it->second;
  AddShape(std::move(shape));
  return here = static_cast<int64_t>(shapes_.size()) - 1;
}

size_t BodyWriter::CopyValues(GranuleBodies& from, uint32_t row, uint32_t shape, Source& source,
                              int64_t time_ns) {
  size_t bytes = 0;
  for (const std::string& literal : from.shapes().shapes[shape].literals) bytes += literal.size();
  for (const uint32_t column : from.shapes().shapes[shape].columns) {
    const ValueColumn& values = from.OpenedColumn(column);
    const size_t place = from.PlaceOf(column, row);
    ValueColumnWriter& to = *columns_[static_cast<size_t>(source.columns[column])];
    to.Settle(cutter_);
    if (to.AddCopy(values, place, &source.skeletons[column], cutter_, &bytes)) continue;
    scratch_.clear();
    values.Append(place, time_ns, scratch_);
    to.AddWhole(texts_.Copy(scratch_));
    bytes += scratch_.size();
  }
  return bytes;
}

size_t BodyWriter::AddCopy(GranuleBodies& from, uint32_t row, uint32_t source_number,
                           int64_t time_ns) {
  if (from.AllNull()) {
    Add({}, time_ns);
    return 0;
  }
  if (sources_.size() <= source_number) sources_.resize(source_number + 1);
  Source& source = sources_[source_number];
  const uint32_t shape = from.ShapeOf(row);
  const int64_t here = ShapeHere(from.shapes(), shape, source);
  if (here == Source::kNone) {  // a line, since other bodies are shape 0
    scratch_.clear();
    from.Append(row, scratch_);
    const std::string_view line = texts_.Copy(scratch_);
    Add(Value::String(line), time_ns);
    return line.size();
  }
  for (; leading_nulls_ > 0; --leading_nulls_) AddWhole({});
  AddLines();
  types_.push_back(static_cast<int64_t>(from.TypeOf(row)));
  CountShape(static_cast<uint32_t>(here));
  return CopyValues(from, row, shape, source, time_ns);
}

}  // namespace pharos::events
