// Bodies of a granule, for reading: columns are opened as they are asked for, lines put
// together from them. Format: docs/format/events.md, "Bodies".
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "events/column.h"
#include "events/granule_set.h"
#include "events/line_shape.h"
#include "events/packed_ints.h"
#include "events/shared_pages.h"
#include "events/skeleton.h"
#include "model/event.h"

namespace pharos::events {

class Part;

/// Shapes of lines and the paths of their columns. Immutable.
struct PartShapes {
  std::vector<std::string> paths;  ///< by column
  std::vector<LineShape> shapes;
  std::vector<GranuleSet> granules;  ///< by shape

  static base::Result<std::shared_ptr<const PartShapes>> Decode(std::string_view page,
                                                                size_t granules);
};

/// Skeletons of one column. Immutable.
struct PartWords {
  std::string page;
  std::vector<std::string_view> texts;
  std::vector<Skeleton> skeletons;
  std::vector<std::string_view> granules;  ///< by skeleton, as written

  static base::Result<std::shared_ptr<const PartWords>> Decode(std::string page, size_t granules);
};

/// A skeleton that occurs in a column of a granule.
struct ColumnWord {
  uint32_t number = 0;  ///< in the part's words
  uint32_t values = 0;
};

/// A `body` page, taken apart. Views into it.
struct BodyPage {
  struct Column {
    uint32_t number = 0;  ///< in the part
    std::span<const ColumnWord> words;
  };
  PackedInts types;
  PackedInts codes;              ///< index into `shapes`, of each row; nothing where there are none
  std::string_view of_rows;      ///< these two as they stand
  std::vector<uint32_t> shapes;  ///< that occur
  uint64_t first_page = 0;       ///< in section `columns`; the others follow
  std::vector<Column> columns;
  std::vector<ColumnWord> words;  ///< of all columns, which view them

  static base::Result<BodyPage> Parse(std::string_view page, size_t rows);
  /// From `of_rows` and all below it.
  std::string Encode() const;
};

/// One column of values. Owns: its page. Threads: one.
class ValueColumn {
 public:
  /// Numbers of a skeleton that has fewer values in a granule lie value by value: a column each
  /// would be mostly heads of columns. What is read may have been written with another bound.
  static constexpr size_t kFewValues = 32, kMostFewValues = 256;

  struct Variable {
    VarType type;
    PackedInts numbers;
    std::string_view ids;
    PackedTexts texts;
  };
  /// A skeleton that occurs here.
  struct Local {
    uint32_t number = 0;  ///< in the part's words
    uint32_t rows = 0;
    uint32_t integers = 0;  ///< of its variables
    std::vector<Variable> variables;
  };

  static base::Result<std::unique_ptr<ValueColumn>> Parse(PageBytes page,
                                                          std::shared_ptr<const PartWords> words,
                                                          std::span<const ColumnWord> here);
  size_t size() const { return size_; }
  /// That it holds beside its page.
  size_t Bytes() const { return few_numbers_.size() * sizeof(int64_t); }
  const std::vector<Local>& locals() const { return locals_; }
  /// Index into locals() of value `i`.
  uint32_t LocalOf(size_t i) const { return locals_.size() == 1 ? 0 : Code(i); }
  /// LocalOf for all values.
  void DecodeLocals(std::vector<uint32_t>* locals) const;
  const Skeleton& skeleton(uint32_t local) const {
    return words_->skeletons[locals_[local].number];
  }
  std::string_view skeleton_text(uint32_t local) const {
    return words_->texts[locals_[local].number];
  }
  /// Which of the values with the same skeleton value `i` is.
  uint32_t OrdinalOf(size_t i) const;
  /// Appends value `i` of an event at `time_ns`.
  void Append(size_t i, int64_t time_ns, std::string& out) const {
    AppendOf(LocalOf(i), i, time_ns, out);
  }
  /// The same; `number` is LocalOf(i).
  void AppendOf(uint32_t number, size_t i, int64_t time_ns, std::string& out) const;

 private:
  uint32_t Code(size_t i) const {
    const auto code = static_cast<uint64_t>(codes_.At(i));
    return code < locals_.size() ? static_cast<uint32_t>(code) : 0;
  }
  PageBytes page_;
  std::shared_ptr<const PartWords> words_;
  size_t size_ = 0;
  /// The numbers of the locals with fewer values than `few`.
  void ParseFew(Reader& in, uint64_t few);
  /// `numbers`: those of the local, null where they are columns.
  bool ParseLocal(Reader& in, const int64_t* numbers, Local& local);

