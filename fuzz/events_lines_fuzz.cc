// Lines on their way to disk: the values of a column come back byte for byte, and a line that fits
// a known shape has the values that the long way gives.
#include "events/shape_matcher.h"
#include "events/value_column_writer.h"

namespace {

using namespace pharos;

std::vector<std::string_view> LinesOf(std::string_view data) {
  std::vector<std::string_view> out;
  while (!data.empty()) {
    const size_t end = std::min(data.find('\n'), data.size());
    out.push_back(data.substr(0, end));
    data.remove_prefix(std::min(end + 1, data.size()));
  }
  return out;
}

/// As a part of its own, by a column that may know of others.
void Values(events::ValueColumnWriter& column, events::ValueCutter& cutter,
            const std::vector<std::string_view>& values) {
  events::IdFilterWriter filter;
  std::vector<events::ColumnWord> here;
  std::string page, words;
  bool dense = false;
  for (const std::string_view value : values) column.Add(value, 1'795'735'500'123'456'789, cutter);
  column.Settle(cutter);
  column.Finish(page, &here, &dense, filter);
  column.PutWords(words, 1);
  const auto known = events::PartWords::Decode(words, 1);
  if (!known) __builtin_trap();
  const auto read =
      events::ValueColumn::Parse(std::make_shared<const std::string>(page), *known, here);
  if (!read || (*read)->size() != values.size()) __builtin_trap();
  for (size_t i = 0; i < values.size(); ++i) {
    std::string text;
    (*read)->Append(i, 1'795'735'500'123'456'789, text);
    if (text != values[i]) __builtin_trap();
  }
}

void Shapes(const std::vector<std::string_view>& lines) {
  for (const std::string_view line : lines) {
    events::LineParts parts;
    events::CutLine(line, &parts);
    if (parts.kind == events::LineKind::kText) continue;
    events::LineShape shape;
    shape.kind = parts.kind;
    const char* at = line.data();
    for (const auto& part : parts.values) {
      shape.literals.emplace_back(at, part.value.data());
      shape.columns.push_back(0);
      shape.quoted.push_back(part.quoted);
      at = part.value.data() + part.value.size();
    }
    shape.literals.emplace_back(at, line.data() + line.size());
    const events::ShapeMatcher matcher(shape);
    std::vector<std::string_view> values(shape.columns.size());
    for (const std::string_view other : lines) {
      if (!matcher.Fits(other, values.data())) continue;
      events::CutLine(other, &parts);
      if (parts.kind != shape.kind || parts.values.size() != values.size()) __builtin_trap();
      for (size_t i = 0; i < values.size(); ++i) {
        if (parts.values[i].value != values[i]) __builtin_trap();
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto lines = LinesOf({reinterpret_cast<const char*>(data), size});
  if (lines.empty() || lines.size() > 200) return 0;
  events::ValueColumnWriter column("");
  events::ValueCutter cutter;
  Values(column, cutter, lines);
  column.BeginPart(data[0] % 2 == 0);
  const auto begin = lines.begin() + static_cast<std::ptrdiff_t>(data[0] % lines.size());
  Values(column, cutter, {begin, lines.end()});
  Shapes(lines);
  return 0;
}
