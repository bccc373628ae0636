// A needle in the rows of one granule.
#include "events/needle.h"

namespace pharos::events {
namespace {

using base::Result;

/// The values of one column against one piece.
struct ColumnTest {
  const PieceTest* piece = nullptr;
  const ValueColumn* column = nullptr;
  std::vector<uint32_t> locals;  // by place, where there is more than one
  std::vector<Tri> by_local;
  /// By local, where the column was scanned: by ordinal, whether it has the piece.
  std::vector<std::vector<bool>> held;
  bool possible = false;
};

/// What the column says of the variables of a skeleton. Borrows `all`.
std::vector<Known> KnownOf(const ValueColumn::Local& local, std::vector<std::string_view>* all) {
  std::vector<Known> out(local.variables.size());
  all->resize(out.size());
  for (size_t i = 0; i < out.size(); ++i) {
    const ValueColumn::Variable& variable = local.variables[i];
    const VarKind kind = variable.type.kind;
    if (kind == VarKind::kText) {
      (*all)[i] = variable.texts.Everything();
      out[i].all = &(*all)[i];
    } else if (variable.type.IsInteger() && kind != VarKind::kTime) {
      out[i].most = variable.numbers.MostUnsigned();
    }
  }
  return out;
}

/// Decides what can be decided without making texts.
Tri Scan(ColumnTest& test, uint32_t number, TextTest text) {
  const ValueColumn::Local& local = test.column->locals()[number];
  std::string piece = test.piece->piece;
  std::vector<std::string_view> all;
  const Tri state = TestSkeleton(test.column->skeleton(number), piece, test.piece->anchor, text,
                                 KnownOf(local, &all));
  if (state != Tri::kMaybe) return state;
  const bool bare = local.variables.size() == 1 && test.column->skeleton_text(number).size() == 2;
  if (text.fold && bare && local.variables[0].type.kind == VarKind::kUpperHex) {
    for (char& c : piece) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }
  if (!bare || !CanScanIds(local.variables[0].type, piece)) return Tri::kMaybe;
  std::vector<uint32_t> found;
  ScanIds(local.variables[0].ids, local.variables[0].type, piece, test.piece->anchor, &found);
  if (found.empty()) return Tri::kNever;
  test.held[number].assign(local.rows, false);
  for (const uint32_t ordinal : found) test.held[number][ordinal] = true;
  return Tri::kMaybe;
}

Result<std::unique_ptr<ColumnTest>> MakeColumnTest(GranuleBodies& bodies, const PieceTest& piece,
                                                   TextTest text) {
  auto test = std::make_unique<ColumnTest>();
  test->piece = &piece;
  PHAROS_TRY(test->column, bodies.Column(piece.column));
  const auto& locals = test->column->locals();
  test->held.resize(locals.size());
  for (uint32_t i = 0; i < locals.size(); ++i) {
    Tri state = piece.by_word[locals[i].number];
    if (state == Tri::kMaybe) state = Scan(*test, i, text);
    test->by_local.push_back(state);
    test->possible = test->possible || state != Tri::kNever;
  }
  if (test->possible && locals.size() > 1) test->column->DecodeLocals(&test->locals);
  return test;
}

}  // namespace

class NeedleTest::Impl {
 public:
  Impl(GranuleBodies& bodies, const Needle& needle) : bodies_(bodies), needle_(needle) {}

  /// One state a local shape, with its tests made ready.
  Result<void> Prepare() {
    tests_.resize(needle_.tests().size());
    for (const uint32_t shape : bodies_.shapes_here()) {
      const Needle::OfShape& of = needle_.of(shape);
      Ready& ready = shapes_.emplace_back();
      ready.state = of.state;
      if (of.state == Tri::kMaybe) {
        ready.blind = of.alternatives.empty();
        for (const auto& alternative : of.alternatives) PHAROS_TRY_VOID(Add(alternative, ready));
        if (!ready.blind && ready.alternatives.empty()) ready.state = Tri::kNever;
      }
      never_ = never_ && ready.state == Tri::kNever;
    }
    return {};
  }

  bool never() const { return never_; }