  std::vector<Local> locals_;
  std::vector<int64_t> few_numbers_;  // of these
  PackedInts codes_;
  mutable std::vector<uint32_t> ordinals_;  // made when the first is asked for
};

/// Owns: the columns that were opened. Threads: one. Errors: kCorrupt.
class GranuleBodies {
 public:
  /// `times` of all rows; borrowed, as is the part. `page`: null where it is still to be read.
  static base::Result<std::unique_ptr<GranuleBodies>> Open(const Part& part, uint32_t granule,
                                                           size_t rows,
                                                           const std::vector<int64_t>* times,
                                                           Keep keep = Keep::kNone,
                                                           PageBytes page = nullptr);

  /// The same times at another place.
  void SetTimes(const std::vector<int64_t>* times) { times_ = times; }
  int64_t TimeOf(size_t row) const { return (*times_)[row]; }
  bool IsLine(size_t row) const {
    return types_.At(row) == static_cast<int64_t>(model::Value::Type::kString);
  }
  model::Value::Type TypeOf(size_t row) const {
    return static_cast<model::Value::Type>(types_.At(row));
  }
  bool AllLines() const { return types_.constant() && rows_ > 0 && IsLine(0); }
  bool AllNull() const { return shapes_here_.empty(); }
  const PartShapes& shapes() const { return *shapes_; }
  /// Shapes that occur, by local number.
  const std::vector<uint32_t>& shapes_here() const { return shapes_here_; }
  uint32_t LocalShapeOf(size_t row) const {
    if (shapes_here_.size() == 1) return 0;
    const auto code = static_cast<uint64_t>(codes_.At(row));
    return code < shapes_here_.size() ? static_cast<uint32_t>(code) : 0;
  }
  /// LocalShapeOf for all rows; nothing where there is but one.
  void DecodeLocalShapes(std::vector<uint32_t>* locals) const {
    locals->clear();
    if (shapes_here_.size() > 1) {
      codes_.DecodeBelow(static_cast<uint32_t>(shapes_here_.size()), locals);
    }
  }
  uint32_t ShapeOf(size_t row) const { return shapes_here_[LocalShapeOf(row)]; }

  /// The page of a column in section `columns`, -1 where it does not occur.
  int64_t PageOf(uint32_t column) const { return page_of_[column]; }
  /// Opens a column of a shape that occurs here.
  base::Result<const ValueColumn*> Column(uint32_t column);
  /// Which value of the column a row has. The row's shape has the column.
  size_t PlaceOf(uint32_t column, size_t row) const {
    const Opened& opened = *opened_[column];
    return opened.everywhere ? row : opened.places[row];
  }
  /// Every row has a value of the open column, so its place is the row's number.
  bool IsEverywhere(uint32_t column) const { return opened_[column]->everywhere; }
  /// Opens all columns that the shapes of the given rows have.
  base::Result<void> OpenFor(const std::vector<uint32_t>& rows);
  /// Opens all columns.
  base::Result<void> OpenAll();
  /// A column that is open.
  const ValueColumn& OpenedColumn(uint32_t column) const { return *opened_[column]->column; }

  /// Of the pages that are open.
  size_t Bytes() const { return bytes_; }

  /// Appends the line of a row whose columns are open; for a body that is no string its bytes
  /// or its encoded value.
  void Append(size_t row, std::string& out);
  /// The body as a value. False for an encoded value that cannot be read.
  bool Get(size_t row, base::Arena& arena, model::Value* value);

 private:
  struct Opened {
    std::unique_ptr<ValueColumn> column;
    std::vector<uint32_t> places;  // by row; empty where every row has a value
    bool everywhere = false;
  };
  GranuleBodies(const Part& part, uint32_t granule, size_t rows, const std::vector<int64_t>* times,
                Keep keep)
      : part_(part), granule_(granule), rows_(rows), times_(times), keep_(keep) {}
  base::Result<void> Load();
  void FindPlaces(uint32_t column, Opened& opened) const;

  const Part& part_;
  const uint32_t granule_;
  const size_t rows_;
  const std::vector<int64_t>* times_;
  const Keep keep_;
  std::shared_ptr<const PartShapes> shapes_;
  PageBytes page_;
  PackedInts types_;
  PackedInts codes_;
  std::vector<uint32_t> shapes_here_;
  std::vector<ColumnWord> words_here_;
  std::vector<std::span<const ColumnWord>> words_of_;  // by column
  std::vector<int32_t> page_of_;                       // by column, -1: not here
  std::vector<std::unique_ptr<Opened>> opened_;        // by column
  std::string scratch_;
  size_t bytes_ = 0;
};

}  // namespace pharos::events
