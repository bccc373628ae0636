// Where in a part a substring can stand, found out from shapes and skeletons alone: inside
// what is literal, inside one value, or across the border of values. Most parts and columns are
// ruled out, or decided, without reading a row.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "events/body_reader.h"

namespace pharos::events {

class Part;

enum class Tri : uint8_t { kNever, kMaybe, kAlways };

/// Which end of a value a piece of the needle must touch.
enum class Anchor : uint8_t { kInside, kFront, kBack, kWhole };

/// Whether a text of this skeleton holds `piece` at `anchor`. kAlways only where it is sure.
Tri TestSkeleton(const Skeleton& skeleton, std::string_view piece, Anchor anchor);

/// A test of one column's values.
struct PieceTest {
  uint32_t column = 0;
  Anchor anchor{};
  std::string piece;
  std::vector<Tri> by_word;  ///< by skeleton of the column
  GranuleSet granules;       ///< that have a skeleton for which it can hold
};

/// What one part says of one needle. Immutable.
/// Cost: Make looks at every shape and at the skeletons of the columns that come into question.
class Needle {
 public:
  static base::Result<std::shared_ptr<const Needle>> Make(const Part& part, std::string text);

  const std::string& text() const { return text_; }
  /// No line of the part has it.
  bool never() const { return never_; }
  /// The granules whose lines may have it.
  const GranuleSet& granules() const { return granules_; }
  /// For lines of a shape; where it is kMaybe one of the alternatives must hold, each of which
  /// is tests that must all hold. No alternatives: any line may have it.
  struct OfShape {
    Tri state = Tri::kNever;
    std::vector<std::vector<uint32_t>> alternatives;  // indexes into tests()
  };
  const OfShape& of(uint32_t shape) const { return shapes_[shape]; }
  const std::vector<PieceTest>& tests() const { return tests_; }

 private:
  class Maker;
  std::string text_;
  bool never_ = true;
  std::vector<OfShape> shapes_;
  std::vector<PieceTest> tests_;
  GranuleSet granules_;
};

/// Takes the rows without the needle (or, `negated`, those with it) out of `rows`; all are
/// lines. Opens the columns that it needs.
base::Result<void> KeepMatching(GranuleBodies& bodies, const Needle& needle, bool negated,
                                const std::vector<int64_t>& times, std::vector<uint32_t>* rows);

}  // namespace pharos::events
