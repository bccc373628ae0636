// Bodies of a part on their way to disk: lines are cut into shapes and values, values into
// skeletons and variables, and each becomes a column. Shapes and skeletons are stored once a
// part, the columns once a granule. Format: docs/format/events.md, "Bodies".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "events/id_filter.h"
#include "events/line_shape.h"
#include "events/skeleton.h"
#include "io/part_file.h"
#include "model/event.h"

namespace pharos::events {

/// Which of a part's granules have something: an empty list of differences where all have it.
void PutGranules(std::string& out, const std::vector<uint32_t>& numbers, uint32_t of);

/// One column of values in the making. Owns: its skeletons; texts are borrowed until Finish.
class ValueColumnWriter {
 public:
  explicit ValueColumnWriter(std::string path) : path_(std::move(path)) {}

  /// `budget` is what is left for skeletons of the part, in bytes.
  void Add(std::string_view value, int64_t time_ns, Splitter& splitter, size_t* budget);
  /// A value that is not to be taken apart.
  void AddWhole(std::string_view value);
  void BeginGranule(uint32_t number) { granule_ = number; }
  bool empty() const { return codes_.empty(); }
  /// Appends the granule's column and begins the next. `dense`: mostly ids, not to be compressed.
  void Finish(std::string& out, bool* dense, IdFilterWriter& filter);
  /// All skeletons and where they occur.
  void PutWords(std::string& out, uint32_t granules) const;
  const std::string& path() const { return path_; }

 private:
  struct Variables {
    VarType type;
    std::vector<int64_t> numbers;
    std::string ids;
    std::vector<std::string_view> texts;
  };
  struct Known {
    std::string_view text;  // the key in numbers_
    std::vector<VarType> types;
    uint32_t rows = 0;  // in the open granule
    int32_t local = -1;
    std::vector<Variables> variables;
    std::vector<uint32_t> granules;  // that have it
  };
  uint32_t NumberOf(std::string_view skeleton, size_t* budget, bool* whole);
  uint32_t WholeText();
  void Count(uint32_t number);

  std::string path_;
  std::unordered_map<std::string, uint32_t, base::StringHasher, std::equal_to<>> numbers_;
  std::vector<Known> known_;
  std::vector<uint32_t> used_;  // skeletons of the open granule, in the order of their locals
  std::vector<int64_t> codes_;  // locals, a row each
  uint32_t granule_ = 0;
  uint64_t total_rows_ = 0;
  uint32_t last_skeleton_ = 0;  // of the last value that was taken apart
  std::string last_plain_;      // the last value without variables
  int64_t last_number_ = -1;
};

/// Owns: shapes and columns. Threads: one. Cost: about one pass over a line; no allocation a
/// line once shapes and skeletons are known.
class BodyWriter {
 public:
  BodyWriter();

  /// The body of the next row; its bytes must stay until FinishGranule.
  void Add(const model::Value& body, int64_t time_ns);
  /// Writes the granule's columns to section `columns` and gives the page for `body`.
  base::Result<std::string> FinishGranule(io::PartWriter& writer, int level);
  /// Writes the sections `shapes` and `words`.
  base::Result<void> Finish(io::PartWriter& writer, int level);

 private:
  void AddLine(std::string_view line, int64_t time_ns);
  uint32_t ShapeOf(std::string_view line, const LineParts& parts);
  uint32_t ColumnOf(std::string path);
  void CountShape(uint32_t shape);
  void AddWhole(std::string_view bytes);

  std::vector<LineShape> shapes_;
  std::vector<std::vector<uint32_t>> granules_of_;  // by shape
  std::vector<int32_t> local_of_;                   // by shape, -1: not in the open granule
  std::vector<uint32_t> used_shapes_;               // of the open granule
  std::vector<int64_t> shape_codes_;
  std::vector<int64_t> types_;
  std::vector<std::unique_ptr<std::string>> encoded_;  // bodies that are no strings
  std::unordered_map<std::string, uint32_t, base::StringHasher, std::equal_to<>> shape_numbers_;
  std::vector<std::unique_ptr<ValueColumnWriter>> columns_;
  std::unordered_map<std::string, uint32_t, base::StringHasher, std::equal_to<>> column_numbers_;
  std::vector<uint32_t> recent_;  // shapes that were seen last, the newest first
  uint32_t next_page_ = 0;
  uint32_t granule_ = 0;
  size_t leading_nulls_ = 0;  // of the open granule, in front of the first body
  size_t budget_;
  IdFilterWriter filter_;
  Splitter splitter_;
  LineParts parts_;
  std::vector<std::string_view> values_;
  std::string scratch_;
};

}  // namespace pharos::events
