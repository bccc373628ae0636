#include "events/joined_words.h"

#include "events/body_writer.h"
#include "events/coding.h"

namespace pharos::events {
namespace {

using base::Result;

std::string KeyOf(const LineShape& shape) {
  std::string key(1, static_cast<char>(shape.kind));
  for (size_t i = 0; i < shape.literals.size(); ++i) {
    if (i > 0) key += '\0';
    key += shape.literals[i];
  }
  return key;
}

void AddGranules(std::string_view written, size_t granules, uint32_t first,
                 std::vector<uint32_t>* out) {
  GranuleSet set(granules);
  Reader in(written);
  set.Add(in);
  for (uint32_t i = 0; i < granules; ++i) {
    if (set.Has(i)) out->push_back(first + i);
  }
}

}  // namespace

JoinedWords::JoinedWords() {
  ColumnOf({});
  LineShape text;  // number 0: any line as it is
  text.literals = {"", ""};
  text.columns = {0};
  text.quoted = {false};
  shape_numbers_.emplace(KeyOf(text), 0);
  shapes_.push_back({std::move(text), {}});
}

uint32_t JoinedWords::ColumnOf(const std::string& path) {
  const auto it = column_numbers_.find(path);
  if (it != column_numbers_.end()) return it->second;
  const auto number = static_cast<uint32_t>(columns_.size());
  Column& column = columns_.emplace_back();
  column.path = path;
  column_numbers_.emplace(column.path, number);
  return number;
}

bool JoinedWords::AddShapes(const PartShapes& shapes, size_t granules, Numbers* numbers) {
  for (const std::string& path : shapes.paths) numbers->columns.push_back(ColumnOf(path));
  for (size_t i = 0; i < shapes.shapes.size(); ++i) {
    std::string key = KeyOf(shapes.shapes[i]);
    const size_t bytes = key.size();
    const auto [it, is_new] =
        shape_numbers_.emplace(std::move(key), static_cast<uint32_t>(shapes_.size()));
    if (is_new) {
      if (bytes > budget_) return false;
      budget_ -= bytes;
      Shape& added = shapes_.emplace_back(shapes.shapes[i], std::vector<uint32_t>());
      for (uint32_t& column : added.shape.columns) column = numbers->columns[column];
    }
    numbers->shapes.push_back(it->second);
    for (uint32_t g = 0; g < granules; ++g) {
      if (shapes.granules[i].Has(g)) shapes_[it->second].granules.push_back(granules_ + g);
    }
  }
  return shapes_.size() <= kMaxShapes && columns_.size() <= kMaxLineColumns;
}

bool JoinedWords::AddWords(const PartWords& words, size_t granules, Column& column,
                           std::vector<uint32_t>* numbers) {
  for (size_t i = 0; i < words.texts.size(); ++i) {
    const auto it = column.numbers.find(words.texts[i]);
    uint32_t number = 0;
    if (it != column.numbers.end()) {
      number = it->second;
    } else {
      if (words.texts[i].size() > budget_) return false;
      budget_ -= words.texts[i].size();
      number = static_cast<uint32_t>(column.words.size());
      Word& word = column.words.emplace_back(std::string(words.texts[i]), std::vector<uint32_t>());
      column.numbers.emplace(word.text, number);
    }
    numbers->push_back(number);
    AddGranules(words.granules[i], granules, granules_, &column.words[number].granules);
  }
  return column.words.size() <= kMaxSkeletons;
}

Result<bool> JoinedWords::Add(const Part& part, Numbers* numbers) {
  const size_t granules = part.granules().size();
  PHAROS_TRY(const auto shapes, part.Shapes());
  if (!AddShapes(*shapes, granules, numbers)) return false;
  numbers->words.resize(shapes->paths.size());
  for (uint32_t i = 0; i < shapes->paths.size(); ++i) {
    PHAROS_TRY(const auto words, part.Words(i));
    if (!AddWords(*words, granules, columns_[numbers->columns[i]], &numbers->words[i])) {
      return false;
    }
  }
  granules_ += static_cast<uint32_t>(granules);
  return true;
}

Result<std::string> JoinedWords::Numbers::Renumber(std::string_view page, size_t rows,
                                                   uint64_t more) const {
  const auto corrupt = [] {
    return base::Fail(base::ErrorKind::kCorrupt, "a page of bodies names what is not there");
  };
  PHAROS_TRY(BodyPage body, BodyPage::Parse(page, rows));
  body.first_page += more;
  for (uint32_t& shape : body.shapes) {
    if (shape >= shapes.size()) return corrupt();
    shape = shapes[shape];
  }
  ColumnWord* word = body.words.data();  // of all columns, in their order
  for (BodyPage::Column& column : body.columns) {
    if (column.number >= columns.size()) return corrupt();
    const std::vector<uint32_t>& of_column = words[column.number];
    for (size_t i = 0; i < column.words.size(); ++i, ++word) {
      if (word->number >= of_column.size()) return corrupt();
      word->number = of_column[word->number];
    }
    column.number = columns[column.number];
  }
  return body.Encode();
}

Result<void> JoinedWords::Write(io::PartWriter& writer, int level) const {
  std::string page;
  PutVarint(page, columns_.size());
  for (const Column& column : columns_) PutText(page, column.path);
  PutVarint(page, shapes_.size());
  for (const Shape& shape : shapes_) {
    shape.shape.Put(page);
    PutGranules(page, shape.granules, granules_);
  }
  PHAROS_TRY([[maybe_unused]] uint32_t number,
             writer.AddPage("shapes", page, io::kPageZstd, level));
  for (const Column& column : columns_) {
    page.clear();
    PutVarint(page, column.words.size());
    for (const Word& word : column.words) {
      PutText(page, word.text);
      PutGranules(page, word.granules, granules_);
    }
    PHAROS_TRY(number, writer.AddPage("words", page, io::kPageZstd, level));
  }
  return {};
}

}  // namespace pharos::events
