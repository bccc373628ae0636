#include "events/needle.h"

#include <algorithm>
#include <cstring>

#include "events/digit_run.h"
#include "events/fold.h"
#include "events/part.h"

namespace pharos::events {
namespace {

using base::Result;

constexpr size_t kMaxAlternatives = 64;  // of one shape; beyond it lines are looked at
constexpr int kMaxWork = 4096;           // steps over one skeleton; likewise
constexpr size_t kLeastLookedFor = 2;    // bytes; a shorter piece is in nearly all texts

bool AllOf(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

/// False when a number whose digits hold these (a point among them does not count) is greater
/// than `most`.
bool WithinBound(std::string_view piece, uint64_t most) {
  uint64_t least = 0;
  for (const char c : piece) {
    if (c == '.') continue;
    if (__builtin_mul_overflow(least, 10, &least) ||
        __builtin_add_overflow(least, static_cast<uint64_t>(c - '0'), &least)) {
      return false;
    }
  }
  return least <= most;
}

/// False when no value of this type can have `piece` at `anchor`. `most`: the greatest of them.
bool Possible(VarType type, std::string_view piece, Anchor anchor, uint64_t most, bool fold) {
  const bool from_front = anchor == Anchor::kFront || anchor == Anchor::kWhole;
  switch (type.kind) {
    case VarKind::kNumber:
      if (piece.size() > kMaxNumberDigits || !AllOf(piece, "0123456789")) return false;
      return (!from_front || piece[0] != '0' || piece.size() == 1) && WithinBound(piece, most);
    case VarKind::kPadded:
      if (anchor == Anchor::kWhole && piece.size() != type.param) return false;
      return piece.size() <= type.param && AllOf(piece, "0123456789") && WithinBound(piece, most);
    case VarKind::kDecimal: {
      if (piece.size() > 20 || !AllOf(piece, "0123456789.") || !WithinBound(piece, most)) {
        return false;
      }
      const size_t dot = piece.find('.');
      if (dot == std::string_view::npos) return anchor != Anchor::kWhole;
      if (piece.find('.', dot + 1) != std::string_view::npos) return false;
      if (piece.size() - dot - 1 > type.param) return false;
      if (from_front && dot == 0) return false;
      return anchor != Anchor::kWhole || piece.size() - dot - 1 == type.param;
    }
    case VarKind::kHex:
    case VarKind::kUpperHex: {
      const size_t size = size_t{2} * type.param;
      if (anchor == Anchor::kWhole && piece.size() != size) return false;
      const bool lower = fold || type.kind == VarKind::kHex;
      return piece.size() <= size && AllOf(piece, lower ? "0123456789abcdef" : "0123456789ABCDEF");
    }
    case VarKind::kUuid:
      if (anchor == Anchor::kWhole && piece.size() != 36) return false;
      return piece.size() <= 36 && AllOf(piece, "0123456789abcdef-");
    case VarKind::kTime:
      return piece.size() <= 29 && AllOf(piece, fold ? "0123456789t :.,-" : "0123456789T :.,-");
    case VarKind::kText: return true;
  }
  return true;
}

/// The greatest length of a value, as far as it is known.
size_t LongestOf(VarType type) {
  switch (type.kind) {
    case VarKind::kText: return SIZE_MAX;
    case VarKind::kHex:
    case VarKind::kUpperHex: return size_t{2} * type.param;
    case VarKind::kUuid: return 36;
    case VarKind::kTime: return 29;
    default: return 20;
  }
}

/// Walks a needle over a skeleton.
class SkeletonWalk {
 public:
  SkeletonWalk(const Skeleton& skeleton, std::string_view needle, TextTest test,
               std::span<const Known> known)
      : skeleton_(skeleton), needle_(needle), test_(test), known_(known) {}

  /// From here on ways to place the needle over a whole id do not count; the keys of these ids
  /// are kept here, one a way.
  void Collect(std::vector<uint32_t>* keys) { keys_ = keys; }

  /// needle[at..] begins at literal `i`. `key`: of an id that the needle holds so far, or 0.
  bool AtLiteral(size_t i, size_t at, uint32_t key) {
    const std::string_view rest = needle_.substr(at);
    const std::string_view literal = skeleton_.literals[i];
    if (literal.size() >= rest.size()) return test_.Begins(literal, rest) && Placed(key);
    return test_.Equal(literal, rest.substr(0, literal.size())) &&
           AtVar(i, at + literal.size(), key);
  }
  /// needle[at..], which is not empty, begins where variable `i` begins. `not_inside`: it was
  /// looked for inside of the variable before.
  bool AtVar(size_t i, size_t at, uint32_t key, bool not_inside = false) {
    if (i >= skeleton_.vars.size()) return false;
    if (++work_ > kMaxWork) return true;
    const VarType type = skeleton_.vars[i];
    const std::string_view rest = needle_.substr(at);
    if (!not_inside && Can(i, rest, Anchor::kFront) && Placed(KeyOf(type, rest, key))) return true;
    const size_t least = type.kind == VarKind::kText ? 0 : 1;
    const size_t most = std::min(needle_.size() - at, LongestOf(type));
    for (size_t n = least; n <= most; ++n) {
      if (at + n < needle_.size() && !MayGoOn(i + 1, at + n)) continue;
      const std::string_view piece = needle_.substr(at, n);
      if (n > 0 && !Can(i, piece, Anchor::kWhole)) continue;
      const uint32_t with = KeyOf(type, piece, key);
      if (at + n == needle_.size() ? Placed(with) : AtLiteral(i + 1, at + n, with)) return true;
    }
    return false;
  }
  bool Anywhere() {
    for (size_t i = 0; i < skeleton_.vars.size(); ++i) {
      const std::string_view literal = skeleton_.literals[i];
      // From inside the literal in front of the variable on.
      for (size_t n = std::min(literal.size(), needle_.size() - 1); n > 0; --n) {
        if (test_.Ends(literal, needle_.substr(0, n)) && AtVar(i, n, 0)) return true;
      }
      const VarType type = skeleton_.vars[i];
      if (Can(i, needle_, Anchor::kInside) && Placed(KeyOf(type, needle_, 0))) return true;
      const size_t most = std::min(needle_.size() - 1, LongestOf(type));
      for (size_t n = 1; n <= most; ++n) {
        if (!MayGoOn(i + 1, n)) continue;
        const std::string_view piece = needle_.substr(0, n);
        if (Can(i, piece, Anchor::kBack) && AtLiteral(i + 1, n, KeyOf(type, piece, 0))) return true;
      }
      if (AtVar(i, 0, 0, true)) return true;
    }
    return false;
  }

 private:
  /// A quick look at whether literal `i` can stand at needle[at..], which is not empty.
  bool MayGoOn(size_t i, size_t at) const {
    const std::string_view literal = skeleton_.literals[i];
    const bool last = i == skeleton_.vars.size();  // the needle must end in it
    if (last && literal.size() < needle_.size() - at) return false;
    return literal.empty() || test_.Equal(literal.substr(0, 1), needle_.substr(at, 1));
  }
  bool Placed(uint32_t key) {
    if (keys_ == nullptr || key == 0) return true;
    keys_->push_back(key);
    return false;
  }
  /// The key of an id that `piece` is all of, else `key`.
  uint32_t KeyOf(VarType type, std::string_view piece, uint32_t key) const {
    if (keys_ == nullptr || key != 0 || !IsFiltered(type) || piece.size() != LongestOf(type)) {
      return key;
    }
    std::string bytes;
    PutId(bytes, type, piece);
    return bytes.size() == type.IdBytes() ? IdKey(bytes) : key;
  }
  bool Can(size_t i, std::string_view piece, Anchor anchor) const {
    const Known known = known_.empty() ? Known() : known_[i];
    if (!Possible(skeleton_.vars[i], piece, anchor, known.most, test_.fold)) return false;
    return known.all == nullptr || piece.size() < kLeastLookedFor || test_.Holds(*known.all, piece);
  }

  const Skeleton& skeleton_;
  const std::string_view needle_;
  const TextTest test_;
  const std::span<const Known> known_;
  std::vector<uint32_t>* keys_ = nullptr;
  int work_ = 0;
};

}  // namespace

Tri TestSkeleton(const Skeleton& skeleton, std::string_view piece, Anchor anchor, TextTest test,
                 std::span<const Known> known) {
  if (piece.empty()) {
    if (anchor != Anchor::kWhole) return Tri::kAlways;
    if (skeleton.vars.empty()) return skeleton.literals[0].empty() ? Tri::kAlways : Tri::kNever;
    const bool text = std::all_of(skeleton.vars.begin(), skeleton.vars.end(),
                                  [](VarType type) { return type.kind == VarKind::kText; });
    return text ? Tri::kMaybe : Tri::kNever;
  }
  if (skeleton.vars.empty()) {
    const std::string_view text = skeleton.literals[0];
    bool holds = false;
    switch (anchor) {
      case Anchor::kInside: holds = test.Holds(text, piece); break;
      case Anchor::kFront: holds = test.Begins(text, piece); break;
      case Anchor::kBack: holds = test.Ends(text, piece); break;
      case Anchor::kWhole: holds = test.Equal(text, piece); break;
    }
    return holds ? Tri::kAlways : Tri::kNever;
  }
  SkeletonWalk walk(skeleton, piece, test, known);
  if (anchor == Anchor::kFront || anchor == Anchor::kWhole) {
    return walk.AtLiteral(0, 0, 0) ? Tri::kMaybe : Tri::kNever;
  }
  for (const std::string_view literal : skeleton.literals) {
    if (!test.Holds(literal, piece)) continue;
    return anchor == Anchor::kInside ? Tri::kAlways : Tri::kMaybe;
  }
  return walk.Anywhere() ? Tri::kMaybe : Tri::kNever;
}

namespace {

/// Keys of which the ids of a text must have one for it to hold the piece; false where it may
/// hold it in other ways, too. The skeleton may hold the piece.
bool IdsOf(const Skeleton& skeleton, std::string_view piece, Anchor anchor, TextTest test,
           std::vector<uint32_t>* keys) {
  if (piece.empty() || skeleton.vars.empty()) return false;
  SkeletonWalk walk(skeleton, piece, test, {});
  walk.Collect(keys);
  const bool from_front = anchor == Anchor::kFront || anchor == Anchor::kWhole;
  if (from_front ? walk.AtLiteral(0, 0, 0) : walk.Anywhere()) return false;
  if (anchor == Anchor::kBack) {
    for (const std::string_view literal : skeleton.literals) {
      if (test.Holds(literal, piece)) return false;
    }
  }
  return true;
}

}  // namespace

/// Finds the alternatives of each shape.
class Needle::Maker {
 public:
  Maker(const Part& part, const PartShapes& shapes, Needle& out)
      : part_(part), shapes_(shapes), out_(out), needle_(out.text_), test_{out.fold_} {}

