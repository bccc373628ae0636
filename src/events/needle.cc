#include "events/needle.h"

#include <algorithm>
#include <cstring>

#include "events/part.h"

namespace pharos::events {
namespace {

using base::Result;

constexpr size_t kMaxAlternatives = 64;  // of one shape; beyond it lines are looked at
constexpr int kMaxWork = 4096;           // steps over one skeleton; likewise

bool Contains(std::string_view text, std::string_view needle) {
  return needle.empty() || (needle.size() <= text.size() &&
                            memmem(text.data(), text.size(), needle.data(), needle.size()));
}

bool AllOf(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

/// False when no value of this type can have `piece` at `anchor`.
bool Possible(VarType type, std::string_view piece, Anchor anchor) {
  const bool from_front = anchor == Anchor::kFront || anchor == Anchor::kWhole;
  switch (type.kind) {
    case VarKind::kNumber:
      if (piece.size() > 19 || !AllOf(piece, "0123456789")) return false;
      return !from_front || piece[0] != '0' || piece.size() == 1;
    case VarKind::kPadded:
      if (anchor == Anchor::kWhole && piece.size() != type.param) return false;
      return piece.size() <= type.param && AllOf(piece, "0123456789");
    case VarKind::kDecimal: {
      if (piece.size() > 20 || !AllOf(piece, "0123456789.")) return false;
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
      return piece.size() <= size &&
             AllOf(piece, type.kind == VarKind::kHex ? "0123456789abcdef" : "0123456789ABCDEF");
    }
    case VarKind::kUuid:
      if (anchor == Anchor::kWhole && piece.size() != 36) return false;
      return piece.size() <= 36 && AllOf(piece, "0123456789abcdef-");
    case VarKind::kTime: return piece.size() <= 29 && AllOf(piece, "0123456789T :.,-");
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
  SkeletonWalk(const Skeleton& skeleton, std::string_view needle)
      : skeleton_(skeleton), needle_(needle) {}

  /// needle[at..] begins at literal `i`.
  bool AtLiteral(size_t i, size_t at) {
    const std::string_view rest = needle_.substr(at);
    const std::string_view literal = skeleton_.literals[i];
    if (literal.size() >= rest.size()) return literal.starts_with(rest);
    return rest.starts_with(literal) && AtVar(i, at + literal.size());
  }
  /// needle[at..], which is not empty, begins where variable `i` begins.
  bool AtVar(size_t i, size_t at) {
    if (i >= skeleton_.vars.size()) return false;
    if (++work_ > kMaxWork) return true;
    const VarType type = skeleton_.vars[i];
    if (Possible(type, needle_.substr(at), Anchor::kFront)) return true;
    const size_t least = type.kind == VarKind::kText ? 0 : 1;
    const size_t most = std::min(needle_.size() - at, LongestOf(type));
    for (size_t n = least; n <= most; ++n) {
      const std::string_view piece = needle_.substr(at, n);
      if (n > 0 && !Possible(type, piece, Anchor::kWhole)) continue;
      if (at + n == needle_.size() || AtLiteral(i + 1, at + n)) return true;
    }
    return false;
  }
  bool Anywhere() {
    for (size_t i = 0; i < skeleton_.vars.size(); ++i) {
      const std::string_view literal = skeleton_.literals[i];
      // From inside the literal in front of the variable on.
      for (size_t n = std::min(literal.size(), needle_.size() - 1); n > 0; --n) {
        if (literal.ends_with(needle_.substr(0, n)) && AtVar(i, n)) return true;
      }
      const VarType type = skeleton_.vars[i];
      if (Possible(type, needle_, Anchor::kInside)) return true;
      const size_t most = std::min(needle_.size() - 1, LongestOf(type));
      for (size_t n = 1; n <= most; ++n) {
        if (Possible(type, needle_.substr(0, n), Anchor::kBack) && AtLiteral(i + 1, n)) return true;
      }
      if (AtVar(i, 0)) return true;
    }
    return false;
  }

 private:
  const Skeleton& skeleton_;
  const std::string_view needle_;
  int work_ = 0;
};

}  // namespace

Tri TestSkeleton(const Skeleton& skeleton, std::string_view piece, Anchor anchor) {
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
      case Anchor::kInside: holds = Contains(text, piece); break;
      case Anchor::kFront: holds = text.starts_with(piece); break;
      case Anchor::kBack: holds = text.ends_with(piece); break;
      case Anchor::kWhole: holds = text == piece; break;
    }
    return holds ? Tri::kAlways : Tri::kNever;
  }
  SkeletonWalk walk(skeleton, piece);
  if (anchor == Anchor::kFront || anchor == Anchor::kWhole) {
    return walk.AtLiteral(0, 0) ? Tri::kMaybe : Tri::kNever;
  }
  for (const std::string_view literal : skeleton.literals) {
    if (anchor == Anchor::kInside && Contains(literal, piece)) return Tri::kAlways;
    if (anchor == Anchor::kBack && Contains(literal, piece)) return Tri::kMaybe;
  }
  return walk.Anywhere() ? Tri::kMaybe : Tri::kNever;
}

/// Finds the alternatives of each shape.
class Needle::Maker {
 public:
  Maker(const Part& part, const PartShapes& shapes, Needle& out)
      : part_(part), shapes_(shapes), out_(out), needle_(out.text_) {}

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
      if (Contains(literal, needle_)) always_ = true;
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
      if (literal.starts_with(rest)) Found();
      return;
    }
    if (rest.starts_with(literal)) AtValue(i, at + literal.size());
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
    return literal.empty() || literal[0] == needle_[at];
  }
  void Anywhere() {
    work_ = 0;
    for (size_t i = 0; i < shape_->columns.size(); ++i) {
      const std::string_view literal = shape_->literals[i];
      for (size_t n = std::min(literal.size(), needle_.size() - 1); n > 0; --n) {
        if (literal.ends_with(needle_.substr(0, n))) AtValue(i, n);
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
    const bool nowhere = step.anchor == Anchor::kInside && !Contains(words->page, test.piece);
    for (size_t i = 0; i < words->skeletons.size(); ++i) {
      if (nowhere && words->skeletons[i].vars.empty()) continue;
      test.by_word[i] = TestSkeleton(words->skeletons[i], test.piece, step.anchor);
      if (test.by_word[i] == Tri::kNever) continue;
      Reader in(words->granules[i]);
      test.granules.Add(in);
    }
    const auto number = static_cast<uint32_t>(out_.tests_.size());
    out_.tests_.push_back(std::move(test));
    numbers_.emplace(key, number);
    return number;
  }

  const Part& part_;
  const PartShapes& shapes_;
  Needle& out_;
  const std::string_view needle_;
  const LineShape* shape_ = nullptr;
  std::map<std::tuple<uint32_t, Anchor, size_t, size_t>, uint32_t> numbers_;
  std::vector<std::vector<Step>> found_;
  std::vector<Step> path_;
  bool always_ = false;
  bool failed_ = false;
  int work_ = 0;
};

Result<std::shared_ptr<const Needle>> Needle::Make(const Part& part, std::string text) {
  PHAROS_TRY(const auto shapes, part.Shapes());
  auto out = std::make_shared<Needle>();
  out->text_ = std::move(text);
  out->granules_ = GranuleSet(part.granules().size(), out->text_.empty());
  if (out->text_.empty()) {
    out->never_ = false;
    out->shapes_.assign(shapes->shapes.size(), {Tri::kAlways, {}});
    return out;
  }
  PHAROS_TRY_VOID(Maker(part, *shapes, *out).Make());
  return out;
}

namespace {

/// Tests the rows of one granule.
class GranuleTest {
 public:
  GranuleTest(GranuleBodies& bodies, const Needle& needle, const std::vector<int64_t>& times)
      : bodies_(bodies), needle_(needle), times_(times) {}

  /// One state a local shape, with its tests made ready.
  Result<void> Prepare() {
    for (const uint32_t shape : bodies_.shapes_here()) {
      const Needle::OfShape& of = needle_.of(shape);
      Ready& ready = shapes_.emplace_back();
      ready.state = of.state;
      if (of.state != Tri::kMaybe) continue;
      ready.blind = of.alternatives.empty();
      for (const auto& alternative : of.alternatives) PHAROS_TRY_VOID(Add(alternative, ready));
      if (!ready.blind && ready.alternatives.empty()) ready.state = Tri::kNever;
    }
    return {};
  }

  Tri Test(uint32_t row) {
    Ready& ready = shapes_[bodies_.LocalShapeOf(row)];
    if (ready.state != Tri::kMaybe || ready.blind) return ready.state;
    Tri best = Tri::kNever;
    for (const Alternative& alternative : ready.alternatives) {
      Tri all = Tri::kAlways;
      for (const ValueTest& test : alternative.tests) {
        all = std::min(all, TestValue(test, row));
        if (all == Tri::kNever) break;
      }
      best = std::max(best, all);
      if (best == Tri::kAlways) break;
    }
    return best;
  }

 private:
  struct ValueTest {
    const PieceTest* piece = nullptr;
    const ValueColumn* column = nullptr;
    std::vector<uint32_t> locals;  // by place, where there is more than one
    std::vector<Tri> by_local;
    std::vector<std::vector<bool>>
        ids;  // by local: which ordinals hold the piece, where ids decide
  };
  struct Alternative {
    std::vector<ValueTest> tests;
  };
  struct Ready {
    Tri state = Tri::kNever;
    bool blind = false;
    std::vector<Alternative> alternatives;
  };

  Result<void> Add(const std::vector<uint32_t>& tests, Ready& ready) {
    Alternative out;
    for (const uint32_t number : tests) {
      ValueTest test;
      test.piece = &needle_.tests()[number];
      PHAROS_TRY(test.column, bodies_.Column(test.piece->column));
      if (test.column->locals().size() > 1) test.column->DecodeLocals(&test.locals);
      bool possible = false;
      const auto& locals = test.column->locals();
      test.ids.resize(locals.size());
      for (size_t i = 0; i < locals.size(); ++i) {
        Tri state = test.piece->by_word[locals[i].number];
        if (state == Tri::kMaybe) state = LookAtIds(test, i);
        test.by_local.push_back(state);
        possible = possible || state != Tri::kNever;
      }
      if (!possible) return {};
      out.tests.push_back(std::move(test));
    }
    ready.alternatives.push_back(std::move(out));
    return {};
  }

  /// A skeleton that is one binary id is searched as the bytes it is.
  static Tri LookAtIds(ValueTest& test, size_t local);

  /// One value against its piece: by its skeleton, then as text.
  Tri TestValue(const ValueTest& test, uint32_t row) {
    const size_t place = bodies_.PlaceOf(test.piece->column, row);
    const uint32_t local = test.locals.empty() ? 0 : test.locals[place];
    if (test.by_local[local] != Tri::kMaybe) return test.by_local[local];
    if (!test.ids[local].empty() && !test.ids[local][test.column->OrdinalOf(place)]) {
      return Tri::kNever;
    }
    scratch_.clear();
    test.column->Append(place, times_[row], scratch_);
    const std::string_view value = scratch_, piece = test.piece->piece;
    bool holds = false;
    switch (test.piece->anchor) {
      case Anchor::kInside: holds = Contains(value, piece); break;
      case Anchor::kFront: holds = value.starts_with(piece); break;
      case Anchor::kBack: holds = value.ends_with(piece); break;
      case Anchor::kWhole: holds = value == piece; break;
    }
    return holds ? Tri::kAlways : Tri::kNever;
  }

  GranuleBodies& bodies_;
  const Needle& needle_;
  const std::vector<int64_t>& times_;
  std::vector<Ready> shapes_;
  std::string scratch_;
};

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Tri GranuleTest::LookAtIds(ValueTest& test, size_t local) {
  const ValueColumn::Local& words = test.column->locals()[local];
  const std::string_view piece = test.piece->piece;
  if (words.variables.size() != 1 || piece.size() < 5) return Tri::kMaybe;
  const VarType type = words.variables[0].type;
  const size_t size = type.IdBytes();
  if (size == 0 || type.kind == VarKind::kUuid) return Tri::kMaybe;
  for (const char c : piece) {
    if (HexDigit(c) < 0) return Tri::kMaybe;
  }
  const std::string_view skeleton = test.column->skeleton_text(static_cast<uint32_t>(local));
  if (skeleton.size() != 2) return Tri::kMaybe;  // something literal beside it
  std::vector<bool>& hits = test.ids[local];
  hits.assign(words.rows, false);
  bool any = false;
  const std::string_view ids = words.variables[0].ids;
  for (const size_t skip : {size_t{0}, size_t{1}}) {  // at an even digit, at an odd one
    std::string bytes;
    for (size_t i = skip; i + 1 < piece.size(); i += 2) {
      bytes += static_cast<char>(HexDigit(piece[i]) << 4 | HexDigit(piece[i + 1]));
    }
    for (size_t at = 0; at + bytes.size() <= ids.size();) {
      const void* hit = memmem(ids.data() + at, ids.size() - at, bytes.data(), bytes.size());
      if (hit == nullptr) break;
      const auto found = static_cast<size_t>(static_cast<const char*>(hit) - ids.data());
      // Whether the whole piece is there, the test as text says.
      hits[found / size] = true;
      any = true;
      at = found + 1;
    }
  }
  return any ? Tri::kMaybe : Tri::kNever;
}

}  // namespace

Result<void> KeepMatching(GranuleBodies& bodies, const Needle& needle, bool negated,
                          const std::vector<int64_t>& times, std::vector<uint32_t>* rows) {
  GranuleTest test(bodies, needle, times);
  PHAROS_TRY_VOID(test.Prepare());
  std::vector<uint32_t> kept, open;
  std::vector<Tri> states;
  states.reserve(rows->size());
  for (const uint32_t row : *rows) {
    states.push_back(test.Test(row));
    if (states.back() == Tri::kMaybe) open.push_back(row);
  }
  PHAROS_TRY_VOID(bodies.OpenFor(open));
  std::string line;
  for (size_t i = 0; i < rows->size(); ++i) {
    const uint32_t row = (*rows)[i];
    Tri state = states[i];
    if (state == Tri::kMaybe) {
      line.clear();
      bodies.Append(row, line);
      state = Contains(line, needle.text()) ? Tri::kAlways : Tri::kNever;
    }
    if ((state == Tri::kAlways) != negated) kept.push_back(row);
  }
  *rows = std::move(kept);
  return {};
}

}  // namespace pharos::events
