// One column of values on its way to disk: values are taken apart into skeletons and variables.
// Skeletons are stored once a part, the column once a granule. What is learned of a part serves the
// next one.
// Format: docs/format/events.md, "Bodies".
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "events/body_reader.h"
#include "events/coding.h"
#include "events/id_filter.h"
#include "events/limits.h"
#include "events/part_numbers.h"
#include "events/skeleton.h"
#include "events/skeleton_tree.h"
#include "events/value_forms.h"

namespace pharos::events {

/// Which of a part's granules have something: an empty list of differences where all have it.
void PutGranules(std::string& out, std::span<const uint32_t> numbers, uint32_t of);

/// What the columns of a part share.
struct ValueCutter {
  Splitter splitter;
  VarReader reader;
  size_t budget = kMaxSkeletonBytes;  ///< that is left for skeletons and shapes
  size_t forms_budget = kMaxFormBytes;
};

/// Owns: its skeletons; texts are borrowed until Finish. Threads: one.
/// Cost: a pass over the value; one that has a new skeleton a few more.
class ValueColumnWriter {
 public:
  explicit ValueColumnWriter(std::string path) : path_(std::move(path)) {}

  /// Values are taken apart a few dozen at once: those of a column are alike, those of a line are
  /// not.
  void Add(std::string_view value, int64_t time_ns, ValueCutter& cutter) {
    waiting_[waiting_count_++] = {value, time_ns};
    if (waiting_count_ == waiting_.size()) Settle(cutter);
  }
  /// Takes apart what waits; before anything but Add.
  void Settle(ValueCutter& cutter);
  /// A value of another part's column, which stays until Finish, without its text; `learned`
  /// says what its skeletons are here. Adds about the bytes of its text to `bytes`. False for one
  /// that has to come as its text.
  bool AddCopy(const ValueColumn& from, size_t place, std::vector<uint32_t>* learned,
               ValueCutter& cutter, size_t* bytes);
  /// A value that is not to be taken apart.
  void AddWhole(std::string_view value);
  void BeginGranule(uint32_t number) { granule_ = number; }
  /// After the last granule of a part: the next one is of another. `forms`: what forms there are
  /// stays.
  void BeginPart(bool forms);
  /// After Settle.
  bool empty() const { return codes_.empty(); }
  /// Appends the granule's column, and to `words` what skeletons it has, and begins the next.
  /// `dense`: mostly ids, not to be compressed.
  void Finish(std::string& out, std::vector<ColumnWord>* words, bool* dense,
              IdFilterWriter& filter);
  /// The part's skeletons and where they occur.
  void PutWords(std::string& out, uint32_t granules) const;
  /// Skeletons: all, and those of the part.
  size_t known() const { return known_.size(); }
  size_t used() const { return in_part_.used().size(); }
  const std::string& path() const { return path_; }

 private:
  struct Variables {
    VarType type;
    std::string ids;
    std::vector<std::string_view> texts;
  };
  /// What is looked at for each value; a column may have hundreds.
  struct Word {
    const char* text = nullptr;  // the key in numbers_
    uint32_t length = 0;
    uint32_t rows = 0;  // in the open granule
    int32_t local = -1;
    uint32_t vars = 0;

    std::string_view view() const { return {text, length}; }
  };
  /// Numbers of rows, one row behind the other.
  class NumberRows {
   public:
    /// Where the next ones go, so many; never null.
    int64_t* Room(size_t count) {
      if (used_ + count >= numbers_.size()) numbers_.resize(2 * numbers_.size() + count + 1);
      return numbers_.data() + used_;
    }
    void Took(size_t count) { used_ += count; }
    void Add(int64_t number) {
      *Room(1) = number;
      Took(1);
    }
    std::span<const int64_t> all() const { return {numbers_.data(), used_}; }
    void Clear() { used_ = 0; }

   private:
    std::vector<int64_t> numbers_;  // used_ of them
    size_t used_ = 0;
  };
  struct Known {
    std::vector<Variables> variables;
    Skeleton skeleton;
    size_t integers = 0;      // of its variables
    std::vector<bool> times;  // which of these are times
    bool has_times = false;
    NumberRows numbers;  // which these are
  };
  /// A granule that has a skeleton.
  struct Opened {
    uint32_t skeleton = 0;  // number in the part
    uint32_t granule = 0;
  };
  struct Waiting {
    std::string_view value;
    int64_t time_ns;
  };
  static constexpr int64_t kNone = -1;
  static constexpr size_t kWaiting = 48;
  static constexpr size_t kAtOnce = 8;  // numbers of a row that lie in one cache line