  Result<void> Make() {
    out_.shapes_.resize(shapes_.shapes.size());
    for (size_t s = 0; s < shapes_.shapes.size(); ++s) PHAROS_TRY_VOID(MakeShape(s));
    return {};
  }

 private:
  Result<void> MakeShape(size_t number) {
    shape_ = &shapes_.shapes[number];
    found_.clear();
    path_.clear();
    always_ = failed_ = false;
    OfShape& of = out_.shapes_[number];
    for (const std::string& literal : shape_->literals) {
      if (test_.Holds(literal, needle_)) always_ = true;
    }
    if (!always_) Anywhere();
    if (always_) {
      of.state = Tri::kAlways;
    } else if (failed_) {
      of.state = Tri::kMaybe;
    } else {
      for (const auto& alternative : found_) {
        std::vector<uint32_t> tests;
        bool possible = true;
        for (const Step& step : alternative) {
          PHAROS_TRY(const uint32_t test, TestOf(step));
          const auto& by_word = out_.tests_[test].by_word;
          possible =
              std::any_of(by_word.begin(), by_word.end(), [](Tri t) { return t != Tri::kNever; });
          if (!possible) break;
          tests.push_back(test);
        }
        if (possible) of.alternatives.push_back(std::move(tests));
      }
      of.state = of.alternatives.empty() ? Tri::kNever : Tri::kMaybe;
    }
    if (of.state == Tri::kNever) return {};
    out_.never_ = false;
    AddGranules(number, of);
    return {};
  }

