// The shapes and skeletons of several parts as those of one part, and what each part's numbers
// become in it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "events/body_reader.h"
#include "events/limits.h"
#include "events/part.h"
#include "io/part_file.h"

namespace pharos::events {

/// Owns: all shapes and skeletons. Threads: one. Errors: kCorrupt names the part.
/// Cost: a hash look-up for each shape and skeleton of a part.
class JoinedWords {
 public:
  JoinedWords();

  /// Numbers of a part's own, in the order they were there.
  struct Numbers {
    std::vector<uint32_t> shapes;
    std::vector<uint32_t> columns;
    std::vector<std::vector<uint32_t>> words;  ///< by the part's column

    /// A `body` page of the part with the numbers here; its columns begin at page `more` later.
    base::Result<std::string> Renumber(std::string_view page, size_t rows, uint64_t more) const;
  };

  /// Adds those of a part whose granules come next. False where they are too many for one part.
  base::Result<bool> Add(const Part& part, Numbers* numbers);
  /// Writes the sections `shapes` and `words`.
  base::Result<void> Write(io::PartWriter& writer, int level) const;

 private:
  struct Word {
    std::string text;
    std::vector<uint32_t> granules;  // that have it
  };
  struct Column {
    std::string path;
    std::deque<Word> words;
    std::unordered_map<std::string_view, uint32_t> numbers;  // views of `words`
  };
  struct Shape {
    LineShape shape;
    std::vector<uint32_t> granules;
  };
  uint32_t ColumnOf(const std::string& path);
  bool AddShapes(const PartShapes& shapes, size_t granules, Numbers* numbers);
  bool AddWords(const PartWords& words, size_t granules, Column& column,
                std::vector<uint32_t>* numbers);

  std::deque<Column> columns_;
  std::unordered_map<std::string_view, uint32_t> column_numbers_;  // views of `columns_`
  std::vector<Shape> shapes_;
  std::unordered_map<std::string, uint32_t, base::StringHasher, std::equal_to<>> shape_numbers_;
  uint32_t granules_ = 0;  // of the parts before
  size_t budget_ = kMaxSkeletonBytes;
};

}  // namespace pharos::events