  Result<void> Keep(bool negated, std::vector<uint32_t>* rows) {
    std::vector<uint32_t> kept, open;
    std::vector<Tri> states;
    states.reserve(rows->size());
    if (rows->size() >= kManyRows) bodies_.DecodeLocalShapes(&local_shapes_);
    for (const uint32_t row : *rows) {
      states.push_back(Test(row));
      if (states.back() == Tri::kMaybe) open.push_back(row);
    }
    PHAROS_TRY_VOID(bodies_.OpenFor(open));
    std::string line;
    for (size_t i = 0; i < rows->size(); ++i) {
      const uint32_t row = (*rows)[i];
      Tri state = states[i];
      if (state == Tri::kMaybe) {
        line.clear();
        bodies_.Append(row, line);
        state = needle_.test().Holds(line, needle_.text()) ? Tri::kAlways : Tri::kNever;
      }
      if ((state == Tri::kAlways) != negated) kept.push_back(row);
    }
    *rows = std::move(kept);
    return {};
  }

 private:
  static constexpr size_t kManyRows = 64;  // worth the look at all shapes of the granule

  struct Ready {
    Tri state = Tri::kNever;
    bool blind = false;  // the line must be looked at
    std::vector<std::vector<const ColumnTest*>> alternatives;
  };

  Result<void> Add(const std::vector<uint32_t>& tests, Ready& ready) {
    std::vector<const ColumnTest*> all;
    for (const uint32_t number : tests) {
      if (!tests_[number]) {
        PHAROS_TRY(tests_[number],
                   MakeColumnTest(bodies_, needle_.tests()[number], needle_.test()));
      }
      if (!tests_[number]->possible) return {};
      all.push_back(tests_[number].get());
    }
    ready.alternatives.push_back(std::move(all));
    return {};
  }

  Tri Test(uint32_t row) {
    const Ready& ready =
        shapes_[local_shapes_.empty() ? bodies_.LocalShapeOf(row) : local_shapes_[row]];
    if (ready.state != Tri::kMaybe || ready.blind) return ready.state;
    Tri best = Tri::kNever;
    for (const auto& alternative : ready.alternatives) {
      Tri all = Tri::kAlways;
      for (const ColumnTest* test : alternative) {
        all = std::min(all, TestValue(*test, row));
        if (all == Tri::kNever) break;
      }
      best = std::max(best, all);
      if (best == Tri::kAlways) break;
    }
    return best;
  }

  /// One value against its piece: by its skeleton, by the scan, then as text.
  Tri TestValue(const ColumnTest& test, uint32_t row) {
    const size_t place = bodies_.PlaceOf(test.piece->column, row);
    const uint32_t local = test.locals.empty() ? 0 : test.locals[place];
    if (test.by_local[local] != Tri::kMaybe) return test.by_local[local];
    if (!test.held[local].empty()) {
      return test.held[local][test.column->OrdinalOf(place)] ? Tri::kAlways : Tri::kNever;
    }
    scratch_.clear();
    test.column->AppendOf(local, place, bodies_.TimeOf(row), scratch_);
    const std::string_view value = scratch_, piece = test.piece->piece;
    const TextTest text = needle_.test();
    bool holds = false;
    switch (test.piece->anchor) {
      case Anchor::kInside: holds = text.Holds(value, piece); break;
      case Anchor::kFront: holds = text.Begins(value, piece); break;
      case Anchor::kBack: holds = text.Ends(value, piece); break;
      case Anchor::kWhole: holds = text.Equal(value, piece); break;
    }
    return holds ? Tri::kAlways : Tri::kNever;
  }

  GranuleBodies& bodies_;
  const Needle& needle_;
  std::vector<std::unique_ptr<ColumnTest>> tests_;  // by number in the needle
  std::vector<Ready> shapes_;
  std::vector<uint32_t> local_shapes_;  // by row; empty where few rows are tested
  bool never_ = true;
  std::string scratch_;
};

NeedleTest::NeedleTest(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
NeedleTest::~NeedleTest() = default;
bool NeedleTest::never() const { return impl_->never(); }

Result<std::unique_ptr<NeedleTest>> NeedleTest::Make(GranuleBodies& bodies, const Needle& needle) {
  auto impl = std::make_unique<Impl>(bodies, needle);
  PHAROS_TRY_VOID(impl->Prepare());
  return std::unique_ptr<NeedleTest>(new NeedleTest(std::move(impl)));
}

Result<void> NeedleTest::Keep(bool negated, std::vector<uint32_t>* rows) {
  return impl_->Keep(negated, rows);
}

}  // namespace pharos::events