  void AddGranules(size_t shape, const OfShape& of) {
    GranuleSet any(part_.granules().size());
    for (const auto& alternative : of.alternatives) {
      GranuleSet all(part_.granules().size(), true);
      for (const uint32_t test : alternative) all.Intersect(out_.tests_[test].granules);
      any.Unite(all);
    }
    if (of.alternatives.empty()) any.AddAll();
    any.Intersect(shapes_.granules[shape]);
    out_.granules_.Unite(any);
  }

  struct Step {
    uint32_t column;
    Anchor anchor;
    size_t begin;
    size_t end;
  };

  void Found() {
    if (path_.empty()) {
      always_ = true;
    } else if (found_.size() == kMaxAlternatives) {
      failed_ = true;
    } else {
      found_.push_back(path_);
    }
  }
  template <class Then>
  void With(size_t value, Anchor anchor, size_t begin, size_t end, Then then) {
    path_.push_back({shape_->columns[value], anchor, begin, end});
    then();
    path_.pop_back();
  }

  void AtLiteral(size_t i, size_t at) {
    if (failed_ || ++work_ > kMaxWork) {
      failed_ = true;
      return;
    }
    const std::string_view rest = needle_.substr(at);
    const std::string_view literal = shape_->literals[i];
    if (literal.size() >= rest.size()) {
      if (test_.Begins(literal, rest)) Found();
      return;
    }
    if (test_.Equal(literal, rest.substr(0, literal.size()))) AtValue(i, at + literal.size());
  }
  void AtValue(size_t i, size_t at) {
    if (i >= shape_->columns.size()) return;
    With(i, Anchor::kFront, at, needle_.size(), [&] { Found(); });
    for (size_t end = at; end < needle_.size(); ++end) {
      if (!MayGoOn(i + 1, end)) continue;
      With(i, Anchor::kWhole, at, end, [&] { AtLiteral(i + 1, end); });
    }
  }
  /// A quick look at whether literal `i` can stand at needle[at..].
  bool MayGoOn(size_t i, size_t at) const {
    const std::string_view literal = shape_->literals[i];
    return literal.empty() || test_.Begins(literal, needle_.substr(at, 1));
  }
  void Anywhere() {
    work_ = 0;
    for (size_t i = 0; i < shape_->columns.size(); ++i) {
      const std::string_view literal = shape_->literals[i];
      for (size_t n = std::min(literal.size(), needle_.size() - 1); n > 0; --n) {
        if (test_.Ends(literal, needle_.substr(0, n))) AtValue(i, n);
      }
      With(i, Anchor::kInside, 0, needle_.size(), [&] { Found(); });
      for (size_t n = 1; n < needle_.size(); ++n) {
        if (!MayGoOn(i + 1, n)) continue;
        With(i, Anchor::kBack, 0, n, [&] { AtLiteral(i + 1, n); });
      }
    }
  }

