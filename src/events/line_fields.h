// Fields of lines read from columns: where in a part the fields of `| json` stand, which rows
// pass a query's tests of them, and their values, without putting a line together.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
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

 private:
  struct Tested {
    uint32_t column = 0;
    bool quoted = false;
    std::vector<Tri> by_word;
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
base::Result<void> KeepPassing(GranuleBodies& bodies, const PartFields& fields,
                               const std::vector<int64_t>& times, std::vector<uint32_t>* rows);

/// The values of one name for rows of known shapes; views into `arena` and the bodies.
base::Result<void> ReadField(GranuleBodies& bodies, const PartFields& fields, size_t name,
                             const std::vector<int64_t>& times, const std::vector<uint32_t>& rows,
                             base::Arena& arena, std::vector<std::string_view>* values);

}  // namespace pharos::events
