// Bodies of a part on their way to disk: lines are cut into shapes and values, values into
// skeletons and variables, and each becomes a column. Shapes and skeletons are stored once a
// part, the columns once a granule. Format: docs/format/events.md, "Bodies".
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

  /// `budget` is what is left for skeletons of the part, in bytes. Values are taken apart a few
  /// dozen at once: those of a column are alike, those of a line are not.
  void Add(std::string_view value, int64_t time_ns, Splitter& splitter, size_t* budget) {
    waiting_[waiting_count_++] = {value, time_ns};
    if (waiting_count_ == waiting_.size()) Settle(splitter, budget);
  }
  /// Takes apart what waits; before anything but Add.
  void Settle(Splitter& splitter, size_t* budget);
  /// A value of another part's column, which stays until Finish, without its text; `learned`
  /// says what its skeletons are here. Adds about the bytes of its text to `bytes`. False for one
  /// that has to come as its text.
  bool AddCopy(const ValueColumn& from, size_t place, std::vector<uint32_t>* learned,
               size_t* budget, size_t* bytes);
  /// A value that is not to be taken apart.
  void AddWhole(std::string_view value);
  void BeginGranule(uint32_t number) { granule_ = number; }
  /// After Settle.
  bool empty() const { return codes_.empty(); }
  /// Appends the granule's column, and to `words` what skeletons it has, and begins the next.
  /// `dense`: mostly ids, not to be compressed.
  void Finish(std::string& out, std::vector<ColumnWord>* words, bool* dense,
              IdFilterWriter& filter);
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
  /// What is looked at for each value; a column may have hundreds.
  struct Word {
    enum Kind : uint8_t {
      kConstant,   // no variable
      kVariables,  // none of them is any text
      kAnyText,
    };
    const char* text = nullptr;  // the key in numbers_
    uint32_t length = 0;
    uint32_t rows = 0;  // in the open granule
    int32_t local = -1;
    Kind kind = kConstant;

    std::string_view view() const { return {text, length}; }
  };
  struct Known {
    std::vector<Variables> variables;
    Skeleton skeleton;
    std::vector<uint32_t> granules;  // that have it
  };
  struct Waiting {
    std::string_view value;
    int64_t time_ns;
  };
  void AddNow(std::string_view value, int64_t time_ns, Splitter& splitter, size_t* budget);
  uint32_t NumberOf(std::string_view skeleton, size_t* budget, bool* whole);
  /// For a value that was just split: a skeleton that it has, at best one that others like it have
  /// as well; a skeleton each for `05` and `12` at every place would be two to the power of them.
  uint32_t WideNumberOf(std::string_view value, int64_t time_ns, Splitter& splitter, size_t* budget,
                        bool* whole);
  uint32_t MakeKnown(std::string_view skeleton);
  uint32_t WholeText();
  void Count(uint32_t number);
  /// True when the value has skeleton `number`; the splitter has its variables then.
  bool Has(uint32_t number, std::string_view value, int64_t time_ns, Splitter& splitter) const;
  /// The skeleton of the value if it is one of those that are likely.
  bool Predict(std::string_view value, int64_t time_ns, Splitter& splitter, uint32_t* number);
  void Learn(std::string_view value, uint32_t number);
  void Take(uint32_t number, std::span<const Var> vars);

  std::string path_;
  std::array<Waiting, 48> waiting_;  // the first waiting_count_ of them
  size_t waiting_count_ = 0;
  std::unordered_map<std::string, uint32_t, base::StringHasher, std::equal_to<>> numbers_;
  /// By LooseSkeleton: some that texts like it have, the widest last.
  std::unordered_map<std::string, std::vector<uint32_t>, base::StringHasher, std::equal_to<>> wide_;
  std::vector<Word> words_;      // skeletons by number
  std::vector<Known> known_;     // likewise
  std::vector<uint32_t> used_;   // skeletons of the open granule, in the order of their locals
  std::vector<uint16_t> codes_;  // locals, a row each
  uint32_t granule_ = 0;
  uint64_t total_rows_ = 0;
  /// Skeletons of the last values, the newest first; -1 for none.
  int64_t recent_[2] = {-1, -1};
  std::vector<uint16_t> likely_;  // 1 + skeleton, by the value's signature; empty while few
};

/// Owns: shapes and columns. Threads: one. Cost: about one pass over a line; no allocation a
/// line once shapes and skeletons are known.
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

  void AddLine(std::string_view line, int64_t time_ns);
  void AddShape(LineShape shape);
  uint32_t ShapeOf(std::string_view line, const LineParts& parts);
  uint32_t ColumnOf(std::string path);
  void CountShape(uint32_t shape);
  void AddWhole(std::string_view bytes);

  std::vector<LineShape> shapes_;
  std::vector<std::vector<uint32_t>> granules_of_;  // by shape
  std::vector<int32_t> local_of_;                   // by shape, -1: not in the open granule
  std::vector<uint32_t> used_shapes_;               // of the open granule
  std::vector<uint16_t> shape_codes_;
  std::vector<int64_t> types_;
  std::vector<std::unique_ptr<std::string>> encoded_;  // bodies that are no strings
  std::unordered_map<std::string, uint32_t, base::StringHasher, std::equal_to<>> shape_numbers_;
  std::vector<std::unique_ptr<ValueColumnWriter>> columns_;
  std::unordered_map<std::string, uint32_t, base::StringHasher, std::equal_to<>> column_numbers_;
  std::vector<Source> sources_;
  base::Arena texts_;             // of copied values that had to be put together
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
