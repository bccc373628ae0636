// Fields of lines in columns: where in a part the fields of `| json` stand, and which rows pass
// a query's tests of them, without putting a line together.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "events/body_reader.h"
#include "events/needle.h"
#include "store/events.h"

namespace pharos::events {

/// What one part knows of a request. Immutable; borrows the request.
class PartFields {
 public:
  /// `usable[f]`: filter f may be used (no stream that matches has a label of its name).
  static base::Result<std::shared_ptr<const PartFields>> Make(const Part& part,
                                                              const store::FieldRequest& request,
                                                              std::vector<bool> usable);
  static constexpr int32_t kAbsent = -1;
  struct OfShape {
    bool known = false;              ///< columns say all that the lines' fields are
    std::vector<int32_t> columns{};  ///< by name, kAbsent for none
    std::vector<bool> quoted{};      ///< by name
  };
  const OfShape& of(uint32_t shape) const { return shapes_[shape]; }
  const store::FieldRequest& request() const { return *request_; }
  bool usable(size_t filter) const { return usable_[filter]; }
  /// Granules that have rows which may pass all usable filters.
  const GranuleSet& granules() const { return granules_; }
  /// What filter f says of values with this skeleton of a column.
  Tri Test(size_t filter, uint32_t column, bool quoted, uint32_t word) const;
  /// Among the words that pass are some that filter f cannot read as a number.
  bool MayBeNoNumber(size_t filter, uint32_t column, bool quoted) const;

 private:
  struct Tested {
    uint32_t column = 0;
    bool quoted = false;
    std::vector<Tri> by_word;
    bool no_number = false;  ///< a word that the filter lets through as no number
    GranuleSet granules;
  };
  base::Result<void> MapShapes(const PartShapes& shapes);
  base::Result<void> TestWords(const Part& part, const PartShapes& shapes);
  base::Result<void> TestColumn(const Part& part, size_t filter, uint32_t column, bool quoted);
  const Tested* Find(size_t filter, uint32_t column, bool quoted) const;

  const store::FieldRequest* request_ = nullptr;
  std::vector<bool> usable_;
  std::vector<OfShape> shapes_;
  std::vector<std::vector<Tested>> tested_;  // by filter
  GranuleSet granules_;
};

/// Takes rows that fail a usable filter out of `rows`. Rows of shapes that are not known stay.
/// True where those of known shapes pass all filters: each was usable, and read as a number
/// where it must be one.
base::Result<bool> KeepPassing(GranuleBodies& bodies, const PartFields& fields,
                               const std::vector<int64_t>& times, std::vector<uint32_t>* rows);

/// A value that is one number and nothing else is this number divided by the answer; else 0.
double NumberScale(const Skeleton& skeleton);
/// Numbers that divide by NumberScale without an error.
inline constexpr uint64_t kExactDouble = uint64_t{1} << 53;
inline bool IsExactDouble(int64_t number) { return static_cast<uint64_t>(number) < kExactDouble; }
/// True where values with this skeleton are the text of the field as they stand.
bool IsPlainField(const Skeleton& skeleton, bool quoted);
/// The field's text of a stored value; null data() where JSON says that there is no field.
std::string_view FieldText(std::string_view value, bool quoted, std::string* scratch);

}  // namespace pharos::events