  Result<uint32_t> TestOf(const Step& step) {
    const auto key = std::tuple(step.column, step.anchor, step.begin, step.end);
    const auto it = numbers_.find(key);
    if (it != numbers_.end()) return it->second;
    PHAROS_TRY(const auto words, part_.Words(step.column));
    PieceTest test{step.column,
                   step.anchor,
                   std::string(needle_.substr(step.begin, step.end - step.begin)),
                   {},
                   GranuleSet(part_.granules().size())};
    test.by_word.assign(words->skeletons.size(), Tri::kNever);
    // Plain texts stand in the page: one look at it says that none of them has the piece.
    const bool nowhere = step.anchor == Anchor::kInside && !test_.Holds(words->page, test.piece);
    for (size_t i = 0; i < words->skeletons.size(); ++i) {
      if (nowhere && words->skeletons[i].vars.empty()) continue;
      test.by_word[i] = TestSkeleton(words->skeletons[i], test.piece, step.anchor, test_);
      if (test.by_word[i] == Tri::kNever) continue;
      Reader in(words->granules[i]);
      std::vector<uint32_t> keys;
      const bool told = test.by_word[i] == Tri::kMaybe &&
                        IdsOf(words->skeletons[i], test.piece, step.anchor, test_, &keys);
      if (!told) {
        test.granules.Add(in);
        continue;
      }
      GranuleSet possible(part_.granules().size());
      for (const uint32_t key : keys) {
        PHAROS_TRY(const GranuleSet* having, GranulesOf(key));
        possible.Unite(*having);
      }
      GranuleSet of_word(part_.granules().size());
      of_word.Add(in);
      possible.Intersect(of_word);
      test.granules.Unite(possible);
    }
    const auto number = static_cast<uint32_t>(out_.tests_.size());
    out_.tests_.push_back(std::move(test));
    numbers_.emplace(key, number);
    return number;
  }

  /// Granules that may have the id.
  Result<const GranuleSet*> GranulesOf(uint32_t key) {
    const auto it = by_id_.find(key);
    if (it != by_id_.end()) return &it->second;
    PHAROS_TRY(const auto filter, part_.Ids());
    PHAROS_TRY(GranuleSet found, filter->Find(part_, key));
    return &by_id_.emplace(key, std::move(found)).first->second;
  }

  const Part& part_;
  const PartShapes& shapes_;
  std::map<uint32_t, GranuleSet> by_id_;
  Needle& out_;
  const std::string_view needle_;
  const TextTest test_;
  const LineShape* shape_ = nullptr;
  std::map<std::tuple<uint32_t, Anchor, size_t, size_t>, uint32_t> numbers_;
  std::vector<std::vector<Step>> found_;
  std::vector<Step> path_;
  bool always_ = false;
  bool failed_ = false;
  int work_ = 0;
};

Result<std::shared_ptr<const Needle>> Needle::Make(const Part& part, std::string text, bool fold) {
  PHAROS_TRY(const auto shapes, part.Shapes());
  auto out = std::make_shared<Needle>();
  out->text_ = std::move(text);
  out->fold_ = fold;
  out->granules_ = GranuleSet(part.granules().size(), out->text_.empty());
  if (out->text_.empty()) {
    out->never_ = false;
    out->shapes_.assign(shapes->shapes.size(), {Tri::kAlways, {}});
    return out;
  }
  PHAROS_TRY_VOID(Maker(part, *shapes, *out).Make());
  return out;
}

}  // namespace pharos::events
