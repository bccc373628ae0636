// Where in a part a substring can stand, found out from shapes and skeletons alone: inside
// what is literal, inside one value, or across the border of values. Most parts and columns are
// ruled out, or decided, without reading a row.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "events/body_reader.h"
#include "events/fold.h"
#include "events/hex_scan.h"

namespace pharos::events {

class Part;

enum class Tri : uint8_t { kNever, kMaybe, kAlways };

/// What is known of the values of a variable.
struct Known {
  uint64_t most = UINT64_MAX;             ///< no number of them is greater
  const std::string_view* all = nullptr;  ///< texts end to end
};

/// Whether a text of this skeleton holds `piece` at `anchor`. kAlways only where it is sure.
/// `known`: by variable, or nothing.
Tri TestSkeleton(const Skeleton& skeleton, std::string_view piece, Anchor anchor,
                 TextTest test = {}, std::span<const Known> known = {});

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
  /// `fold`: letters of either case stand for those of `text`, which is in lower case.
  static base::Result<std::shared_ptr<const Needle>> Make(const Part& part, std::string text,
                                                          bool fold = false);

  const std::string& text() const { return text_; }
  TextTest test() const { return {fold_}; }
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
  bool fold_ = false;
  bool never_ = true;
  std::vector<OfShape> shapes_;
  std::vector<PieceTest> tests_;
  GranuleSet granules_;
};

/// One needle in one granule, whose bodies are all lines: columns are tested as they lie there,
/// then, where they do not decide, rows.
///
/// Owns: which values have which piece; borrows bodies and needle. Threads: one.
/// Errors: kCorrupt. Cost: Make reads the columns in question, nothing a row where they say no.
class NeedleTest {
 public:
  static base::Result<std::unique_ptr<NeedleTest>> Make(GranuleBodies& bodies,
                                                        const Needle& needle);
  ~NeedleTest();
  /// No row has it.
  bool never() const;
  /// Takes the rows without the needle (or, `negated`, those with it) out of `rows`. The bodies
  /// know their times by now.
  base::Result<void> Keep(bool negated, std::vector<uint32_t>* rows);

 private:
  class Impl;
  explicit NeedleTest(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pharos::events
