// Bodies of a part on their way to disk: lines are cut into shapes and values, and values of
// one path become a column. Shapes are stored once a part, the columns once a granule. Format:
// docs/format/events.md, "Bodies".
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arena.h"
#include "base/hash.h"
#include "base/result.h"
#include "events/body_reader.h"
#include "events/id_filter.h"
#include "events/line_shape.h"
#include "events/part_numbers.h"
#include "events/shape_matcher.h"
#include "events/value_column_writer.h"
#include "io/part_file.h"
#include "model/event.h"

namespace pharos::events {

/// Owns: shapes and columns. Threads: one. Cost: about one pass over a line; no allocation a
/// line once shapes and skeletons are known, and these it may know of the part before.
class BodyWriter {
 public:
  BodyWriter();

  /// The body of the next row; its bytes must stay until FinishGranule.
  void Add(const model::Value& body, int64_t time_ns);
  /// The body of a row of a part, of which all columns are open; likewise. `source` is the number
  /// of the part. About the bytes of the body.
  size_t AddCopy(GranuleBodies& from, uint32_t row, uint32_t source, int64_t time_ns);
  /// Writes the granule's columns to section `columns` and gives the page for `body`.
  base::Result<std::string> FinishGranule(io::PartWriter& writer, int level);
  /// Writes the sections `shapes` and `words`.
  base::Result<void> Finish(io::PartWriter& writer, int level);
  /// After Finish: what comes next is of another part. False where little of what was learned was
  /// of use to this one: then a new writer is better.
  bool BeginPart();

 private:
  /// What the shapes and columns of another part are here.
  struct Source {
    static constexpr int64_t kUnknown = -1, kNone = -2;
    std::vector<int64_t> shapes;
    std::vector<int64_t> columns;
    std::vector<std::vector<uint32_t>> skeletons;  // by column: 1 + number here, 0 unknown
  };
  int64_t ShapeHere(const PartShapes& shapes, uint32_t number, Source& source);
  size_t CopyValues(GranuleBodies& from, uint32_t row, uint32_t shape, Source& source,
                    int64_t time_ns);

  static constexpr uint32_t kNoShape = UINT32_MAX;
  uint32_t RecentShape(std::string_view line);
  void AddLine(std::string_view line, int64_t time_ns);
  void AddSoon(std::string_view line, int64_t time_ns);
  /// What AddSoon has put off.
  void AddLines();
  void AddShape(LineShape shape);
  uint32_t ShapeOf(std::string_view line, const LineParts& parts);
  uint32_t ColumnOf(std::string path);
  void CountShape(uint32_t shape);
  void AddWhole(std::string_view bytes);
  /// Text as it is has the number 0 in every part.
  void NumberText() { shapes_in_part_.Of(0), columns_in_part_.Of(0); }
  base::Result<void> AddColumnPage(io::PartWriter& writer, uint32_t column, std::string_view page,
                                   bool dense, int level);

  struct Soon {
    std::string_view line;
    int64_t time_ns;
  };
  std::array<Soon, 8> soon_;  // a ring: soon_count_ lines, the oldest at soon_first_
  uint32_t soon_first_ = 0;
  size_t soon_count_ = 0;
  std::vector<LineShape> shapes_;
  std::vector<std::vector<uint32_t>> granules_of_;  // by shape, of this part
  PartNumbers shapes_in_part_, columns_in_part_;
  std::vector<int32_t> local_of_;      // by shape, -1: not in the open granule
  std::vector<uint32_t> used_shapes_;  // of the open granule
  std::vector<uint16_t> shape_codes_;
  std::vector<int64_t> types_;
  std::vector<std::unique_ptr<std::string>> encoded_;  // bodies that are no strings
  std::unordered_map<std::string, uint32_t, base::StringHasher, std::equal_to<>> shape_numbers_;
  std::vector<std::unique_ptr<ValueColumnWriter>> columns_;
  std::unordered_map<std::string, uint32_t, base::StringHasher, std::equal_to<>> column_numbers_;
  std::vector<Source> sources_;
  base::Arena texts_;  // of copied values that had to be put together
  std::vector<std::unique_ptr<ShapeMatcher>> matchers_;  // by shape, of those that were recent
  std::vector<uint32_t> recent_;  // shapes that were seen last, the newest first
  std::vector<uint8_t> untried_;  // by column: pages that zstd is not asked for
  uint32_t next_page_ = 0;
  uint32_t granule_ = 0;
  size_t leading_nulls_ = 0;  // of the open granule, in front of the first body
  IdFilterWriter filter_;
  ValueCutter cutter_;
  LineParts parts_;
  std::vector<std::string_view> values_;
  std::string scratch_;
};

}  // namespace pharos::events