  /// A skeleton without variables that is one of late.
  struct Constant {
    uint64_t front = 0, back = 0;  // its first and last eight bytes
    uint32_t size = 0;
    uint32_t word = 0;  // 1 + its number; 0: none
  };

  /// For a value that is no constant of late; `next` is likely to come like it, or empty.
  void AddNow(const Waiting& value, std::string_view next, ValueCutter& cutter);
  /// Takes a value whose form is known: its skeleton. kNone, with nothing taken, for any other.
  int64_t TakeByForm(const Waiting& value, std::string_view next, VarReader& reader);
  /// Takes the values from `from` on that have the skeleton of the last ones; how many.
  size_t TakeRun(const Waiting* from, size_t most, VarReader& reader);
  /// The same for a skeleton of one variable; they are not counted yet.
  static size_t TakeSingles(Known& known, std::span<const Waiting> values, VarReader& reader);
  template <VarKind kKind>
  static void Append(Known& known, Variables& to, const VarValue& value);
  /// The skeleton that the value is as it stands, kNone if it is no constant of late.
  inline int64_t ConstantOf(std::string_view value) const;
  void KeepConstant(uint32_t number);
  /// Takes the values in front that are constants of late; how many.
  size_t TakeConstants(std::span<const Waiting> values);
  void KeepForm(const Waiting& value, uint32_t number, ValueCutter& cutter);
  /// For a value whose skeleton is not known: one that it has, at best one that others like it
  /// have as well; a skeleton each for `05` and `12` at every place would be two to the power of
  /// them. Its variables are in values_ then.
  uint32_t Learn(const Waiting& value, ValueCutter& cutter, bool* whole);
  uint32_t NumberOf(std::string_view skeleton, ValueCutter& cutter, bool* whole);
  uint32_t MakeKnown(std::string_view skeleton);
  uint32_t WholeText();
  void Open(uint32_t number);
  void Count(uint32_t number, size_t rows);
  /// Those of one of its variables, until the next call but for those in the same kAtOnce; to be
  /// asked for in their order.
  std::span<const int64_t> NumbersOf(const Known& known, size_t integer);
  bool IsFew(uint32_t number) const { return words_[number].rows < ValueColumn::kFewValues; }
  /// The numbers of the open granule's skeletons with few values.
  void PutFew(std::string& out);
  void PutFewOf(const Known& known, RawBytes& to);
  /// `rows` values with the skeleton, whose variables lie row by row at `values`.
  void Take(uint32_t number, const VarValue* values, size_t rows);

  std::string path_;
  std::array<Waiting, kWaiting> waiting_;  // the first waiting_count_ of them
  size_t waiting_count_ = 0;
  std::unordered_map<std::string, uint32_t, base::StringHasher, std::equal_to<>> numbers_;
  SkeletonTree tree_;
  std::vector<Word> words_;       // skeletons by number
  std::vector<Known> known_;      // likewise
  PartNumbers in_part_;           // of skeletons
  std::vector<Opened> opened_;    // in the order of the granules
  std::vector<uint32_t> used_;    // skeletons of the open granule, in the order of their locals
  std::vector<uint16_t> codes_;   // locals, a row each
  std::vector<VarValue> values_;  // variables of what is taken apart now
  std::vector<Constant> slots_;   // by their hashes
  size_t constants_ = 0;
  ValueForms forms_;
  std::vector<int64_t> some_numbers_;  // of kAtOnce variables, one behind the other
  std::vector<int64_t> varies_;        // by number of a skeleton: 0 where all its values are one
  bool has_ids_or_times_ = false;
  uint32_t granule_ = 0;
  uint64_t total_rows_ = 0;
  uint32_t last_ = UINT32_MAX;   // the skeleton that values come with
  uint32_t other_ = UINT32_MAX;  // that of the last value
  int trust_ = 0;                // that the next value has last_
  size_t hopeless_ = 0;          // values since the last one that gave a skeleton
};

}  // namespace pharos::events
